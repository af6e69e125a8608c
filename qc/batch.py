"""Judges a batch as a whole: nothing missing, nothing twice, nothing out of order. Findings name the pages they are about."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from imaging.measures.likeness import Likeness, correlation, near_pairs
from qc.finding import Finding, Level
from qc.limits import Limits
from qc.sequence import Jump, story

SideName = Literal["front", "back"]
_ENOUGH = 3
"""Sheets that tell the usual length."""


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What a batch check needs of a page, in capture order. ``page``: the caller's id. ``sheet``: number of the paper sheet.
    ``number``: the page number printed on it, as read. ``length_mm``: along the feed. ``starts_document``: known or not.
    ``counted``: False for separators and pages taken out, which hold a place but are not part of the file."""

    page: int
    sheet: int
    side: SideName
    blank: bool = False
    number: int | None = None
    likeness: Likeness | None = None
    length_mm: float | None = None
    starts_document: bool | None = None
    counted: bool = True


@dataclass(frozen=True, slots=True)
class Declared:
    """What people said before scanning; None = nobody said. ``pages``: sides that bear writing, as the closing sheet counts."""

    sheets: int | None = None
    pages: int | None = None
    duplex: bool | None = None


@dataclass(frozen=True, slots=True)
class BatchFinding:
    """``pages``: ids of the pages concerned, in capture order. ``missing``: page numbers that should be there and are not."""

    finding: Finding
    pages: tuple[int, ...] = ()
    missing: tuple[int, ...] = field(default=())


def check_batch(
    pages: Sequence[PageFacts], declared: Declared | None = None, *, limits: Limits | None = None
) -> list[BatchFinding]:
    """All findings on a batch; ``box`` is always None. Never raises on any combination of unknowns."""
    said, used = declared or Declared(), limits or Limits()
    kept = [page for page in pages if page.counted]
    return [
        *_count(kept, said),
        *_missing_back(kept, said),
        *_numbers(kept),
        *_duplicates(kept, used),
        *_double_feed(kept, used),
    ]


def _count(pages: Sequence[PageFacts], said: Declared) -> Iterable[BatchFinding]:
    """batch.count, an error: value is what is there, limit what was declared."""
    sheets = len({page.sheet for page in pages})
    written = sum(1 for page in pages if not page.blank)
    for hint, have, want in (("sheets", sheets, said.sheets), ("pages", written, said.pages)):
        if want is not None and have != want:
            yield BatchFinding(
                Finding("batch.count", Level.ERROR, have, want, None, f"{hint}_{'few' if have < want else 'many'}")
            )


def _missing_back(pages: Sequence[PageFacts], said: Declared) -> Iterable[BatchFinding]:
    """batch.missing_back: a sheet of a duplex batch without one of its sides; or fronts whose numbers go 1, 3, 5."""
    sides: dict[int, dict[str, int]] = defaultdict(dict)
    for page in pages:
        sides[page.sheet][page.side] = page.page
    has_backs = any("back" in both for both in sides.values())
    if said.duplex or (said.duplex is None and has_backs):
        lone = [both for both in sides.values() if len(both) < 2]
        yield from (BatchFinding(_error("batch.missing_back", "side_missing"), tuple(both.values())) for both in lone)
    elif not has_backs:
        yield from _every_other(pages)


def _every_other(pages: Sequence[PageFacts]) -> Iterable[BatchFinding]:
    steps = [
        (one.page, other.page)
        for one, other in pairwise(pages)
        if one.number is not None and other.number is not None and other.number - one.number == 2
    ]
    if len(steps) >= 2 and len(steps) * 2 >= len(pages) - 1:
        yield BatchFinding(
            _error("batch.missing_back", "every_other"), tuple(sorted({page for step in steps for page in step}))
        )


def _numbers(pages: Sequence[PageFacts]) -> Iterable[BatchFinding]:
    """batch.gap and batch.order from the likeliest numbering of the written sides."""
    written = [page for page in pages if not page.blank]
    told = story([page.number for page in written], [page.starts_document for page in written])
    for jump in told.jumps:
        about = written[jump.before].page, written[jump.after].page
        yield BatchFinding(_of_jump(jump), about, jump.missing)
    for run in told.shuffled:
        yield BatchFinding(_error("batch.order", "shuffled"), tuple(written[at].page for at in run))


def _of_jump(jump: Jump) -> Finding:
    if jump.back:
        return Finding("batch.order", Level.ERROR, jump.following, jump.last, None, "numbers_fall")
    level = Level.ERROR if jump.witnesses > 1 else Level.WARNING
    return Finding("batch.gap", level, len(jump.missing), 0, None, "one_sheet" if len(jump.missing) <= 2 else "many")


def _duplicates(pages: Sequence[PageFacts], limits: Limits) -> Iterable[BatchFinding]:
    """batch.duplicate: neighbours fed twice are an error, the same sheet further off a warning, the same form information."""
    drawn = [(at, page, page.likeness) for at, page in enumerate(pages) if page.likeness is not None and not page.blank]
    for one, other in near_pairs([likeness.bits for _, _, likeness in drawn], limits.duplicate_bits):
        (at, first, sketch), (later, second, resketch) = drawn[one], drawn[other]
        alike = correlation(sketch, resketch)
        if alike > limits.duplicate_info:
            yield BatchFinding(_of_likeness(alike, later - at, limits), (first.page, second.page))


def _of_likeness(alike: float, apart: int, limits: Limits) -> Finding:
    if alike <= limits.duplicate_error:
        return Finding("batch.duplicate", Level.INFO, round(alike, 3), limits.duplicate_error, None, "same_form")
    near = apart <= 2
    level, hint = (Level.ERROR, "fed_twice") if near else (Level.WARNING, "copy")
    return Finding("batch.duplicate", level, round(alike, 3), limits.duplicate_error, None, hint)


def usual_length(lengths_mm: Iterable[float]) -> int | None:
    """The most frequent length of a batch's sheets, mm; None where too few are known."""
    lengths = [round(one) for one in lengths_mm]
    return Counter(lengths).most_common(1)[0][0] if len(lengths) >= _ENOUGH else None


def too_long(length_mm: float, usual: int | None, limits: Limits) -> Finding | None:
    """batch.double_feed by length: two overlapping sheets are longer than one. Value: mm above the usual."""
    if usual is None or length_mm <= usual + limits.length_off_warn:
        return None
    over = round(length_mm - usual, 1)
    return Finding("batch.double_feed", Level.WARNING, over, limits.length_off_warn, None, "too_long")


def _double_feed(pages: Sequence[PageFacts], limits: Limits) -> Iterable[BatchFinding]:
    """batch.double_feed: an image longer than the batch's sheets; a sheet whose front and back are not neighbours."""
    usual = usual_length(page.length_mm for page in pages if page.length_mm)
    for page in pages:
        longer = too_long(page.length_mm, usual, limits) if page.length_mm else None
        if longer is not None:
            yield BatchFinding(longer, (page.page,))
    for front, back in pairwise(pages):
        if _far_apart(front, back):
            yield BatchFinding(_error("batch.double_feed", "sides_of_two_sheets"), (front.page, back.page))


def _far_apart(front: PageFacts, back: PageFacts) -> bool:
    """Front i and back i + 3: the back belongs to the next sheet, which lay under this one."""
    if front.sheet != back.sheet or front.number is None or back.number is None:
        return False
    return front.side == "front" and back.number - front.number == 3


def _error(check: str, hint: str) -> Finding:
    return Finding(check, Level.ERROR, None, None, None, hint)
