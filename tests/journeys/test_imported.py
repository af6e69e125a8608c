"""Files from outside, by the real doors: killed and gone on with, and the whole way to a verified package."""

import hashlib
import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import pytest
import yaml
from PIL import Image

from batches import journal, pages, people, schema, sources
from batches.database import Store
from batches.words import Role, Verdict
from imaging.practice import write_tray
from station import config, desk, importing, importing_view, looking, release, review_desk
from station.house import Actor, House, open_house
from station.importing_plan import Choice, look
from tests.station.outside import jpeg, lay, number_of, pdf, tiff

OPERATOR, SUPERVISOR = Actor("an", Role.OPERATOR), Actor("binh", Role.SUPERVISOR)


class Station:
    """A house whose engine can be started, stopped and killed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        scanning = {"virtual_scanner": False, "hot_folder": str(folder / "nong"), "import_dir": str(folder / "nhap")}
        (folder / "config.yaml").write_text(
            yaml.safe_dump({"station": {"data_dir": str(folder / "data")}, "scanning": scanning}), encoding="utf-8"
        )
        for name in ("nong", "nhap"):
            (folder / name).mkdir()
        loaded = config.load(folder / "config.yaml")
        Store(loaded.database_url).migrate()
        self.house: House = open_house(loaded)
        self.engine: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "station.engine", "--config", str(self.folder / "config.yaml")]
        with (self.folder / "engine.log").open("ab") as log:
            self.engine = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
        assert self.engine.stdout is not None
        assert self.engine.stdout.readline() == b"ready\n", (self.folder / "engine.log").read_text()[-3000:]

    def end(self, how: signal.Signals) -> None:
        if self.engine is not None:
            self.engine.send_signal(how)
            self.engine.wait(60)

    def door(self, *words: str) -> "subprocess.Popen[str]":
        command = [
            sys.executable,
            "-m",
            "station.cli",
            "import",
            *words,
            "--json",
            "--config",
            str(self.folder / "config.yaml"),
        ]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def batch(self, prepared: int) -> int:
        return desk.new_batch(
            self.house, OPERATOR, fonds_code="H1", fonds_name="Phông thử", catalogue_code="01", catalogue_name="Mục lục",
            file_code="H1.2001.160", file_title="Công văn đi năm 2001", sheets_prepared=prepared,
        )  # fmt: skip

    def numbers(self, batch_id: int) -> list[int]:
        with self.house.store.read() as connection:
            rows = pages.delivered(connection, batch_id)
        return [number_of(looking.read_master(self.house.folders.master(row.master)).pixels) for row in rows]


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    made = Station(tmp_path)
    yield made
    made.end(signal.SIGTERM)
    made.house.store.close()


def until(done: Callable[[], Any], seconds: float = 90.0) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def books_agree(station: Station) -> None:
    """Every recorded master is there with its digest, every file is recorded or told of, the journal's chain holds."""
    folders = station.house.folders
    with station.house.store.read() as connection:
        journal.verify(connection)
        rows = list(connection.execute(schema.page.select()))
        told = {str(one.detail.get("after")) for one in journal.entries(connection) if one.action.startswith("spool.")}
    for row in rows:
        assert hashlib.sha256(folders.master(row.master).read_bytes()).hexdigest() == row.sha256
    known = {row.master for row in rows} | {str(Path(row.master).with_suffix(".json")) for row in rows} | told
    assert {path.relative_to(folders.root).as_posix() for path in folders.masters.rglob("*") if path.is_file()} <= known


