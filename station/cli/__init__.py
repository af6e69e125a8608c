"""The command line, one module a door."""
