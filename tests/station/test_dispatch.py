"""The dispatcher: the live path first, failed pages set aside with their reason, the rest goes on."""

from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from batches import jobs
from batches.errors import DatabaseBusy
from batches.words import JobKind
from station import desk, separating
from station.dispatch import Dispatcher
from station.house import House
from tests.web.scene import Inline, Never, Scene, make_scene


class Held:
    """Work that is begun and stays under way."""

    def __init__(self) -> None:
        self.begun: list[Any] = []

    def submit(self, function: Any, task: Any, _seconds: float) -> "Future[Any]":
        self.begun.append(task)
        return Future()

    def close(self) -> None:
        return None


class Broken(Held):
    """Workers that never finish in time."""

    def submit(self, function: Any, task: Any, _seconds: float) -> "Future[Any]":
        future: Future[Any] = Future()
        future.set_exception(TimeoutError())
        return future


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = make_scene(tmp_path)
    yield made
    made.house.store.close()


def scanned(scene: Scene) -> int:
    """One sheet, both sides looked at, waiting to be read by whoever comes."""
    batch_id = scene.scanned(1)
    with scene.house.store.write() as connection:
        jobs.release_all(connection)
    return batch_id


def test_reading_begins_no_page_while_one_waits_to_be_looked_at(scene: Scene) -> None:
    batch_id = scanned(scene)
    with scene.house.store.write() as connection:
        jobs.queue(connection, scene.page_ids(batch_id)[0], JobKind.LIVE)
    live, text = Held(), Held()
    dispatcher = Dispatcher(scene.house, live, text, at_once=(2, 2))
    for _ in range(3):
        dispatcher.step()
    assert (len(live.begun), len(text.begun)) == (1, 0)
    idle = Dispatcher(scene.house, Never(), text, at_once=(0, 2))
    with scene.house.store.write() as connection:
        for job in jobs.lease(connection, JobKind.LIVE, "x", -1, 9):
            jobs.done(connection, job.id)
    idle.step()
    assert len(text.begun) == 2


def test_a_page_that_cannot_be_looked_at_is_an_error_on_the_desk_never_a_gap(scene: Scene) -> None:
    batch_id = scene.scanned(1)
    page = scene.page_ids(batch_id)[0]
    with scene.house.store.write() as connection:
        jobs.queue(connection, page, JobKind.LIVE)
    dispatcher = Dispatcher(scene.house, Broken(), Never(), at_once=(1, 1))
    for _ in range(8):
        dispatcher.step()
    found = desk.view(scene.house, batch_id).pages[0].findings
    assert [(one.check, one.level, one.hint) for one in found] == [("file.master", "error", "not_judged")]


def test_a_page_that_cannot_be_read_is_kept_without_text_and_said_so(scene: Scene) -> None:
    batch_id = scanned(scene)
    dispatcher = Dispatcher(scene.house, Inline(), Broken(), at_once=(1, 1))
    for _ in range(16):
        dispatcher.step()
    front = desk.view(scene.house, batch_id).pages[0]
    assert front.text_state == "none"
    assert ("text.no_text", "timeout") in {(one.check, one.hint) for one in front.findings}


def test_a_master_that_cannot_be_decoded_is_named_at_the_first_try(scene: Scene) -> None:
    batch_id = scene.scanned(1)
    page = scene.page_ids(batch_id)[0]
    with scene.house.store.write() as connection:
        master = scene.house.folders.master(desk.pages.get(connection, page).master)
        master.write_bytes(master.read_bytes()[:2000])
        jobs.queue(connection, page, JobKind.LIVE)
    scene.look()
    assert ("file.master", "unreadable") in {
        (one.check, one.hint) for one in desk.view(scene.house, batch_id).pages[0].findings
    }


def test_a_result_that_cannot_be_written_down_fails_its_page_only(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    batch_id = scanned(scene)
    first, second = scene.page_ids(batch_id)
    with scene.house.store.write() as connection:
        jobs.queue(connection, first, JobKind.LIVE)
        jobs.queue(connection, second, JobKind.LIVE)

    def odd(_connection: Any, _house: House, page_id: int) -> None:
        if page_id == first:
            raise OverflowError("a number no column holds")

    monkeypatch.setattr(separating, "looked", odd)
    scene.look()
    with scene.house.store.read() as connection:
        states = [jobs.of_page(connection, one)[JobKind.LIVE.value].state for one in (first, second)]
    assert states == ["failed", "done"]
    page = next(one for one in desk.view(scene.house, batch_id).pages if one.id == first)
    assert "file.master" in [finding.check for finding in page.findings]


def test_whether_a_sheet_came_twice_is_asked_again_where_the_records_were_busy(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def busy_at_first(_house: House, page_id: int) -> None:
        asked.append(page_id)
        if len(asked) == 1:
            raise DatabaseBusy

    monkeypatch.setattr("station.overlaps.consider", busy_at_first)
    page = scene.page_ids(scene.scanned(1))[0]
    asked.clear()
    with scene.house.store.write() as connection:
        jobs.queue(connection, page, JobKind.LIVE)
    dispatcher = Dispatcher(scene.house, Inline(), Never(), at_once=(1, 1))
    while dispatcher.step():
        pass
    dispatcher.step()
    assert asked == [page, page]
