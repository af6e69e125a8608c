import pytest

from batches import devices, findings, items, jobs, pages, review
from batches.database import Store
from batches.errors import DeviceHeld, Exists, Invalid
from batches.words import JobKind, Verdict
from tests.batches.conftest import DEVICE, Work


def test_a_persons_value_survives_reprocessing_and_can_be_taken_back(work: Work, store: Store) -> None:
    page = work.side(work.run(work.batch()), 1)
    with store.write() as c:
        pages.set_machine_values(c, page, "live", {"orientation": (0, 0.9)})
        pages.set_person_value(c, "an", page, "orientation", 180)
        pages.set_machine_values(c, page, "live", {"orientation": (90, 0.99)})
        assert (pages.values(c, page)["orientation"].value, pages.values(c, page)["orientation"].author) == (180, "an")
        pages.set_person_value(c, "an", page, "orientation", None)
        assert pages.values(c, page)["orientation"].value == 90


def test_a_watcher_sees_only_what_changed_since(work: Work, store: Store) -> None:
    batch_id = work.batch()
    run_id = work.run(batch_id)
    first = work.side(run_id, 1)
    work.side(run_id, 2)
    with store.read() as c:
        seen = max(row.revision for row in pages.listing(c, batch_id))
    with store.write() as c:
        pages.set_person_value(c, "an", first, "blank", True)
    with store.read() as c:
        assert [row.id for row in pages.listing(c, batch_id, after_revision=seen)] == [first]


def test_a_job_is_leased_once_and_given_up_after_three_attempts(work: Work, store: Store) -> None:
    work.side(work.run(work.batch()), 1)
    for attempt in range(jobs.MOST_ATTEMPTS):
        with store.write() as c:
            (job,) = jobs.lease(c, JobKind.LIVE, "w", 60, 5)
            assert jobs.lease(c, JobKind.LIVE, "w", 60, 5) == []
            assert jobs.fail(c, job.id, "crashed") is (attempt == jobs.MOST_ATTEMPTS - 1)
    with store.write() as c:
        assert jobs.lease(c, JobKind.LIVE, "w", 60, 5) == []


def test_a_job_whose_worker_died_is_leased_again(work: Work, store: Store) -> None:
    work.side(work.run(work.batch()), 1)
    with store.write() as c:
        assert len(jobs.lease(c, JobKind.LIVE, "w1", -1, 5)) == 1
        assert len(jobs.lease(c, JobKind.LIVE, "w2", 60, 5)) == 1
        jobs.release_all(c)
        assert len(jobs.lease(c, JobKind.LIVE, "w3", 60, 5)) == 1


def test_work_asked_for_while_it_runs_is_done_once_more(work: Work, store: Store) -> None:
    page = work.side(work.run(work.batch()), 1)
    with store.write() as c:
        (job,) = jobs.lease(c, JobKind.LIVE, "w", 60, 5)
        jobs.queue(c, page, JobKind.LIVE)
        jobs.done(c, job.id)
        assert [again.id for again in jobs.lease(c, JobKind.LIVE, "w", 60, 5)] == [job.id]
        jobs.done(c, job.id)
        assert jobs.lease(c, JobKind.LIVE, "w", 60, 5) == []


def test_a_decided_finding_stays_decided_when_the_page_is_looked_at_again(work: Work, store: Store) -> None:
    batch_id = work.batch()
    page = work.side(work.run(batch_id), 1)
    row = {"check_id": "page.faint", "level": "warning", "value": 0.2, "limit_value": 0.25, "box": None, "hint": ""}
    with store.write() as c:
        findings.replace(c, batch_id, page, "live", [row, {**row, "check_id": "page.blur"}])
        findings.original_is_so(c, "an", findings.of_pages(c, [page])[page][0].id)
        findings.replace(c, batch_id, page, "live", [{**row, "value": 0.21}, {**row, "check_id": "page.blur"}])
        states = {one.check_id: (one.state, one.decided_by) for one in findings.of_pages(c, [page])[page]}
    assert states == {"page.faint": ("original", "an"), "page.blur": ("open", None)}


def test_documents_split_and_join_and_follow_a_rescan(work: Work, store: Store) -> None:
    batch_id = work.batch()
    work.feed(batch_id, 4, faces=("front",))
    with store.write() as c:
        rows = pages.listing(c, batch_id)
        second = items.split(c, "an", rows[2].id)
        assert [[page.sheet_label for page in item.pages] for item in items.listing(c, batch_id)] == [["1", "2"], ["3", "4"]]
        with pytest.raises(Exists):
            items.split(c, "an", rows[2].id)
        items.join(c, "an", second)
        assert len(items.listing(c, batch_id)) == 1
        with pytest.raises(Invalid):
            items.join(c, "an", items.listing(c, batch_id)[0].id)


def test_a_document_whose_first_sheet_is_set_aside_begins_on_the_next(work: Work, store: Store) -> None:
    from batches import sheets
    from batches.words import SheetState

    batch_id = work.batch()
    work.feed(batch_id, 4, faces=("front",))
    with store.write() as c:
        rows = pages.listing(c, batch_id)
        items.split(c, "an", rows[2].id)
        sheets.set_state(c, "an", rows[2].sheet_id, SheetState.SUPERSEDED)
        assert [[page.sheet_label for page in item.pages] for item in items.listing(c, batch_id)] == [["1", "2"], ["4"]]


def test_a_verdict_belongs_to_its_picture(work: Work, store: Store) -> None:
    batch_id = work.batch()
    page = work.side(work.run(batch_id), 1)
    with store.write() as c:
        with pytest.raises(Invalid):
            review.decide(c, "binh", page, Verdict.RETURN, reason="vì thế")
        review.decide(c, "binh", page, Verdict.RETURN, reason="blur")
        assert [row.page_id for row in review.returned(c, batch_id)] == [page]
        review.decide(c, "binh", page, Verdict.PASS)
        assert review.returned(c, batch_id) == []
        review.undo(c, "binh", page)
        assert review.open_verdicts(c, batch_id) == {}


def test_the_second_person_at_a_scanner_is_told_who_holds_it(store: Store) -> None:
    with store.write() as c:
        devices.take(c, DEVICE, "run-1", "an", 60)
        devices.take(c, DEVICE, "run-1", "an", 60)
        with pytest.raises(DeviceHeld) as held:
            devices.take(c, DEVICE, "run-2", "binh", 60)
        assert held.value.facts["holder"] == "an"
        devices.release(c, DEVICE, "run-2")
        assert devices.listing(c)[0].holder == "an"
        devices.take(c, DEVICE, "run-1", "an", -1)
        devices.take(c, DEVICE, "run-2", "binh", 60)
        assert devices.listing(c)[0].holder == "binh"
