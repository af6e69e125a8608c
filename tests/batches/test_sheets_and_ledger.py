import pytest

from batches import batch, ledger, pages, runs, sheets
from batches.database import Store
from batches.errors import Invalid, NotAllowed
from batches.words import RunPurpose, SheetState
from tests.batches.conftest import Work, new_side


def _ledger(store: Store, batch_id: int) -> ledger.Ledger:
    with store.read() as c:
        return ledger.of(c, batch_id)


def _labels(store: Store, batch_id: int) -> list[str]:
    with store.read() as c:
        return [row.label for row in sheets.listing(c, batch_id)]


def test_six_duplex_sheets_are_twelve_sides_and_the_ledger_agrees(work: Work, store: Store) -> None:
    batch_id = work.batch(prepared=6)
    work.feed(batch_id, 6)
    count = _ledger(store, batch_id)
    assert (count.fed, count.sheets, count.sides, count.difference, count.agrees) == (6, 6, 12, 0, True)


def test_a_missing_sheet_is_a_difference_until_a_supervisor_says_why(work: Work, store: Store) -> None:
    batch_id = work.batch(prepared=7)
    work.feed(batch_id, 6)
    assert (_ledger(store, batch_id).difference, _ledger(store, batch_id).may_close) == (1, False)
    with store.write() as c:
        batch.explain_difference(c, "binh", batch_id, 1, "đếm nhầm khi chuẩn bị")
    assert _ledger(store, batch_id).may_close
    with store.write() as c:
        batch.set_prepared(c, "an", batch_id, 8)
    assert not _ledger(store, batch_id).may_close, "a new count asks for a new explanation"


def test_paper_nobody_counted_never_agrees(work: Work, store: Store) -> None:
    batch_id = work.batch(prepared=None)
    work.feed(batch_id, 2)
    assert (_ledger(store, batch_id).difference, _ledger(store, batch_id).may_close) == (None, False)


def test_a_sheet_jammed_and_fed_again_is_one_feed_of_one_sheet(work: Work, store: Store) -> None:
    batch_id = work.batch(prepared=3)
    run_id = work.run(batch_id)
    work.side(run_id, 1)
    with store.write() as c:
        run = runs.get(c, run_id)
        sheets.lost(c, run, 2, "jam")
    assert (_ledger(store, batch_id).fed, _ledger(store, batch_id).lost) == (2, 1)
    for sheet in (2, 3):
        work.side(run_id, sheet)
    count = _ledger(store, batch_id)
    assert (count.fed, count.lost, count.sheets, count.agrees) == (3, 0, 3, True)


def test_a_sheet_lost_for_good_keeps_its_number_and_shows(work: Work, store: Store) -> None:
    batch_id = work.batch(prepared=2)
    run_id = work.run(batch_id)
    work.side(run_id, 1)
    with store.write() as c:
        sheets.lost(c, runs.get(c, run_id), 2, "hung")
        runs.pause(c, run_id, "hung", "read", "")
        runs.give_up(c, "an", run_id)
    count = _ledger(store, batch_id)
    assert (count.lost, count.difference, count.agrees) == (1, 1, False)


def test_a_rescan_takes_the_place_of_the_old_picture_which_stays_on_record(work: Work, store: Store) -> None:
    batch_id = work.batch(prepared=2)
    work.feed(batch_id, 2)
    with store.read() as c:
        target = sheets.listing(c, batch_id)[0].id
        before = [row.id for row in pages.listing(c, batch_id)]
    run_id = work.run(batch_id, RunPurpose.RESCAN, target)
    work.side(run_id, 1, "front")
    work.side(run_id, 1, "back")
    with store.read() as c:
        after = pages.listing(c, batch_id)
        versions = pages.versions(c, target)
    assert [row.sheet_label for row in after] == ["1", "1", "2", "2"]
    assert [row.id for row in after[2:]] == before[2:]
    assert {row.state for row in versions} == {"kept", "superseded"}
    assert len(versions) == 4
    count = _ledger(store, batch_id)
    assert (count.fed, count.sheets, count.superseded, count.agrees) == (3, 2, 1, True)


def test_one_side_rescanned_keeps_the_other(work: Work, store: Store) -> None:
    batch_id = work.batch(prepared=1)
    work.feed(batch_id, 1)
    with store.read() as c:
        target = sheets.listing(c, batch_id)[0].id
    run_id = work.run(batch_id, RunPurpose.RESCAN, target)
    work.side(run_id, 1, "front")
    count = _ledger(store, batch_id)
    assert (count.fed, count.sheets, count.sides, count.superseded, count.unaccounted, count.agrees) == (2, 1, 2, 0, 0, True)


