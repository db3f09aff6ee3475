"""Messages and services inside an installation; nothing that a player calls."""
