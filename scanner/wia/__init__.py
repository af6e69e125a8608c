"""Scanners on Windows through WIA automation: ``scanner.wia.backend.WiaBackend``.

Tried on Linux against a fake COM object only, not yet on a real Windows machine."""
