"""The records' newer modules on SQLite and on PostgreSQL: what differs between the two are locks, and how large a number is."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from batches import backs, care, journal, ledger, overlaps, packages, pages, people, runs, sheet_labels, sheets, sources, states
from batches import text_mends as mends
from batches.bag import PackedFile
from batches.database import Store
from batches.errors import NotAllowed
from batches.sources import NewSource
from batches.words import BatchState, OverlapState, Role
from tests.batches.conftest import DEVICE, Work
from tests.batches.postgres import cluster

FEEDER = {"source": "feeder", "mode": "color", "resolution": 300}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Work]:
    folder = tmp_path_factory.mktemp("records")
    if request.param == "sqlite":
        yield from _work(f"sqlite:///{folder / 'records.db'}")
    else:
        with cluster(folder) as url:
            yield from _work(url)


def _work(url: str) -> Iterator[Work]:
    store = Store(url)
    store.migrate()
    made = Work(store)
    made.device()
    yield made
    store.close()


def one_sided_pass(both: Work, batch_id: int, told: dict[str, Any], face: str) -> int:
    with both.store.write() as c:
        run_id = runs.request(c, "an", batch_id, DEVICE, {**FEEDER, "pass": told}, role=Role.OPERATOR)
        runs.claim(c, run_id)
    for sheet in (1, 2, 3):
        both.side(run_id, sheet, face)
    with both.store.write() as c:
        runs.finish(c, run_id)
    return run_id


def last(connection: Any, batch_id: int, action: str) -> journal.Entry:
    return next(one for one in journal.entries(connection, f"batch:{batch_id}") if one.action == action)


def test_backs_are_joined_parted_and_dropped(both: Work) -> None:
    batch_id = both.batch(3, number=1)
    fronts = one_sided_pass(both, batch_id, {"kind": "fronts", "state": "open"}, "front")
    one_sided_pass(both, batch_id, {"kind": "backs", "fronts": fronts, "state": "open"}, "back")
    with both.store.write() as c:
        assert backs.pair(c, "an", batch_id, "reversed") == 3
        assert backs.order_on(c, DEVICE) == "reversed"
        assert ledger.of(c, batch_id).agrees
    with both.store.write() as c:
        backs.unpair(c, "an", fronts, last(c, batch_id, "backs.paired").detail["moved"])
        assert len(backs.held(c, batch_id)) == 3
        backs.drop(c, "an", batch_id)
        backs.one_sided(c, "an", batch_id)
        assert ledger.of(c, batch_id).agrees


def test_an_overlap_is_decided_and_taken_back_and_a_separator_set_aside(both: Work) -> None:
    batch_id = both.batch(3, number=2)
    run_id = both.feed(batch_id, 3)
    with both.store.write() as c:
        first, second, third = sheets.listing(c, batch_id)
        asked = overlaps.found(c, run_id, first, second, 0.97)
        assert asked is not None
        assert overlaps.around(c, pages.of_run(c, run_id)[0].id, 12)
        overlaps.decide(c, "an", asked, OverlapState.KEPT_LATER)
        overlaps.require_answered(c, batch_id)
        overlaps.reopen(c, "an", asked, last(c, batch_id, "overlap.decided").detail)
        with pytest.raises(NotAllowed):
            overlaps.require_answered(c, batch_id)
        sheet_labels.set_aside(c, third.id)
        sheet_labels.take_back(c, third.id)
        assert [row.label for row in sheets.listing(c, batch_id)] == ["1", "2", "3"]


def test_sources_words_and_samples_are_kept(both: Work) -> None:
    batch_id = both.batch(1, number=3)
    run_id = both.feed(batch_id, 1)
    with both.store.write() as c:
        run, page_id = runs.get(c, run_id), pages.of_run(c, run_id)[0].id
        source = sources.begin(c, run, NewSource(0, "a.pdf", "f" * 64, 5, "folder", {}))
        sources.finish(c, run, source, 1, {})
        assert sources.stored(c, "f" * 64) is not None
        mends.add(c, "an", page_id, (1, 2, 3, 4), "Huyen", "Huyện", {"left": ""})
        assert mends.forget(c, "an", "Huyen", "Huyện") == len(mends.confirmed(c)) == 1
        assert mends.undo(c, "an", page_id) is not None
        care.store_sample(c, DEVICE, "front", page_id, {"skew": 0.1})
        assert care.thin(c, DEVICE, "front") == 0
        assert [row.measures for row in care.samples(c, DEVICE, "front", last=3)] == [{"skew": 0.1}]


def test_of_many_who_ask_for_a_run_at_once_one_gets_it(both: Work) -> None:
    batch_id, said = both.batch(1, number=4), []

    def ask() -> None:
        try:
            with both.store.write() as c:
                runs.request(c, "an", batch_id, DEVICE, FEEDER, role=Role.OPERATOR)
            said.append("run")
        except NotAllowed:
            said.append("refused")

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["refused"] * 5 + ["run"]


def test_every_checksum_there_can_be_is_kept(both: Work) -> None:
    batch_id = both.batch(1, number=5)
    with both.store.write() as c:
        for state in ("capturing", "captured", "processed", "accepted"):
            states.move(c, batch_id, BatchState(state), "binh", role=Role.SUPERVISOR)
        people.add_archive(c, "quantri", "Kho")
        archive = people.archives(c)[0].id
        files = [PackedFile(f"{crc}", 3 << 30, "0" * 64, crc, "x/y") for crc in (0, 1 << 31, (1 << 31) - 1, (1 << 32) - 1)]
        where = {"uid": "u", "folder": "f", "manifest_sha256": "0" * 64}
        made = packages.offer(c, "binh", batch_id=batch_id, archive_id=archive, files=files, **where)
        assert {file.path: file.crc32 for file in packages.files(c, made)} == {file.path: file.crc32 for file in files}
