"""Numbers of sheets (số tờ) where one turns out to be no sheet of the file: a separator takes no number, the others close up.
The change of the sheet's state, journalled by whoever makes it, is the reason."""

from typing import Any

from sqlalchemy import Connection, Row

from batches import sheets
from batches.words import SheetState

ASIDE = "P"
"""Separators are P1, P2 …: no digits, so that nothing counts them."""


def set_aside(connection: Connection, sheet_id: int) -> None:
    """The sheet gives its number back; every sheet numbered after it moves down by one. Raises NotFound."""
    row = sheets.get(connection, sheet_id)
    others = [one for one in sheets.listing(connection, row.batch_id) if one.id != sheet_id]
    labels = {sheet_id: _free(others)}
    if row.label.isdigit():
        labels |= {one.id: _moved(one.label, -1) for one in others if sheets.number_of(one.label) > int(row.label)}
    sheets.relabel(connection, row.batch_id, labels)


def take_back(connection: Connection, sheet_id: int) -> None:
    """It is a sheet of the file after all: numbered after the one before it, the others move up by one. Raises NotFound."""
    row = sheets.get(connection, sheet_id)
    listed = sheets.listing(connection, row.batch_id)
    number = 1 + max((sheets.number_of(one.label) for one in listed if one.position < row.position), default=0)
    after = [one for one in listed if one.id != sheet_id and sheets.number_of(one.label) >= number]
    sheets.relabel(connection, row.batch_id, {sheet_id: str(number), **{one.id: _moved(one.label, 1) for one in after}})


def keep_apart(connection: Connection, sheet_id: int) -> None:
    """A sheet that was set aside counts again: numbered anew by its place where another bears its number by now."""
    row = sheets.get(connection, sheet_id)
    live = [one for one in sheets.listing(connection, row.batch_id) if one.state == SheetState.LIVE.value]
    if any(one.label == row.label for one in live if one.id != sheet_id):
        take_back(connection, sheet_id)


def _free(others: list[Row[Any]]) -> str:
    taken = {one.label for one in others}
    return next(label for label in (f"{ASIDE}{n}" for n in range(1, len(others) + 2)) if label not in taken)


def _moved(label: str, by: int) -> str:
    number = sheets.number_of(label)
    return f"{number + by}{label[len(str(number)) :]}"
