"""What was read on a page, as plain text with its figures; word boxes stand in a file beside the page's other copies."""

from typing import Any

from sqlalchemy import Connection, Row, select, update

from batches import schema
from batches.clock import now


def store(connection: Connection, page_id: int, *, plain: str, words: int, confidence: float, engine: str, note: str) -> None:
    """Replace the reading of a page. ``confidence``: mean of its words, 0..1."""
    t = schema.page_text
    fresh = {"plain": plain, "words": words, "confidence": confidence, "engine": engine, "note": note, "at": now()}
    if connection.execute(update(t).where(t.c.page_id == page_id).values(**fresh)).rowcount == 0:
        connection.execute(t.insert().values(page_id=page_id, **fresh))


def of_pages(connection: Connection, page_ids: list[int]) -> dict[int, Row[Any]]:
    """page id → its reading, where there is one."""
    query = select(schema.page_text).where(schema.page_text.c.page_id.in_(page_ids))
    return {row.page_id: row for row in connection.execute(query)}
