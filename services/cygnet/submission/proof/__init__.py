"""Proof of work: what joining and submitting cost a program. A price, no proof of a person: nothing rests on it."""
