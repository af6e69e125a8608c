"""Scanners through libsane. Only ``scanner.sane.child`` and what it alone imports ever load the library."""

from scanner.sane.backend import SaneBackend

__all__ = ["SaneBackend"]
