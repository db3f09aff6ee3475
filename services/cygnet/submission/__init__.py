"""The submission service: participants, sessions, and the public API that players call."""
