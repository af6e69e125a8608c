"""Sides on record. A master is named once and never changed; what is known about it are values beside it."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, select, update

from batches import batch as batch_records
from batches import jobs, journal, schema, sheets
from batches.clock import now
from batches.errors import NotFound
from batches.words import JobKind, PageState, SheetState


@dataclass(frozen=True, slots=True)
class NewSide:
    """A side as the capture child left it: durable, hashed. ``master``: path relative to the house's folder."""

    run_sheet: int
    face: str
    master: str
    sha256: str
    bytes: int
    mime: str
    width: int
    height: int
    dpi: tuple[float, float]
    mode: str
    captured_at: str
    warnings: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Value:
    """What a stage or a person says of a page. A person's word stands over the machine's."""

    value: Any
    confidence: float
    by_person: bool
    author: str


def record(connection: Connection, run: Row[Any], side: NewSide) -> int:
    """Record one side of a run in one transaction with its feed, sheet, job and journal entry; returns the page id.

    Recording the same master twice returns the page that is there: recovery may ask again."""
    known = connection.execute(select(schema.page.c.id).where(schema.page.c.master == side.master)).scalar()
    if known is not None:
        return int(known)
    feed = sheets.fed(connection, run, side.run_sheet)
    replaced = _kept_side(connection, feed.sheet_id, side.face)
    page_id = _insert(connection, run, side, feed, replaced)
    if replaced is not None:
        _supersede(connection, run.operator, replaced, page_id)
    _count(connection, run.id)
    jobs.queue(connection, page_id, JobKind.LIVE)
    journal.append(
        connection,
        run.operator,
        "page.captured",
        f"batch:{run.batch_id}/page:{page_id}",
        None,
        {"sha256": side.sha256, "bytes": side.bytes, "master": side.master},
        feed=feed.number,
        face=side.face,
        run=run.id,
        warnings=list(side.warnings) or None,
    )
    return page_id


def get(connection: Connection, page_id: int) -> Row[Any]:
    """Raises NotFound."""
    row = connection.execute(_query().where(schema.page.c.id == page_id)).first()
    if row is None:
        raise NotFound(what="page", id=page_id)
    return row


def listing(connection: Connection, batch_id: int, *, after_revision: int = -1) -> list[Row[Any]]:
    """Kept sides of the sheets in order of the paper, front before back, with ``sheet_label`` and ``position``.

    ``after_revision``: only what changed since, superseded sides and sheets too, so that a watcher can take them away."""
    query = _query().where(schema.page.c.batch_id == batch_id)
    if after_revision >= 0:
        query = query.where(schema.page.c.revision > after_revision)
    else:
        query = query.where(schema.page.c.state == PageState.KEPT.value, schema.sheet.c.state != SheetState.SUPERSEDED.value)
    return list(connection.execute(query.order_by(schema.sheet.c.position, schema.page.c.face.desc(), schema.page.c.id)))


def in_order(connection: Connection, batch_id: int) -> list[Row[Any]]:
    """Kept sides of every sheet, live or not, in the order of the paper."""
    query = _query().where(schema.page.c.batch_id == batch_id, schema.page.c.state == PageState.KEPT.value)
    return list(connection.execute(query.order_by(schema.sheet.c.position, schema.page.c.face.desc(), schema.page.c.id)))


def delivered(connection: Connection, batch_id: int) -> list[Row[Any]]:
    """The sides that go into the package: kept sides of live sheets, in order."""
    return [row for row in listing(connection, batch_id) if row.sheet_state == SheetState.LIVE.value]


def before(connection: Connection, page: Row[Any], most: int) -> list[Row[Any]]:
    """The last ``most`` kept sides that came before this one, of this batch and this face, newest first."""
    p = schema.page
    query = _query().where(p.c.batch_id == page.batch_id, p.c.face == page.face, p.c.id < page.id)
    query = query.where(p.c.state == PageState.KEPT.value).order_by(p.c.id.desc()).limit(most)
    return list(connection.execute(query))


def of_run(connection: Connection, run_id: int) -> list[Row[Any]]:
    """The sides a run brought, in the order they came."""
    feeds = select(schema.feed.c.id).where(schema.feed.c.run_id == run_id)
    return list(connection.execute(_query().where(schema.page.c.feed_id.in_(feeds)).order_by(schema.page.c.id)))


def masters_of_run(connection: Connection, run_id: int) -> set[str]:
    """The masters a run has on record."""
    f, p = schema.feed, schema.page
    query = select(p.c.master).join(f, f.c.id == p.c.feed_id).where(f.c.run_id == run_id)
    return set(connection.execute(query).scalars())


def versions(connection: Connection, sheet_id: int) -> list[Row[Any]]:
    """Every side ever recorded for a sheet, newest first."""
    return list(connection.execute(_query().where(schema.page.c.sheet_id == sheet_id).order_by(schema.page.c.id.desc())))