def test_inserted_sheets_are_15a_and_15b_in_the_order_they_came(work: Work, store: Store) -> None:
    batch_id = work.batch(prepared=5)
    work.feed(batch_id, 3)
    with store.read() as c:
        second = sheets.listing(c, batch_id)[1].id
    run_id = work.run(batch_id, RunPurpose.INSERT, second)
    work.side(run_id, 1)
    work.side(run_id, 2)
    assert _labels(store, batch_id) == ["1", "2", "2a", "2b", "3"]
    assert _ledger(store, batch_id).agrees


def test_sheets_before_the_first_are_0a(work: Work, store: Store) -> None:
    batch_id = work.batch()
    work.feed(batch_id, 1)
    work.side(work.run(batch_id, RunPurpose.INSERT, None), 1)
    assert _labels(store, batch_id) == ["0a", "1"]


@pytest.mark.parametrize(
    ("label", "taken", "expected"), [("15", set(), "15a"), ("15", {"15a"}, "15b"), ("15a", {"15a"}, "15b")]
)
def test_labels_follow_the_archives_way(label: str, taken: set[str], expected: str) -> None:
    assert sheets.next_label(label, taken) == expected


def test_the_alphabet_ends_and_labels_go_on() -> None:
    taken = {f"15{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"}
    assert sheets.next_label("15", taken) == "15za"


def test_moving_a_sheet_keeps_its_label_and_every_other_in_order(work: Work, store: Store) -> None:
    batch_id = work.batch()
    work.feed(batch_id, 4)
    with store.write() as c:
        ids = [row.id for row in sheets.listing(c, batch_id)]
        sheets.move(c, "an", ids[3], ids[0])
    assert _labels(store, batch_id) == ["1", "4", "2", "3"]
    with store.write() as c:
        sheets.move(c, "an", ids[3], None)
    assert _labels(store, batch_id) == ["4", "1", "2", "3"]
    with pytest.raises(Invalid), store.write() as c:
        sheets.move(c, "an", ids[0], ids[0])


def test_a_superseded_sheet_leaves_the_package_and_not_the_ledger(work: Work, store: Store) -> None:
    batch_id = work.batch(prepared=2)
    work.feed(batch_id, 3)
    with store.write() as c:
        sheets.set_state(c, "an", sheets.listing(c, batch_id)[1].id, SheetState.SUPERSEDED, "nạp hai lần")
        delivered = [row.sheet_label for row in pages.delivered(c, batch_id)]
    assert delivered == ["1", "1", "3", "3"]
    count = _ledger(store, batch_id)
    assert (count.fed, count.sheets, count.superseded, count.agrees) == (3, 2, 1, True)


def test_a_separator_is_counted_apart(work: Work, store: Store) -> None:
    batch_id = work.batch(prepared=2)
    work.feed(batch_id, 3)
    with store.write() as c:
        sheets.set_state(c, "an", sheets.listing(c, batch_id)[0].id, SheetState.SEPARATOR)
    count = _ledger(store, batch_id)
    assert (count.separators, count.sheets, count.agrees) == (1, 2, True)


def test_recording_a_master_twice_records_it_once(work: Work, store: Store) -> None:
    batch_id = work.batch()
    run_id = work.run(batch_id)
    first = work.side(run_id, 1)
    with store.write() as c:
        again = pages.record(c, runs.get(c, run_id), new_side(run_id, 1, "front"))
    assert first == again
    assert _ledger(store, batch_id).sides == 1


def test_a_second_run_waits_for_the_first(work: Work) -> None:
    batch_id = work.batch()
    work.run(batch_id)
    with pytest.raises(NotAllowed):
        work.run(batch_id)


def test_blank_sides_are_counted_and_kept(work: Work, store: Store) -> None:
    batch_id = work.batch(prepared=2)
    work.feed(batch_id, 2)
    with store.write() as c:
        rows = pages.listing(c, batch_id)
        for row in rows[:3]:
            pages.set_machine_values(c, row.id, "live", {"blank": (True, 0.9)})
        pages.set_person_value(c, "an", rows[0].id, "blank", False)
    count = _ledger(store, batch_id)
    assert (count.blank_sides, count.blank_sheets, count.sides) == (2, 0, 4)
