"""An event as a load: traces of who asked for what and when, played against a server, and what came back."""
