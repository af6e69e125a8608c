"""Packages on record: offered to one archive server, pulled, acknowledged by a receipt whose digest matches."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select, update

from batches import journal, schema, states
from batches.bag import PackedFile
from batches.clock import now
from batches.errors import Exists, Invalid, NotFound
from batches.words import BatchState, PackageState, Role

STATUSES = ("received", "accepted", "rejected")
"""What an archive says: pulled whole; taken in; refused with reasons."""


def offer(
    connection: Connection,
    actor: str,
    *,
    uid: str,
    batch_id: int,
    archive_id: int,
    folder: str,
    manifest_sha256: str,
    files: Iterable[PackedFile],
) -> int:
    """Seal the batch and offer its verified package, in one transaction. Raises NotAllowed, Stale."""
    listed = list(files)
    states.move(connection, batch_id, BatchState.SEALED, actor, role=Role.SUPERVISOR)
    made = connection.execute(
        schema.package.insert().values(
            uid=uid,
            batch_id=batch_id,
            archive_id=archive_id,
            folder=folder,
            manifest_sha256=manifest_sha256,
            bytes=sum(file.bytes for file in listed),
            files=len(listed),
            journal_head=journal.head(connection)[1],
            released_at=now(),
            released_by=actor,
        )
    ).inserted_primary_key
    assert made is not None
    rows = [
        {"package_id": made[0], "path": f.path, "bytes": f.bytes, "sha256": f.sha256, "crc32": _signed(f.crc32), "mime": f.mime}
        for f in listed
    ]
    connection.execute(schema.package_file.insert(), rows)
    journal.append(
        connection, actor, "package.offered", f"batch:{batch_id}/package:{made[0]}", None, manifest_sha256, files=len(listed)
    )
    return int(made[0])


def of_batch(connection: Connection, batch_id: int) -> Row[Any] | None:
    return connection.execute(select(schema.package).where(schema.package.c.batch_id == batch_id)).first()


def for_archive(connection: Connection, archive_id: int, *, after: int = 0, limit: int = 100) -> list[Row[Any]]:
    """The packages offered to this archive, oldest first, from the one after ``after`` (a package's id) on."""
    p = schema.package
    query = select(p).where(p.c.archive_id == archive_id, p.c.id > after, _not_hidden())
    return list(connection.execute(query.order_by(p.c.id).limit(limit)))


def get_for(connection: Connection, archive_id: int, uid: str) -> Row[Any]:
    """A package of this archive. Raises NotFound, also for another archive's: it does not exist for this one."""
    p = schema.package
    row = connection.execute(select(p).where(p.c.uid == uid, p.c.archive_id == archive_id, _not_hidden())).first()
    if row is None:
        raise NotFound(what="package", id=uid)
    return row


def _not_hidden() -> ColumnElement[bool]:
    """A package of a batch that was quarantined after it was offered is not there for any archive."""
    b = schema.batch
    hidden = select(b.c.id).where(b.c.state == BatchState.QUARANTINED.value)
    return schema.package.c.batch_id.not_in(hidden)


def files(connection: Connection, package_id: int) -> list[PackedFile]:
    """Every file of a package, sorted by path."""
    f = schema.package_file
    rows = connection.execute(select(f).where(f.c.package_id == package_id).order_by(f.c.path))
    return sorted(
        (PackedFile(row.path, row.bytes, row.sha256, row.crc32 & 0xFFFFFFFF, row.mime) for row in rows),
        key=lambda file: file.path,
    )


def _signed(crc32: int) -> int:
    """PostgreSQL's integers have a sign: the upper half of all checksums is kept as its complement."""
    return crc32 - (1 << 32) if crc32 >= 1 << 31 else crc32


def receive(
    connection: Connection,
    archive: Row[Any],
    package: Row[Any],
    *,
    idempotency_key: str,
    status: str,
    manifest_sha256: str,
    body: dict[str, Any],
) -> dict[str, Any]:
    """Keep an archive's receipt and answer it; the same key gets the same answer again. Raises Invalid, Exists.

    Only ``accepted`` with the package's own digest acknowledges it; a receipt that does not match is kept and answered so."""
    if status not in STATUSES or not 1 <= len(idempotency_key) <= 200:
        raise Invalid(what="receipt", value=status)
    r = schema.receipt
    known = connection.execute(select(r).where(r.c.archive_id == archive.id, r.c.idempotency_key == idempotency_key)).first()
    if known is not None:
        if (known.package_id, known.status, known.manifest_sha256) != (package.id, status, manifest_sha256):
            raise Exists(what="receipt", value=idempotency_key)
        return dict(known.answer)
    matches = manifest_sha256.lower() == package.manifest_sha256
    if matches and status == "accepted":
        _acknowledge(connection, archive, package)
    answer = {"matched": matches, "state": _state(connection, package.id)}
    connection.execute(
        r.insert().values(
            package_id=package.id,
            archive_id=archive.id,
            idempotency_key=idempotency_key,
            status=status,
            manifest_sha256=manifest_sha256,
            body=body,
            answer=answer,
            at=now(),
        )
    )
    journal.append(
        connection,
        f"archive:{archive.name}"[:64],
        f"receipt.{status}",
        f"batch:{package.batch_id}/package:{package.id}",
        None,
        manifest_sha256,
        matched=matches,
    )
    return answer


def receipts(connection: Connection, package_id: int) -> list[Row[Any]]:
    """Newest first."""
    r = schema.receipt
    return list(connection.execute(select(r).where(r.c.package_id == package_id).order_by(r.c.id.desc())))


def _acknowledge(connection: Connection, archive: Row[Any], package: Row[Any]) -> None:
    p = schema.package
    values = {"state": PackageState.ACKNOWLEDGED.value}
    changed = connection.execute(
        update(p).where(p.c.id == package.id, p.c.state == PackageState.OFFERED.value).values(**values)
    )
    if changed.rowcount:
        actor = f"archive:{archive.name}"[:64]
        states.move(connection, package.batch_id, BatchState.ACKNOWLEDGED, actor, role=Role.OPERATOR)


def _state(connection: Connection, package_id: int) -> str:
    p = schema.package
    return str(connection.execute(select(p.c.state).where(p.c.id == package_id)).scalar())
