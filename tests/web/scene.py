"""A house with people, a scanner on record and batches of small real pages, made through the station's own functions."""

from concurrent.futures import Future
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from batches import devices, pages, people, runs, states
from batches.database import Store
from batches.pages import NewSide
from batches.words import BatchState, Role
from scanner.model import ColorMode, DeviceCapabilities, ScanSettings, Source, SourceCapabilities
from station import desk
from station.config import Settings
from station.config import Station as StationSection
from station.dispatch import Dispatcher
from station.house import Actor, Folders, House
from station.scan_settings import capabilities_to_json

PASSWORD = "mat-khau-cua-toi"
OPERATOR, SUPERVISOR, ADMINISTRATOR = (
    Actor("an", Role.OPERATOR),
    Actor("binh", Role.SUPERVISOR),
    Actor("quantri", Role.ADMINISTRATOR),
)
DEVICE = "test:scanner-1"
FIRST = 1
"""The batch that is scanned already."""
DPI = 100
SIZE = (827, 1169)  # A4 at 100 dpi, px


class Inline:
    """Work done at once, in this thread."""

    def submit(self, function: Any, task: Any, _seconds: float) -> "Future[Any]":
        future: Future[Any] = Future()
        try:
            future.set_result(function(task))
        except Exception as error:  # noqa: BLE001 - a worker's error travels in its future
            future.set_exception(error)
        return future


class Never:
    """Work that is never begun: the text path is not what these tests ask about."""

    def submit(self, _function: Any, _task: Any, _seconds: float) -> "Future[Any]":
        return Future()


@dataclass
class Scene:
    house: House

    def batch(self, code: str = "160", *, prepared: int = 3, practice: bool = False) -> int:
        return desk.new_batch(
            self.house,
            OPERATOR,
            fonds_code="HU",
            fonds_name="Phông Huyện ủy",
            catalogue_code="01",
            catalogue_name="Mục lục 01",
            file_code=code,
            file_title="Công văn đi năm 1998",
            sheets_prepared=prepared,
            practice=practice,
        )

    def scanned(self, sheets: int = 3, *, prepared: int | None = None, code: str = "160", finish: bool = True) -> int:
        """A batch whose sheets (both sides; backs empty) went through a feeder and the live path."""
        batch_id = self.batch(code, prepared=sheets if prepared is None else prepared)
        self.scan(batch_id, sheets, finish=finish)
        return batch_id

    def scan(self, batch_id: int, sheets: int, *, finish: bool = True) -> int:
        settings = ScanSettings(Source.DUPLEX, ColorMode.COLOR, DPI)
        run_id = desk.start_run(self.house, OPERATOR, batch_id, DEVICE, settings)
        with self.house.store.write() as connection:
            run = runs.claim(connection, run_id)
            for number in range(1, sheets + 1):
                for face in ("front", "back"):
                    pages.record(connection, run, self.side(run, number, face))
            if finish:
                runs.finish(connection, run_id)
                devices.release(connection, DEVICE, run.uid)
        self.look()
        return run_id

    def side(self, run: Any, number: int, face: str) -> NewSide:
        relative = f"masters/{run.uid}/{number:04d}-{face}.jpg"
        path = self.house.folders.root / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        data = picture(number if face == "front" else 0)
        path.write_bytes(data)
        return NewSide(
            run_sheet=number,
            face=face,
            master=relative,
            sha256=sha256(data).hexdigest(),
            bytes=len(data),
            mime="image/jpeg",
            width=SIZE[0],
            height=SIZE[1],
            dpi=(DPI, DPI),
            mode="color",
            captured_at="2026-11-22T10:00:00.000+07:00",
        )

    def look(self) -> None:
        """The live path of every page that waits."""
        dispatcher = Dispatcher(self.house, Inline(), Never(), at_once=(1, 1))
        while dispatcher.step():
            pass

    def hand_over(self, batch_id: int) -> None:
        """To the review desk, as after the checks of the whole batch."""
        desk.hand_over(self.house, OPERATOR, batch_id)
        with self.house.store.write() as connection:
            states.move(connection, batch_id, BatchState.PROCESSED, "sohoa", role=Role.OPERATOR)

    def page_ids(self, batch_id: int) -> list[int]:
        with self.house.store.read() as connection:
            return [row.id for row in pages.listing(connection, batch_id)]


def open_scene(folder: Path) -> Scene:
    """The scene that `make_scene` left in this folder."""
    settings = Settings(station=StationSection(data_dir=folder))
    return Scene(House(settings, Store(settings.database_url), Folders(folder)))


def make_scene(folder: Path) -> Scene:
    """Tables, three people, one scanner."""
    scene = open_scene(folder)
    house = scene.house
    house.store.migrate()
    with house.store.write() as connection:
        for actor, name in ((OPERATOR, "Nguyễn Thị An"), (SUPERVISOR, "Trần Văn Bình"), (ADMINISTRATOR, "Lê Quản Trị")):
            people.add_account(connection, "test", actor.login, name, actor.role, "one-time-password")
            people.set_password(connection, "test", actor.login, PASSWORD, must_change=False)
        feeder = SourceCapabilities((ColorMode.COLOR, ColorMode.GRAY), (DPI, 200, 300), None, 216.0, 356.0)
        can = DeviceCapabilities({Source.DUPLEX: feeder, Source.FEEDER: feeder, Source.FLATBED: feeder})
        devices.seen(
            connection,
            [
                {
                    "identity": DEVICE,
                    "backend": "test",
                    "address": "test:1",
                    "vendor": "Fujitsu",
                    "model": "fi-8170",
                    "serial": "1",
                    "practice": False,
                    "alias": "fi-8170",
                    "capabilities": capabilities_to_json(can),
                }
            ],
        )
    return scene


def picture(number: int) -> bytes:
    """A JPEG page: lines of dark bars as text, a heading and the sheet's number; 0 is an empty back."""
    canvas = np.full((SIZE[1], SIZE[0], 3), 244, np.uint8)
    if number:
        random = np.random.default_rng(number)
        cv2.putText(canvas, f"TO {number}", (330, 120), cv2.FONT_HERSHEY_DUPLEX, 1.2, (30, 30, 30), 2, cv2.LINE_AA)
        for line in range(30):
            x = 100
            while x < 640:
                width = int(random.integers(20, 70))
                cv2.putText(
                    canvas, "nmaoue"[: width // 11], (x, 190 + 28 * line), cv2.FONT_HERSHEY_DUPLEX, 0.5, (40, 40, 40), 1
                )
                x += width + 14
    good, data = cv2.imencode(".jpg", canvas, [cv2.IMWRITE_JPEG_QUALITY, 90])
    assert good
    return data.tobytes()


__all__ = ["DEVICE", "FIRST", "PASSWORD", "Scene", "make_scene", "open_scene"]
