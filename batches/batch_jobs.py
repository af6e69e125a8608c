"""Work on a batch as a whole, one of a kind at a time: the checks over all its pages, and the release."""

from typing import Any

from sqlalchemy import Connection, Row, select, update

from batches import batch as batch_records
from batches import schema
from batches.clock import now
from batches.words import BatchJobKind, JobState, Role


def queue(connection: Connection, batch_id: int, kind: BatchJobKind, actor: str, role: Role) -> None:
    """Ask for it; asking again while it waits or runs changes nothing."""
    j = schema.batch_job
    row = of(connection, batch_id, kind)
    fresh = {"state": JobState.QUEUED.value, "actor": actor, "role": role.value, "progress": 0.0, "error": None}
    if row is None:
        connection.execute(j.insert().values(batch_id=batch_id, kind=kind.value, queued_at=now(), **fresh))
    elif row.state in (JobState.DONE.value, JobState.FAILED.value):
        connection.execute(update(j).where(j.c.id == row.id).values(queued_at=now(), done_at=None, **fresh))
    batch_records.touch(connection, batch_id)


def of(connection: Connection, batch_id: int, kind: BatchJobKind) -> Row[Any] | None:
    j = schema.batch_job
    return connection.execute(select(j).where(j.c.batch_id == batch_id, j.c.kind == kind.value)).first()


def any_queued(connection: Connection, kind: BatchJobKind) -> bool:
    """A look, no lock."""
    j = schema.batch_job
    query = select(j.c.id).where(j.c.kind == kind.value, j.c.state == JobState.QUEUED.value)
    return connection.execute(query.limit(1)).first() is not None


def next_queued(connection: Connection, kind: BatchJobKind) -> Row[Any] | None:
    """Take the oldest waiting one: it is running from here on."""
    j = schema.batch_job
    query = select(j).where(j.c.kind == kind.value, j.c.state == JobState.QUEUED.value).order_by(j.c.queued_at)
    row = connection.execute(query.limit(1)).first()
    if row is not None:
        connection.execute(update(j).where(j.c.id == row.id).values(state=JobState.RUNNING.value))
    return row


def progress(connection: Connection, job_id: int, share: float) -> None:
    """``share`` 0..1."""
    row = connection.execute(
        update(schema.batch_job)
        .where(schema.batch_job.c.id == job_id)
        .values(progress=share)
        .returning(schema.batch_job.c.batch_id)
    ).scalar()
    if row is not None:
        batch_records.touch(connection, row)


def ended(connection: Connection, job_id: int, error: str | None = None) -> None:
    state = JobState.FAILED if error else JobState.DONE
    j = schema.batch_job
    values = {"state": state.value, "error": error, "done_at": now(), "progress": 0.0 if error else 1.0}
    row = connection.execute(update(j).where(j.c.id == job_id).values(**values).returning(j.c.batch_id)).scalar()
    if row is not None:
        batch_records.touch(connection, row)


def release_all(connection: Connection) -> None:
    """At start: what is marked running was interrupted and is asked for again."""
    j = schema.batch_job
    running = j.c.state == JobState.RUNNING.value
    connection.execute(update(j).where(running).values(state=JobState.QUEUED.value, progress=0.0))
