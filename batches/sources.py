"""Files that came from outside: what each was, what was stored of it, or why it was refused. Their digests tell whether the
same bytes were taken before."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select, update

from batches import journal, schema
from batches.clock import now
from batches.words import BatchState, SourceState

_LONGEST_NAME = 300


@dataclass(frozen=True, slots=True)
class NewSource:
    """A file as it was found. ``index``: its place in the run. ``sha256`` is empty where its bytes could not be read."""

    index: int
    name: str
    sha256: str
    bytes: int
    origin: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stored:
    """Where the same bytes stand already: the batch's number, the run, the file's name there, and how many pages."""

    batch_id: int
    batch_number: int
    run_id: int
    name: str
    pages: int


def begin(connection: Connection, run: Row[Any], source: NewSource) -> int:
    """A file is being taken in: on record before its first page, incomplete until :func:`finish`. Returns its id."""
    return _insert(connection, run, source, SourceState.STORED, None)


def refuse(connection: Connection, run: Row[Any], source: NewSource, reason: str) -> int:
    """A file that gives no page. ``reason``: stable id. It stays where it was."""
    source_id = _insert(connection, run, source, SourceState.REFUSED, reason)
    journal.append(
        connection, run.operator, "source.refused", _subject(run), None, source.name, because=reason, sha256=source.sha256
    )
    return source_id


def advance(connection: Connection, source_id: int, pages: int) -> None:
    """So many of its pages are on record."""
    s = schema.source_file
    connection.execute(update(s).where(s.c.id == source_id).values(pages=pages))


def finish(connection: Connection, run: Row[Any], source_id: int, pages: int, facts: dict[str, Any]) -> None:
    """Every page that can be had is on record."""
    s = schema.source_file
    row = connection.execute(select(s).where(s.c.id == source_id)).one()
    connection.execute(update(s).where(s.c.id == source_id).values(pages=pages, facts={**row.facts, **facts, "complete": True}))
    journal.append(connection, run.operator, "source.stored", _subject(run), None, row.name, pages=pages, sha256=row.sha256)


def turn_down(connection: Connection, run: Row[Any], source_id: int, reason: str, facts: dict[str, Any]) -> None:
    """A file already begun of which no page could be had after all."""
    s = schema.source_file
    row = connection.execute(select(s).where(s.c.id == source_id)).one()
    values = {"state": SourceState.REFUSED.value, "reason": reason, "pages": 0, "facts": {**row.facts, **facts}}
    connection.execute(update(s).where(s.c.id == source_id).values(**values))
    journal.append(connection, run.operator, "source.refused", _subject(run), None, row.name, because=reason, sha256=row.sha256)


def of_run(connection: Connection, run_id: int) -> list[Row[Any]]:
    """The files of a run in the order they were taken."""
    s = schema.source_file
    return list(connection.execute(select(s).where(s.c.run_id == run_id).order_by(s.c.id)))


def of_batch(connection: Connection, batch_id: int) -> list[Row[Any]]:
    """The files of every import into a batch, stored and refused, in the order they were taken."""
    s, r = schema.source_file, schema.capture_run
    query = select(s, r.c.uid.label("run_uid")).join(r, r.c.id == s.c.run_id).where(r.c.batch_id == batch_id)
    return list(connection.execute(query.order_by(s.c.id)))


def stored(connection: Connection, sha256: str) -> Stored | None:
    """Where these bytes were taken in already; batches that were withdrawn do not count."""
    s, r, b = schema.source_file, schema.capture_run, schema.batch
    row = connection.execute(
        select(b.c.id, b.c.number, r.c.id, s.c.name, s.c.pages)
        .select_from(s.join(r, r.c.id == s.c.run_id).join(b, b.c.id == r.c.batch_id))
        .where(s.c.sha256 == sha256, s.c.state == SourceState.STORED.value, b.c.state != BatchState.WITHDRAWN.value)
        .order_by(s.c.id)
        .limit(1)
    ).first()
    return None if row is None else Stored(*row)


def _insert(connection: Connection, run: Row[Any], source: NewSource, state: SourceState, reason: str | None) -> int:
    made = connection.execute(
        schema.source_file.insert().values(
            sha256=source.sha256,
            bytes=source.bytes,
            name=source.name[-_LONGEST_NAME:],
            origin=source.origin,
            run_id=run.id,
            pages=0,
            facts={**source.facts, "index": source.index},
            state=state.value,
            reason=reason,
            at=now(),
        )
    ).inserted_primary_key
    assert made is not None
    return int(made[0])


def _subject(run: Row[Any]) -> str:
    return f"batch:{run.batch_id}/run:{run.id}"
