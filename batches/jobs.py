"""Work on pages: the truth stands here (state, attempt, lease); who carries it out is the station's matter."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, or_, select, update

from batches import schema
from batches.clock import later, now
from batches.errors import NotFound
from batches.words import BatchState, JobKind, JobState

MOST_ATTEMPTS = 3


def queue(connection: Connection, page_id: int, kind: JobKind) -> None:
    """Ask for this work, anew where it was done before; while it runs it is run once more afterwards."""
    j = schema.page_job
    key = (j.c.page_id == page_id) & (j.c.kind == kind.value)
    row = connection.execute(select(j.c.state).where(key)).first()
    if row is None:
        connection.execute(j.insert().values(page_id=page_id, kind=kind.value, queued_at=now()))
    elif row.state == JobState.RUNNING.value:
        connection.execute(update(j).where(key).values(again=True))
    else:
        fresh = {"state": JobState.QUEUED.value, "attempt": 0, "error": None, "queued_at": now(), "worker": None}
        connection.execute(update(j).where(key).values(**fresh))


def lease(connection: Connection, kind: JobKind, worker: str, seconds: float, limit: int) -> list[Row[Any]]:
    """Take up to ``limit`` jobs, oldest first, expired leases too. A job that had its attempts is failed, not taken."""
    j = schema.page_job
    free = or_(j.c.state == JobState.QUEUED.value, (j.c.state == JobState.RUNNING.value) & (j.c.lease_until < now()))
    rows = connection.execute(select(j).where(j.c.kind == kind.value, free, _allowed()).order_by(j.c.id).limit(limit)).all()
    taken = []
    for row in rows:
        if row.attempt >= MOST_ATTEMPTS:
            fail(connection, row.id, row.error or "worker lost", final=True)
            continue
        values = {"state": JobState.RUNNING.value, "attempt": row.attempt + 1, "worker": worker}
        connection.execute(update(j).where(j.c.id == row.id).values(**values, lease_until=later(seconds)))
        taken.append(row)
    return taken


def waiting(connection: Connection, kind: JobKind) -> bool:
    """Whether there is anything to take; a look, no lock."""
    j = schema.page_job
    free = or_(j.c.state == JobState.QUEUED.value, (j.c.state == JobState.RUNNING.value) & (j.c.lease_until < now()))
    return connection.execute(select(j.c.id).where(j.c.kind == kind.value, free, _allowed()).limit(1)).first() is not None


def _allowed() -> ColumnElement[bool]:
    """Nobody looks at a quarantined batch, machines neither."""
    p, b = schema.page, schema.batch
    hidden = select(p.c.id).join(b, b.c.id == p.c.batch_id).where(b.c.state == BatchState.QUARANTINED.value)
    return schema.page_job.c.page_id.not_in(hidden)


def page_of(connection: Connection, job_id: int) -> int:
    """The page a job is about. Raises NotFound."""
    page_id = connection.execute(select(schema.page_job.c.page_id).where(schema.page_job.c.id == job_id)).scalar()
    if page_id is None:
        raise NotFound(what="job", id=job_id)
    return int(page_id)


def done(connection: Connection, job_id: int) -> None:
    """Finished; queued again where it was asked for meanwhile."""
    j = schema.page_job
    again = connection.execute(select(j.c.again).where(j.c.id == job_id)).scalar()
    state = JobState.QUEUED if again else JobState.DONE
    values: dict[str, Any] = {"state": state.value, "done_at": now(), "again": False, "error": None, "lease_until": None}
    if again:
        values["attempt"] = 0
    connection.execute(update(j).where(j.c.id == job_id).values(**values))


def fail(connection: Connection, job_id: int, error: str, *, final: bool = False) -> bool:
    """An attempt failed; returns True when it was the last and the job is given up."""
    j = schema.page_job
    attempt = connection.execute(select(j.c.attempt).where(j.c.id == job_id)).scalar() or 0
    over = final or attempt >= MOST_ATTEMPTS
    state = JobState.FAILED if over else JobState.QUEUED
    values = {"state": state.value, "error": error[:2000], "done_at": now() if over else None, "lease_until": None}
    connection.execute(update(j).where(j.c.id == job_id).values(**values))
    return over


def release_all(connection: Connection) -> None:
    """At start: nobody works yet, so what is marked running was interrupted; it keeps its attempt count."""
    j = schema.page_job
    running = j.c.state == JobState.RUNNING.value
    connection.execute(update(j).where(running).values(state=JobState.QUEUED.value, lease_until=None))


def counts(connection: Connection, batch_id: int | None = None) -> dict[tuple[str, str], int]:
    """(kind, state) → number of jobs, of one batch or of the whole house."""
    j, p = schema.page_job, schema.page
    query = select(j.c.kind, j.c.state, func.count()).join(p, p.c.id == j.c.page_id).group_by(j.c.kind, j.c.state)
    if batch_id is not None:
        query = query.where(p.c.batch_id == batch_id)
    return {(kind, state): int(number) for kind, state, number in connection.execute(query)}


def of_page(connection: Connection, page_id: int) -> dict[str, Row[Any]]:
    """kind → job of a page."""
    return {row.kind: row for row in connection.execute(select(schema.page_job).where(schema.page_job.c.page_id == page_id))}


def states_of(connection: Connection, page_ids: list[int]) -> dict[int, dict[str, str]]:
    """page id → kind → state, in one query."""
    j = schema.page_job
    found: dict[int, dict[str, str]] = {}
    for row in connection.execute(select(j.c.page_id, j.c.kind, j.c.state).where(j.c.page_id.in_(page_ids))):
        found.setdefault(row.page_id, {})[row.kind] = row.state
    return found
