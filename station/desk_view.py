"""What the desks show: frozen views, read in one go. Nothing here changes anything."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row

from batches import batch as batch_records
from batches import findings, holdings, items, jobs, ledger, overlaps, pages, review, runs, sheets, texts
from batches.ledger import Ledger
from batches.pages import Value
from batches.words import JobKind, JobState, RunState
from imaging import render
from scanner.model import Face, Source
from station import page_text, spreads
from station.geometry import geometry_of
from station.house import House

FractionBox = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class FindingView:
    id: int
    check: str
    level: str
    value: float | None
    limit: float | None
    box_fraction: FractionBox | None
    """x0, y0, x1, y1 as fractions 0..1 of the proof picture"""
    hint: str
    state: str


@dataclass(frozen=True, slots=True)
class PageView:
    """``ready``: the live path is done, its pictures exist. ``text_state``: waiting, read, blank, none (with why in the
    findings). ``degrees``: clockwise turn; ``skew`` in degrees as straightened."""

    id: int
    uid: str
    sheet_id: int
    sheet_label: str
    sheet_number: int
    face: str
    position: int
    state: str
    sheet_state: str
    ready: bool
    findings: tuple[FindingView, ...]
    blank: bool | None
    blank_by_person: bool
    degrees: int
    degrees_by_person: bool
    skew: float
    skew_by_person: bool
    crop_by_person: bool
    text_state: str
    text_confidence: float | None
    verdict: Row[Any] | None
    captured_at: str
    width_mm: float
    height_mm: float
    revision: int
    spread: float | None = None
    """the gutter of two facing pages, as a fraction of the proof's width"""


@dataclass(frozen=True, slots=True)
class RunView:
    """``last_label``: the last stored sheet, "" before the first; ``next_sheet``: what to lay on top when going on."""

    id: int
    state: str
    request: str
    phase: str
    fault: str | None
    purpose: str
    device: str
    operator: str
    last_label: str
    next_sheet: str
    sides_stored: int
    last_sheet: int | None = None
    """the last whole sheet that is stored, to be shown"""
    half: bool = False
    """the sheet to put back has come with one side only"""
    sensors: dict[str, Any] = field(default_factory=dict)
    """what the scanner's sensors said when the run was paused"""
    wait_for: str = ""
    """``button`` or ``paper`` where the run begins at the scanner"""
    ignored: str = ""
    """why the last press of the scanner's button began nothing, "" where it did or none came"""


@dataclass(frozen=True, slots=True)
class DeskView:
    batch: Row[Any]
    place: holdings.Place
    ledger: Ledger
    run: RunView | None
    pages: tuple[PageView, ...]
    revision: int
    items: tuple[items.Item, ...]
    returned: tuple[Row[Any], ...]
    overlaps: tuple[Row[Any], ...]
    """sheets that seem to have come twice and wait for a person's word"""
    waiting: int
    """pages whose looking or reading is not done"""


def view(house: House, batch_id: int) -> DeskView:
    """The whole desk of a batch. Raises NotFound."""
    with house.store.read() as connection:
        return _view(connection, house, batch_id, -1)


def changes(house: House, batch_id: int, after_revision: int) -> DeskView:
    """The desk with only the pages that changed since, superseded ones too."""
    with house.store.read() as connection:
        return _view(connection, house, batch_id, after_revision)


def page(house: House, page_id: int) -> PageView:
    """One side, whatever its state. Raises NotFound."""
    with house.store.read() as connection:
        row = pages.get(connection, page_id)
        return page_views(connection, house, [row])[0]


def _view(connection: Connection, house: House, batch_id: int, after: int) -> DeskView:
    batch = batch_records.get(connection, batch_id)
    rows = pages.listing(connection, batch_id, after_revision=after)
    run = runs.active(connection, batch_id) or runs.latest(connection, batch_id)
    waiting = (JobState.QUEUED.value, JobState.RUNNING.value)
    return DeskView(
        batch=batch,
        place=holdings.place(connection, batch.archive_file_id),
        ledger=ledger.of(connection, batch_id),
        run=_run_view(connection, run) if run is not None else None,
        pages=tuple(page_views(connection, house, rows)),
        revision=batch.revision,
        items=tuple(items.listing(connection, batch_id)),
        returned=tuple(review.returned(connection, batch_id)),
        overlaps=tuple(overlaps.waiting(connection, batch_id)),
        waiting=sum(n for (_, state), n in jobs.counts(connection, batch_id).items() if state in waiting),
    )


def page_views(connection: Connection, house: House, rows: list[Row[Any]]) -> list[PageView]:
    """Views of rows from batches.pages, in their order."""
    ids = [row.id for row in rows]
    values = pages.values_of(connection, ids)
    found = findings.of_pages(connection, ids)
    read = texts.of_pages(connection, ids)
    batch_ids = {row.batch_id for row in rows}
    decided = {batch_id: review.open_verdicts(connection, batch_id) for batch_id in batch_ids}
    uids = {batch_id: batch_records.get(connection, batch_id).uid for batch_id in batch_ids}
    looked = jobs.states_of(connection, ids)
    return [
        _page_view(
            house,
            uids.get(row.batch_id, ""),
            row,
            values.get(row.id, {}),
            found[row.id],
            read.get(row.id),
            looked.get(row.id, {}),
            decided.get(row.batch_id, {}).get(row.id),
        )
        for row in rows
    ]


