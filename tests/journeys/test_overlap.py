"""Sheets put back that had come already: found for exactly these, asked about, and every way of answering leaves the stack
whole, in order, once. Real engine, real libsane, forms of one template filled in differently."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from batches import journal, overlaps
from batches import pages as page_records
from batches.errors import NotAllowed
from batches.words import OverlapState
from scanner.escl import FaultScript, PageTray
from station import desk
from tests.journeys.conftest import number_of
from tests.journeys.forms import EMPTY_BACKS, write_forms
from tests.journeys.rig import DUPLEX, OPERATOR, Rig, rig, wait

SHEETS, JAM = 7, 5
KEPT_EARLIER, KEPT_LATER, BOTH = OverlapState.KEPT_EARLIER, OverlapState.KEPT_LATER, OverlapState.BOTH


@pytest.fixture(scope="module")
def passes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("forms")
    return write_forms(folder / "first", SHEETS), write_forms(folder / "second", SHEETS, second_pass=True)


@pytest.fixture(scope="module")
def station(passes: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with rig(tmp_path_factory.mktemp("station"), passes[0]) as made:
        yield made


def scan_with_a_jam(station: Rig, passes: tuple[Path, Path], put_back_from: int) -> int:
    """Jam at sheet 5; the operator puts the stack back from this sheet on; the rest runs through."""
    first, second = passes
    station.scanner.clear()
    station.scanner.load(PageTray.from_folder(first, two_sided=True))
    station.scanner.set_faults(FaultScript.parse(f"- {{sheet: {JAM}, fault: jam}}"))
    batch_id = station.batch(SHEETS)
    desk.start_run(station.house, OPERATOR, batch_id, station.device(), DUPLEX)
    run = station.until_run_rests(batch_id)
    assert (run.fault, run.last_label) == ("jam", str(JAM - 1))
    station.scanner.clear()
    station.scanner.load(PageTray.from_folder(second, two_sided=True))
    station.scanner.reload_from(put_back_from)
    desk.resume_run(station.house, OPERATOR, run.id)
    assert station.until_run_rests(batch_id).state == "finished"
    wait(lambda: all(page.ready for page in station.view(batch_id).pages), 60)
    return batch_id


def asked(station: Rig, batch_id: int, count: int) -> list[tuple[str, str]]:
    """(earlier, later) as labels; the last page's question may still be on its way."""
    wait(lambda: len(_waiting(station, batch_id)) >= count, 15)
    return _waiting(station, batch_id)


def _waiting(station: Rig, batch_id: int) -> list[tuple[str, str]]:
    labels = {page.sheet_id: page.sheet_label for page in station.view(batch_id).pages}
    with station.house.store.read() as connection:
        rows = overlaps.waiting(connection, batch_id)
    return [(labels[row.earlier_sheet_id], labels[row.later_sheet_id]) for row in rows]


def ids(station: Rig, batch_id: int) -> list[int]:
    with station.house.store.read() as connection:
        return [row.id for row in overlaps.waiting(connection, batch_id)]


def delivered(station: Rig, batch_id: int) -> tuple[list[int], list[str]]:
    """The numbers on the written fronts and backs, and the sheets' labels, as they will be delivered."""
    with station.house.store.read() as connection:
        rows = page_records.delivered(connection, batch_id)
    empty = {str(sheet) for sheet in EMPTY_BACKS}
    written = [row for row in rows if not (row.face == "back" and row.sheet_label in empty)]
    fronts = [row.sheet_label for row in rows if row.face == "front"]
    return [number_of(station.house.folders.master(row.master)) for row in written], fronts


WHOLE = [n for n in range(1, 2 * SHEETS + 1) if not (n % 2 == 0 and n // 2 in EMPTY_BACKS)]


@pytest.mark.parametrize("put_back_from", [JAM, JAM - 1, JAM - 2])
def test_only_what_came_twice_is_asked_about_and_the_answer_makes_the_stack_whole(
    station: Rig, passes: tuple[Path, Path], put_back_from: int
) -> None:
    extra = JAM - put_back_from
    batch_id = scan_with_a_jam(station, passes, put_back_from)
    twins = [(str(put_back_from + n), str(JAM + n)) for n in range(extra)]
    assert asked(station, batch_id, extra) == twins
    if not extra:
        assert station.view(batch_id).ledger.agrees
        desk.hand_over(station.house, OPERATOR, batch_id)
        return
    with pytest.raises(NotAllowed) as refused:
        desk.hand_over(station.house, OPERATOR, batch_id)
    assert refused.value.facts["what"] == "overlap"
    before = station.view(batch_id).ledger
    assert (before.fed, before.sheets, before.difference) == (SHEETS + extra, SHEETS + extra, -extra)
    for number, overlap_id in enumerate(ids(station, batch_id)):
        desk.decide_overlap(station.house, OPERATOR, overlap_id, (KEPT_LATER, KEPT_EARLIER)[number % 2])
    after = station.view(batch_id).ledger
    assert (after.fed, after.sheets, after.superseded, after.difference) == (SHEETS + extra, SHEETS, extra, 0)
    assert after.agrees
    assert delivered(station, batch_id) == (WHOLE, [str(n) for n in range(1, SHEETS + 1)])
    for _ in range(extra):
        assert desk.undo(station.house, OPERATOR, batch_id) == "overlap.decided"
    assert station.view(batch_id).ledger == before
    assert asked(station, batch_id, extra) == twins
    assert desk.undo(station.house, OPERATOR, batch_id) == ""
    for overlap_id in reversed(ids(station, batch_id)):
        desk.decide_overlap(station.house, OPERATOR, overlap_id, KEPT_EARLIER)
    assert delivered(station, batch_id) == (WHOLE, [str(n) for n in range(1, SHEETS + 1)])
    desk.hand_over(station.house, OPERATOR, batch_id)
    with station.house.store.read() as connection:
        assert journal.verify(connection)
