"""Sheets in the order of the paper, and every time one went through a feeder.

``number`` counts sheets as they first came and never changes; ``label`` is the archive's số tờ (an inserted sheet after 15
is 15a); ``position`` is the order in the batch."""

import re
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from batches import batch as batch_records
from batches import journal, schema
from batches.clock import now
from batches.errors import Invalid, NotFound
from batches.words import SheetState

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_NUMBERED = re.compile(r"([0-9]+)z*[a-z]?")


def get(connection: Connection, sheet_id: int) -> Row[Any]:
    """Raises NotFound."""
    row = connection.execute(select(schema.sheet).where(schema.sheet.c.id == sheet_id)).first()
    if row is None:
        raise NotFound(what="sheet", id=sheet_id)
    return row


def listing(connection: Connection, batch_id: int) -> list[Row[Any]]:
    """All sheets of a batch in the order of the paper."""
    query = select(schema.sheet).where(schema.sheet.c.batch_id == batch_id)
    return list(connection.execute(query.order_by(schema.sheet.c.position)))


def fed(connection: Connection, run: Row[Any], run_sheet: int) -> Row[Any]:
    """The feed of this sheet of a run, made at its first side, with the sheet it shows."""
    query = select(schema.feed).where(schema.feed.c.run_id == run.id, schema.feed.c.run_sheet == run_sheet)
    found = connection.execute(query).first()
    if found is not None and found.sheet_id is not None:
        return found
    sheet_id = run.target_sheet_id if run.purpose == "rescan" else _new_sheet(connection, run)
    values = {"sheet_id": sheet_id, "lost_because": None}
    if found is not None:  # it was lost in the feeder before; now it has come
        connection.execute(update(schema.feed).where(schema.feed.c.id == found.id).values(**values))
    else:
        _new_feed(connection, run, run_sheet, **values)
    row = connection.execute(query).first()
    assert row is not None
    return row


def lost(connection: Connection, run: Row[Any], run_sheet: int, because: str) -> None:
    """A sheet went in and no picture came out: its feed keeps a number, the sheet waits for its picture."""
    query = select(schema.feed.c.id).where(schema.feed.c.run_id == run.id, schema.feed.c.run_sheet == run_sheet)
    if connection.execute(query).first() is None:
        _new_feed(connection, run, run_sheet, sheet_id=None, lost_because=because)
        journal.append(connection, run.operator, "sheet.lost", f"batch:{run.batch_id}/run:{run.id}", None, because)


def move(connection: Connection, actor: str, sheet_id: int, after_sheet_id: int | None, reason: str = "") -> None:
    """Put a sheet after another one (None = to the front). Raises NotFound, Invalid."""
    row = get(connection, sheet_id)
    order = [other.id for other in listing(connection, row.batch_id)]
    before = order.index(sheet_id)
    if after_sheet_id == sheet_id or (after_sheet_id is not None and after_sheet_id not in order):
        raise Invalid(what="sheet", value=after_sheet_id)
    order.remove(sheet_id)
    order.insert(0 if after_sheet_id is None else order.index(after_sheet_id) + 1, sheet_id)
    _renumber(connection, order)
    _sheet_changed(connection, row)
    after = order.index(sheet_id)
    subject = f"batch:{row.batch_id}/sheet:{sheet_id}"
    journal.append(connection, actor, "sheet.moved", subject, before + 1, after + 1, reason=reason or None)


def set_state(connection: Connection, actor: str, sheet_id: int, state: SheetState, reason: str = "") -> None:
    """Live, separator or superseded; the record and the masters stay whatever it is."""
    row = get(connection, sheet_id)
    connection.execute(update(schema.sheet).where(schema.sheet.c.id == sheet_id).values(state=state.value))
    _sheet_changed(connection, row)
    journal.append(
        connection,
        actor,
        "sheet.state",
        f"batch:{row.batch_id}/sheet:{sheet_id}",
        row.state,
        state.value,
        reason=reason or None,
    )


