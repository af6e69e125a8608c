"""Items (documents): each begins on a page and reaches to the next beginning. The first begins with the batch."""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from batches import batch as batch_records
from batches import journal, pages, schema
from batches.errors import Exists, Invalid, NotFound
from batches.words import SheetState


@dataclass(frozen=True, slots=True)
class Item:
    """One document of a batch with its sides in order. ``ordinal`` 1…; ``fields`` confirmed, ``proposals`` the machine's."""

    id: int
    uid: str
    ordinal: int
    fields: dict[str, Any]
    proposals: dict[str, Any]
    pages: tuple[Row[Any], ...]


def listing(connection: Connection, batch_id: int) -> list[Item]:
    """The documents of a batch in order; one that has no page yet is still there when it is the only one."""
    rows = list(connection.execute(select(schema.item).where(schema.item.c.batch_id == batch_id)))
    starts = {row.first_page_id: row for row in rows}
    parts: list[tuple[Row[Any], list[Row[Any]]]] = [(starts[None], [])] if None in starts else []
    for page in pages.in_order(connection, batch_id):
        if page.id in starts:  # also on a sheet that was set aside: the document then begins on the next one
            parts.append((starts[page.id], []))
        if page.sheet_state == SheetState.LIVE.value:
            parts[-1][1].append(page)
    filled = [part for part in parts if part[1]] or parts
    return [
        Item(row.id, row.uid, ordinal, row.fields, row.proposals, tuple(sides))
        for ordinal, (row, sides) in enumerate(filled, start=1)
    ]


def split(connection: Connection, actor: str, page_id: int) -> int:
    """A new document begins on this page; returns its id. Raises Exists."""
    page = pages.get(connection, page_id)
    known = select(schema.item.c.id).where(schema.item.c.first_page_id == page_id)
    if connection.execute(known).first() is not None:
        raise Exists(what="item", value=page_id)
    made = connection.execute(
        schema.item.insert().values(
            uid=uuid.uuid4().hex, batch_id=page.batch_id, first_page_id=page_id, fields={}, proposals={}
        )
    ).inserted_primary_key
    assert made is not None
    batch_records.touch(connection, page.batch_id)
    journal.append(connection, actor, "item.split", f"batch:{page.batch_id}/page:{page_id}", None, int(made[0]))
    return int(made[0])


def join(connection: Connection, actor: str, item_id: int) -> None:
    """The document goes on with the one before it; its fields stay in the journal. Raises NotFound, Invalid."""
    row = _get(connection, item_id)
    if row.first_page_id is None:
        raise Invalid(what="item", value=item_id)
    connection.execute(delete(schema.item).where(schema.item.c.id == item_id))
    batch_records.touch(connection, row.batch_id)
    journal.append(connection, actor, "item.joined", f"batch:{row.batch_id}/page:{row.first_page_id}", row.fields, None)


def set_fields(connection: Connection, actor: str, item_id: int, fields: dict[str, Any]) -> None:
    """A person's fields. Raises NotFound."""
    row = _get(connection, item_id)
    connection.execute(update(schema.item).where(schema.item.c.id == item_id).values(fields=fields))
    batch_records.touch(connection, row.batch_id)
    journal.append(connection, actor, "item.fields", f"batch:{row.batch_id}/item:{item_id}", row.fields, fields)


def set_proposals(connection: Connection, item_id: int, proposals: dict[str, Any]) -> None:
    """The machine's proposals; they confirm nothing."""
    connection.execute(update(schema.item).where(schema.item.c.id == item_id).values(proposals=proposals))


def _get(connection: Connection, item_id: int) -> Row[Any]:
    row = connection.execute(select(schema.item).where(schema.item.c.id == item_id)).first()
    if row is None:
        raise NotFound(what="item", id=item_id)
    return row
