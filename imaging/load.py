"""Files to pages, lazily: JPEG, PNG, TIFF (many pages) and PDF. One page is in memory at a time.

A file that cannot be opened at all raises a :class:`LoadError` before its first page; a broken page inside a file is
given out as :class:`BadPage` and the next one follows. What a file is, its content decides, never its name."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from imaging.load_image import frame_count, image_pages
from imaging.load_model import (
    MAX_MEGAPIXELS,
    BadPage,
    BrokenPdf,
    CmykImage,
    Damaged,
    EmptyFile,
    EncryptedPdf,
    LoadedPage,
    LoadError,
    NotAnImage,
    TooLarge,
    Truncated,
    UnreadableFile,
    UnsupportedPixels,
)
from imaging.load_pdf import page_count as pdf_page_count
from imaging.load_pdf import pdf_pages

__all__ = [
    "MAX_MEGAPIXELS",
    "SUFFIXES",
    "BadPage",
    "BrokenPdf",
    "CmykImage",
    "Damaged",
    "EmptyFile",
    "EncryptedPdf",
    "LoadError",
    "LoadedPage",
    "NotAnImage",
    "TooLarge",
    "Truncated",
    "UnreadableFile",
    "UnsupportedPixels",
    "count",
    "pages",
    "sniff",
]

MAGIC = {
    b"\xff\xd8\xff": "jpeg",
    b"\x89PNG\r\n\x1a\n": "png",
    b"II*\0": "tiff",
    b"MM\0*": "tiff",
    b"II+\0": "tiff",
    b"MM\0+": "tiff",
}
SUFFIXES = {".jpg": "jpeg", ".jpeg": "jpeg", ".jpe": "jpeg", ".png": "png", ".tif": "tiff", ".tiff": "tiff", ".pdf": "pdf"}
PDF_HEADER_WITHIN = 1024
"""ISO 32000-1 implementation note 13: readers accept %PDF- anywhere in the first 1024 bytes."""


def pages(path: Path, *, limit_mp: float = MAX_MEGAPIXELS, only: int | None = None) -> Iterator[LoadedPage | BadPage]:
    """Pages of ``path`` in order; ``only`` (from 1) gives that page alone. Raises LoadError, at the first ``next``,
    for a file of which no page can be had: unreadable, empty, not an image, encrypted or broken PDF; an image file
    of one page whose page is bad raises too, so that nobody overlooks it."""
    kind = sniff(path)
    note = _misnamed(path, kind)
    found = pdf_pages(path, limit_mp, only) if kind == "pdf" else image_pages(path, limit_mp, only)
    for page in found:
        yield _noted(page, note) if note and isinstance(page, LoadedPage) else page


def count(path: Path) -> int:
    """Number of pages, from the file's structure, without decoding. Raises LoadError."""
    return pdf_page_count(path) if sniff(path) == "pdf" else frame_count(path)


def sniff(path: Path) -> str:
    """``jpeg``, ``png``, ``tiff`` or ``pdf`` by content. Raises UnreadableFile, EmptyFile, NotAnImage."""
    try:
        with path.open("rb") as file:
            head = file.read(PDF_HEADER_WITHIN)
    except OSError as fault:
        raise UnreadableFile(path, fault.strerror or str(fault)) from fault
    if not head:
        raise EmptyFile(path)
    for magic, kind in MAGIC.items():
        if head.startswith(magic):
            return kind
    if b"%PDF-" in head:
        return "pdf"
    raise NotAnImage(path, f"starts with {head[:8].hex(' ')}")


def _misnamed(path: Path, kind: str) -> str:
    named = SUFFIXES.get(path.suffix.lower())
    return "" if named == kind else f"misnamed:{kind}"


def _noted(page: LoadedPage, note: str) -> LoadedPage:
    return replace(page, warnings=(*page.warnings, note))