def relabel(connection: Connection, batch_id: int, labels: dict[int, str]) -> None:
    """Sheet id → its number; whoever changes numbers journals why."""
    revision = batch_records.touch(connection, batch_id)
    for sheet_id, label in labels.items():
        connection.execute(update(schema.sheet).where(schema.sheet.c.id == sheet_id).values(label=label))
    connection.execute(update(schema.page).where(schema.page.c.sheet_id.in_(labels)).values(revision=revision))


def number_of(label: str) -> int:
    """15 and 15a are sheet 15; a separator (P1), or a back that waits to be joined (3sau), is none: 0."""
    numbered = _NUMBERED.fullmatch(label)
    return int(numbered[1]) if numbered else 0


def next_number(rows: list[Row[Any]]) -> int:
    """The number of the next sheet behind these; what was set aside gives its number back."""
    counted = (row for row in rows if row.state != SheetState.SUPERSEDED.value)
    return 1 + max((int(row.label) for row in counted if row.label.isdigit()), default=0)


def next_label(label: str, taken: set[str]) -> str:
    """The label of a sheet found after ``label``: 15 → 15a → 15b … 15z → 15za."""
    stem = label.rstrip(_LETTERS)
    while True:
        for letter in _LETTERS:
            if stem + letter not in taken:
                return stem + letter
        stem += "z"


def _new_sheet(connection: Connection, run: Row[Any]) -> int:
    rows = listing(connection, run.batch_id)
    order = [row.id for row in rows]
    number = 1 + max((row.number for row in rows), default=0)
    taken = {row.label for row in rows}
    label = str(next_number(rows))
    where = len(order)
    if (run.settings.get("pass") or {}).get("kind") == "backs":  # waits there until it is joined to its front
        label = back_label(rows)
    if run.purpose == "insert":
        neighbour = _insert_after(connection, run, rows)
        where = 0 if neighbour is None else order.index(neighbour.id) + 1
        label = next_label(neighbour.label if neighbour is not None else "0", taken)
    made = connection.execute(
        schema.sheet.insert().values(batch_id=run.batch_id, number=number, label=label, position=where + 1)
    ).inserted_primary_key
    assert made is not None
    if where < len(order):
        order.insert(where, made[0])
        _renumber(connection, order)
    return int(made[0])


def back_label(rows: list[Row[Any]]) -> str:
    """The label of the next back that waits to be joined: 3sau is the third that came."""
    return f"{1 + sum(row.label.endswith('sau') and row.state == SheetState.LIVE.value for row in rows)}sau"


def _insert_after(connection: Connection, run: Row[Any], rows: list[Row[Any]]) -> Row[Any] | None:
    """The sheet that the next inserted sheet follows: the last one this run brought, else the run's target."""
    brought = set(connection.execute(select(schema.feed.c.sheet_id).where(schema.feed.c.run_id == run.id)).scalars())
    last = [row for row in rows if row.id in brought]
    if last:
        return last[-1]
    return next((row for row in rows if row.id == run.target_sheet_id), None)


def _new_feed(connection: Connection, run: Row[Any], run_sheet: int, **values: Any) -> None:
    highest = connection.execute(select(func.max(schema.feed.c.number)).where(schema.feed.c.batch_id == run.batch_id)).scalar()
    connection.execute(
        schema.feed.insert().values(
            batch_id=run.batch_id, number=(highest or 0) + 1, run_id=run.id, run_sheet=run_sheet, at=now(), **values
        )
    )


def _renumber(connection: Connection, order: list[int]) -> None:
    for position, sheet_id in enumerate(order, start=1):
        connection.execute(update(schema.sheet).where(schema.sheet.c.id == sheet_id).values(position=position))


def _sheet_changed(connection: Connection, row: Row[Any]) -> None:
    revision = batch_records.touch(connection, row.batch_id)
    connection.execute(update(schema.page).where(schema.page.c.sheet_id == row.id).values(revision=revision))
