"""Real implementations of the ports, each imported by its own name; some need an extra."""