@pytest.mark.parametrize("seed", range(2))
def test_an_import_killed_again_and_again_brings_every_page_once(station: Station, seed: int) -> None:
    """kill -9 of ``sohoa import`` at random moments; the same command goes on. The originals are as they were."""
    given = {
        "trang 1.jpg": jpeg(1), "trang 2.tif": tiff(2, 3, 4, 5, 6),
        "trang 3.pdf": pdf(("scan", 7), ("drawn", 8), ("turned", 9)),
        "trang 4.png.jpg": jpeg(10), "trang 10.tif": tiff(11, 12, mode="L", compression="packbits"),
    }  # fmt: skip
    folder = station.folder / "nhap" / "ảnh cũ"
    folder.mkdir()
    for name, data in given.items():
        (folder / name).write_bytes(data)
    batch_id = station.batch(12)
    rng, kills = random.Random(seed), 0
    while True:
        door = station.door(str(folder), "--batch", "1", "--documents", "file")
        try:
            said, error = door.communicate(timeout=rng.uniform(1.2, 4.5) if kills < 3 else 120)
            break
        except subprocess.TimeoutExpired:
            door.kill()
            door.communicate()
            kills += 1
    assert (door.returncode, error) == (0, "")
    told = json.loads(said)
    assert told["run"] == "finished"
    assert station.numbers(batch_id) == list(range(1, 13))
    assert [len(item.pages) for item in desk.view(station.house, batch_id).items] == [1, 5, 3, 1, 2]
    books_agree(station)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == given
    with station.house.store.read() as connection:
        kept = [row.facts.get("kept") for row in sources.of_batch(connection, batch_id) if row.facts.get("kept")]
    assert len(kept) == 3
    assert sorted(path.relative_to(station.house.folders.root).as_posix()
                  for path in station.house.folders.sources.rglob("*") if path.is_file()) == sorted(kept)  # fmt: skip


def test_a_killed_station_goes_on_receiving_by_itself(station: Station) -> None:
    folder, batch_id = station.folder / "nong", station.batch(9)
    station.start()
    run_id = importing.request_hot(station.house, OPERATOR, batch_id, Choice())
    lay(folder, a1__tif=tiff(1, 2, 3, 4), a2__jpg=jpeg(5))
    until(lambda: importing_view.view(station.house, run_id).pages >= 2)
    station.end(signal.SIGKILL)
    lay(folder, a3__pdf=pdf(("drawn", 6), ("scan", 7)))
    station.start()
    until(lambda: importing_view.view(station.house, run_id).pages >= 6)
    station.end(signal.SIGTERM)
    with station.house.store.read() as connection:
        paused = connection.execute(schema.capture_run.select()).one()
    assert (paused.state, paused.fault) == ("paused", "interrupted"), "a stop of the station is not the person's"
    station.start()
    lay(folder, a4__jpg=jpeg(8), a5__jpg=jpeg(9))
    until(lambda: len(list((folder / "da-nhan").glob("*"))) == 5)
    desk.stop_run(station.house, OPERATOR, run_id)
    until(lambda: importing_view.view(station.house, run_id).run.state == "finished")
    assert station.numbers(batch_id) == list(range(1, 10))
    assert not any(path.is_file() for path in folder.iterdir())
    books_agree(station)


def test_imported_pages_go_the_whole_way_and_the_package_says_where_they_came_from(station: Station) -> None:
    tray = station.folder / "tray"
    write_tray(tray, sheets=2, seed=5)
    images = sorted(path for path in tray.iterdir() if path.suffix in (".jpg", ".png", ".tif"))[:4]
    folder = station.folder / "nhap" / "ho so"
    folder.mkdir()
    opened = [Image.open(path).convert("RGB") for path in images]
    for number, picture in enumerate(opened[:2], start=1):
        picture.save(folder / f"trang {number}.jpg", quality=90, dpi=(300, 300))
    opened[2].save(folder / "trang 3.tif", save_all=True, append_images=[opened[3]], compression="tiff_lzw", dpi=(300, 300))
    (folder / "trang 4.pdf").write_bytes(pdf(("scan", 5)))
    (folder / "trang 5.pdf").write_bytes(b"%PDF-1.4 hong")
    batch_id = station.batch(5)
    station.start()
    run_id = importing.request(station.house, OPERATOR, batch_id, look([folder]), Choice(documents="file"), "folder")
    until(lambda: importing_view.view(station.house, run_id).run.state == "finished")
    desk.hand_over(station.house, OPERATOR, batch_id)
    until(lambda: desk.view(station.house, batch_id).batch.state == "processed", 240)
    assert all(page.text_state in ("read", "none", "blank") for page in desk.view(station.house, batch_id).pages)
    for page in review_desk.view(station.house, batch_id).pages:
        review_desk.decide(station.house, SUPERVISOR, page.page.id, Verdict.PASS)
    review_desk.accept(station.house, SUPERVISOR, batch_id)
    with station.house.store.write() as connection:
        people.add_archive(connection, "quantri", "Kho tỉnh")
    release.request(station.house, SUPERVISOR, batch_id)
    until(lambda: release.status(station.house, batch_id).state in ("done", "failed"), 120)
    done = release.status(station.house, batch_id)
    assert done.error is None
    assert done.package is not None
    _check_package(station, station.house.folders.root / done.package.folder, folder)


