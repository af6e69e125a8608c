"""A batch: one stack of paper of one archive file on its way through the house."""

import uuid
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from batches import journal, schema
from batches.clock import now
from batches.errors import Invalid, NotFound
from batches.words import BatchState

_MOST_SHEETS = 100_000

SERVICE = "service"
"""The profile of a batch that holds pictures of target sheets: never handed over, never released."""


def create(
    connection: Connection,
    actor: str,
    archive_file_id: int,
    *,
    sheets_prepared: int | None,
    practice: bool = False,
    profile: str = "nn-tt05",
    replaces_id: int | None = None,
) -> int:
    """A new open batch with its first, whole-batch item; returns its id. Raises Invalid."""
    _check_prepared(sheets_prepared)
    highest = connection.execute(select(func.max(schema.batch.c.number))).scalar() or 0
    made = connection.execute(
        schema.batch.insert().values(
            uid=uuid.uuid4().hex,
            number=highest + 1,
            archive_file_id=archive_file_id,
            practice=practice,
            sheets_prepared=sheets_prepared,
            profile=profile,
            replaces_id=replaces_id,
            created_at=now(),
            created_by=actor,
        )
    ).inserted_primary_key
    assert made is not None
    batch_id = int(made[0])
    connection.execute(schema.item.insert().values(uid=uuid.uuid4().hex, batch_id=batch_id, fields={}, proposals={}))
    journal.append(
        connection, actor, "batch.created", f"batch:{batch_id}", None, BatchState.OPEN.value, prepared=sheets_prepared
    )
    return batch_id


def get(connection: Connection, batch_id: int) -> Row[Any]:
    """Raises NotFound."""
    row = connection.execute(select(schema.batch).where(schema.batch.c.id == batch_id)).first()
    if row is None:
        raise NotFound(what="batch", id=batch_id)
    return row


def by_number(connection: Connection, number: int) -> Row[Any]:
    """Raises NotFound."""
    row = connection.execute(select(schema.batch).where(schema.batch.c.number == number)).first()
    if row is None:
        raise NotFound(what="batch", id=number)
    return row


def listing(connection: Connection, *states: BatchState, limit: int = 200) -> list[Row[Any]]:
    """Newest first, with the archive file's code and title; all states when none is named. Scanners' service batches are no
    work of the desks."""
    f, b = schema.archive_file, schema.batch
    query = select(b, f.c.code.label("file_code"), f.c.title.label("file_title")).join(f, f.c.id == b.c.archive_file_id)
    query = query.where(b.c.profile != SERVICE)
    if states:
        query = query.where(b.c.state.in_([state.value for state in states]))
    return list(connection.execute(query.order_by(b.c.number.desc()).limit(limit)))


def service_of(connection: Connection, device: str) -> Row[Any] | None:
    """The newest batch in which this scanner was shown its target sheet."""
    f, b = schema.archive_file, schema.batch
    query = select(b).join(f, f.c.id == b.c.archive_file_id).where(b.c.profile == SERVICE, f.c.code == device[:100])
    return connection.execute(query.order_by(b.c.id.desc()).limit(1)).first()


def set_prepared(connection: Connection, actor: str, batch_id: int, sheets: int) -> None:
    """The operator's count of sheets on the table. A new count asks for a new explanation. Raises Invalid, NotFound."""
    _check_prepared(sheets)
    before = get(connection, batch_id).sheets_prepared
    connection.execute(
        update(schema.batch)
        .where(schema.batch.c.id == batch_id)
        .values(sheets_prepared=sheets, difference_reason=None, difference_by=None)
    )
    touch(connection, batch_id)
    journal.append(connection, actor, "batch.prepared", f"batch:{batch_id}", before, sheets)


def explain_difference(connection: Connection, supervisor: str, batch_id: int, difference: int, reason: str) -> None:
    """A supervisor's written reason for a ledger that does not add up. Raises Invalid."""
    if not reason.strip():
        raise Invalid(what="reason", value="")
    connection.execute(
        update(schema.batch)
        .where(schema.batch.c.id == batch_id)
        .values(difference_reason=reason.strip(), difference_by=supervisor)
    )
    journal.append(connection, supervisor, "batch.difference_explained", f"batch:{batch_id}", difference, reason.strip())


def set_return_reason(connection: Connection, batch_id: int, reason: str) -> None:
    """What the operator reads when a batch comes back."""
    connection.execute(update(schema.batch).where(schema.batch.c.id == batch_id).values(return_reason=reason.strip()))


def touch(connection: Connection, batch_id: int) -> int:
    """Number the next change of a batch; whoever watches asks for what is newer than the last number seen."""
    revision = connection.execute(
        update(schema.batch)
        .where(schema.batch.c.id == batch_id)
        .values(revision=schema.batch.c.revision + 1)
        .returning(schema.batch.c.revision)
    ).scalar()
    if revision is None:
        raise NotFound(what="batch", id=batch_id)
    return int(revision)


def _check_prepared(sheets: int | None) -> None:
    if sheets is not None and not 0 <= sheets <= _MOST_SHEETS:
        raise Invalid(what="sheets", value=sheets)
