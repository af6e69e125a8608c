"""Searchable PDF/A-2b without Ghostscript: coded page images in, one validated file out."""

from imaging.pdfa.coding import ACCESS_QUALITY, decode, decode_half, encode, keep_jpeg
from imaging.pdfa.mixed import NotCompact, compact
from imaging.pdfa.values import NotOurPdf, PageImage, PdfMetadata, PdfPage, PdfRefused, PdfReport
from imaging.pdfa.write import get_ready, replace_text, write

__all__ = [
    "ACCESS_QUALITY",
    "NotCompact",
    "NotOurPdf",
    "PageImage",
    "PdfMetadata",
    "PdfPage",
    "PdfRefused",
    "PdfReport",
    "compact",
    "decode",
    "decode_half",
    "encode",
    "get_ready",
    "keep_jpeg",
    "replace_text",
    "write",
]
