"""Sheets that separate documents: recognised while the paper runs, set aside on the machine's word, given back on a person's.

Nothing is deleted on a code's word: the sheet, its pages and masters stay on record; they are only not delivered."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from sqlalchemy import Connection, Row

from batches import backs, findings, holdings, items, jobs, journal, pages, sheet_labels, sheets, states, wishes
from batches import batch as batch_records
from batches.errors import Exists
from batches.pages import Value
from batches.words import BatchState, JobKind, PageState, SheetState
from qc.finding import Finding, Level
from station.house import Actor, House
from station.looking import finding_row
from station.slip_code import Slip, decode

CODES, PROPOSED, LABEL = "codes", "separator", "label"
"""Page values of the machine: the codes read on a side; that its sheet was once proposed as a separator, and why; that a
document was once begun at it by an office's label."""
STAGE = "slips"
_PATCHES = ("T", "3")  # the same patch, fed either way round
_BLANK = "blank_pairs"
_MACHINE = "sohoa"
_OPEN = (BatchState.OPEN, BatchState.CAPTURING, BatchState.CAPTURED, BatchState.PROCESSED, BatchState.REJECTED)


@dataclass(frozen=True, slots=True)
class SlipView:
    """A slip and what came behind it. ``page``: the first delivered page after it, None where nothing came; ``got``: live
    sheets up to the next separator."""

    slip: Slip
    sheet: int
    page: int | None
    got: int
    other_file: bool

    @property
    def agrees(self) -> bool:
        return not self.other_file and self.slip.sheets in (None, self.got)


# -- while the paper runs ------------------------------------------------------------------------------------------------


def looked(connection: Connection, house: House, page_id: int) -> None:
    """After a side was looked at: propose its sheet as a separator where a code or two blank sides say so, or begin a document
    at it where an office's label does. A sheet is proposed once; what a person made of it stays."""
    page = pages.get(connection, page_id)
    if page.sheet_state != SheetState.LIVE.value or states.state_of(connection, page.batch_id) not in _OPEN:
        return
    values = pages.values(connection, page_id)
    wanted = house.settings.separators
    why, label = _separates(values, wanted.sheet_codes), _fitting(values, wanted.label_codes)
    if (why is not None or label is not None or _is_blank(values)) and page.sheet_id in backs.held(connection, page.batch_id):
        return  # its sheet is known when it is joined to its front
    if why is not None:
        if not _was_proposed(connection, page.sheet_id):
            _propose(connection, page, why)
    elif label is not None:
        _begin_at_label(connection, page, label)
    elif _is_blank(values) and blank_pairs(connection, page.batch_id):
        _blank_pair(connection, page)


def quiet(connection: Connection, page_id: int) -> None:
    """After a separator was looked at or read again."""
    page = pages.get(connection, page_id)
    if page.sheet_state == SheetState.SEPARATOR.value:
        _quiet(connection, page.batch_id, page_id)


def _quiet(connection: Connection, batch_id: int, page_id: int) -> None:
    """A sheet that is not delivered need not be in colour, straight or readable."""
    for stage in ("live", "text"):
        findings.replace(connection, batch_id, page_id, stage, [])


def _separates(values: dict[str, Value], patterns: Sequence[str]) -> dict[str, Any] | None:
    """The code that makes a sheet a separator: a slip of ours, Patch T, or one the configuration names. Other codes that
    offices print on documents do not."""
    for code in _codes_on(values):
        if decode(code["value"]) is not None or (code["kind"] == "patch" and code["value"] in _PATCHES):
            return dict(code)
    office = _fitting(values, patterns)
    return office and {**office, "kind": "office"}


def _fitting(values: dict[str, Value], patterns: Sequence[str]) -> dict[str, Any] | None:
    """The first bar code that one of the patterns fits; patches carry no text."""
    for code in _codes_on(values):
        if code["kind"] != "patch" and any(fnmatchcase(code["value"], pattern) for pattern in patterns):
            return dict(code)
    return None


def _codes_on(values: dict[str, Value]) -> list[dict[str, Any]]:
    return list(values[CODES].value) if CODES in values else []


def _begin_at_label(connection: Connection, page: Row[Any], label: dict[str, Any]) -> None:
    """The sheet stays in its document. Begun once: what a person joins again stays joined."""
    sides = pages.values_of(connection, [row.id for row in pages.versions(connection, page.sheet_id)])
    if any(LABEL in values for values in sides.values()):
        return
    begun = _begin_document(connection, _kept_sides(connection, page.sheet_id)[0].id)
    pages.set_machine_values(connection, page.id, _MACHINE, {LABEL: ({**label, "item": begun}, 1.0)})
    found = Finding("sheet.label", Level.INFO, None, None, tuple(label["box"]) if label["box"] else None)
    findings.replace(connection, page.batch_id, page.id, STAGE, [finding_row(found)])
    pages.changed(connection, page.id)


