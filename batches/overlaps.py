"""Sheets that came twice after a run was gone on with. The machine finds and asks; a person decides, and can take it back.

A kept picture stands where the sheet first came and bears its number; the sheets behind are numbered on as if the extra trip
had not been. Nothing is deleted: the other picture is set aside, on record."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, or_, select, update

from batches import batch as batch_records
from batches import journal, schema, sheet_labels, sheets
from batches.clock import now
from batches.errors import Invalid, NotAllowed, NotFound, Stale
from batches.words import JobKind, OverlapState, PageState, RunPurpose, SheetState

REASON = "overlap"
"""Why a sheet was set aside or moved: the journal's entries of one decision are told apart from those of a person's own."""


def found(connection: Connection, run_id: int, earlier: Row[Any], later: Row[Any], likeness: float, **facts: Any) -> int | None:
    """Ask whether two sheets are one; None where this was asked before. ``likeness``: correlation, 0..1."""
    o = schema.overlap
    known = select(o.c.id).where(o.c.earlier_sheet_id == earlier.id, o.c.later_sheet_id == later.id)
    if connection.execute(known).first() is not None:
        return None
    values = {"batch_id": earlier.batch_id, "run_id": run_id, "likeness": likeness, "at": now()}
    made = connection.execute(o.insert().values(earlier_sheet_id=earlier.id, later_sheet_id=later.id, **values))
    assert made.inserted_primary_key is not None
    overlap_id = int(made.inserted_primary_key[0])
    batch_records.touch(connection, earlier.batch_id)
    after = {"earlier": earlier.label, "later": later.label, "likeness": round(likeness, 3)}
    journal.append(connection, "sohoa", "overlap.found", _subject(earlier.batch_id, overlap_id), None, after, **facts)
    return overlap_id


def get(connection: Connection, overlap_id: int) -> Row[Any]:
    """Raises NotFound."""
    row = connection.execute(select(schema.overlap).where(schema.overlap.c.id == overlap_id)).first()
    if row is None:
        raise NotFound(what="overlap", id=overlap_id)
    return row


def of_batch(connection: Connection, batch_id: int) -> list[Row[Any]]:
    """Every question ever asked of a batch, whatever became of it."""
    o = schema.overlap
    return list(connection.execute(select(o).where(o.c.batch_id == batch_id).order_by(o.c.id)))


def waiting(connection: Connection, batch_id: int) -> list[Row[Any]]:
    """The questions nobody has answered. One whose sheet was set aside by other means is none any more."""
    o, first, second = schema.overlap, schema.sheet.alias(), schema.sheet.alias()
    query = (
        select(o)
        .join(first, first.c.id == o.c.earlier_sheet_id)
        .join(second, second.c.id == o.c.later_sheet_id)
        .where(o.c.batch_id == batch_id, o.c.state == OverlapState.OPEN.value)
        .where(first.c.state == SheetState.LIVE.value, second.c.state == SheetState.LIVE.value)
    )
    return list(connection.execute(query.order_by(o.c.id)))


def require_answered(connection: Connection, batch_id: int) -> None:
    """Raises NotAllowed while a question waits."""
    if waiting(connection, batch_id):
        raise NotAllowed(what="overlap", state=OverlapState.OPEN.value)


def told_apart(connection: Connection, batch_id: int) -> set[frozenset[int]]:
    """Pairs of sheets of which a person said that they are two."""
    asked = of_batch(connection, batch_id)
    return {frozenset((row.earlier_sheet_id, row.later_sheet_id)) for row in asked if row.state == OverlapState.BOTH.value}


def decide(connection: Connection, actor: str, overlap_id: int, state: OverlapState) -> None:
    """A person's word, carried out whole. Raises NotFound, Invalid, Stale where it was answered or one sheet set aside
    meanwhile."""
    if state is OverlapState.OPEN:
        raise Invalid(what="overlap", value=state.value)
    row = get(connection, overlap_id)
    _settle(connection, row, OverlapState.OPEN, state, actor)
    earlier, later = sheets.get(connection, row.earlier_sheet_id), sheets.get(connection, row.later_sheet_id)
    if not earlier.state == later.state == SheetState.LIVE.value:  # one is set aside already: the other must stay
        raise Stale(what="overlap", id=overlap_id)
    facts: dict[str, Any] = {}
    if state is not OverlapState.BOTH:
        facts = {"label": later.label, "behind": _behind(connection, later)}
        if state is OverlapState.KEPT_LATER:  # the new picture goes where the sheet lies in the stack
            sheets.move(connection, actor, later.id, earlier.id, reason=REASON)
        aside = later if state is OverlapState.KEPT_EARLIER else earlier
        sheets.set_state(connection, actor, aside.id, SheetState.SUPERSEDED, reason=REASON)
        _count_once(connection, earlier, later)
    journal.append(connection, actor, "overlap.decided", _subject(row.batch_id, row.id), row.state, state.value, **facts)


def reopen(connection: Connection, actor: str, overlap_id: int, decided: dict[str, Any]) -> None:
    """Take a decision back. ``decided``: the detail of its journal entry. Raises Stale where it no longer stands."""
    row, state = get(connection, overlap_id), OverlapState(decided["after"])
    _settle(connection, row, state, OverlapState.OPEN, None)
    if state is not OverlapState.BOTH:
        later = sheets.get(connection, row.later_sheet_id)
        aside = row.later_sheet_id if state is OverlapState.KEPT_EARLIER else row.earlier_sheet_id
        sheets.set_state(connection, actor, aside, SheetState.LIVE, reason=REASON)
        if state is OverlapState.KEPT_LATER:
            sheets.move(connection, actor, later.id, decided.get("behind"), reason=REASON)
        _count_twice(connection, later.id, decided["label"])
    journal.append(connection, actor, "overlap.decided", _subject(row.batch_id, row.id), state.value, row.state)


def around(connection: Connection, page_id: int, reach: int) -> list[Row[Any]]:
    """Kept sides of live sheets that were fed within ``reach`` trips of this one, or that lie that near to an inserted one:
    with ``fed`` (number of the trip), ``run_id``, ``purpose``, ``settings`` and ``looked`` (state of the live path)."""
    p, f, s, r, j = schema.page, schema.feed, schema.sheet, schema.capture_run, schema.page_job
    here = connection.execute(
        select(f.c.batch_id, f.c.number, s.c.position, r.c.purpose)
        .select_from(p.join(f, f.c.id == p.c.feed_id).join(s, s.c.id == p.c.sheet_id).join(r, r.c.id == f.c.run_id))
        .where(p.c.id == page_id)
    ).first()
    if here is None:
        return []
    near: ColumnElement[bool] = f.c.number.between(here.number - reach, here.number + reach)
    if here.purpose == RunPurpose.INSERT.value:
        near = or_(near, s.c.position.between(here.position - reach, here.position + reach))
    query = (
        select(p.c.id, p.c.uid, p.c.batch_id, p.c.sheet_id, p.c.face, p.c.master, f.c.number.label("fed"), f.c.run_id)
        .add_columns(r.c.purpose, r.c.settings, j.c.state.label("looked"))
        .select_from(p.join(f, f.c.id == p.c.feed_id).join(s, s.c.id == p.c.sheet_id).join(r, r.c.id == f.c.run_id))
        .outerjoin(j, (j.c.page_id == p.c.id) & (j.c.kind == JobKind.LIVE.value))
        .where(f.c.batch_id == here.batch_id, near)
        .where(p.c.state == PageState.KEPT.value, s.c.state == SheetState.LIVE.value)
    )
    return list(connection.execute(query.order_by(f.c.number, p.c.id)))


def _settle(connection: Connection, row: Row[Any], origin: OverlapState, to: OverlapState, actor: str | None) -> None:
    o = schema.overlap
    values = {"state": to.value, "decided_by": actor, "decided_at": now() if actor else None}
    moved = connection.execute(update(o).where(o.c.id == row.id, o.c.state == origin.value).values(**values))
    if moved.rowcount != 1:
        raise Stale(what="overlap", id=row.id)
    batch_records.touch(connection, row.batch_id)


def _behind(connection: Connection, sheet: Row[Any]) -> int | None:
    """The sheet it lies behind."""
    order = [row.id for row in sheets.listing(connection, sheet.batch_id)]
    at = order.index(sheet.id)
    return order[at - 1] if at else None


def _count_once(connection: Connection, earlier: Row[Any], later: Row[Any]) -> None:
    """Both pictures bear the sheet's number; the numbers behind the extra one close up."""
    labels = _shifted(connection, later, above=later.label, step=-1) if later.label.isdigit() else {}
    sheets.relabel(connection, later.batch_id, {**labels, later.id: earlier.label})


def _count_twice(connection: Connection, later_id: int, label: str) -> None:
    """Its number is the one of its place, for others may have changed since; an inserted sheet (15a) has its label again."""
    if label.isdigit():
        sheet_labels.take_back(connection, later_id)
    else:
        sheets.relabel(connection, sheets.get(connection, later_id).batch_id, {later_id: label})


def _shifted(connection: Connection, later: Row[Any], *, above: str, step: int) -> dict[int, str]:
    moved = {}
    for row in sheets.listing(connection, later.batch_id):
        number = sheets.number_of(row.label)
        if number > int(above) and row.id != later.id:
            moved[row.id] = f"{number + step}{row.label[len(str(number)) :]}"
    return moved


def _subject(batch_id: int, overlap_id: int) -> str:
    return f"batch:{batch_id}/overlap:{overlap_id}"