def _page_view(
    house: House,
    batch_uid: str,
    row: Row[Any],
    values: dict[str, Value],
    found: list[Row[Any]],
    read: Row[Any] | None,
    looked: dict[str, str],
    verdict: Row[Any] | None,
) -> PageView:
    blank, turn, skew, crop = (values.get(name) for name in ("blank", "orientation", "skew", "crop"))
    folder = house.folders.page(batch_uid, row.uid)
    size = _text_size(found, folder)
    return PageView(
        id=row.id,
        uid=row.uid,
        sheet_id=row.sheet_id,
        sheet_label=row.sheet_label,
        sheet_number=row.sheet_number,
        face=row.face,
        position=row.position,
        state=row.state,
        sheet_state=row.sheet_state,
        ready=(folder / "whole.jpg").is_file(),  # written last
        findings=tuple(_finding_view(row, values, finding, size) for finding in found),
        blank=None if blank is None else bool(blank.value),
        blank_by_person=bool(blank and blank.by_person),
        degrees=turn.value if turn else 0,
        degrees_by_person=bool(turn and turn.by_person),
        skew=float(skew.value) if skew else 0.0,
        skew_by_person=bool(skew and skew.by_person),
        crop_by_person=bool(crop and crop.by_person),
        text_state=_text_state(read, looked),
        text_confidence=read.confidence if read is not None else None,
        verdict=verdict,
        captured_at=row.captured_at,
        width_mm=round(row.width / row.dpi_x * 25.4, 1),
        height_mm=round(row.height / row.dpi_y * 25.4, 1),
        revision=row.revision,
        spread=spreads.gutter(values, (row.width, row.height), (row.dpi_x, row.dpi_y)),
    )


def _text_state(read: Row[Any] | None, looked: dict[str, str]) -> str:
    if read is None or looked.get(JobKind.TEXT.value) in (JobState.QUEUED.value, JobState.RUNNING.value):
        return "waiting"
    if read.note == "blank":
        return "blank"
    return "read" if read.words else "none"


def _text_size(found: list[Row[Any]], folder: Any) -> tuple[int, int] | None:
    """Pixels of the page that was read, needed only where a text finding has a place."""
    if not any(finding.stage == "text" and finding.box for finding in found):
        return None
    text = page_text.load(folder)
    return text.size if text is not None else None


def _finding_view(row: Row[Any], values: dict[str, Value], finding: Row[Any], text_size: tuple[int, int] | None) -> FindingView:
    return FindingView(
        id=finding.id,
        check=finding.check_id,
        level=finding.level,
        value=finding.value,
        limit=finding.limit_value,
        box_fraction=_fraction(row, values, finding, text_size),
        hint=finding.hint,
        state=finding.state,
    )


def _fraction(
    row: Row[Any], values: dict[str, Value], finding: Row[Any], text_size: tuple[int, int] | None
) -> FractionBox | None:
    """Text findings lie on the page as read, all others on the master."""
    if not finding.box:
        return None
    box, size = tuple(finding.box), text_size
    if finding.stage != "text":
        geometry, master, dpi = geometry_of((row.width, row.height), values), (row.width, row.height), (row.dpi_x, row.dpi_y)
        size = render.placement(geometry, master, dpi).size
        box = render.box_to_render(geometry, master, (box[0], box[1], box[2], box[3]), dpi)
    if size is None:
        return None
    x0, y0, x1, y1 = (min(1.0, max(0.0, part / side)) for part, side in zip(box, (*size, *size), strict=True))
    return (x0, y0, x1, y1)


def _run_view(connection: Connection, run: Row[Any]) -> RunView:
    last, upcoming, half = _sheets_around(connection, run)
    rests = runs.waits(run) or run.state == RunState.PAUSED.value
    return RunView(
        id=run.id,
        state=run.state,
        request=run.request,
        phase=run.phase,
        fault=run.fault,
        purpose=run.purpose,
        device=run.device,
        operator=run.operator,
        last_label=last.sheet_label if last is not None else "",
        last_sheet=last.sheet_id if last is not None else None,
        half=half,
        sensors=runs.fault_sensors(connection, run) if run.state == RunState.PAUSED.value else {},
        next_sheet=upcoming,
        sides_stored=run.sides_stored,
        wait_for=runs.wait_for(run) or "",
        ignored=runs.last_ignored(connection, run.batch_id) if rests else "",
    )


def _sheets_around(connection: Connection, run: Row[Any]) -> tuple[Row[Any] | None, str, bool]:
    """A side of the last whole sheet of this run, the label of the sheet to put back first, and whether half of that came."""
    faces: dict[int, set[str]] = {}
    sides: dict[int, Row[Any]] = {}
    for row in pages.of_run(connection, run.id):
        faces.setdefault(row.sheet_id, set()).add(row.face)
        sides[row.sheet_id] = row
    both = {Face.FRONT.value, Face.BACK.value}
    wanted = both if run.settings["source"] == Source.DUPLEX.value else set()
    whole = [sheet for sheet, there in faces.items() if there >= wanted]
    half = [sheet for sheet, there in faces.items() if there < wanted]
    last = sides[whole[-1]] if whole else None
    if half:
        return last, sides[half[-1]].sheet_label, True
    if run.target_sheet_id and run.purpose == "rescan":
        return last, str(sheets.get(connection, run.target_sheet_id).label), False
    if (run.settings.get("pass") or {}).get("kind") == "backs":
        return last, sheets.back_label(sheets.listing(connection, run.batch_id)), False
    return last, str(sheets.next_number(sheets.listing(connection, run.batch_id))), False
