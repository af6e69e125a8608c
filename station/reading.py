"""The text path of one page, in a worker process: the straightened page is read, its words kept beside its proof."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

from batches.pages import Value
from imaging import render
from imaging.fields import Proposal, marks_on
from imaging.ocr import preparations, read
from imaging.values import Blank, PageText, Raster
from qc.limits import Limits
from qc.text import check_text
from station import page_text, spreads, vocabulary
from station.geometry import geometry_of
from station.looking import finding_row, read_master
from station.page_work import resident


@dataclass(frozen=True, slots=True)
class ReadTask:
    """``values``: what counts for the page now. ``attempt``: 0 first; each further one prepares the page another way."""

    master: str
    folder: str
    values: Mapping[str, Value]
    blank: bool
    attempt: int = 0
    seconds: float = 120.0
    limits: Mapping[str, float] = field(default_factory=dict)
    language: str = "vie"
    dpi: tuple[float, float] | None = None
    vocabulary: str = ""
    """file of the words people at this station confirmed"""


@dataclass(frozen=True, slots=True)
class ReadResult:
    """What the records keep of a reading; the words are in text.json."""

    plain: str
    words: int
    confidence: float
    engine: str
    note: str
    findings: list[dict[str, Any]]
    marks: list[Proposal] = field(default_factory=list)
    """secrecy marks, boxes in px of the page as read"""


def read_page(task: ReadTask) -> ReadResult:
    """Read, check, store text.json. Raises looking.Unreadable. A blank side is not read: specks would become words."""
    raster = read_master(Path(task.master), task.dpi)
    size = (raster.width, raster.height)
    if task.blank:
        plan = render.placement(geometry_of(size, task.values), size, raster.dpi)
        return store(task, PageText((), plan.size, plan.dpi[0], "", "blank"))
    parts = spreads.halves(task.values, size, raster.dpi)
    read_parts = [_read(task, render.render(raster, part), task.seconds / len(parts)) for part in parts]
    return store(task, read_parts[0] if len(parts) == 1 else spreads.joined(read_parts, task.values, size, raster.dpi))


def _read(task: ReadTask, upright: Raster, seconds: float) -> PageText:
    ladder = preparations()
    way = ladder[min(task.attempt, len(ladder) - 1)]
    return read(upright, engine=resident(task.language), preparation=way, seconds=seconds,
                learned=vocabulary.current(task.vocabulary) if task.vocabulary else None)  # fmt: skip


def without_text(task: ReadTask, note: str) -> ReadResult:
    """A page that could not be read in any way: kept, marked, never silently skipped."""
    box = geometry_of((0, 0), task.values).crop.box
    return store(task, PageText((), (box[2] - box[0], box[3] - box[1]), 300.0, "", note))


def store(task: ReadTask, text: PageText) -> ReadResult:
    folder = Path(task.folder)
    folder.mkdir(parents=True, exist_ok=True)
    page_text.store(folder, text)
    words = text.words
    found = check_text(text, Blank(task.blank, 0.0), limits=Limits.from_mapping(task.limits))
    return ReadResult(
        plain=text.plain(),
        words=len(words),
        confidence=round(fmean(word.confidence for word in words), 4) if words else 0.0,
        engine=text.engine,
        note=text.note,
        findings=[finding_row(finding) for finding in found],
        marks=[mark for mark in marks_on(text) if mark.name == "secrecy"],
    )