def changed(connection: Connection, page_id: int) -> int:
    """Mark a page as changed for whoever watches its batch; returns the revision."""
    batch_id = connection.execute(select(schema.page.c.batch_id).where(schema.page.c.id == page_id)).scalar()
    if batch_id is None:
        raise NotFound(what="page", id=page_id)
    revision = batch_records.touch(connection, batch_id)
    connection.execute(update(schema.page).where(schema.page.c.id == page_id).values(revision=revision))
    return revision


def values(connection: Connection, page_id: int) -> dict[str, Value]:
    """What counts for a page: the person's value where there is one, else the machine's."""
    return values_of(connection, [page_id]).get(page_id, {})


def values_of(connection: Connection, page_ids: list[int]) -> dict[int, dict[str, Value]]:
    """:func:`values` of many pages in one query."""
    query = select(schema.page_value).where(schema.page_value.c.page_id.in_(page_ids))
    found: dict[int, dict[str, Value]] = {}
    for row in connection.execute(query.order_by(schema.page_value.c.by_person)):  # a person's row comes last and wins
        value = Value(row.value, row.confidence, row.by_person, row.author)
        found.setdefault(row.page_id, {})[row.name] = value
    return found


def set_machine_values(connection: Connection, page_id: int, author: str, values: dict[str, tuple[Any, float]]) -> None:
    """A stage's values with confidence (0..1); a person's values are untouched."""
    for name, (value, confidence) in values.items():
        _store_value(connection, page_id, name, value, confidence, author, by_person=False)


def set_person_value(connection: Connection, actor: str, page_id: int, name: str, value: Any) -> None:
    """A person's word; ``None`` takes it back and the machine's counts again. Journalled with what stood before."""
    row = get(connection, page_id)
    key = (schema.page_value.c.page_id == page_id) & (schema.page_value.c.name == name) & schema.page_value.c.by_person
    before = connection.execute(select(schema.page_value.c.value).where(key)).scalar()
    if value is None:
        connection.execute(schema.page_value.delete().where(key))
    else:
        _store_value(connection, page_id, name, value, 1.0, actor, by_person=True)
    changed(connection, page_id)
    journal.append(connection, actor, f"page.{name}", f"batch:{row.batch_id}/page:{page_id}", before, value)


def _query() -> Any:
    s, p = schema.sheet, schema.page
    return select(
        p, s.c.label.label("sheet_label"), s.c.position, s.c.state.label("sheet_state"), s.c.number.label("sheet_number")
    ).join(s, s.c.id == p.c.sheet_id)


def _kept_side(connection: Connection, sheet_id: int, face: str) -> int | None:
    query = select(schema.page.c.id).where(
        schema.page.c.sheet_id == sheet_id, schema.page.c.face == face, schema.page.c.state == PageState.KEPT.value
    )
    found: int | None = connection.execute(query).scalar()
    return found


def _insert(connection: Connection, run: Row[Any], side: NewSide, feed: Row[Any], replaced: int | None) -> int:
    made = connection.execute(
        schema.page.insert().values(
            uid=uuid.uuid4().hex,
            batch_id=run.batch_id,
            sheet_id=feed.sheet_id,
            feed_id=feed.id,
            face=side.face,
            replaces_id=replaced,
            master=side.master,
            sha256=side.sha256,
            bytes=side.bytes,
            mime=side.mime,
            width=side.width,
            height=side.height,
            dpi_x=side.dpi[0],
            dpi_y=side.dpi[1],
            mode=side.mode,
            captured_at=side.captured_at,
            warnings=list(side.warnings),
            facts=side.facts,
            revision=batch_records.touch(connection, run.batch_id),
        )
    ).inserted_primary_key
    assert made is not None
    return int(made[0])


def _supersede(connection: Connection, actor: str, page_id: int, by: int) -> None:
    row = get(connection, page_id)
    connection.execute(update(schema.page).where(schema.page.c.id == page_id).values(state=PageState.SUPERSEDED.value))
    # a document that began on the old picture begins on the new one
    connection.execute(update(schema.item).where(schema.item.c.first_page_id == page_id).values(first_page_id=by))
    # the picture a reviewer asked for again has come
    connection.execute(update(schema.verdict).where(schema.verdict.c.page_id == page_id).values(open=False))
    changed(connection, page_id)
    journal.append(connection, actor, "page.superseded", f"batch:{row.batch_id}/page:{page_id}", None, {"by": by})


def _count(connection: Connection, run_id: int) -> None:
    r, f = schema.capture_run, schema.feed
    fed_sheets = select(f.c.id).where(f.c.run_id == run_id)
    connection.execute(
        update(r)
        .where(r.c.id == run_id)
        .values(sides_stored=r.c.sides_stored + 1, sheets_fed=len(list(connection.execute(fed_sheets))))
    )


def _store_value(
    connection: Connection, page_id: int, name: str, value: Any, confidence: float, author: str, *, by_person: bool
) -> None:
    table = schema.page_value
    key = (table.c.page_id == page_id) & (table.c.name == name) & (table.c.by_person == by_person)
    fresh = {"value": value, "confidence": confidence, "author": author, "at": now()}
    if connection.execute(update(table).where(key).values(**fresh)).rowcount == 0:
        connection.execute(table.insert().values(page_id=page_id, name=name, by_person=by_person, **fresh))
