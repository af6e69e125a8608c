"""Counts that must agree: prepared, fed, imaged, blank, separator, lost, superseded. The difference is shown, never hidden."""

from collections import Counter
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, func, select

from batches import backs, pages, schema
from batches import batch as batch_records
from batches.words import PageState, SheetState


@dataclass(frozen=True, slots=True)
class Ledger:
    """Sheets unless said otherwise. ``fed`` counts every trip through a feeder; the rest says what became of them."""

    prepared: int | None
    fed: int
    sheets: int
    """live sheets: what the package will hold"""
    sides: int
    """pictures of live sheets"""
    blank_sides: int
    blank_sheets: int
    separators: int
    lost: int
    """fed without a picture, and not come since"""
    superseded: int
    """fed, then replaced or set aside; on record"""
    delivered_feeds: int
    """trips whose picture will be in the package; more than ``sheets`` where one side was rescanned alone"""
    explained: str | None
    backs_due: int = 0
    """sheets of a pass of fronts whose backs are still to come or to be joined"""
    backs_held: int = 0
    """sides of a pass of backs that wait to be joined; in no other count but ``fed``"""

    @property
    def left(self) -> int | None:
        return None if self.prepared is None else max(0, self.prepared - self.sheets)

    @property
    def difference(self) -> int | None:
        """Prepared less live sheets; None while nobody has counted the paper."""
        return None if self.prepared is None else self.prepared - self.sheets

    @property
    def agrees(self) -> bool:
        """Every trip is accounted for and the paper's count is met."""
        return self.unaccounted == 0 and self.difference == 0

    @property
    def unaccounted(self) -> int:
        """Trips of which nobody knows what became: always a reason to stop."""
        return self.fed - self.delivered_feeds - self.separators - self.lost - self.superseded - self.backs_held

    @property
    def may_close(self) -> bool:
        return self.agrees or self.explained is not None

    def as_dict(self) -> dict[str, int | str | bool | None]:
        return {**asdict(self), "left": self.left, "difference": self.difference, "agrees": self.agrees}


def of(connection: Connection, batch_id: int) -> Ledger:
    """The ledger of a batch, counted from the records. Raises NotFound."""
    row = batch_records.get(connection, batch_id)
    waiting = backs.open_pass(connection, batch_id)
    held = {side.sheet_id for side in waiting.backs} if waiting is not None else set()
    kept = [page for page in pages.listing(connection, batch_id) if page.sheet_id not in held]
    live = [page for page in kept if page.sheet_state == SheetState.LIVE.value]
    blank = _blank(connection, [page.id for page in live])
    trips = _trips(connection, batch_id, held)
    live_sheets = {page.sheet_id for page in live}
    full = {page.sheet_id for page in live if page.id not in blank}
    return Ledger(
        prepared=row.sheets_prepared,
        fed=sum(trips.values()),
        sheets=len(live_sheets),
        sides=len(live),
        blank_sides=len(blank),
        blank_sheets=len(live_sheets - full),
        separators=trips["separator"],
        lost=trips["lost"],
        superseded=trips["superseded"],
        delivered_feeds=trips["live"],
        explained=row.difference_reason,
        backs_due=len(waiting.fronts) if waiting is not None else 0,
        backs_held=trips["held"],
    )


def _blank(connection: Connection, page_ids: list[int]) -> set[int]:
    found = pages.values_of(connection, page_ids)
    return {page_id for page_id, values in found.items() if "blank" in values and values["blank"].value}


def _trips(connection: Connection, batch_id: int, held: set[int]) -> Counter[str]:
    """What became of every trip through a feeder, each judged by its own record."""
    f, p, s = schema.feed, schema.page, schema.sheet
    query = (
        select(f.c.id, f.c.lost_because, p.c.state.label("side"), s.c.id.label("sheet_id"), s.c.state.label("sheet"))
        .select_from(f.outerjoin(p, p.c.feed_id == f.c.id).outerjoin(s, s.c.id == p.c.sheet_id))
        .where(f.c.batch_id == batch_id)
    )
    fates: dict[int, set[str]] = {}
    for row in connection.execute(query):
        fates.setdefault(row.id, set()).add("held" if row.sheet_id in held else _fate(row.lost_because, row.side, row.sheet))
    order = ("live", "held", "separator", "lost", "superseded", "unknown")
    return Counter(next(fate for fate in order if fate in found) for found in fates.values())


def _fate(lost_because: str | None, side: str | None, sheet: str | None) -> str:
    if lost_because is not None:
        return "lost"
    if side is None:
        return "unknown"
    if side == PageState.SUPERSEDED.value or sheet == SheetState.SUPERSEDED.value:
        return "superseded"
    return "separator" if sheet == SheetState.SEPARATOR.value else "live"


def sides_per_state(connection: Connection, batch_id: int) -> dict[PageState, int]:
    """How many sides are kept and how many superseded; every one of them has its master on disk."""
    query = select(schema.page.c.state, func.count()).where(schema.page.c.batch_id == batch_id)
    return {PageState(state): int(n) for state, n in connection.execute(query.group_by(schema.page.c.state))}
