"""What another program lays into the hot folder: taken when whole, oldest first, never twice, moved only after it is stored."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from batches import pages
from batches.errors import NotAllowed
from station import arrivals, desk, hot_folder, importing, importing_take, importing_view, looking
from station.house import House
from station.importing_plan import Choice
from station.recovery import recover
from tests.station.outside import jpeg, number_of, pdf, tiff
from tests.station.test_import import Pool
from tests.web.scene import OPERATOR, Scene, make_scene


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setattr(arrivals, "QUIET_SECONDS", 0.15)
    monkeypatch.setattr(arrivals, "PATIENCE_SECONDS", 0.6)
    monkeypatch.setattr(hot_folder, "LOOK_SECONDS", 0.03)
    made = make_scene(tmp_path / "house")
    folder = tmp_path / "nong"
    folder.mkdir()
    scanning = made.house.settings.scanning.model_copy(update={"hot_folder": folder})
    settings = made.house.settings.model_copy(update={"scanning": scanning})
    made.house = House(settings, made.house.store, made.house.folders)
    yield made
    made.house.store.close()


def folder_of(scene: Scene) -> Path:
    found = scene.house.settings.scanning.hot_folder
    assert found is not None
    return found


@contextmanager
def receiving(scene: Scene, run_id: int) -> Iterator[threading.Event]:
    """The engine's thread of this run; what it raises is raised here."""
    over, failed = threading.Event(), []

    def work() -> None:
        try:
            importing.carry_out(scene.house, run_id, over, Pool)
        except BaseException as error:  # noqa: BLE001
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield over
    finally:
        over.set()
        thread.join(20)
    assert not failed, failed