def _blank_pair(connection: Connection, page: Row[Any]) -> None:
    """Both sides of a sheet, or two one-sided sheets behind each other."""
    rows = [row for row in pages.in_order(connection, page.batch_id) if row.sheet_state == SheetState.LIVE.value]
    mine = [row for row in rows if row.sheet_id == page.sheet_id]
    pair = mine if len(mine) > 1 else _alone_beside(rows, page)
    values = pages.values_of(connection, [row.id for row in pair])
    if len(pair) < 2 or not all(_is_blank(values.get(row.id, {})) for row in pair):
        return
    if any(PROPOSED in values[row.id] for row in pair):
        return
    for row in {row.sheet_id: row for row in reversed(pair)}.values():
        _propose(connection, row, {"kind": "blank_pair", "value": "", "box": None})


def _alone_beside(rows: list[Row[Any]], page: Row[Any]) -> list[Row[Any]]:
    """A one-sided sheet with the blank one-sided sheet before it."""
    order = [row.sheet_id for row in rows]
    at = order.index(page.sheet_id)
    before = rows[at - 1] if at else None
    return [before, rows[at]] if before is not None and order.count(before.sheet_id) == 1 else []


def _was_proposed(connection: Connection, sheet_id: int) -> bool:
    """On any picture of the sheet, also one that was replaced since."""
    seen = pages.values_of(connection, [row.id for row in pages.versions(connection, sheet_id)])
    return any(PROPOSED in values for values in seen.values())


def _is_blank(values: dict[str, Value]) -> bool:
    return "blank" in values and bool(values["blank"].value)


def _propose(connection: Connection, page: Row[Any], why: dict[str, Any]) -> None:
    sides = _kept_sides(connection, page.sheet_id)
    sheets.set_state(connection, _MACHINE, page.sheet_id, SheetState.SEPARATOR, reason=why["kind"])
    sheet_labels.set_aside(connection, page.sheet_id)
    begun = _begin_document(connection, sides[0].id)
    pages.set_machine_values(connection, page.id, _MACHINE, {PROPOSED: ({**why, "item": begun}, 1.0)})
    for side in sides:
        _quiet(connection, page.batch_id, side.id)
    findings.replace(connection, page.batch_id, page.id, STAGE, [finding_row(one) for one in _of_page(connection, page, why)])
    pages.changed(connection, page.id)


def _begin_document(connection: Connection, page_id: int) -> int | None:
    try:
        return items.split(connection, _MACHINE, page_id)
    except Exists:
        return None


def _of_page(connection: Connection, page: Row[Any], why: dict[str, Any]) -> list[Finding]:
    """What the desk shows on the separator itself."""
    place = holdings.place(connection, batch_records.get(connection, page.batch_id).archive_file_id)
    slip, box = decode(why["value"]), tuple(why["box"]) if why["box"] else None
    found = [Finding("sheet.separator", Level.INFO, None, None, box, why["kind"])]
    if slip is not None and slip.place != _codes(place):
        found.append(Finding("sheet.wrong_file", Level.WARNING, None, None, box, ""))
    return found


# -- a person's word -----------------------------------------------------------------------------------------------------


def set_state(connection: Connection, actor: Actor, sheet_id: int, state: SheetState) -> None:
    """A person says what a sheet is: its number goes or comes back, and so does the document the machine began with it."""
    before = sheets.get(connection, sheet_id).state
    sheets.set_state(connection, actor.login, sheet_id, state)
    if state is SheetState.SEPARATOR and before != SheetState.SEPARATOR.value:
        sheet_labels.set_aside(connection, sheet_id)
        _begin_by_person(connection, sheet_id)
    elif before == SheetState.SEPARATOR.value and state is not SheetState.SEPARATOR:
        sheet_labels.take_back(connection, sheet_id)
        _undo_begin(connection, actor, sheet_id)
    elif before == SheetState.SUPERSEDED.value and state is SheetState.LIVE:
        sheet_labels.keep_apart(connection, sheet_id)


def _begin_by_person(connection: Connection, sheet_id: int) -> None:
    """Behind a separator a document begins, whoever saw it."""
    sides = _kept_sides(connection, sheet_id)
    if not sides:
        return
    known = {row.id: pages.values(connection, row.id).get(PROPOSED) for row in sides}
    side = next((row for row in sides if known[row.id] is not None), sides[0])
    said = known[side.id]
    why: dict[str, Any] = dict(said.value) if said is not None else {"kind": "person", "value": "", "box": None}
    begun = _begin_document(connection, sides[0].id)
    pages.set_machine_values(connection, side.id, _MACHINE, {PROPOSED: ({**why, "item": begun}, 1.0)})
    for row in sides:
        _quiet(connection, row.batch_id, row.id)
    if why["kind"] != "person":
        findings.replace(
            connection, side.batch_id, side.id, STAGE, [finding_row(one) for one in _of_page(connection, side, why)]
        )


def _kept_sides(connection: Connection, sheet_id: int) -> list[Row[Any]]:
    """Front before back."""
    return [row for row in reversed(pages.versions(connection, sheet_id)) if row.state == PageState.KEPT.value]


