"""Making one document, in a worker process: pikepdf's validator listens to warnings of the whole process."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import cast

from batches.pages import Value
from batches.text_mends import Mend
from batches.verification import Verified, verify
from imaging import render, seals
from imaging.load import LoadedPage
from imaging.ocr import EngineFault, read
from imaging.pdfa import PageImage, PdfMetadata, PdfPage, PdfReport, keep_jpeg, write
from imaging.prepare import prepare
from imaging.values import Box, Geometry, PageText, Raster, Turn
from station import copy_guard, mended, page_text, spreads
from station.looking import read_page
from station.page_work import resident


@dataclass(frozen=True, slots=True)
class PageTask:
    """``label``: the sheet's, for whoever must look at it. ``half``: 0 or 1 of a side that is split, else None. ``mends``: the
    words people put right."""

    label: str
    master: str
    mime: str
    folder: str
    values: Mapping[str, Value]
    dpi: tuple[float, float] | None = None
    half: int | None = None
    mends: tuple[Mend, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentTask:
    """``created``: ISO 8601 with offset, the only clock the file knows. ``quality``: JPEG quality of what is re-encoded.
    ``compact``: layers where they are proved to show as much. ``language``: Tesseract's, for that proof."""

    pages: tuple[PageTask, ...]
    title: str
    creator: str
    created: str
    quality: int
    compact: bool = False
    language: str = "vie"


def make_document(task_and_path: tuple[DocumentTask, str]) -> PdfReport:
    """One searchable PDF/A-2b. Raises imaging.pdfa.PdfRefused, looking.Unreadable."""
    task, path = task_and_path
    metadata = PdfMetadata(
        title=task.title,
        created=datetime.fromisoformat(task.created),
        creators=(task.creator,) if task.creator else (),
    )
    return write(_pages(task), Path(path), metadata=metadata)


def verify_package(root: str) -> Verified:
    """The independent check, away from the engine's own process."""
    return verify(Path(root))


def _pages(task: DocumentTask) -> Iterator[PdfPage]:
    for page in task.pages:
        loaded = read_page(Path(page.master))
        raster = loaded.raster if page.dpi is None else replace(loaded.raster, dpi=page.dpi)
        geometry = spreads.halves(page.values, (raster.width, raster.height), raster.dpi)[page.half or 0]
        yield PdfPage(_picture(page, loaded, raster, geometry, task), _text(page, raster))


def _text(page: PageTask, raster: Raster) -> PageText | None:
    """The words that count, in px of this page's own copy."""
    text = page_text.load(Path(page.folder))
    if text is None:
        return None
    size = (raster.width, raster.height)
    said = mended.apply(text, page.mends, page.values, size, raster.dpi)
    return said if page.half is None else spreads.part_of(said, page.half, page.values, size, raster.dpi)


def _picture(page: PageTask, loaded: LoadedPage, raster: Raster, geometry: Geometry, task: DocumentTask) -> PageImage:
    """The scanner's own JPEG where nothing is cut or straightened, else one encode of the straightened page that is proved
    to show the master's seals and signatures. Raises SealLost where even the finest does not."""
    kept = _kept(loaded, raster, geometry)
    if kept is not None and not task.compact:
        return kept
    prepared = prepare(raster)
    stamps: Sequence[Box] = seals.find(raster, prepared)
    strokes = copy_guard.plainly_inked(prepared, seals.signatures(raster, prepared))
    if page.half is not None:
        stamps, strokes = spreads.on_half(stamps, geometry), spreads.on_half(strokes, geometry)
    original = copy_guard.Original(render.render(raster, geometry), prepared, geometry, stamps, strokes)
    image = kept or _encoded(page, original, task.quality)
    return _compact(original, image, task) if task.compact else image


def _encoded(page: PageTask, original: copy_guard.Original, quality: int) -> PageImage:
    image, share = copy_guard.encode(
        original.shown, original.master, original.placed, original.stamps, original.strokes, quality
    )
    if share < copy_guard.LEAST_PRESENT:
        raise SealLost(page.label, share)
    return image


def _compact(original: copy_guard.Original, standard: PageImage, task: DocumentTask) -> PageImage:
    """The compact copy where it is proved, by reading it too; else ``standard``, as for a page the engine cannot read."""

    def reading(picture: Raster) -> PageText:
        return read(picture, engine=resident(task.language))

    try:
        text = reading(original.shown)
        return copy_guard.compacted(original, standard, text, reading)[0] if text.note in ("", "no_text") else standard
    except EngineFault:
        return standard


def _kept(loaded: LoadedPage, raster: Raster, geometry: Geometry) -> PageImage | None:
    if loaded.original is None or not _untouched(raster, geometry):
        return None
    # a camera's JPEG lies as the camera was held: its own turn comes first
    stored = raster.dpi[::-1] if loaded.turn in (90, 270) else raster.dpi
    return keep_jpeg(loaded.original, stored, cast(Turn, (loaded.turn + geometry.orientation.degrees) % 360))


class SealLost(Exception):
    """An access copy would show less of a seal or signature than it must; the crop may cut it."""

    code = "seal_lost"

    def __init__(self, sheet: str, share: float) -> None:
        super().__init__(f"sheet {sheet} keeps {share:.2f}")
        self.sheet, self.share = sheet, share

    def __reduce__(self) -> tuple[type["SealLost"], tuple[str, float]]:
        return type(self), (self.sheet, self.share)


def _untouched(raster: Raster, geometry: Geometry) -> bool:
    whole = geometry.crop.box == (0, 0, raster.width, raster.height)
    return whole and abs(geometry.skew.degrees) < render.LEAST_SKEW
