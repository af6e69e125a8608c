"""Scanners cared for: what each page said of its machine, what was done to it, how much it has fed."""

from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from batches import journal, schema
from batches.clock import now
from batches.words import CareKind, PageState, RunPurpose

KEPT = 2000
"""Newest samples a device and side that are all kept."""
FIRST = 200
"""The first ones are kept too: slow changes are measured against them."""
THINNED = 50
"""Of the rest one in so many stays, for the long picture."""
_EVERY = 500


def store_sample(connection: Connection, device: str, face: str, page_id: int, measures: dict[str, Any]) -> None:
    """What this page says of the machine; said again (a page looked at anew), the newer word counts."""
    table = schema.device_sample
    fresh = {"device": device, "face": face, "measures": measures, "at": now()}
    if connection.execute(update(table).where(table.c.page_id == page_id).values(**fresh)).rowcount:
        return
    made = connection.execute(table.insert().values(page_id=page_id, **fresh)).inserted_primary_key
    if made is not None and made[0] % _EVERY == 0:
        thin(connection, device, face)


def thin(connection: Connection, device: str, face: str) -> int:
    """Let go of what is neither new, nor among the first since the last service, nor one of the few kept for the long picture;
    returns how many went."""
    table = schema.device_sample
    of = (table.c.device == device) & (table.c.face == face)
    pages = select(table.c.page_id).where(of)
    newest = connection.execute(pages.order_by(table.c.page_id.desc()).offset(KEPT).limit(1)).scalar()
    if newest is None:
        return 0
    begin = served_after(connection, device)
    base = connection.execute(
        pages.where(table.c.page_id > begin).order_by(table.c.page_id).offset(FIRST - 1).limit(1)
    ).scalar()
    gone = of & (table.c.page_id <= newest) & (table.c.page_id % THINNED != 0)
    gone &= (table.c.page_id <= begin) | (table.c.page_id > (base or begin))
    return int(connection.execute(delete(table).where(gone)).rowcount)


def samples(
    connection: Connection, device: str, face: str, *, after_page: int = 0, last: int | None = None, first: int | None = None
) -> list[Row[Any]]:
    """Samples of one side in order of capture, with ``sheet_id`` and ``batch_id``: those behind a page, the last or the first
    of them."""
    s, p = schema.device_sample, schema.page
    query = (
        select(s.c.page_id, s.c.measures, s.c.at, p.c.sheet_id, p.c.batch_id)
        .join(p, p.c.id == s.c.page_id)
        .where(s.c.device == device, s.c.face == face, s.c.page_id > after_page)
    )
    if last is not None:
        newest: list[Row[Any]] = list(connection.execute(query.order_by(s.c.page_id.desc()).limit(last)))
        return newest[::-1]
    oldest: list[Row[Any]] = list(connection.execute(query.order_by(s.c.page_id).limit(first)))
    return oldest


def run_of_page(connection: Connection, page_id: int) -> Row[Any]:
    """The run that brought a page, with ``practice_batch`` and ``practice_device`` (None = a device not on record)."""
    p, f, r, b, d = schema.page, schema.feed, schema.capture_run, schema.batch, schema.device
    query = (
        select(r, b.c.practice.label("practice_batch"), d.c.practice.label("practice_device"))
        .select_from(p)
        .join(f, f.c.id == p.c.feed_id)
        .join(r, r.c.id == f.c.run_id)
        .join(b, b.c.id == p.c.batch_id)
        .outerjoin(d, d.c.identity == r.c.device)
        .where(p.c.id == page_id)
    )
    return connection.execute(query).one()


def face_of(connection: Connection, page_id: int) -> str:
    """``front`` or ``back``."""
    return str(connection.execute(select(schema.page.c.face).where(schema.page.c.id == page_id)).scalar_one())


# -- the log -------------------------------------------------------------------------------------------------------


def log(
    connection: Connection,
    actor: str,
    device: str,
    kind: CareKind,
    *,
    measures: dict[str, Any],
    passed: bool | None = None,
    note: str = "",
) -> int:
    """One line of the scanner's book. What it had fed by then is written with it, so that counting can begin anew."""
    sheets, sides = fed(connection, device)
    last = connection.execute(select(func.max(schema.page.c.id))).scalar() or 0
    told = {**measures, "sheets": sheets, "sides": sides, "after_page": int(last)}
    made = connection.execute(
        schema.device_care.insert().values(
            device=device, kind=kind.value, passed=passed, measures=told, note=note[:2000], author=actor, at=now()
        )
    ).inserted_primary_key
    assert made is not None
    journal.append(
        connection, actor, f"device.{kind.value}", f"device:{device}"[:100], None, passed, note=note[:500] or None,
        part=measures.get("part"), faces=sorted(measures.get("faces", ())) or None,
    )  # fmt: skip
    return int(made[0])


def book(connection: Connection, device: str, kind: CareKind | None = None, limit: int = 500) -> list[Row[Any]]:
    """The scanner's book, newest first."""
    table = schema.device_care
    query = select(table).where(table.c.device == device)
    if kind is not None:
        query = query.where(table.c.kind == kind.value)
    return list(connection.execute(query.order_by(table.c.id.desc()).limit(limit)))


def served_after(connection: Connection, device: str) -> int:
    """The last page before the scanner's last service (rollers, repair): slow changes are counted from there; 0 = never."""
    for row in book(connection, device, CareKind.CLEANING):
        if row.measures.get("part") in ("rollers", "service"):
            return int(row.measures["after_page"])
    return 0


def fed(connection: Connection, device: str) -> tuple[int, int]:
    """Sheets and sides this scanner has fed in all."""
    r = schema.capture_run
    query = select(func.coalesce(func.sum(r.c.sheets_fed), 0), func.coalesce(func.sum(r.c.sides_stored), 0))
    row = connection.execute(query.where(r.c.device == device, r.c.purpose != RunPurpose.IMPORT.value)).one()
    return int(row[0]), int(row[1])


def runs_of_batch(connection: Connection, batch_id: int) -> list[Row[Any]]:
    """The scanner runs that brought the batch's kept sides, oldest first."""
    p, f, r = schema.page, schema.feed, schema.capture_run
    brought = (
        select(f.c.run_id).join(p, p.c.feed_id == f.c.id).where(p.c.batch_id == batch_id, p.c.state == PageState.KEPT.value)
    )
    query = select(r).where(r.c.id.in_(brought), r.c.purpose != RunPurpose.IMPORT.value)
    return list(connection.execute(query.order_by(r.c.id)))


def sides_of_run(connection: Connection, run_id: int) -> list[Row[Any]]:
    """The sides a run brought, in the order they came."""
    p, f = schema.page, schema.feed
    query = select(p).join(f, f.c.id == p.c.feed_id).where(f.c.run_id == run_id)
    return list(connection.execute(query.order_by(p.c.id)))


def make_baseline(connection: Connection, care_id: int, measures: dict[str, Any]) -> None:
    """Later targets are compared with this one."""
    table = schema.device_care
    connection.execute(update(table).where(table.c.id == care_id).values(measures={**measures, "base": True}))