def _undo_begin(connection: Connection, actor: Actor, sheet_id: int) -> None:
    """A document that the machine began here and nobody described goes on with the one before it."""
    for row in pages.versions(connection, sheet_id):
        jobs.queue(connection, row.id, JobKind.LIVE)  # its findings count again
        said = pages.values(connection, row.id).get(PROPOSED)
        if said is None:
            continue
        findings.replace(connection, row.batch_id, row.id, STAGE, [])
        item = next((one for one in items.listing(connection, row.batch_id) if one.id == said.value.get("item")), None)
        if item is not None and not item.fields:
            items.join(connection, actor.login, item.id)


def set_blank_pairs(house: House, actor: Actor, batch_id: int, on: bool) -> None:
    """Whether two blank sides part documents in this batch: only where the stack was laid so."""
    with house.store.write() as connection:
        states.require(connection, batch_id, *_OPEN)
        name = f"{_BLANK}:{batch_id}"
        (wishes.want if on else wishes.settle)(connection, name)
        journal.append(connection, actor.login, "batch.blank_pairs", f"batch:{batch_id}", not on, on)
        batch_records.touch(connection, batch_id)


def blank_pairs(connection: Connection, batch_id: int) -> bool:
    return wishes.wanted(connection, f"{_BLANK}:{batch_id}")


# -- the whole batch -----------------------------------------------------------------------------------------------------


def of_batch(connection: Connection, batch_id: int) -> list[SlipView]:
    """Every slip of the batch in the order of the paper, with what came behind it."""
    place = _codes(holdings.place(connection, batch_records.get(connection, batch_id).archive_file_id))
    rows = pages.in_order(connection, batch_id)
    values = pages.values_of(connection, [row.id for row in rows])
    found: list[SlipView] = []
    for sides, live in _parts(rows):
        slip = next(filter(None, (_slip_of(values.get(row.id, {})) for row in sides)), None)
        if slip is not None:
            got = len({row.sheet_id for row in live})
            found.append(SlipView(slip, sides[0].sheet_id, live[0].id if live else None, got, slip.place != place))
    return found


def _parts(rows: list[Row[Any]]) -> list[tuple[list[Row[Any]], list[Row[Any]]]]:
    """(sides of a separator, delivered sides up to the next one), in order; what stands before the first is left out."""
    parts: list[tuple[list[Row[Any]], list[Row[Any]]]] = []
    for row in rows:
        if row.sheet_state == SheetState.SEPARATOR.value:
            if parts and parts[-1][0][0].sheet_id == row.sheet_id:
                parts[-1][0].append(row)
            else:
                parts.append(([row], []))
        elif parts and row.sheet_state == SheetState.LIVE.value:
            parts[-1][1].append(row)
    return parts


def _slip_of(values: dict[str, Value]) -> Slip | None:
    return next(filter(None, (decode(code["value"]) for code in _codes_on(values))), None)


def judge(connection: Connection, batch_id: int) -> None:
    """Findings of the whole batch: sheets behind a slip against its count, slips of other files, slips that are missing."""
    views = of_batch(connection, batch_id)
    rows = [row for view in views for row in _of_slip(view)] + _of_numbers(views)
    findings.replace(connection, batch_id, None, STAGE, rows)


def _of_slip(view: SlipView) -> list[dict[str, Any]]:
    if view.other_file:
        return [_row(Finding("sheet.wrong_file", Level.WARNING), view)]
    if view.slip.sheets is None or view.got == view.slip.sheets:
        return []
    hint = "slip_few" if view.got < view.slip.sheets else "slip_many"
    return [_row(Finding("batch.count", Level.ERROR, view.got, view.slip.sheets, None, hint), view)]


def _of_numbers(views: list[SlipView]) -> list[dict[str, Any]]:
    """Slips are numbered on: one left out is a document left out, one seen twice was printed or laid twice."""
    mine = [view for view in views if not view.other_file]
    found, seen = [], set[int]()
    for at, view in enumerate(mine):
        number = view.slip.number
        if number in seen:
            found.append(_row(Finding("batch.duplicate", Level.WARNING, number, None, None, "slip"), view))
        missing = number - mine[at - 1].slip.number - 1 if at else 0
        if missing > 0 and not seen.issuperset(range(number - missing, number)):
            found.append(_row(Finding("batch.gap", Level.WARNING, missing, 0, None, "slip"), view))
        seen.add(number)
    return found


def _row(finding: Finding, view: SlipView) -> dict[str, Any]:
    about = [view.page] if view.page is not None else []
    return {**finding_row(finding), "pages": {"pages": about, "missing": [], "document": view.slip.number}}


def _codes(place: holdings.Place) -> tuple[str, str, str]:
    return place.fonds_code, place.catalogue_code, place.file_code


__all__ = ["SlipView", "blank_pairs", "judge", "looked", "of_batch", "quiet", "set_blank_pairs", "set_state"]
