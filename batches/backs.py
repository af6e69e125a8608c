"""Both sides on a scanner that sees one: a pass of fronts, the stack turned, a pass of backs, then a person's word that joins.

A run of fronts keeps ``pass`` in its settings: {"kind": "fronts", "state": open | paired | one_sided | dropped}; a run of
backs {"kind": "backs", "fronts": run id, "state": open | dropped}. Until it is joined each back lies on a sheet of its own,
labelled ``3sau``; the masters are never touched, whatever is decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select, update

from batches import batch as batch_records
from batches import journal, pages, runs, schema, sheets
from batches.errors import Invalid, NotAllowed, NotFound, Stale, Unpaired
from batches.words import PageState, RunState, SheetState

FRONTS, BACKS = "fronts", "backs"
OPEN, PAIRED, ONE_SIDED, DROPPED = "open", "paired", "one_sided", "dropped"
SAME, REVERSED = "same", "reversed"
ORDERS = (REVERSED, SAME)
REASON = "backs"
"""Why the sheets of a dropped pass were set aside."""
_R, _F, _P, _S = schema.capture_run, schema.feed, schema.page, schema.sheet


@dataclass(frozen=True, slots=True)
class Pass:
    """``fronts``: the sheets of the first pass that have no back yet, in the order fed, separators too (they lie in the stack
    that is turned); ``backs``: the sides of the second, in the order fed."""

    run: Row[Any]
    fronts: tuple[Row[Any], ...]
    back_runs: tuple[Row[Any], ...]
    backs: tuple[Row[Any], ...]

    @property
    def agrees(self) -> bool:
        return len(self.fronts) == len(self.backs)


def open_pass(connection: Connection, batch_id: int) -> Pass | None:
    """The pass of this batch that waits for its backs or for the word that joins them."""
    every = _passes(connection, batch_id)
    run = next((one for one in every if _told(one, FRONTS, OPEN)), None)
    if run is None:
        return None
    behind = tuple(one for one in every if _told(one, BACKS, OPEN) and one.settings["pass"]["fronts"] == run.id)
    fronts = _fronts(connection, run.id)
    return Pass(run, tuple(fronts), behind, tuple(side for one in behind for side in _backs(connection, one.id)))


def require_joined(connection: Connection, batch_id: int) -> None:
    """Raises NotAllowed while backs wait to come or to be joined."""
    if open_pass(connection, batch_id) is not None:
        raise NotAllowed(what="backs", state=OPEN)


def held(connection: Connection, batch_id: int) -> set[int]:
    """The sheets that hold a back until it is joined."""
    found = open_pass(connection, batch_id)
    return {side.sheet_id for side in found.backs} if found is not None else set()


def pair(connection: Connection, actor: str, batch_id: int, order: str, without: Sequence[int] = ()) -> int:
    """Join each back to its front; returns how many. ``order``: how the turned stack came; ``without``: sheets of which a
    person says that they have no back. Raises Unpaired where the counts differ: then nothing is joined."""
    found = _at_rest(connection, batch_id)
    if order not in ORDERS:
        raise Invalid(what="backs_order", value=order)
    fronts = [sheet for sheet in found.fronts if sheet.id not in without]
    if len(fronts) != len(found.backs) or not fronts:
        raise Unpaired(fronts=len(fronts), backs=len(found.backs))
    backs = found.backs if order == SAME else found.backs[::-1]
    moved = [[back.id, back.sheet_id, front.id] for front, back in zip(fronts, backs, strict=True)]
    for page_id, origin, target in moved:
        _move(connection, page_id, origin, target, SheetState.SUPERSEDED)
    _settle(connection, found.run, PAIRED, order=order)
    subject = _subject(batch_id, found.run.id)
    journal.append(connection, actor, "backs.paired", subject, OPEN, PAIRED, moved=moved, order=order, without=list(without))
    return len(moved)


def unpair(connection: Connection, actor: str, run_id: int, moved: list[list[int]]) -> None:
    """Take a joining back: every back on its own sheet again. Raises Stale where the pass was settled otherwise since."""
    run = runs.get(connection, run_id)
    if not _told(run, FRONTS, PAIRED):
        raise Stale(what="run", id=run_id)
    for page_id, origin, target in moved:
        _move(connection, page_id, target, origin, SheetState.LIVE)
    _settle(connection, run, OPEN)
    journal.append(connection, actor, "backs.paired", _subject(run.batch_id, run_id), PAIRED, OPEN)


def drop(connection: Connection, actor: str, batch_id: int, *, fronts: bool = False) -> None:
    """The backs came wrong: their sheets are set aside (on record), the pass waits for its backs anew; with ``fronts`` the
    first pass too."""
    found = _at_rest(connection, batch_id)
    aside = [side.sheet_id for side in found.backs] + ([sheet.id for sheet in found.fronts] if fronts else [])
    for sheet_id in aside:
        sheets.set_state(connection, actor, sheet_id, SheetState.SUPERSEDED, reason=REASON)
    for run in (*found.back_runs, *((found.run,) if fronts else ())):
        _settle(connection, run, DROPPED)
    journal.append(connection, actor, "backs.dropped", _subject(batch_id, found.run.id), len(aside), None, fronts=fronts)


def one_sided(connection: Connection, actor: str, batch_id: int) -> None:
    """There are no backs after all. Raises NotAllowed where some have come."""
    found = _at_rest(connection, batch_id)
    if found.backs:
        raise NotAllowed(what="backs", state=OPEN)
    _settle(connection, found.run, ONE_SIDED)
    journal.append(connection, actor, "backs.none", _subject(batch_id, found.run.id), OPEN, ONE_SIDED)


def order_on(connection: Connection, device: str) -> str | None:
    """How the turned stack came the last time on this device."""
    query = select(_R.c.settings).where(_R.c.device == device).order_by(_R.c.id.desc())
    told = (dict(settings.get("pass") or {}).get("order") for settings in connection.execute(query).scalars())
    return next((one for one in told if one in ORDERS), None)


def _at_rest(connection: Connection, batch_id: int) -> Pass:
    """Raises NotFound without an open pass, NotAllowed while its paper runs."""
    found = open_pass(connection, batch_id)
    if found is None:
        raise NotFound(what="backs", id=batch_id)
    if runs.active(connection, batch_id) is not None:
        raise NotAllowed(what="run", state=RunState.RUNNING.value)
    return found


def _passes(connection: Connection, batch_id: int) -> list[Row[Any]]:
    rows = connection.execute(select(_R).where(_R.c.batch_id == batch_id).order_by(_R.c.id))
    return [row for row in rows if row.settings.get("pass")]


def _told(run: Row[Any], kind: str, state: str) -> bool:
    said = run.settings.get("pass") or {}
    return said.get("kind") == kind and said.get("state") == state


def _fronts(connection: Connection, run_id: int) -> list[Row[Any]]:
    backed = select(_P.c.sheet_id).where(_P.c.face == "back", _P.c.state == PageState.KEPT.value)
    query = (
        select(_S)
        .join(_F, _F.c.sheet_id == _S.c.id)
        .where(_F.c.run_id == run_id, _S.c.state != SheetState.SUPERSEDED.value, _S.c.id.not_in(backed))
    )
    return list(connection.execute(query.order_by(_F.c.run_sheet)))


def _backs(connection: Connection, run_id: int) -> list[Row[Any]]:
    query = (
        select(_P, _S.c.label)
        .join(_S, _S.c.id == _P.c.sheet_id)
        .join(_F, _F.c.sheet_id == _S.c.id)  # the run's own trip: the picture may have come again since
        .where(_F.c.run_id == run_id, _P.c.state == PageState.KEPT.value, _S.c.state == SheetState.LIVE.value)
    )
    return list(connection.execute(query.order_by(_F.c.run_sheet)))


def _move(connection: Connection, page_id: int, origin: int, target: int, own_becomes: SheetState) -> None:
    """Put a back on another sheet, with its trip through the feeder. ``own_becomes``: what happens to the sheet of its own,
    which is empty once it is joined and needed again when that is taken back."""
    page = pages.get(connection, page_id)
    if page.sheet_id != origin:
        raise Stale(what="page", id=page_id)
    own = origin if own_becomes is SheetState.SUPERSEDED else target
    revision = batch_records.touch(connection, page.batch_id)
    connection.execute(update(_P).where(_P.c.id == page_id).values(sheet_id=target, revision=revision))
    connection.execute(update(_F).where(_F.c.id == page.feed_id).values(sheet_id=target))
    connection.execute(update(_S).where(_S.c.id == own).values(state=own_becomes.value))


def _settle(connection: Connection, run: Row[Any], state: str, **more: str) -> None:
    settings = dict(run.settings)
    settings["pass"] = {**settings["pass"], "state": state, **more}
    connection.execute(update(_R).where(_R.c.id == run.id).values(settings=settings))
    batch_records.touch(connection, run.batch_id)


def _subject(batch_id: int, run_id: int) -> str:
    return f"batch:{batch_id}/run:{run_id}"
