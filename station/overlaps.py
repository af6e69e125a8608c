"""A sheet put back that had come already: found when the first sheets after an interruption have been looked at, and asked
about on the desk. Nothing is decided here.

The first sheets of a session are held against the last ones before it, front with front and back with back; a sheet that was
put back upside down or on its face is found too. Blank sides prove nothing. Method and limits: imaging.measures.likeness."""

import itertools
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row

from batches import batch as batch_records
from batches import overlaps, pages, sheets, states
from batches.words import JobState, RunPurpose
from imaging.measures.likeness import Likeness, correlation, distance, turned
from qc.limits import Limits
from scanner.model import Face, Source
from station import likeness_file
from station.house import House
from station.undoing import MENDABLE

log = logging.getLogger(__name__)

FIRST, LAST = 3, 5
"""Sheets behind an interruption that are looked at, and sheets before it that they are held against. Operators put back one or
two too many; where one is found, the next is looked at too."""
_REACH = 12
"""Trips through the feeder around a page that can matter: a chain of sheets put back is followed that far."""
_SURE = 0.5
"""Confidence from which a side counts as blank or written."""
_FLIPPED = {Face.FRONT.value: Face.BACK.value, Face.BACK.value: Face.FRONT.value}
_PURPOSES = (RunPurpose.CAPTURE.value, RunPurpose.INSERT.value)
_LOOKED = (JobState.DONE.value, JobState.FAILED.value)


@dataclass(frozen=True)
class Side:
    """``blank``: True or False where that is sure, None where it may be either."""

    folder: Path
    blank: bool | None

    @cached_property
    def likeness(self) -> Likeness | None:
        return likeness_file.load(self.folder)

    @cached_property
    def turned(self) -> Likeness | None:
        return None if self.likeness is None else turned(self.likeness)


@dataclass(frozen=True)
class Sheet:
    """A sheet with the sides that are on record. ``session``: the run and its folder, one for each time it was gone on with."""

    id: int
    run_id: int
    session: tuple[int, str]
    inserted: bool
    ready: bool
    sides: dict[str, Side]


def consider(house: House, page_id: int) -> None:
    """After the live path of a page: is its sheet, or one it can be told from, here for the second time?"""
    with house.store.read() as connection:
        rows = [row for row in overlaps.around(connection, page_id, _REACH) if row.purpose in _PURPOSES]
        if len({_session(row) for row in rows}) < 2:
            return
        there = _sheets(connection, house, rows)
        known = {(row.earlier_sheet_id, row.later_sheet_id) for row in overlaps.of_batch(connection, rows[0].batch_id)}
    about = next((row.sheet_id for row in rows if row.id == page_id), None)
    limits = Limits.from_mapping(house.settings.qc.limits)
    for later, earlier in _questions(there, known, about):
        best = max(((alike(one, later, limits), one.id) for one in earlier), default=(0.0, 0))
        if best[0] > limits.duplicate_error:
            _ask(house, best[1], later, best[0])


def alike(one: Sheet, other: Sheet, limits: Limits) -> float:
    """How surely two passes show one sheet: the least likeness of its written sides, 0 where they cannot be one."""
    ways = itertools.product((False, True), (False, True))
    return max(_alike(one, other, limits, flipped, upside_down) for flipped, upside_down in ways)


def _questions(there: list[Sheet], known: set[tuple[int, int]], about: int | None) -> Iterator[tuple[Sheet, list[Sheet]]]:
    """The sheets behind an interruption that stand in question, with those before it that each may be."""
    earlier_known, later_known = {pair[0] for pair in known}, {pair[1] for pair in known}
    for session in dict.fromkeys(sheet.session for sheet in there):
        mine = [sheet for sheet in there if sheet.session == session]
        before = there[: there.index(mine[0])]
        candidates = [sheet for sheet in (before if mine[0].inserted else before[-LAST:]) if sheet.id not in earlier_known]
        for at, later in enumerate(mine):
            if at >= FIRST and mine[at - 1].id not in later_known:
                break
            if later.id in later_known or not later.ready:
                continue
            yield later, [one for one in candidates if one.ready and about in (one.id, later.id)]


def _alike(one: Sheet, other: Sheet, limits: Limits, flipped: bool, upside_down: bool) -> float:
    proofs: list[float] = []
    for face, side in one.sides.items():
        twin = other.sides.get(_FLIPPED[face] if flipped else face)
        if twin is None or side.blank or twin.blank:
            if twin is not None and {side.blank, twin.blank} == {True, False}:
                return 0.0  # one is written on, the other is empty
            continue
        mine, its = side.likeness, twin.turned if upside_down else twin.likeness
        if mine is None or its is None or distance(mine.bits, its.bits) > limits.duplicate_bits:
            return 0.0
        proofs.append(correlation(mine, its))
        if proofs[-1] <= limits.duplicate_error:
            return 0.0
    return min(proofs, default=0.0)


def _ask(house: House, earlier_id: int, later: Sheet, likeness: float) -> None:
    with house.store.write() as connection:
        if states.state_of(connection, sheets.get(connection, later.id).batch_id) not in MENDABLE:
            return  # the batch has gone on; nobody could answer
        first, second = sheets.get(connection, earlier_id), sheets.get(connection, later.id)
        overlaps.found(connection, later.run_id, first, second, likeness)
    log.info("sheet %s looks like sheet %s (%.3f)", second.label, first.label, likeness)


def _sheets(connection: Connection, house: House, rows: list[Row[Any]]) -> list[Sheet]:
    """In the order in which they were fed."""
    uid = batch_records.get(connection, rows[0].batch_id).uid
    values = pages.values_of(connection, [row.id for row in rows])
    groups: dict[int, list[Row[Any]]] = {}
    for row in rows:
        groups.setdefault(row.sheet_id, []).append(row)
    return [_sheet(house, uid, group, values) for group in groups.values()]


def _sheet(house: House, uid: str, rows: list[Row[Any]], values: dict[int, dict[str, pages.Value]]) -> Sheet:
    last = rows[-1]
    whole = len(rows) == 2 or last.settings["source"] != Source.DUPLEX.value
    return Sheet(
        id=last.sheet_id,
        run_id=last.run_id,
        session=_session(last),
        inserted=last.purpose == RunPurpose.INSERT.value,
        ready=whole and all(row.looked in _LOOKED for row in rows),
        sides={row.face: Side(house.folders.page(uid, row.uid), _blank(values.get(row.id, {}))) for row in rows},
    )


def _session(row: Row[Any]) -> tuple[int, str]:
    """Each time a run is gone on with, its sides are spooled into a folder of their own."""
    return row.run_id, Path(row.master).parent.name


def _blank(values: dict[str, pages.Value]) -> bool | None:
    blank = values.get("blank")
    return bool(blank.value) if blank is not None and blank.confidence >= _SURE else None
