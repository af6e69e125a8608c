"""One page of a file from outside becomes a master, in a worker process: a broken file can end its decoder, never the engine.

What can be kept byte for byte is kept so: an image file of one picture, the JPEG that is a whole page of a PDF. Everything
else is made into a lossless TIFF that is read back and compared before it counts; how it was made stands in its facts."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from batches.clock import now
from imaging import load
from imaging.language.legacy import to_unicode
from imaging.language.syllable import possible
from imaging.load_image import to_pixels
from scanner import spool
from scanner.model import ColorMode, Face, FaultKind, ScanFault, StoredSide
from scanner.tiff import TiffWriter
from station.importing_facts import file_facts, pdf_text

MIMES = {"jpeg": "image/jpeg", "png": "image/png", "tiff": "image/tiff"}
_NO_TEXT = 12
"""Fewer characters than this are a stray number, no text layer."""
_MOST_TEXT = 20_000
_HYPHENED = re.compile(r"\w*-\w*")
_EXIF_ORIENTATION = 0x0112


@dataclass(frozen=True, slots=True)
class Seen:
    """What a file turned out to be. ``reason``: why it is refused, "" = it is not."""

    kind: str = ""
    pages: int = 0
    facts: dict[str, Any] | None = None
    reason: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class PageWish:
    """Page ``number`` of ``path`` as sheet and face of a run, into ``folder``. ``provenance`` goes with the page's facts;
    ``dpi`` is the operator's word for files that do not say."""

    path: str
    kind: str
    pages: int
    number: int
    folder: str
    sheet: int
    face: str
    provenance: dict[str, Any]
    dpi: float | None = None
    taker: int = 0
    """the process that records the page; without it nothing is stored"""


@dataclass(frozen=True, slots=True)
class PageMade:
    """``side``: stored, or None with the ``reason``."""

    side: StoredSide | None = None
    reason: str = ""
    detail: str = ""


def examine(path: str) -> Seen:
    """Kind, pages and producer's facts from the file's structure. Never raises for what is wrong with it."""
    try:
        kind = load.sniff(Path(path))
        return Seen(kind, load.count(Path(path)), file_facts(Path(path), kind))
    except load.LoadError as error:
        return Seen(reason=error.reason, detail=error.detail[:300])


def make(wish: PageWish) -> PageMade:
    """Decode one page strictly and store its master. ``disk_full`` and ``io_error`` are reasons too: they are the house's."""
    try:
        page = next(load.pages(Path(wish.path), only=wish.number))
        if isinstance(page, load.BadPage):
            raise page.error
        return _stored(wish, page)
    except load.LoadError as error:
        return PageMade(reason=error.reason, detail=error.detail[:300])
    except MemoryError as error:
        return PageMade(reason="too_large", detail=str(error))
    except ScanFault as fault:
        return PageMade(reason=fault.kind.value, detail=fault.detail)
    except OSError as error:
        return PageMade(reason=FaultKind.IO_ERROR.value, detail=str(error))


def _stored(wish: PageWish, page: load.LoadedPage) -> PageMade:
    if wish.pages == 1 and wish.kind in MIMES:
        return _keep(wish, page, Path(wish.path).read_bytes(), MIMES[wish.kind], "bytes")
    if wish.kind == "pdf" and page.original is not None and not _turns_itself(page.original):
        return _keep(wish, _as_stored(page), page.original, "image/jpeg", "embedded_jpeg", turn=page.turn)
    if wish.kind == "tiff":
        reduced = "depth_reduced" in page.warnings and not str(page.facts.get("pixel_kind")).startswith("I;16")
        return _keep(wish, page, _frame(wish, page), "image/tiff", "decoded" if reduced else "split")
    rendered = any(word.startswith("rendered") for word in page.warnings)
    return _keep(wish, page, _lossless(page), "image/tiff", "rendered" if rendered else "decoded")


def _keep(wish: PageWish, page: load.LoadedPage, data: bytes, mime: str, how: str, *, turn: int = 0) -> PageMade:
    dpi, warnings = _resolution(wish, page)
    source = {**wish.provenance, "page": wish.number, "pages": wish.pages, "how": how} | ({"turn": turn} if turn else {})
    facts: dict[str, Any] = {"source": source, "file": dict(page.facts)}
    if wish.kind == "pdf":
        facts |= _text(wish)
    side = StoredSide(
        path=Path(),
        sha256="",
        size=0,
        sheet=wish.sheet,
        face=Face(wish.face),
        format=mime,
        width=page.raster.width,
        height=page.raster.height,
        dpi=dpi,
        mode=ColorMode(page.raster.mode),
        captured_at=now(),
        warnings=warnings,
        facts=facts,
    )
    if wish.taker not in (os.getpid(), os.getppid()):  # killed meanwhile: the next start makes this page, not an orphan
        return PageMade(reason=FaultKind.INTERRUPTED.value)
    folder = Path(wish.folder)
    folder.mkdir(parents=True, exist_ok=True)
    return PageMade(spool.store(folder, side, [data]))


