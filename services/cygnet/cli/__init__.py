"""The organiser's `cygnet` command, and a whole game on one machine."""
