"""Findings on record. A stage replaces its own; what a person decided about one stays decided."""

from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from batches import journal, pages, schema
from batches.errors import NotFound
from batches.words import FindingState


def replace(connection: Connection, batch_id: int, page_id: int | None, stage: str, found: list[dict[str, Any]]) -> None:
    """Set the findings of one stage (``live``, ``text``, ``batch``) on a page or, with None, on the batch.

    Rows hold check_id, level, value, limit_value, box, hint and, for the batch, pages."""
    f = schema.finding
    where = (f.c.batch_id == batch_id) & (f.c.stage == stage) & (f.c.page_id == page_id)
    decided = {
        (row.check_id, row.hint): row.decided_by
        for row in connection.execute(select(f).where(where, f.c.state == FindingState.ORIGINAL.value))
    }
    connection.execute(delete(f).where(where))
    for values in found:
        person = decided.get((values["check_id"], values["hint"]))
        state = FindingState.ORIGINAL if person else FindingState.OPEN
        connection.execute(
            f.insert().values(batch_id=batch_id, page_id=page_id, stage=stage, state=state.value, decided_by=person, **values)
        )


def of_batch(connection: Connection, batch_id: int) -> list[Row[Any]]:
    """Findings of the batch as a whole."""
    f = schema.finding
    query = select(f).where(f.c.batch_id == batch_id, f.c.page_id.is_(None))
    return list(connection.execute(query.order_by(f.c.id)))


def of_pages(connection: Connection, page_ids: list[int]) -> dict[int, list[Row[Any]]]:
    """page id → its findings, worst first."""
    f = schema.finding
    rank = {"error": 0, "warning": 1, "info": 2}
    found: dict[int, list[Row[Any]]] = {page_id: [] for page_id in page_ids}
    for row in connection.execute(select(f).where(f.c.page_id.in_(page_ids)).order_by(f.c.id)):
        found[row.page_id].append(row)
    for rows in found.values():
        rows.sort(key=lambda row: rank.get(row.level, 3))
    return found


def original_is_so(connection: Connection, actor: str, finding_id: int, *, undo: bool = False) -> None:
    """A person says that the original itself is like this. Raises NotFound."""
    row = connection.execute(select(schema.finding).where(schema.finding.c.id == finding_id)).first()
    if row is None:
        raise NotFound(what="finding", id=finding_id)
    state = FindingState.OPEN if undo else FindingState.ORIGINAL
    connection.execute(
        update(schema.finding)
        .where(schema.finding.c.id == finding_id)
        .values(state=state.value, decided_by=None if undo else actor)
    )
    subject = f"batch:{row.batch_id}" + (f"/page:{row.page_id}" if row.page_id else "")
    journal.append(connection, actor, "finding.state", subject, row.state, state.value, check=row.check_id)
    if row.page_id:
        pages.changed(connection, row.page_id)
