"""Devices as last seen, and who holds one: a lease with holder, heartbeat and expiry."""

from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from batches import journal, schema
from batches.clock import later, now
from batches.errors import DeviceHeld, NotFound

LEASE_SECONDS = 30.0


def seen(connection: Connection, found: list[dict[str, Any]]) -> None:
    """Record a listing: ``found`` holds rows of identity, backend, address, vendor, model, serial, practice, alias and, where
    the device told them, capabilities.

    A device not found stays on record as absent, with its alias."""
    connection.execute(update(schema.device).values(present=False))
    for values in found:
        fresh = {**values, "present": True, "seen_at": now()}
        alias = fresh.pop("alias")  # a name a person gave it stays
        changed = connection.execute(
            update(schema.device).where(schema.device.c.identity == values["identity"]).values(**fresh)
        )
        if changed.rowcount == 0:
            connection.execute(schema.device.insert().values({"capabilities": {}, "alias": alias, **fresh}))


def listing(connection: Connection, *, present_only: bool = False) -> list[Row[Any]]:
    """Devices with their lease, present ones first; ``holder`` is None for a free device."""
    d, lease = schema.device, schema.device_lease
    query = select(d, lease.c.holder, lease.c.since, lease.c.expires_at).outerjoin(
        lease, (lease.c.device == d.c.identity) & (lease.c.expires_at > now())
    )
    if present_only:
        query = query.where(d.c.present)
    return list(connection.execute(query.order_by(d.c.present.desc(), d.c.practice, d.c.alias)))


def get(connection: Connection, identity: str) -> Row[Any]:
    """Raises NotFound."""
    row = connection.execute(select(schema.device).where(schema.device.c.identity == identity)).first()
    if row is None:
        raise NotFound(what="device", id=identity)
    return row


def rename(connection: Connection, actor: str, identity: str, alias: str) -> None:
    before = get(connection, identity).alias
    connection.execute(update(schema.device).where(schema.device.c.identity == identity).values(alias=alias.strip()))
    journal.append(connection, actor, "device.alias", f"device:{identity}"[:100], before, alias.strip())


def take(connection: Connection, identity: str, owner: str, holder: str, seconds: float = LEASE_SECONDS) -> None:
    """Hold a device: ``owner`` is the run, ``holder`` the person. Taking again renews. Raises DeviceHeld(holder=…)."""
    lease = schema.device_lease
    row = connection.execute(select(lease).where(lease.c.device == identity)).first()
    if row is not None and row.owner != owner and row.expires_at > now():
        raise DeviceHeld(device=identity, holder=row.holder, since=row.since)
    since = row.since if row is not None and row.owner == owner else now()
    connection.execute(delete(lease).where(lease.c.device == identity))
    connection.execute(
        lease.insert().values(device=identity, owner=owner, holder=holder, since=since, expires_at=later(seconds))
    )


def release(connection: Connection, identity: str, owner: str) -> None:
    """Let go; somebody else's lease is left alone."""
    lease = schema.device_lease
    connection.execute(delete(lease).where(lease.c.device == identity, lease.c.owner == owner))


def ask_refresh(connection: Connection) -> None:
    """Ask the broker to look for devices anew."""
    w = schema.wish
    if connection.execute(update(w).where(w.c.name == "devices").values(asked_at=now(), done_at=None)).rowcount == 0:
        connection.execute(w.insert().values(name="devices", asked_at=now()))


def refresh_wanted(connection: Connection) -> bool:
    """True while a look for devices is asked for and not done, or was never done."""
    row = connection.execute(select(schema.wish).where(schema.wish.c.name == "devices")).first()
    return row is not None and row.done_at is None


def refreshed(connection: Connection) -> None:
    connection.execute(update(schema.wish).where(schema.wish.c.name == "devices").values(done_at=now()))