def _check_package(station: Station, root: Path, folder: Path) -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "station.cli", "verify", str(root), "--json"], capture_output=True, text=True, check=False
    )
    told = json.loads(checked.stdout)
    assert (checked.returncode, told["ok"], told["problems"]) == (0, True, [])
    assert {name: told["counts"][name] for name in ("sheets", "documents", "sources")} == {
        "sheets": 5, "documents": 4, "sources": 5,
    }  # fmt: skip
    masters = json.loads((root / "data/metadata/masters.json").read_text())
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    said = [(one["source"]["name"], one["source"]["page"], one["source"]["how"]) for one in masters]
    assert said == [
        ("trang 1.jpg", 1, "bytes"), ("trang 2.jpg", 1, "bytes"), ("trang 3.tif", 1, "split"), ("trang 3.tif", 2, "split"),
        ("trang 4.pdf", 1, "embedded_jpeg"),
    ]  # fmt: skip
    assert all(one["source"]["sha256"] == digests[one["source"]["name"]] for one in masters)
    assert [one["sha256"] for one in masters[:2]] == [digests["trang 1.jpg"], digests["trang 2.jpg"]]
    files = json.loads((root / "data/metadata/sources.json").read_text())
    assert [(one["name"], one["state"], one["reason"]) for one in files][-1] == ("trang 5.pdf", "refused", "broken_pdf")
    assert files[3]["said"]["producer"] == "Phần mềm quét cũ"


def test_the_door_shows_the_order_refuses_in_one_line_and_counts(station: Station) -> None:
    folder = lay(station.folder / "nhap" / "a", trang10__jpg=jpeg(10), trang2__jpg=jpeg(2), x__doc=b"x", y__pdf=b"%PDF-1.4")
    station.batch(2)
    door = station.door(str(folder), "--batch", "1", "--dry-run")
    listed = json.loads(door.communicate(timeout=60)[0])["files"]
    assert [one["name"] for one in listed] == ["trang2.jpg", "trang10.jpg", "x.doc", "y.pdf"]
    door = station.door(str(folder), "--batch", "1")
    told = json.loads(door.communicate(timeout=60)[0])
    assert door.returncode == 1
    assert {name: told[name] for name in ("seen", "stored", "pages", "refused", "duplicates")} == {
        "seen": 4, "stored": 2, "pages": 2, "refused": 2, "duplicates": 0,
    }  # fmt: skip
    door = station.door(str(folder / "trang2.jpg"), "--batch", "1")
    assert json.loads(door.communicate(timeout=60)[0])["duplicates"] == 1
    assert door.returncode == 0
    for wrong in ((str(folder / "none"), "--batch", "1"), (str(folder), "--batch", "77")):
        door = station.door(*wrong)
        _, error = door.communicate(timeout=60)
        assert door.returncode != 0
        assert len(error.splitlines()) == 1


def test_pictures_are_what_they_were() -> None:
    """The marks of these tests are read from pixels."""
    import numpy as np

    decoded = cv2.imdecode(np.frombuffer(jpeg(4095), np.uint8), cv2.IMREAD_COLOR)
    assert number_of(decoded) == 4095
