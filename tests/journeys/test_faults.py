"""The fault journey: a jam at sheet 7, a dropped connection at 12, a truncated picture at 15, a hang at 20. The operator goes
on each time; in the end every sheet is there once, in order."""

from pathlib import Path

from batches import pages as page_records
from station import desk
from tests.journeys.conftest import number_of, write_pages
from tests.journeys.rig import DUPLEX, OPERATOR, Rig, rig, wait

SCRIPT = """
- {sheet: 7, fault: jam}
- {sheet: 12, fault: drop}
- {sheet: 15, fault: truncate}
- {sheet: 20, fault: hang}
"""
SHEETS = 24
QUICK = {"scanning": {"feed_seconds": 3.0, "read_seconds": 3.0}}


def test_every_sheet_is_there_once_and_in_order(tmp_path: Path, pages: Path) -> None:
    with rig(tmp_path, pages, SCRIPT, **QUICK) as station:
        batch_id = station.batch(SHEETS)
        desk.start_run(station.house, OPERATOR, batch_id, station.device(), DUPLEX)
        faults = _go_on_until_done(station, batch_id)
        assert [fault for fault, _ in faults][:2] == ["jam", "io_error"]
        assert ("hung", "20") in faults
        assert faults[0][1] == "7"
        _rescan_what_came_damaged(station, batch_id)
        assert _numbers(station, batch_id) == list(range(1, 2 * SHEETS + 1))
        ledger = station.view(batch_id).ledger
        assert ledger.agrees, ledger
        assert ledger.lost == 0
        desk.hand_over(station.house, OPERATOR, batch_id)


def _go_on_until_done(station: Rig, batch_id: int) -> list[tuple[str, str]]:
    """What an operator does: reads which sheet to put back, puts that and the rest into the feeder, goes on."""
    faults: list[tuple[str, str]] = []
    while (run := station.until_run_rests(batch_id)).state == "paused":
        assert len(faults) < 8, faults
        assert run.fault is not None
        assert run.last_label == str(int(run.next_sheet) - 1 or "")
        faults.append((run.fault, run.next_sheet))
        station.scanner.clear()
        station.scanner.reload_from(int(run.next_sheet))
        desk.resume_run(station.house, OPERATOR, run.id)
    return faults


def _rescan_what_came_damaged(station: Rig, batch_id: int) -> None:
    """A picture that came truncated is stored and flagged; its sheet is scanned again."""
    with station.house.store.read() as connection:
        rows = page_records.listing(connection, batch_id)
    for row in [row for row in rows if row.warnings]:
        assert row.sheet_label == "15"
        station.scanner.clear()
        station.scanner.reload_from(15)
        desk.rescan(station.house, OPERATOR, row.id, station.device(), DUPLEX)
        assert station.until_run_rests(batch_id).state == "finished"


def _numbers(station: Rig, batch_id: int) -> list[int]:
    with station.house.store.read() as connection:
        rows = page_records.delivered(connection, batch_id)
    return [number_of(station.house.folders.master(row.master)) for row in rows]


def test_an_interruption_behind_the_last_sheet_ends_with_the_empty_feeder(tmp_path: Path) -> None:
    """The station dies when all paper has come but the run has not ended: going on finds no paper and the count met."""
    sheets = 3
    never_comes = f"- {{sheet: {sheets + 1}, fault: hang}}"  # keeps the run from ending before the kill
    with rig(tmp_path, write_pages(tmp_path / "few", sheets + 1), never_comes, ipm=200) as station:
        batch_id = station.batch(sheets)
        desk.start_run(station.house, OPERATOR, batch_id, station.device(), DUPLEX)
        wait(lambda: station.run_view(batch_id).sides_stored == 2 * sheets, 60)
        station.kill()
        station.start()
        run = station.until_run_rests(batch_id)
        assert (run.fault, run.next_sheet) == ("interrupted", "4")
        station.scanner.reload_from(sheets + 2)  # nothing is left in the feeder
        desk.resume_run(station.house, OPERATOR, run.id)
        assert station.until_run_rests(batch_id).state == "finished"
        assert _numbers(station, batch_id) == list(range(1, 2 * sheets + 1))
