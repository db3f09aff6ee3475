"""Whether a contest's targets are fair: attacks on the score, tried before somebody at the venue tries them.

What is tried here is drawn and scored by the library that the worker uses (`cygnet.inference`), so it scores what a
player's picture would. It starts and stores nothing.
"""
