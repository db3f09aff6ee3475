"""Which prompt has been drawn, is being drawn, is waiting; who may add more; who draws next.

The heart of the game's fairness. Every decision is one Lua script on one Redis slot a contest, so two replicas
of this service never disagree; the Python around it only prepares, explains and delivers.
"""
