"""A device is driven in a child process that may crash, hang or be killed; this room holds both ends of the pipe to it."""
