"""The whole game on one machine: `cygnet up` and what it supervises."""
