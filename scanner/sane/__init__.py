"""Scanners through libsane: ``scanner.sane.backend.SaneBackend``. Only the child process ever loads the library."""
