"""The supervisor's verdicts, page by page. A decision belongs to its page and its picture, never to "current"."""

from typing import Any

from sqlalchemy import Connection, Row, select, update

from batches import journal, pages, schema
from batches.clock import now
from batches.errors import Invalid
from batches.words import Verdict

REASONS = ("blur", "skew", "cut_text", "missing_page", "wrong_order", "dirty_glass", "colour", "orientation", "fold", "other")
"""Stable reasons for a return; their words are in the catalogue (``reason.<id>``)."""


def decide(
    connection: Connection,
    reviewer: str,
    page_id: int,
    verdict: Verdict,
    *,
    reason: str = "",
    note: str = "",
    box: tuple[int, int, int, int] | None = None,
) -> int:
    """Put a verdict on a page; it takes the place of the open one. Raises Invalid for a return without a known reason."""
    if verdict is Verdict.RETURN and reason not in REASONS:
        raise Invalid(what="reason", value=reason)
    page = pages.get(connection, page_id)
    before = _close_open(connection, page_id)
    made = connection.execute(
        schema.verdict.insert().values(
            batch_id=page.batch_id,
            page_id=page_id,
            verdict=verdict.value,
            reason=reason,
            note=note.strip(),
            box=list(box) if box else None,
            reviewer=reviewer,
            at=now(),
            open=True,
        )
    ).inserted_primary_key
    assert made is not None
    pages.changed(connection, page_id)
    subject = f"batch:{page.batch_id}/page:{page_id}"
    journal.append(connection, reviewer, f"review.{verdict.value}", subject, before, verdict.value, reason=reason or None)
    return int(made[0])


def undo(connection: Connection, reviewer: str, page_id: int) -> None:
    """Take the open verdict of a page back; the one before it does not return, the page is simply undecided."""
    page = pages.get(connection, page_id)
    before = _close_open(connection, page_id)
    if before is not None:
        pages.changed(connection, page_id)
        journal.append(connection, reviewer, "review.undone", f"batch:{page.batch_id}/page:{page_id}", before, None)


def open_verdicts(connection: Connection, batch_id: int) -> dict[int, Row[Any]]:
    """page id → the verdict that stands."""
    v = schema.verdict
    query = select(v).where(v.c.batch_id == batch_id, v.c.open).order_by(v.c.id)
    return {row.page_id: row for row in connection.execute(query)}


def returned(connection: Connection, batch_id: int) -> list[Row[Any]]:
    """Open returns: what the operator still has to mend."""
    rows = open_verdicts(connection, batch_id).values()
    return [row for row in rows if row.verdict == Verdict.RETURN.value]


def _close_open(connection: Connection, page_id: int) -> str | None:
    v = schema.verdict
    standing = (v.c.page_id == page_id) & v.c.open
    before: str | None = connection.execute(select(v.c.verdict).where(standing)).scalar()
    connection.execute(update(v).where(standing).values(open=False))
    return before
