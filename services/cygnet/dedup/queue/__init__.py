"""Which drawing is next, who has it under a lease, and how long the others wait."""
