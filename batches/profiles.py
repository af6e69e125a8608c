"""Scan profiles on record: every change is a new version with its author and time; no version is ever changed or removed.

``settings`` is plain data; what it means is the business of whoever drives the scanner."""

from typing import Any

from sqlalchemy import Connection, Row, func, select

from batches import journal, schema
from batches.clock import now
from batches.errors import Stale

_P = schema.scan_profile


def newest(connection: Connection) -> list[Row[Any]]:
    """The newest version of each, by name."""
    last = select(_P.c.name, func.max(_P.c.version).label("version")).group_by(_P.c.name).subquery()
    query = select(_P).join(last, (_P.c.name == last.c.name) & (_P.c.version == last.c.version))
    return list(connection.execute(query.order_by(_P.c.name)))


def history(connection: Connection, name: str) -> list[Row[Any]]:
    """Every version, the newest first."""
    return list(connection.execute(select(_P).where(_P.c.name == name).order_by(_P.c.version.desc())))


def add_version(
    connection: Connection, actor: str, name: str, version: int, settings: dict[str, Any], before: dict[str, Any] | None
) -> None:
    """The next version. ``before``: the settings it follows, for the journal. Raises Stale where this version is there
    already: somebody else saved meanwhile."""
    highest = connection.execute(select(func.max(_P.c.version)).where(_P.c.name == name)).scalar()
    if highest is not None and highest >= version:
        raise Stale(what="profile", id=name)
    connection.execute(_P.insert().values(name=name, version=version, settings=settings, author=actor, at=now()))
    journal.append(connection, actor, "profile.saved", f"profile:{name}"[:100], before, settings, version=version)
