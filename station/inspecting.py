"""Measures and judges pages of image files and PDFs, without reading them: what ``sohoa inspect`` says of a page."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from imaging import blank as blank_measure
from imaging import geometry, load, seals
from imaging.measures.jpeg import jpeg_facts
from imaging.prepare import Prepared, prepare
from imaging.values import Blank, Box, Geometry
from qc.finding import Finding
from qc.limits import Limits
from qc.look import FileFacts
from qc.page import check_page
from station.copy_guard import plainly_inked
from station.page_work import Clock, ask_engine


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything measured of one page; ``prepared`` for who goes on working with it."""

    source: Path
    page: load.LoadedPage
    prepared: Prepared
    geometry: Geometry
    blank: Blank
    seals: tuple[Box, ...]
    signatures: tuple[Box, ...]
    findings: tuple[Finding, ...]
    clock: Clock

    def to_json(self) -> dict[str, Any]:
        """The page as DESIGN's doors show it, with what the reader of the file had to say."""
        raster, seen = self.page.raster, self.geometry
        return {
            "file": str(self.source), "page": self.page.number, "width": raster.width, "height": raster.height,
            "dpi": [round(dots, 2) for dots in raster.dpi], "mode": raster.mode,
            "orientation": {"degrees": seen.orientation.degrees, "confidence": round(seen.orientation.confidence, 3)},
            "skew": {"degrees": round(seen.skew.degrees, 3), "confidence": round(seen.skew.confidence, 3)},
            "crop": {"box": list(seen.crop.box), "confidence": round(seen.crop.confidence, 3)},
            "blank": {"value": bool(self.blank.value), "ink": round(float(self.blank.ink), 6)},
            "seals": [list(box) for box in self.seals], "signatures": [list(box) for box in self.signatures],
            "findings": [finding_json(found) for found in self.findings],
            "ms": self.clock.ms, "warnings": list(self.page.warnings), "facts": dict(self.page.facts),
        }  # fmt: skip


def inspect(path: Path, *, limits: Limits | None = None) -> Iterator[dict[str, Any]]:
    """One object a page; a page or file that cannot be had gives ``{"file", "page", "error", "message"}``. Never raises
    on a file's account."""
    clock = Clock()
    try:
        for page in load.pages(path):
            clock.stage("load")
            if isinstance(page, load.BadPage):
                yield bad_page(path, page.number, page.error)
            else:
                yield measure(path, page, clock, limits).to_json()
            clock = Clock()
    except load.LoadError as error:
        yield bad_page(path, error.page, error)


def measure(path: Path, page: load.LoadedPage, clock: Clock, limits: Limits | None = None) -> Measured:
    """Geometry, blankness, seals and every check of one page. The engine is asked for the page's orientation only where
    the shape of its lines does not tell, and only where it is installed."""
    prepared = prepare(page.raster)
    placed = geometry.measure(page.raster, prepared, osd=ask_engine("vie"))
    clock.stage("geometry")
    blank = blank_measure.measure(page.raster, prepared)
    clock.stage("blank")
    stamps = tuple(seals.find(page.raster, prepared))
    strokes = plainly_inked(prepared, seals.signatures(page.raster, prepared))
    clock.stage("seals")
    facts = FileFacts(complete=True, jpeg=jpeg_facts(page.original) if page.original else None)
    findings = tuple(check_page(page.raster, prepared, placed, blank, limits=limits, file_facts=facts))
    clock.stage("checks")
    return Measured(path, page, prepared, placed, blank, stamps, strokes, findings, clock)


def bad_page(path: Path, number: int, error: Exception) -> dict[str, Any]:
    """What stands in the place of a page that cannot be had: a stable id and the line a person reads."""
    from station.errors import translate  # noqa: PLC0415 - the words, which no good page needs

    return {"file": str(path), "page": number or 1, "error": str(getattr(error, "reason", "unexpected")),
            "message": str(translate(error))}  # fmt: skip


def finding_json(found: Finding) -> dict[str, Any]:
    values = asdict(found)
    return values | {"level": found.level.value, "box": list(found.box) if found.box else None}
