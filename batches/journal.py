"""The journal: append-only, hash-chained. Who, when, what, before, after.

``hash = sha256(seq \\n at \\n actor \\n action \\n subject \\n detail \\n prev)``, detail as canonical JSON. A chain alone does
not stop someone who rewrites all of it: its head travels in every released package and every receipt."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, text

from batches import schema
from batches.clock import now
from batches.errors import JournalBroken

FIRST = "0" * 64
_LOCK_KEY = 7_240_911  # any constant of ours; PostgreSQL's advisory lock keeps the chain single file


@dataclass(frozen=True, slots=True)
class Entry:
    seq: int
    at: str
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]
    prev: str
    hash: str


def append(
    connection: Connection, actor: str, action: str, subject: str, before: Any = None, after: Any = None, **facts: Any
) -> int:
    """Add one entry inside the caller's transaction; returns its number."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
    seq, prev = head(connection)
    seq += 1
    at = now()
    detail = _canonical({"before": before, "after": after, **facts})
    digest = _digest(seq, at, actor, action, subject, detail, prev)
    connection.execute(
        schema.journal.insert().values(
            seq=seq, at=at, actor=actor, action=action, subject=subject, detail=detail, prev=prev, hash=digest
        )
    )
    return seq


def head(connection: Connection) -> tuple[int, str]:
    """(number, hash) of the newest entry; (0, sixty-four zeros) before the first."""
    row = connection.execute(
        select(schema.journal.c.seq, schema.journal.c.hash).order_by(schema.journal.c.seq.desc()).limit(1)
    ).first()
    return (row.seq, row.hash) if row else (0, FIRST)


def verify(connection: Connection) -> int:
    """Walk the whole chain; returns the number of entries. Raises JournalBroken(seq=…, why=…)."""
    expected, prev = 1, FIRST
    for row in connection.execute(select(schema.journal).order_by(schema.journal.c.seq)):
        if row.seq != expected:
            raise JournalBroken(seq=expected, why="missing")
        if row.prev != prev:
            raise JournalBroken(seq=row.seq, why="link")
        if row.hash != _digest(row.seq, row.at, row.actor, row.action, row.subject, row.detail, row.prev):
            raise JournalBroken(seq=row.seq, why="content")
        expected, prev = row.seq + 1, row.hash
    return expected - 1


def entries(connection: Connection, subject: str | None = None, limit: int | None = None) -> Iterator[Entry]:
    """Newest first. ``subject``: one thing's story, e.g. ``batch:12``, with everything below it (``batch:12/page:3``)."""
    query = select(schema.journal).order_by(schema.journal.c.seq.desc())
    if subject is not None:
        below = schema.journal.c.subject.startswith(subject + "/", autoescape=True)
        query = query.where((schema.journal.c.subject == subject) | below)
    for row in connection.execute(query.limit(limit)):
        yield Entry(row.seq, row.at, row.actor, row.action, row.subject, json.loads(row.detail), row.prev, row.hash)


def extract(connection: Connection, subject: str) -> Iterator[dict[str, Any]]:
    """The entries of one thing as they stand in the chain, oldest first: each can be hashed again by whoever holds them."""
    below = schema.journal.c.subject.startswith(subject + "/", autoescape=True)
    query = select(schema.journal).where((schema.journal.c.subject == subject) | below).order_by(schema.journal.c.seq)
    for row in connection.execute(query):
        yield dict(row._mapping)


def digest_of(entry: dict[str, Any]) -> str | None:
    """The hash an extracted entry must have; None where parts of it are missing."""
    try:
        parts = (entry[name] for name in ("seq", "at", "actor", "action", "subject", "detail", "prev"))
        return _digest(*parts)
    except KeyError:
        return None


def _canonical(detail: dict[str, Any]) -> str:
    kept = {key: value for key, value in detail.items() if value is not None}
    return json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _digest(seq: int, at: str, actor: str, action: str, subject: str, detail: str, prev: str) -> str:
    return hashlib.sha256("\n".join((str(seq), at, actor, action, subject, detail, prev)).encode()).hexdigest()
