"""Whether a contest's targets are fair: attacks on the score, tried before somebody at the venue tries them.

A room of its own between the command line and the worker's client and scoring, which it uses as they are: what is
tried here goes the way of a player's picture. It starts and stores nothing.
"""
