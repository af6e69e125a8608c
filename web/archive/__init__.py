"""The archive server's interface: feed, manifest, files, one virtual ZIP, receipts (docs/giao-dien-kho.md)."""

from web.archive.views import blueprint

__all__ = ["blueprint"]
