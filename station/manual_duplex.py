"""Both sides on a scanner that sees one: fronts, turn the stack, backs, and a person joins them once the counts agree."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row

from batches import backs, pages, runs, states
from batches import batch as batch_records
from batches.errors import NotAllowed, NotFound
from batches.words import RunState
from scanner.model import Source
from station import desk, page_numbers, page_text, separating
from station.house import Actor, House
from station.scan_asked import AskedScan
from station.scan_settings import settings_from_json
from station.undoing import CAPTURABLE

_ENOUGH = 2
"""So many page numbers must agree before a gap is said to be found."""


@dataclass(frozen=True, slots=True)
class Pair:
    """What would be joined: a front and a back, as page ids, with the sheet's label. ``ready``: both have their pictures."""

    label: str
    front: int
    back: int
    ready: bool


@dataclass(frozen=True, slots=True)
class BacksView:
    """``step``: turn (the fronts are through), pair (the counts agree), differ. ``order``: the one that is offered first.

    ``first``, ``last``: the outermost pairs as each order would join them. ``gap``: the front that seems to have no back."""

    step: str
    fronts: int
    backs: int
    device: str
    order: str
    pairs: dict[str, tuple[Pair, ...]]
    sheets: tuple[tuple[int, str], ...]
    gap: int | None


def start(house: House, actor: Actor, batch_id: int, scan: AskedScan) -> int:
    """The pass of fronts. Raises NotAllowed while another pass waits for its backs, or where the source sees both sides."""
    if scan.settings.source is not Source.FEEDER:
        raise NotAllowed(what="backs_source", state=scan.settings.source.value)
    with house.store.read() as connection:
        backs.require_joined(connection, batch_id)
    noted = {**scan.noted, "pass": {"kind": backs.FRONTS, "state": backs.OPEN}}
    return desk.start_run(house, actor, batch_id, scan.device, scan.settings, noted=noted)


def scan_backs(house: House, actor: Actor, batch_id: int) -> int:
    """The turned stack through the same device with the same settings; what comes joins what came before."""
    with house.store.read() as connection:
        found = backs.open_pass(connection, batch_id)
    if found is None:
        raise NotFound(what="backs", id=batch_id)
    told = {key: found.run.settings[key] for key in ("profile", "fragile", "changed") if key in found.run.settings}
    noted = {**told, "as_face": "back", "pass": {"kind": backs.BACKS, "fronts": found.run.id, "state": backs.OPEN}}
    settings = settings_from_json(found.run.settings)
    return desk.start_run(house, actor, batch_id, found.run.device, settings, noted=noted)


def pair(house: House, actor: Actor, batch_id: int, order: str, without: tuple[int, ...] = ()) -> int:
    """A person confirms: every back to its front. Raises Unpaired where the counts differ; nothing is joined then."""
    with house.store.write() as connection:
        states.require(connection, batch_id, *CAPTURABLE)
        found = backs.open_pass(connection, batch_id)
        joined = backs.pair(connection, actor.login, batch_id, order, without)
        for back in found.backs if found is not None else ():
            separating.looked(connection, house, back.id)  # a slip may have lain on its face
            separating.quiet(connection, back.id)
        return joined


def drop(house: House, actor: Actor, batch_id: int, *, fronts: bool = False) -> None:
    """Set the backs aside and feed them again; with ``fronts`` begin anew. Every master stays."""
    with house.store.write() as connection:
        states.require(connection, batch_id, *CAPTURABLE)
        backs.drop(connection, actor.login, batch_id, fronts=fronts)


def one_sided(house: House, actor: Actor, batch_id: int) -> None:
    """The sheets have no backs after all."""
    with house.store.write() as connection:
        states.require(connection, batch_id, *CAPTURABLE)
        backs.one_sided(connection, actor.login, batch_id)


def view(house: House, batch_id: int) -> BacksView | None:
    """What waits for a person; None without a pass, and while its paper runs or a fault waits to be mended."""
    with house.store.read() as connection:
        found = backs.open_pass(connection, batch_id)
        if found is None or runs.active(connection, batch_id) is not None or found.run.state != RunState.FINISHED.value:
            return None
        order = backs.order_on(connection, found.run.device) or backs.REVERSED
        return BacksView(
            step=_step(found),
            fronts=len(found.fronts),
            backs=len(found.backs),
            device=found.run.device,
            order=order,
            pairs=_pairs(connection, house, found) if found.agrees else {},
            sheets=tuple((sheet.id, sheet.label) for sheet in found.fronts),
            gap=_gap(connection, house, found, order),
        )


def _step(found: backs.Pass) -> str:
    if not found.backs:
        return "turn"
    return "pair" if found.agrees else "differ"


def _pairs(connection: Connection, house: House, found: backs.Pass) -> dict[str, tuple[Pair, ...]]:
    """The first and the last pair of each order: enough to see with one's own eyes whether the order is right."""
    fronts = _front_pages(connection, found)
    uid = batch_records.get(connection, found.run.batch_id).uid
    told = {}

    def looked(side: Row[Any]) -> bool:
        return (house.folders.page(uid, side.uid) / "thumb.jpg").is_file()

    for order in backs.ORDERS:
        turned = found.backs if order == backs.SAME else found.backs[::-1]
        every = [(s.label, fronts[s.id], b) for s, b in zip(found.fronts, turned, strict=True) if s.id in fronts]
        outermost = every[:1] + every[-1:] if len(every) > 1 else every
        told[order] = tuple(Pair(label, one.id, two.id, looked(one) and looked(two)) for label, one, two in outermost)
    return told


def _front_pages(connection: Connection, found: backs.Pass) -> dict[int, Row[Any]]:
    ids = {sheet.id for sheet in found.fronts}
    rows = pages.listing(connection, found.run.batch_id)
    return {row.sheet_id: row for row in rows if row.sheet_id in ids and row.face == "front"}


# -- where the gap is ------------------------------------------------------------------------------------------------


def _gap(connection: Connection, house: House, found: backs.Pass, order: str) -> int | None:
    """The one front without a back, where the page numbers that were read so far tell it."""
    if len(found.fronts) != len(found.backs) + 1:
        return None
    folder = house.folders
    uid = batch_records.get(connection, found.run.batch_id).uid
    pictures = _front_pages(connection, found)
    fronts = [
        page_numbers.printed(page_text.load(folder.page(uid, pictures[s.id].uid))) if s.id in pictures else None
        for s in found.fronts
    ]
    turned = found.backs if order == backs.SAME else found.backs[::-1]
    at = gap_at(fronts, [page_numbers.printed(page_text.load(folder.page(uid, back.uid))) for back in turned])
    return None if at is None else int(found.fronts[at].id)


def gap_at(fronts: list[int | None], turned: list[int | None]) -> int | None:
    """Which front has no back, when one back is missing: the place that lets the most backs be their front's next page.

    None where fewer than two numbers agree, or two places do equally well."""
    scores = []
    for gap in range(len(fronts)):
        rest = fronts[:gap] + fronts[gap + 1 :]
        good = sum(one is not None and two == one + 1 for one, two in zip(rest, turned, strict=True))
        scores.append(good)
    best = max(scores, default=0)
    return scores.index(best) if best >= _ENOUGH and scores.count(best) == 1 else None
