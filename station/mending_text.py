"""A person reads a page beside the machine: puts words right, confirms others, takes it back."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from sqlalchemy import Connection, Row

from batches import batch as batch_records
from batches import findings, items, jobs, pages, states, text_mends, texts
from batches.errors import Exists, Invalid, NotAllowed, Stale
from batches.text_mends import Mend
from batches.words import BatchState, JobState
from imaging import render
from imaging.language import nfc
from imaging.values import Blank, Box, Line, PageText
from qc.limits import Limits
from qc.text import check_text
from station import mended, page_text, proposing, secrecy
from station.geometry import geometry_of
from station.house import Actor, House
from station.looking import finding_row

MENDABLE = (BatchState.OPEN, BatchState.CAPTURING, BatchState.CAPTURED, BatchState.PROCESSED, BatchState.REJECTED)
LEAST = 4
"""px, the smallest side of a place that a person draws."""
UNSURE = 0.75
"""Word confidence below which a person is led to the word (as ``text_confidence_warn`` of the page's mean)."""


@dataclass(frozen=True, slots=True)
class WordView:
    """``box``: px of the page as read; ``raw``: what the machine read; ``by``: who put it right or confirmed it."""

    text: str
    box: Box
    confidence: float
    raw: str
    by: str

    @property
    def unsure(self) -> bool:
        return not self.by and self.confidence < UNSURE and any(letter.isalnum() for letter in self.text)


@dataclass(frozen=True, slots=True)
class TextView:
    """``ready``: the reading belongs to the page as it lies now; otherwise nothing may be mended yet."""

    size: tuple[int, int]
    words: tuple[WordView, ...]
    ready: bool
    note: str


# -- a page ----------------------------------------------------------------------------------------------------------------


def reading(connection: Connection, house: House, page_id: int) -> PageText | None:
    """The words of a page as they count, None while it was not read. Raises NotFound."""
    row = pages.get(connection, page_id)
    uid = batch_records.get(connection, row.batch_id).uid
    text = page_text.load(house.folders.page(uid, row.uid))
    if text is None:
        return None
    size, dpi = (row.width, row.height), (row.dpi_x, row.dpi_y)
    return mended.apply(text, text_mends.of_page(connection, page_id), pages.values(connection, page_id), size, dpi)


def view(house: House, page_id: int) -> TextView:
    """The words of a page with what people made of them. Raises NotFound."""
    with house.store.read() as connection:
        text = reading(connection, house, page_id)
        ready = text is not None and settled(connection, page_id)
        if text is None:
            return TextView((1, 1), (), False, "")
        row, values = pages.get(connection, page_id), pages.values(connection, page_id)
        size, dpi = (row.width, row.height), (row.dpi_x, row.dpi_y)
        placed = mended.placed(text_mends.of_page(connection, page_id), values, size, dpi)
    return TextView(text.size, tuple(_views(text, placed)), ready, text.note)


def _views(text: PageText, placed: list[tuple[Box, Mend]]) -> Iterator[WordView]:
    for word in text.words:
        by = next((mend.author for box, mend in reversed(placed) if mended.shared(word.box, box) >= mended.SAME), "")
        yield WordView(word.text, word.box, word.confidence, word.raw or word.text, by)


def settled(connection: Connection, page_id: int) -> bool:
    """Whether nothing is under way that would make the reading, or the page's geometry, another."""
    return all(job.state in (JobState.DONE.value, JobState.FAILED.value) for job in jobs.of_page(connection, page_id).values())


def mend(house: House, actor: Actor, page_id: int, box: Box, before: str, after: str) -> None:
    """A person's word for the one that stands at ``box`` (px of the page as read) and reads ``before``; the same word again
    confirms it, an empty one says that no word is there.

    Raises Stale where the page does not say so any more, NotAllowed in a batch that is not to be mended, Invalid."""
    with house.store.write() as connection:
        _require_open(connection, page_id)
        text = reading(connection, house, page_id)
        line, at = _find(text, box, before, page_id)
        row, values = pages.get(connection, page_id), pages.values(connection, page_id)
        size, dpi = (row.width, row.height), (row.dpi_x, row.dpi_y)
        place = render.box_to_master(geometry_of(size, values), size, box, dpi)
        said = " ".join(nfc(after).split())
        text_mends.add(connection, actor.login, page_id, place, before, said, _context(line, at))
        refresh(connection, house, page_id)


def add(house: House, actor: Actor, page_id: int, box: Box, said: str) -> None:
    """A word that the machine did not see, at ``box`` in px of the page as read.

    Raises Exists where it did see one there, Invalid for no word or no place, NotAllowed in a closed batch."""
    with house.store.write() as connection:
        _require_open(connection, page_id)
        text = reading(connection, house, page_id)
        if text is None:
            raise NotAllowed(what="page_working", state="")
        box, said = _on_page(box, text.size), " ".join(nfc(said).split())
        if not said:
            raise Invalid(what="word", value=said)
        _require_free(text, box)
        row, values = pages.get(connection, page_id), pages.values(connection, page_id)
        size, dpi = (row.width, row.height), (row.dpi_x, row.dpi_y)
        place = render.box_to_master(geometry_of(size, values), size, box, dpi)
        text_mends.add(connection, actor.login, page_id, place, "", said, _around(text, box))
        refresh(connection, house, page_id)


def undo(house: House, actor: Actor, page_id: int) -> str | None:
    """Take back this person's last word on the page; returns what it was, None where there is none."""
    with house.store.write() as connection:
        _require_open(connection, page_id)
        taken = text_mends.undo(connection, actor.login, page_id)
        if taken is None:
            return None
        refresh(connection, house, page_id)
        return taken.after


def refresh(connection: Connection, house: House, page_id: int) -> None:
    """After a mend or a new reading: the kept text, its findings and its document's proposals say what counts now."""
    text = reading(connection, house, page_id)
    if text is None:
        return
    page = pages.get(connection, page_id)
    words = text.words
    sure = round(fmean(word.confidence for word in words), 4) if words else 0.0
    texts.store(connection, page_id, plain=text.plain(), words=len(words), confidence=sure, engine=text.engine, note=text.note)
    blank = pages.values(connection, page_id).get("blank")
    judged = check_text(text, Blank(bool(blank and blank.value), 0.0), limits=Limits.from_mapping(house.settings.qc.limits))
    findings.replace(connection, page.batch_id, page_id, "text", [finding_row(finding) for finding in judged])
    # the machine's own reading too: mending a mark away does not silence it
    uid = batch_records.get(connection, page.batch_id).uid
    read = page_text.load(house.folders.page(uid, page.uid))
    marks = [*secrecy.marks_of(text), *(secrecy.marks_of(read) if read is not None else ())]
    secrecy.raise_alarm(connection, page, pages.values(connection, page_id), marks)
    _propose_again(connection, house, page)
    pages.changed(connection, page_id)


def _propose_again(connection: Connection, house: House, page: Row[Any]) -> None:
    """Only where proposals were made already, and only on the pages they come from: the first and the last."""
    for item in items.listing(connection, page.batch_id):
        ends = [side.id for side in (*item.pages[:1], *item.pages[-2:])]
        if page.id in ends and item.proposals:
            proposing.propose_again(connection, house, page.batch_id, item)


def _require_open(connection: Connection, page_id: int) -> None:
    states.require(connection, pages.get(connection, page_id).batch_id, *MENDABLE)
    if not settled(connection, page_id):
        raise NotAllowed(what="page_working", state="")


def _find(text: PageText | None, box: Box, before: str, page_id: int) -> tuple[Line, int]:
    for line in text.lines if text is not None else ():
        for at, word in enumerate(line.words):
            if word.box == box and word.text == before:
                return line, at
    raise Stale(what="word", id=page_id)


def _on_page(box: Box, size: tuple[int, int]) -> Box:
    x0, y0, x1, y1 = max(0, box[0]), max(0, box[1]), min(size[0], box[2]), min(size[1], box[3])
    if x1 - x0 < LEAST or y1 - y0 < LEAST:
        raise Invalid(what="box", value=str(box))
    return x0, y0, x1, y1


def _require_free(text: PageText, box: Box) -> None:
    for word in text.words:
        if mended.shared(word.box, box) >= mended.SAME:
            raise Exists(what="word", value=word.text)


def _around(text: PageText, box: Box) -> dict[str, str]:
    """The words before and after a new one, where it stands on a line that was read."""
    middle = (box[1] + box[3]) / 2
    line = next((one for one in text.lines if one.box[1] <= middle < one.box[3]), None)
    words = [(word.box[0], word.text) for word in line.words] if line is not None else []
    left, right = [said for x, said in words if x < box[0]], [said for x, said in words if x >= box[0]]
    return {"left": left[-1] if left else "", "right": right[0] if right else ""}


def _context(line: Line, at: int) -> dict[str, str]:
    words = [word.text for word in line.words]
    return {"left": words[at - 1] if at else "", "right": words[at + 1] if at + 1 < len(words) else ""}
