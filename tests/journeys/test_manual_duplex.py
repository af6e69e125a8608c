"""Both sides on a one-sided feeder, and sheets on the glass one after the other: through the real engine and real libsane.

Each master says in its pixels which page of the stack it is, so what was joined to what is read from the masters."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from batches import ledger, pages, runs, schema
from batches.errors import NotAllowed, Stale, Unpaired
from scanner.escl import FaultScript, PageTray
from scanner.model import ColorMode, ScanSettings, Source
from station import desk, manual_duplex, series
from station.scan_asked import AskedScan
from tests.journeys.conftest import number_of, numbered_page
from tests.journeys.rig import FEEDER, OPERATOR, Rig, rig, wait

SHEETS = 7
GLASS = ScanSettings(Source.FLATBED, ColorMode.COLOR, 100, 210.0, 297.0)


def paper(folder: Path, numbers: list[int]) -> PageTray:
    """A stack whose visible sides are these pages, in this order."""
    folder.mkdir(parents=True)
    for place, number in enumerate(numbers):
        Image.fromarray(numbered_page(number)).save(folder / f"{place:03d}.jpg", quality=90, dpi=(100, 100))
    return PageTray.from_folder(folder, two_sided=False)


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    first = tmp_path_factory.mktemp("paper") / "p"
    paper(first, [1])
    with rig(tmp_path_factory.mktemp("station"), first) as made:
        yield made


def lay(station: Rig, folder: Path, numbers: list[int]) -> None:
    station.scanner.clear()
    station.scanner.set_faults(FaultScript())
    station.scanner.load(paper(folder, numbers))


def fronts_scanned(station: Rig, folder: Path, sheets: int = SHEETS) -> int:
    batch_id = station.batch(sheets)
    lay(station, folder / "fronts", [2 * sheet - 1 for sheet in range(1, sheets + 1)])
    manual_duplex.start(station.house, OPERATOR, batch_id, AskedScan(station.device(), FEEDER, {}))
    assert station.until_run_rests(batch_id).state == "finished"
    return batch_id


def backs_scanned(station: Rig, folder: Path, batch_id: int, numbers: list[int]) -> None:
    lay(station, folder, numbers)
    manual_duplex.scan_backs(station.house, OPERATOR, batch_id)
    assert station.until_run_rests(batch_id).state == "finished"


def joined(station: Rig, batch_id: int) -> list[tuple[str, list[tuple[str, int]]]]:
    """Sheet label → its sides as (face, number in the pixels), in the order of the paper."""
    with station.house.store.read() as connection:
        rows = pages.delivered(connection, batch_id)
    sheets: dict[str, list[tuple[str, int]]] = {}
    for row in rows:
        sheets.setdefault(row.sheet_label, []).append((row.face, number_of(station.house.folders.master(row.master))))
    return list(sheets.items())


WHOLE = [(str(sheet), [("front", 2 * sheet - 1), ("back", 2 * sheet)]) for sheet in range(1, SHEETS + 1)]


@pytest.mark.parametrize("order", ["reversed", "same"])
def test_backs_are_joined_to_their_fronts_in_either_order_and_undone(station: Rig, tmp_path: Path, order: str) -> None:
    batch_id = fronts_scanned(station, tmp_path)
    view = manual_duplex.view(station.house, batch_id)
    assert view is not None and (view.step, view.fronts) == ("turn", SHEETS)
    with pytest.raises(NotAllowed):
        desk.hand_over(station.house, OPERATOR, batch_id)
    evens = [2 * sheet for sheet in range(1, SHEETS + 1)]
    backs_scanned(station, tmp_path / "backs", batch_id, evens if order == "same" else evens[::-1])
    view = manual_duplex.view(station.house, batch_id)
    assert view is not None and (view.step, view.backs) == ("pair", SHEETS)
    before = station.view(batch_id).ledger
    assert (before.fed, before.sheets, before.backs_due, before.backs_held) == (14, 7, 7, 7)
    assert (before.difference, before.unaccounted) == (0, 0)
    manual_duplex.pair(station.house, OPERATOR, batch_id, order)
    assert joined(station, batch_id) == WHOLE
    after = station.view(batch_id).ledger
    assert (after.sheets, after.sides, after.backs_due, after.backs_held, after.agrees) == (7, 14, 0, 0, True)
    assert manual_duplex.view(station.house, batch_id) is None
    assert desk.undo(station.house, OPERATOR, batch_id) == "backs.paired"
    assert station.view(batch_id).ledger.backs_held == SHEETS
    manual_duplex.pair(station.house, OPERATOR, batch_id, order)
    assert joined(station, batch_id) == WHOLE
    desk.hand_over(station.house, OPERATOR, batch_id)


def test_counts_that_differ_join_nothing_and_every_way_out_keeps_all_masters(station: Rig, tmp_path: Path) -> None:
    batch_id = fronts_scanned(station, tmp_path)
    evens = [2 * sheet for sheet in range(SHEETS, 0, -1)]
    backs_scanned(station, tmp_path / "six", batch_id, [even for even in evens if even != 8])
    view = manual_duplex.view(station.house, batch_id)
    assert view is not None and (view.step, view.fronts, view.backs) == ("differ", 7, 6)
    with pytest.raises(Unpaired) as refused:
        manual_duplex.pair(station.house, OPERATOR, batch_id, "reversed")
    assert refused.value.facts == {"fronts": 7, "backs": 6}
    assert all(len(sides) == 1 for _, sides in joined(station, batch_id)), "nothing is joined"
    # a person sees that sheet 4 has no back
    fourth = next(sheet for sheet, label in view.sheets if label == "4")
    manual_duplex.pair(station.house, OPERATOR, batch_id, "reversed", (fourth,))
    assert joined(station, batch_id) == [one if one[0] != "4" else ("4", [("front", 7)]) for one in WHOLE]
    desk.undo(station.house, OPERATOR, batch_id)
    # or the stack of backs is fed again, whole
    manual_duplex.drop(station.house, OPERATOR, batch_id)
    backs_scanned(station, tmp_path / "seven", batch_id, evens)
    manual_duplex.pair(station.house, OPERATOR, batch_id, "reversed")
    assert joined(station, batch_id) == WHOLE
    counted = station.view(batch_id).ledger
    assert (counted.fed, counted.sheets, counted.superseded, counted.unaccounted) == (20, 7, 6, 0)
    with station.house.store.read() as connection:
        masters = [row.master for row in connection.execute(schema.page.select().where(schema.page.c.batch_id == batch_id))]
        assert sum(ledger.sides_per_state(connection, batch_id).values()) == len(masters) == 20
    assert all(station.house.folders.master(one).is_file() for one in masters)


def test_a_power_cut_between_the_passes_and_in_the_second_loses_nothing(station: Rig, tmp_path: Path) -> None:
    batch_id = fronts_scanned(station, tmp_path)
    station.kill()
    station.start()
    view = manual_duplex.view(station.house, batch_id)
    assert view is not None and (view.step, view.fronts) == ("turn", SHEETS)
    evens = [2 * sheet for sheet in range(SHEETS, 0, -1)]
    lay(station, tmp_path / "backs", evens)
    station.scanner.set_faults(FaultScript.parse("- {sheet: 4, fault: jam}"))
    manual_duplex.scan_backs(station.house, OPERATOR, batch_id)
    run = station.until_run_rests(batch_id)
    assert (run.fault, run.last_label, run.next_sheet) == ("jam", "3sau", "4sau")
    assert manual_duplex.view(station.house, batch_id) is None, "the fault comes first"
    station.kill()
    station.start()
    lay(station, tmp_path / "rest", evens[3:])
    desk.resume_run(station.house, OPERATOR, run.id)
    assert station.until_run_rests(batch_id).state == "finished"
    manual_duplex.pair(station.house, OPERATOR, batch_id, "reversed")
    assert joined(station, batch_id) == WHOLE


def glass(station: Rig, folder: Path, number: int) -> None:
    lay(station, folder / f"glass-{number}-{time.monotonic_ns()}", [number])


def until_between(station: Rig, batch_id: int) -> series.SeriesView:
    wait(lambda: series.view(station.house, batch_id) is not None, 30, lambda: station.says(batch_id))
    view = series.view(station.house, batch_id)
    assert view is not None
    return view


def test_three_sheets_on_the_glass_with_the_second_scanned_again(station: Rig, tmp_path: Path) -> None:
    batch_id = station.batch(3)
    device = station.device()
    glass(station, tmp_path, 1)
    series.start(station.house, OPERATOR, batch_id, AskedScan(device, GLASS, {}), seconds=5)
    view = until_between(station, batch_id)
    assert 3 < view.left <= 5, "the countdown runs from the end that is on record"
    glass(station, tmp_path, 9)
    asked = time.monotonic()
    series.go_on(station.house, OPERATOR, batch_id, view.run)
    with pytest.raises((Stale, NotAllowed)):  # a second desk whose countdown ended too
        series.go_on(station.house, OPERATOR, batch_id, view.run)
    wrong = until_between(station, batch_id)
    print(f"asked to stored: {time.monotonic() - asked:.2f} s")
    glass(station, tmp_path, 2)
    series.again(station.house, OPERATOR, batch_id, wrong.run)
    wait(lambda: series.view(station.house, batch_id) not in (None, wrong), 30)
    view = until_between(station, batch_id)
    series.change(station.house, OPERATOR, batch_id, view.run, state="paused", seconds=12)
    station.kill()
    station.start()
    view = until_between(station, batch_id)
    assert (view.state, view.seconds) == ("paused", 12)
    glass(station, tmp_path, 3)
    series.go_on(station.house, OPERATOR, batch_id, view.run)
    wait(lambda: station.view(batch_id).ledger.sheets == 3 and series.view(station.house, batch_id) is not None, 30)
    view = until_between(station, batch_id)
    series.change(station.house, OPERATOR, batch_id, view.run, state="ended")
    assert series.view(station.house, batch_id) is None
    assert joined(station, batch_id) == [(str(one), [("front", one)]) for one in (1, 2, 3)]
    counted = station.view(batch_id).ledger
    assert (counted.fed, counted.superseded, counted.agrees) == (4, 1, True)


def test_both_sides_on_the_glass_ask_for_the_back_of_the_same_sheet(station: Rig, tmp_path: Path) -> None:
    batch_id = station.batch(2)
    glass(station, tmp_path, 1)
    series.start(station.house, OPERATOR, batch_id, AskedScan(station.device(), GLASS, {}), two_sided=True)
    for number, face in ((2, "back"), (3, "front"), (4, "back")):
        view = until_between(station, batch_id)
        assert view.next_face == face
        glass(station, tmp_path, number)
        series.go_on(station.house, OPERATOR, batch_id, view.run)
        wait(lambda last=view.run: (one := series.view(station.house, batch_id)) is not None and one.run != last, 30)
    assert joined(station, batch_id) == WHOLE[:2]
    assert station.view(batch_id).ledger.agrees


@pytest.mark.alone
def test_nothing_is_waited_for_between_asking_and_feeding(station: Rig, tmp_path: Path) -> None:
    """The start-up between two sides of a series: a fresh process, the device opened and set; the quickest of five."""
    batch_id = station.batch(6)
    glass(station, tmp_path, 1)
    series.start(station.house, OPERATOR, batch_id, AskedScan(station.device(), GLASS, {}))
    took = []
    for _ in range(5):
        view = until_between(station, batch_id)
        wait(lambda: all(page.ready for page in station.view(batch_id).pages), 60)  # the desk has drawn the last one
        glass(station, tmp_path, 1)
        asked = time.monotonic()
        run_id = series.go_on(station.house, OPERATOR, batch_id, view.run)
        wait(lambda run_id=run_id: _feeding(station, run_id), 20)
        took.append(time.monotonic() - asked)
        wait(lambda last=view.run: (one := series.view(station.house, batch_id)) is not None and one.run != last, 30)
    print("start-up, s:", ", ".join(f"{one:.2f}" for one in took))
    assert min(took) < 3, "on a quiet machine half a second; a timeout somewhere on the way would take longer than this"


def _feeding(station: Rig, run_id: int) -> bool:
    with station.house.store.read() as connection:
        return runs.get(connection, run_id).phase in ("feed", "read", "done")
