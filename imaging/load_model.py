"""What the reader of image files and PDFs hands out: a page, a bad page, and the family of named refusals."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from imaging.values import Raster, Turn

Fact = str | int | float

MAX_MEGAPIXELS = 150.0
"""A0 at 300 dpi is 139.5 MP. Above this a page is refused from its header, before a pixel is decoded."""

PLAUSIBLE_DPI = (30.0, 2400.0)


class LoadError(Exception):
    """A file or page that is refused. ``reason``: stable id; ``detail``: the technical cause, in English, for logs."""

    reason: ClassVar[str] = "unreadable"

    def __init__(self, path: Path, detail: str = "", page: int = 0) -> None:
        super().__init__(f"{path}{f' page {page}' if page else ''}: {self.reason}{f': {detail}' if detail else ''}")
        self.path, self.detail, self.page = path, detail, page

    def __reduce__(self) -> tuple[type["LoadError"], tuple[Path, str, int]]:
        return type(self), (self.path, self.detail, self.page)


class UnreadableFile(LoadError):
    """The operating system does not give the file."""


class EmptyFile(LoadError):
    reason = "empty"


class NotAnImage(LoadError):
    """The content is none of JPEG, PNG, TIFF, PDF, whatever the name says."""

    reason = "not_an_image"


class Truncated(LoadError):
    """The data end, or go bad, before the last row. A half decoded page is never given out."""

    reason = "truncated"


class Damaged(LoadError):
    reason = "damaged"


class TooLarge(LoadError):
    """More pixels than the limit: a decompression bomb, or a plan that needs another way."""

    reason = "too_large"


class CmykImage(LoadError):
    """Four printing inks: has no true colour in an sRGB archive copy (BACKEND.md §1: refuse)."""

    reason = "cmyk"


class UnsupportedPixels(LoadError):
    """Floating point, 32-bit or other samples that have no one true 8-bit picture."""

    reason = "unsupported_pixels"


class EncryptedPdf(LoadError):
    reason = "encrypted_pdf"


class BrokenPdf(LoadError):
    reason = "broken_pdf"


@dataclass(frozen=True, slots=True)
class LoadedPage:
    """One page as it will be worked on.

    ``original``: the JPEG bytes, untouched, where the page is exactly one JPEG; ``turn``: the clockwise turn that makes
    the decoded original equal to ``raster``. ``warnings``: stable ids (``dpi_assumed``, ``depth_reduced``,
    ``alpha_flattened``, ``misnamed:png``, ``rendered:annotations`` …). ``facts``: what the file said of itself."""

    number: int
    raster: Raster
    original: bytes | None = None
    original_mime: str = ""
    turn: Turn = 0
    warnings: tuple[str, ...] = ()
    facts: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BadPage:
    """A page of a file that cannot be had; the pages after it still can."""

    number: int
    error: LoadError


def check_size(width: int, height: int, limit_mp: float, path: Path, page: int) -> None:
    """Raise TooLarge above ``limit_mp`` megapixels, Damaged for an image without extent."""
    if width <= 0 or height <= 0:
        raise Damaged(path, f"{width} x {height} px", page)
    if width * height > limit_mp * 1e6:
        raise TooLarge(path, f"{width} x {height} px = {width * height / 1e6:.0f} MP > {limit_mp:.0f} MP", page)