def until(done: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 20
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def lying(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def numbers(scene: Scene, batch_id: int) -> list[int]:
    with scene.house.store.read() as connection:
        rows = pages.listing(connection, batch_id)
    return [number_of(looking.read_master(scene.house.folders.master(row.master)).pixels) for row in rows]


def lay(folder: Path, name: str, data: bytes, age: float) -> Path:
    """Whole at once, changed ``age`` seconds ago."""
    path = folder / name
    path.write_bytes(data)
    os.utime(path, (time.time() - age, time.time() - age))
    return path


def test_files_come_by_time_then_name_and_leave_once_they_are_stored(scene: Scene) -> None:
    folder, batch_id = folder_of(scene), scene.batch(prepared=6)
    lay(folder, "b.jpg", jpeg(1), 300)
    for name, number in (("trang 10.jpg", 3), ("trang 9.jpg", 2)):
        path = lay(folder, name, jpeg(number), 0)
        os.utime(path, ns=(10**18, 10**18 + 300 * 10**9))
    os.utime(folder / "b.jpg", ns=(10**18, 10**18))
    lay(folder, "sau.tif", tiff(4, 5), 10)
    seen = hot_folder.view(scene.house)
    assert seen is not None
    assert (seen.waiting, seen.batch, seen.reachable) == (4, None, True), "nobody receives: files wait, and the desk says so"
    run_id = importing.request_hot(scene.house, OPERATOR, batch_id, Choice())
    with receiving(scene, run_id):
        until(lambda: len(lying(folder / "da-nhan")) == 4)
        lay(folder, "moi.pdf", pdf(("scan", 6)), 0)
        until((folder / "da-nhan" / "moi.pdf").is_file)
        desk.stop_run(scene.house, OPERATOR, run_id)
        until(lambda: importing_view.view(scene.house, run_id).run.state == "finished")
    assert numbers(scene, batch_id) == [1, 2, 3, 4, 5, 6]
    assert lying(folder) == {f"da-nhan/{name}" for name in ("b.jpg", "trang 9.jpg", "trang 10.jpg", "sau.tif", "moi.pdf")}
    assert desk.view(scene.house, batch_id).ledger.agrees


def test_a_file_still_open_or_growing_is_left_alone(scene: Scene) -> None:
    folder, batch_id = folder_of(scene), scene.batch(prepared=1)
    data = jpeg(1)
    run_id = importing.request_hot(scene.house, OPERATOR, batch_id, Choice())
    with receiving(scene, run_id):
        with (folder / "dang-ghi.jpg").open("wb") as file:
            file.write(data)
            file.flush()
            time.sleep(0.6)
            assert lying(folder) == {"dang-ghi.jpg"}, "whole to look at, and still open for writing"
            assert hot_folder.written_to([folder / "dang-ghi.jpg"])
        for name in ("an.jpg.part", ".an.jpg", "x.tmp"):
            (folder / name).write_bytes(data)
        until((folder / "da-nhan" / "dang-ghi.jpg").is_file)
    assert lying(folder) == {"da-nhan/dang-ghi.jpg", "an.jpg.part", ".an.jpg", "x.tmp"}
    assert numbers(scene, batch_id) == [1]


def test_what_cannot_be_read_is_put_aside_with_its_reason_and_known_bytes_apart(scene: Scene) -> None:
    folder, batch_id = folder_of(scene), scene.batch(prepared=1)
    lay(folder, "a.jpg", jpeg(1), 60)
    lay(folder, "ban-sao.jpg", jpeg(1), 50)
    lay(folder, "cut.jpg", jpeg(2)[:5000], 40)
    lay(folder, "rong.tif", b"", 30)
    lay(folder, "thu.docx", b"x", 20)
    run_id = importing.request_hot(scene.house, OPERATOR, batch_id, Choice())
    with receiving(scene, run_id):
        until(lambda: len(lying(folder)) == 9 and not any(path.is_file() for path in folder.iterdir()))
    assert lying(folder) == {
        "da-nhan/a.jpg", "da-co/ban-sao.jpg", "da-co/ban-sao.jpg.txt", "khong-doc-duoc/cut.jpg", "khong-doc-duoc/cut.jpg.txt",
        "khong-doc-duoc/rong.tif", "khong-doc-duoc/rong.tif.txt", "khong-doc-duoc/thu.docx", "khong-doc-duoc/thu.docx.txt",
    }  # fmt: skip
    said = {name: (folder / f"{name}.txt").read_text("utf-8") for name in ("da-co/ban-sao.jpg", "khong-doc-duoc/cut.jpg")}
    assert "Đã có trong lô 1" in said["da-co/ban-sao.jpg"]
    assert "bị cụt" in said["khong-doc-duoc/cut.jpg"]
    assert numbers(scene, batch_id) == [1]


@pytest.mark.parametrize("moved", [False, True])
def test_a_power_cut_between_storing_and_moving_takes_nothing_twice(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, moved: bool
) -> None:
    folder, batch_id = folder_of(scene), scene.batch(prepared=4)
    lay(folder, "a.tif", tiff(1, 2, 3), 60)
    lay(folder, "b.jpg", jpeg(4), 50)
    run_id = importing.request_hot(scene.house, OPERATOR, batch_id, Choice())
    put_away = hot_folder._Receiver._put_away

    def dies(self: Any, path: Path, row: Any) -> None:
        if moved:
            put_away(self, path, row)
        raise SystemExit

    monkeypatch.setattr(hot_folder._Receiver, "_put_away", dies)
    with pytest.raises(SystemExit):
        importing.carry_out(scene.house, run_id, threading.Event(), Pool)
    monkeypatch.setattr(hot_folder._Receiver, "_put_away", put_away)
    recover(scene.house)
    with receiving(scene, run_id):
        until(lambda: len(lying(folder / "da-nhan")) == 2)
    assert numbers(scene, batch_id) == [1, 2, 3, 4]
    assert lying(folder) == {"da-nhan/a.tif", "da-nhan/b.jpg"}


@pytest.mark.parametrize("cut_at", [1, 2, 3])
def test_a_station_that_stops_in_the_middle_of_a_file_goes_on_with_it(scene: Scene, cut_at: int) -> None:
    folder, batch_id = folder_of(scene), scene.batch(prepared=4)
    lay(folder, "a.tif", tiff(1, 2, 3), 60)
    lay(folder, "b.jpg", jpeg(4), 50)
    run_id = importing.request_hot(scene.house, OPERATOR, batch_id, Choice())
    over = threading.Event()
    importing.carry_out(scene.house, run_id, over, lambda: Pool(cut_at, over))
    assert importing_view.view(scene.house, run_id).run.fault == "interrupted"
    assert importing.go_on(scene.house) == 1, "nobody need stand by"
    with receiving(scene, run_id):
        until(lambda: len(lying(folder / "da-nhan")) == 2)
    assert numbers(scene, batch_id) == [1, 2, 3, 4]


def test_one_batch_receives_at_a_time_and_the_same_name_may_come_again(scene: Scene) -> None:
    folder, one, two = folder_of(scene), scene.batch(prepared=2), scene.batch(code="161")
    run_id = importing.request_hot(scene.house, OPERATOR, one, Choice(faces="pairs"))
    with pytest.raises(NotAllowed) as refused:
        importing.request_hot(scene.house, OPERATOR, two, Choice())
    assert refused.value.facts == {"what": "hot_folder", "number": 1}
    with receiving(scene, run_id):
        for number in (1, 2):
            lay(folder, "scan.jpg", jpeg(number), 0)
            until(lambda: not (folder / "scan.jpg").exists())
    assert lying(folder) == {"da-nhan/scan.jpg", "da-nhan/scan (2).jpg"}
    view = desk.view(scene.house, one)
    assert [(page.sheet_number, page.face) for page in view.pages] == [(1, "front"), (1, "back")]


def test_a_share_that_is_away_is_waited_for(scene: Scene) -> None:
    folder, batch_id = folder_of(scene), scene.batch(prepared=1)
    folder.rmdir()
    run_id = importing.request_hot(scene.house, OPERATOR, batch_id, Choice())
    with receiving(scene, run_id):
        time.sleep(0.2)
        seen = hot_folder.view(scene.house)
        assert seen is not None
        assert (seen.reachable, seen.batch) == (False, 1)
        folder.mkdir()
        lay(folder, "a.jpg", jpeg(1), 10)
        until((folder / "da-nhan" / "a.jpg").is_file)
    assert numbers(scene, batch_id) == [1]


def test_a_cut_before_a_file_is_on_record_never_gives_its_pages_to_another(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The station dies while the first file is examined; an older file comes before the next start."""
    folder, batch_id = folder_of(scene), scene.batch(prepared=2)
    lay(folder, "b.jpg", jpeg(2), 50)
    run_id = importing.request_hot(scene.house, OPERATOR, batch_id, Choice())
    with monkeypatch.context() as patch:

        def dies(*_: Any) -> int:
            raise SystemExit

        patch.setattr(importing_take.Taker, "_begin", dies)
        with pytest.raises(SystemExit):
            importing.carry_out(scene.house, run_id, threading.Event(), Pool)
    lay(folder, "a.jpg", jpeg(1), 500)
    recover(scene.house)
    with receiving(scene, run_id):
        until(lambda: len(lying(folder / "da-nhan")) + len(lying(folder / "da-co")) >= 2)
    assert numbers(scene, batch_id) == [1, 2]
    assert lying(folder) == {"da-nhan/a.jpg", "da-nhan/b.jpg"}


def test_a_pipe_a_link_and_a_mad_clock_do_not_hold_up_what_follows(scene: Scene, tmp_path: Path) -> None:
    folder, batch_id = folder_of(scene), scene.batch(prepared=2)
    os.mkfifo(folder / "ong.jpg")
    precious = tmp_path / "quy.txt"
    precious.write_text("quý")
    (folder / "khong-doc-duoc").mkdir()
    (folder / "khong-doc-duoc" / "x.docx.txt").symlink_to(precious)
    lay(folder, "x.docx", b"x", 20)
    lay(folder, "nam.jpg", jpeg(1), 10)
    os.utime(folder / "nam.jpg", ns=(10**18, 9 * 10**18))  # the year 2255, as far as this file system goes
    lay(folder, "sau.jpg", jpeg(2), 5)
    run_id = importing.request_hot(scene.house, OPERATOR, batch_id, Choice())
    with receiving(scene, run_id):
        until(lambda: not [path for path in folder.iterdir() if not path.is_dir()])
    assert precious.read_text() == "quý", "nothing is written through a link"
    assert sorted(numbers(scene, batch_id)) == [1, 2]
    assert (folder / "khong-doc-duoc" / "ong.jpg.txt").is_file()


def test_no_calendar_has_the_day_of_a_mad_clock() -> None:
    assert importing_take.moment(9**25) == ""
    assert importing_take.moment(10**18) == "2001-09-09T08:46:40+07:00"
