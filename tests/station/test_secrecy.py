"""A secrecy mark is an alarm until a supervisor decides; a confirmed one takes the batch out of everybody's sight."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from batches import batch_jobs, devices, findings, jobs, journal, packages, pages, people, runs, schema, states
from batches.bag import PackedFile
from batches.errors import Invalid, NotAllowed, NotFound
from batches.words import BatchJobKind, BatchState, JobKind, Role, RunState, Verdict
from imaging.values import Line, PageText, Word
from station import desk, release, review_desk, secrecy
from station.dispatch import Dispatcher
from station.offices import Offices
from station.reading import ReadTask, store
from tests.web.scene import ADMINISTRATOR, DEVICE, FIRST, OPERATOR, SUPERVISOR, Inline, Scene, make_scene, open_scene


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scene")
    made = make_scene(folder)
    made.scanned(2)
    made.house.store.close()
    return folder


@pytest.fixture
def scene(begun: Path, tmp_path: Path) -> Iterator[Scene]:
    import shutil

    shutil.copytree(begun, tmp_path, dirs_exist_ok=True)
    made = open_scene(tmp_path)
    yield made
    made.house.store.close()


def text(*lines: str) -> PageText:
    """Lines of capitals one below the other, the first in the upper left."""
    made = []
    for number, said in enumerate(lines):
        words, x = [], 80
        for word in said.split():
            words.append(Word(word, (x, 60 + 40 * number, x + 14 * len(word), 84 + 40 * number), 0.9))
            x += 14 * len(word) + 10
        box = (80, 60 + 40 * number, x, 84 + 40 * number)
        made.append(Line(tuple(words), box, (84.0 + 40 * number, 0.0)))
    return PageText(tuple(made), (827, 1169), 100.0, "test")


def read(scene: Scene, *lines: str, page: int = 0) -> int:
    """The page comes back from its reader with these lines; its finding, 0 where there is none."""

    class Reader:
        def submit(self, _function: Any, task: ReadTask, _seconds: float) -> Any:
            return Inline().submit(lambda task: store(task, text(*lines)), task, 1.0)

    page_id = scene.page_ids(FIRST)[page]
    with scene.house.store.write() as connection:
        connection.execute(update(schema.page_job).values(state="done"))
        jobs.queue(connection, page_id, JobKind.TEXT)
    dispatcher = Dispatcher(scene.house, Inline(), Reader(), at_once=(1, 1))
    while dispatcher.step():
        pass
    with scene.house.store.read() as connection:
        found = [row for row in findings.of_pages(connection, [page_id])[page_id] if row.check_id == secrecy.CHECK]
    return int(found[0].id) if found else 0


def state(scene: Scene) -> str:
    with scene.house.store.read() as connection:
        return states.state_of(connection, FIRST).value


def pass_all(scene: Scene) -> None:
    for page in review_desk.view(scene.house, FIRST).pages:
        if page.why != "rest":
            review_desk.decide(scene.house, SUPERVISOR, page.page.id, Verdict.ORIGINAL)


def test_a_mark_is_an_error_at_its_place_and_the_fatherland_front_is_none(scene: Scene) -> None:
    assert read(scene, "ỦY BAN MẶT TRẬN TỔ QUỐC", "MẶT TRẬN") == 0
    finding_id = read(scene, "TUYỆT MẬT", "QUYẾT ĐỊNH")
    page = desk.page(scene.house, scene.page_ids(FIRST)[0])
    (found,) = secrecy.alarms(page)
    assert (found.id, found.level, found.hint) == (finding_id, "error", "tuyet_mat")
    assert found.box_fraction is not None
    assert found.box_fraction[0] == pytest.approx(80 / 827, abs=0.01)


def test_nothing_is_accepted_or_released_before_a_supervisor_decides(scene: Scene) -> None:
    finding_id = read(scene, "MẬT")
    scene.hand_over(FIRST)
    pass_all(scene)
    with pytest.raises(NotAllowed) as refused:
        review_desk.accept(scene.house, SUPERVISOR, FIRST)
    assert (refused.value.facts["what"], refused.value.facts["state"]) == ("secrecy", "1")
    with pytest.raises(NotAllowed):
        desk.original_is_so(scene.house, OPERATOR, finding_id)
    with pytest.raises(NotAllowed):
        secrecy.dismiss(scene.house, OPERATOR, finding_id, "không phải")
    with pytest.raises(Invalid):
        secrecy.dismiss(scene.house, SUPERVISOR, finding_id, "  ")
    secrecy.dismiss(scene.house, SUPERVISOR, finding_id, "tên một vở kịch")
    read(scene, "MẬT")  # read again: what was decided stays decided
    review_desk.accept(scene.house, SUPERVISOR, FIRST)
    assert state(scene) == BatchState.ACCEPTED
    with scene.house.store.read() as connection:
        said = [one.detail.get("reason") for one in journal.entries(connection) if one.action == "secrecy.dismissed"]
    assert said == ["tên một vở kịch"]


def test_a_mark_read_after_acceptance_stops_the_release(scene: Scene) -> None:
    scene.hand_over(FIRST)
    pass_all(scene)
    review_desk.accept(scene.house, SUPERVISOR, FIRST)
    with scene.house.store.write() as connection:
        people.add_archive(connection, "quantri", "Kho tỉnh")
    finding_id = read(scene, "TỐI MẬT")
    with pytest.raises(NotAllowed):
        release.request(scene.house, SUPERVISOR, FIRST)
    with scene.house.store.write() as connection:
        batch_jobs.queue(connection, FIRST, BatchJobKind.RELEASE, "binh", Role.SUPERVISOR)
        job = batch_jobs.next_queued(connection, BatchJobKind.RELEASE)
    with pytest.raises(NotAllowed):
        release.carry_out(scene.house, job, threading.Event())
    secrecy.reopen(scene.house, SUPERVISOR, finding_id)
    assert not list((scene.house.folders.root / "packages").glob("*"))


def test_a_confirmed_mark_quarantines_stops_the_paper_and_hides_the_pages_from_machines(scene: Scene) -> None:
    finding_id = read(scene, "MẬT")
    run_id = scene.scan(FIRST, 0, finish=False)
    secrecy.confirm(scene.house, OPERATOR, finding_id, "dấu đỏ góc trái")
    assert state(scene) == BatchState.QUARANTINED
    with scene.house.store.write() as connection:
        runs.pause(connection, run_id, "operator_stop", "feed", "")
        jobs.queue(connection, scene.page_ids(FIRST)[0], JobKind.LIVE)
    Offices(scene.house).step()
    with scene.house.store.write() as connection:
        assert runs.get(connection, run_id).state == RunState.FINISHED
        devices.take(connection, DEVICE, "another", "hoa")
        assert not jobs.waiting(connection, JobKind.LIVE)
        assert jobs.lease(connection, JobKind.LIVE, "x", 9.0, 9) == []
        entry = next(one for one in journal.entries(connection) if one.action == "batch.quarantined")
    assert entry.actor == "an"
    assert "dấu đỏ góc trái" in entry.detail["reason"]
    with pytest.raises(NotAllowed):
        desk.start_run(scene.house, OPERATOR, FIRST, DEVICE, runs_settings())
    with pytest.raises(NotAllowed):
        secrecy.dismiss(scene.house, SUPERVISOR, finding_id, "nhầm")


def runs_settings() -> Any:
    from scanner.model import ColorMode, ScanSettings, Source

    return ScanSettings(Source.DUPLEX, ColorMode.COLOR, 100)


def test_a_package_of_a_quarantined_batch_is_there_for_no_archive(scene: Scene) -> None:
    scene.hand_over(FIRST)
    pass_all(scene)
    review_desk.accept(scene.house, SUPERVISOR, FIRST)
    with scene.house.store.write() as connection:
        people.add_archive(connection, ADMINISTRATOR.login, "Kho tỉnh")
        file = PackedFile("x", 1, "0" * 64, 0, "text/plain")
        offered = {"manifest_sha256": "0" * 64, "files": [file], "folder": "packages/x", "archive_id": 1}
        packages.offer(connection, "binh", uid="u", batch_id=FIRST, **offered)
        assert len(packages.for_archive(connection, 1)) == 1
        states.move(connection, FIRST, BatchState.QUARANTINED, "binh", role=Role.SUPERVISOR, reason="mat")
        assert packages.for_archive(connection, 1) == []
        with pytest.raises(NotFound):
            packages.get_for(connection, 1, "u")


def test_a_mark_mended_away_still_waits(scene: Scene) -> None:
    from station import mending_text

    read(scene, "MẬT", "QUYẾT ĐỊNH")
    page_id = scene.page_ids(FIRST)[0]
    word = mending_text.view(scene.house, page_id).words[0]
    mending_text.mend(scene.house, OPERATOR, page_id, word.box, word.text, "MẶT")
    with scene.house.store.read() as connection:
        assert [row.id for row in secrecy.undecided(connection, FIRST)] == [page_id]


def test_a_mark_the_machine_missed_is_raised_by_a_persons_word(scene: Scene) -> None:
    from station import mending_text

    page_id = scene.page_ids(FIRST)[0]
    read(scene, "NẬT", "QUYẾT ĐỊNH")
    word = mending_text.view(scene.house, page_id).words[0]
    mending_text.mend(scene.house, OPERATOR, page_id, word.box, word.text, "MẬT")
    with scene.house.store.read() as connection:
        assert [row.id for row in secrecy.undecided(connection, FIRST)] == [page_id]
        assert pages.get(connection, page_id).id == page_id
