"""What a person wants and has not got yet, by name: a small switch that outlives a restart. Wanting twice is wanting once."""

from sqlalchemy import Connection, select, update

from batches import schema
from batches.clock import now


def want(connection: Connection, name: str) -> None:
    """``name``: at most 40 characters."""
    w = schema.wish
    if connection.execute(update(w).where(w.c.name == name).values(asked_at=now(), done_at=None)).rowcount == 0:
        connection.execute(w.insert().values(name=name, asked_at=now()))


def wanted(connection: Connection, name: str) -> bool:
    """Whether it is wanted and neither done nor taken back."""
    w = schema.wish
    return connection.execute(select(w.c.name).where(w.c.name == name, w.c.done_at.is_(None))).first() is not None


def settle(connection: Connection, name: str) -> None:
    """Done, or taken back."""
    w = schema.wish
    connection.execute(update(w).where(w.c.name == name, w.c.done_at.is_(None)).values(done_at=now()))
