"""Words a person read where the machine had read something else, each at its place on the master, so that they outlive every
new reading of the page."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select, update

from batches import journal, pages, schema, wishes
from batches.clock import now
from batches.errors import Invalid
from batches.words import BatchState

Box = tuple[int, int, int, int]

LEARN = "vocabulary"
"""The wish that the house's vocabulary be made anew."""
LONGEST = 200
"""Characters of one word; a line typed into one box is a mistake."""


@dataclass(frozen=True, slots=True)
class Mend:
    """``box``: px of the master. ``after`` equals ``before`` where a person confirmed the machine's word; empty where there is
    no word at all. ``context``: the words before and after it."""

    id: int
    page_id: int
    box: Box
    before: str
    after: str
    context: dict[str, Any]
    author: str
    at: str


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What people made of the same reading, wherever it stood. ``times``: how often."""

    before: str
    after: str
    times: int
    learned: bool


def add(connection: Connection, actor: str, page_id: int, box: Box, before: str, after: str, context: dict[str, Any]) -> int:
    """Record one word; returns its id. Raises Invalid for a word that is no word, NotFound."""
    page = pages.get(connection, page_id)
    if len(after) > LONGEST or not after.isprintable():
        raise Invalid(what="word", value=after[:50])
    if not (box[0] < box[2] and box[1] < box[3]):
        raise Invalid(what="box", value=str(box))
    values = {"page_id": page_id, "box": list(box), "before": before, "after": after, "context": context}
    made = connection.execute(schema.text_mend.insert().values(**values, author=actor, at=now())).inserted_primary_key
    assert made is not None
    action = "text.confirmed" if after == before else "text.mended"
    journal.append(connection, actor, action, f"batch:{page.batch_id}/page:{page_id}", before, after, box=list(box))
    wishes.want(connection, LEARN)
    return int(made[0])


def undo(connection: Connection, actor: str, page_id: int) -> Mend | None:
    """Take back this person's last word on the page; None where there is none."""
    m = schema.text_mend
    mine = select(m).where(m.c.page_id == page_id, m.c.author == actor, m.c.undone_at.is_(None))
    row = connection.execute(mine.order_by(m.c.id.desc()).limit(1)).first()
    if row is None:
        return None
    connection.execute(update(m).where(m.c.id == row.id).values(undone_at=now()))
    page = pages.get(connection, page_id)
    journal.append(connection, actor, "text.undone", f"batch:{page.batch_id}/page:{page_id}", row.after, row.before)
    wishes.want(connection, LEARN)
    return _mend(row)


def of_page(connection: Connection, page_id: int) -> tuple[Mend, ...]:
    """What stands, oldest first: a later word at the same place counts."""
    return of_pages(connection, [page_id]).get(page_id, ())


def of_pages(connection: Connection, page_ids: list[int]) -> dict[int, tuple[Mend, ...]]:
    """page id → what stands on it, for pages that have any."""
    m = schema.text_mend
    found: dict[int, list[Mend]] = {}
    query = select(m).where(m.c.page_id.in_(page_ids), m.c.undone_at.is_(None)).order_by(m.c.id)
    for row in connection.execute(query):
        found.setdefault(row.page_id, []).append(_mend(row))
    return {page_id: tuple(mends) for page_id, mends in found.items()}


# -- what the house learns from it ---------------------------------------------------------------------------------------


def to_learn(connection: Connection) -> list[Mend]:
    """Every standing word that nobody struck from the vocabulary, oldest first; nothing of practice or quarantined batches."""
    return [mend for mend in _standing(connection) if mend.after and not mend.context.get("forgotten")]


def confirmed(connection: Connection) -> list[Confirmed]:
    """What the vocabulary is made of, most frequent first."""
    counted: dict[tuple[str, str, bool], int] = {}
    for mend in _standing(connection):
        if mend.after:
            key = (mend.before, mend.after, not mend.context.get("forgotten"))
            counted[key] = counted.get(key, 0) + 1
    listed = [Confirmed(before, after, times, learned) for (before, after, learned), times in counted.items()]
    return sorted(listed, key=lambda one: (-one.times, one.after, one.before))


def forget(connection: Connection, actor: str, before: str, after: str, *, undo: bool = False) -> int:
    """Strike a pair from what is learned, or take it in again; the pages keep their words. Returns how many it concerned."""
    m = schema.text_mend
    rows = list(connection.execute(select(m.c.id, m.c.context).where(m.c.before == before, m.c.after == after)))
    for row in rows:
        connection.execute(update(m).where(m.c.id == row.id).values(context={**row.context, "forgotten": not undo}))
    if rows:
        action = "vocabulary.taken_in" if undo else "vocabulary.forgotten"
        journal.append(connection, actor, action, "vocabulary", before, after, times=len(rows))
        wishes.want(connection, LEARN)
    return len(rows)


def _standing(connection: Connection) -> list[Mend]:
    m, p, b = schema.text_mend, schema.page, schema.batch
    query = select(m).join(p, p.c.id == m.c.page_id).join(b, b.c.id == p.c.batch_id).where(m.c.undone_at.is_(None))
    query = query.where(b.c.practice.is_(False), b.c.state != BatchState.QUARANTINED.value).order_by(m.c.id)
    return [_mend(row) for row in connection.execute(query)]


def _mend(row: Row[Any]) -> Mend:
    x0, y0, x1, y1 = row.box
    return Mend(row.id, row.page_id, (x0, y0, x1, y1), row.before, row.after, row.context, row.author, row.at)