def _resolution(wish: PageWish, page: load.LoadedPage) -> tuple[tuple[float, float], tuple[str, ...]]:
    """The file's own figure; where it has none, the operator's, else the one that was worked out from the size."""
    if wish.dpi is None or "dpi_assumed" not in page.warnings:
        return page.raster.dpi, page.warnings
    return (wish.dpi, wish.dpi), tuple("dpi_by_person" if word == "dpi_assumed" else word for word in page.warnings)


def _as_stored(page: load.LoadedPage) -> load.LoadedPage:
    """The page as its JPEG lies in the file, before the turn that the PDF asks for."""
    pixels = np.rot90(page.raster.pixels, page.turn // 90)
    dpi = page.raster.dpi[::-1] if page.turn in (90, 270) else page.raster.dpi
    return replace(page, raster=replace(page.raster, pixels=pixels, dpi=dpi))


def _turns_itself(jpeg: bytes) -> bool:
    """A PDF reader ignores a JPEG's own orientation, a reader of the bare JPEG does not: such bytes cannot stand alone."""
    with Image.open(BytesIO(jpeg), formats=("JPEG",)) as image:
        return int(image.getexif().get(_EXIF_ORIENTATION, 1)) != 1


def _frame(wish: PageWish, page: load.LoadedPage) -> bytes:
    """One frame of a TIFF by itself, in its own depth and colours, read back and compared."""
    plain = page.facts.get("pixel_kind") in ("RGB", "L", "YCbCr") and "icc" not in page.facts
    if plain and "dpi_assumed" not in page.warnings:  # the pixels are all there is, and the station's own encoder is quick
        return _lossless(page)
    return _proved(page, lambda: _with_pillow(wish, page), Path(wish.path))


def _with_pillow(wish: PageWish, page: load.LoadedPage) -> bytes:
    """Pillow turns the pixels as the frame's orientation says; ``page`` has the resolution turned with them."""
    out = BytesIO()
    with Image.open(wish.path, formats=("TIFF",)) as image:
        image.seek(wish.number - 1)
        image.load()
        kept = {"icc_profile": image.info["icc_profile"]} if image.info.get("icc_profile") else {}
        if "dpi_assumed" not in page.warnings:
            kept["dpi"] = page.raster.dpi
        frame = image.convert("RGB") if image.mode in ("YCbCr", "CMYK") else image.copy()
        frame.save(out, "TIFF", compression="group4" if frame.mode == "1" else "tiff_adobe_deflate", **kept)
    with Image.open(out, formats=("TIFF",)) as again:
        if again.mode != frame.mode or again.tobytes() != frame.tobytes():  # every bit of every sample, not only those shown
            raise load.Damaged(Path(wish.path), "the frame read back differs", wish.number)
    return out.getvalue()


def _lossless(page: load.LoadedPage) -> bytes:
    """The pixels as a TIFF like those the station makes of a scanner's lines."""
    raster = page.raster

    def encode() -> bytes:
        writer = TiffWriter()
        try:
            mode = ColorMode(raster.mode)
            return b"".join(writer.encode(_rows(raster.pixels, mode), raster.width, mode, raster.dpi))
        finally:
            writer.close()

    return _proved(page, encode, Path("page"))


def _rows(pixels: Any, mode: ColorMode) -> bytes:
    if mode is ColorMode.BITONAL:
        return np.packbits(pixels < 128, axis=1).tobytes()
    return bytes(np.ascontiguousarray(pixels[..., ::-1] if mode is ColorMode.COLOR else pixels).tobytes())


def _proved(page: load.LoadedPage, encode: Callable[[], bytes], path: Path) -> bytes:
    """The encoded page, once its pixels were found the same. Raises Damaged where they are not."""
    data = encode()
    with Image.open(BytesIO(data), formats=("TIFF",)) as image:
        pixels, _, _ = to_pixels(image, path, page.number)
    if not np.array_equal(pixels, page.raster.pixels):
        raise load.Damaged(path, "the page read back differs", page.number)
    return data


def _text(wish: PageWish) -> dict[str, Any]:
    """The text layer the PDF brought, out of its old coding (TCVN3, VNI): evidence beside what the station reads itself."""
    found = pdf_text(Path(wish.path), wish.number)[:_MOST_TEXT]
    if len(found.strip()) < _NO_TEXT:
        return {}
    plain, coding = to_unicode(found)
    if coding == "tcvn3":  # its ư has the code that PDF fonts call a hyphen: th- is thư, kinh tế-xã hội is not
        plain = _HYPHENED.sub(lambda word: _horned(word[0]), plain)
    return {"text": {"plain": plain, "coding": coding}}


def _horned(word: str) -> str:
    horned = word.replace("-", "ư")
    return horned if possible(horned) else word
