"""The scanner's button and its paper sensor begin a waiting run, through the real engine and a driver with real sensors."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml
from sqlalchemy import select

from batches import journal, runs, schema
from batches.database import Store
from batches.errors import DeviceHeld, NotAllowed
from batches.words import RunState, WaitFor
from scanner.model import ColorMode, ScanSettings, Source
from station import config, desk
from station.house import open_house
from tests.journeys.forms import form_page
from tests.journeys.rig import DUPLEX, OPERATOR, Rig, rig, wait
from tests.scanner.vscan.rig import Vscan, make, vscan_library  # noqa: F401

FRONTS = ScanSettings(Source.FEEDER, ColorMode.COLOR, 75, 210.0, 297.0)
SETTLE = 0.6


class LocalRig(Rig):
    """A station whose scanner is a local driver with a button, a paper sensor and a cover."""

    def __init__(self, folder: Path, scanner: Vscan) -> None:
        self.local, self.folder = scanner, folder
        scanning = {"sane_config_dir": str(scanner.config_dir), "virtual_scanner": False, "virtual_counts": True}
        sections = {"station": {"data_dir": str(folder / "data")}, "scanning": scanning | {"paper_settle_seconds": SETTLE}}
        (folder / "config.yaml").write_text(yaml.safe_dump(sections), encoding="utf-8")
        loaded = config.load(folder / "config.yaml")
        Store(loaded.database_url).migrate()
        self.house = open_house(loaded)
        self.engine: subprocess.Popen[bytes] | None = None

    def lay(self, first: int, count: int) -> None:
        self.local.load([_rgb(number) for number in range(first, first + count)])
        self.local.put_back_from(1)

    def take_out(self) -> None:
        self.local.load([])

    def state(self, batch_id: int) -> tuple[str, str]:
        run = self.run_view(batch_id)
        return run.state, run.phase

    def runs(self, batch_id: int) -> int:
        with self.house.store.read() as connection:
            query = select(schema.capture_run.c.id).where(schema.capture_run.c.batch_id == batch_id)
            return len(list(connection.execute(query)))

    def story(self, batch_id: int, action: str) -> list[str]:
        with self.house.store.read() as connection:
            entries = [one for one in journal.entries(connection, f"batch:{batch_id}") if one.action == action]
        return [str(one.detail["after"]) for one in reversed(entries)]


def _rgb(number: int) -> np.ndarray:
    return cv2.cvtColor(cv2.resize(form_page(number), (620, 877), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2RGB)


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory, vscan_library: Path) -> Iterator[LocalRig]:  # noqa: F811
    folder = tmp_path_factory.mktemp("buttons")
    (scanner,) = make(folder, vscan_library, "v0")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LD_LIBRARY_PATH", str(vscan_library.parent))
        made = LocalRig(folder, scanner)
        made.start()
        try:
            yield made
        finally:
            made.stop()


def waiting(station: LocalRig, sheets: int, wait_for: WaitFor) -> int:
    batch_id = station.batch(sheets)
    desk.start_run(station.house, OPERATOR, batch_id, station.device(), FRONTS, wait_for=wait_for)
    attended(station, batch_id)
    return batch_id


def attended(station: LocalRig, batch_id: int) -> None:
    """The engine holds the scanner open and looks at its sensors."""
    wait(lambda: station.state(batch_id) == ("requested", "watch"), 30)
    time.sleep(0.5)


def test_a_press_starts_the_waiting_run_and_two_presses_are_one(station: LocalRig) -> None:
    station.lay(1, 3)
    station.local.set(ipm=90)
    batch_id = waiting(station, 5, WaitFor.BUTTON)
    time.sleep(1.0)
    assert station.state(batch_id) == ("requested", "watch"), "paper alone begins nothing"
    station.local.press()
    wait(lambda: station.run_view(batch_id).sides_stored >= 1, 20)
    station.local.press()  # while it runs
    attended(station, batch_id)  # sheets are left: the desk waits for the next stack
    wait(lambda: station.story(batch_id, "run.press_ignored") == ["busy"], 10)
    assert station.view(batch_id).ledger.sheets == 3
    assert station.run_view(batch_id).ignored == "busy"
    time.sleep(1.0)
    assert (station.runs(batch_id), station.story(batch_id, "run.signal")) == (2, ["button"])
    station.local.press()  # nothing lies in the feeder
    wait(lambda: station.story(batch_id, "run.press_ignored") == ["busy", "no_paper"], 10)
    time.sleep(1.0)  # a finger leaves the button
    station.lay(4, 2)
    station.local.press()
    wait(lambda: station.view(batch_id).ledger.sheets == 5, 30)
    assert station.until_run_rests(batch_id).state == "finished"
    time.sleep(0.5)
    assert station.runs(batch_id) == 2, "all sheets are there: nothing waits any more"
    assert station.view(batch_id).ledger.agrees
    station.local.set(ipm=0)


def test_paper_begins_a_hands_free_run_and_goes_on_after_a_jam_is_cleared(station: LocalRig) -> None:
    station.take_out()
    batch_id = waiting(station, 6, WaitFor.PAPER)
    station.lay(1, 4)
    laid = time.monotonic()
    station.local.faults("3 jam")
    wait(lambda: station.run_view(batch_id).state == "paused", 30)
    assert time.monotonic() - laid >= SETTLE
    assert (station.run_view(batch_id).fault, station.run_view(batch_id).last_label) == ("jam", "2")
    time.sleep(SETTLE + 1.2)
    assert station.run_view(batch_id).state == "paused", "the rest of the stack lies there; nobody has touched it"
    station.local.faults()
    station.local.cover(opened=True)
    time.sleep(0.8)
    station.local.cover(opened=False)
    wait(lambda: station.view(batch_id).ledger.sheets == 4, 30)
    attended(station, batch_id)
    station.lay(5, 2)
    wait(lambda: station.view(batch_id).ledger.sheets == 6, 30)
    assert station.until_run_rests(batch_id).state == "finished"
    assert station.story(batch_id, "run.signal") == ["paper"] * 3
    assert station.view(batch_id).ledger.agrees


def test_the_console_and_another_desk_go_before_a_waiting_run(station: LocalRig) -> None:
    station.lay(1, 2)
    batch_id = waiting(station, 2, WaitFor.BUTTON)
    with pytest.raises(DeviceHeld):
        desk.start_run(station.house, OPERATOR, station.batch(1), station.device(), FRONTS, wait_for=WaitFor.BUTTON)
    other = station.batch(2)
    desk.start_run(station.house, OPERATOR, other, station.device(), FRONTS)
    assert station.until_run_rests(other).state == "finished"
    assert station.view(other).ledger.agrees
    attended(station, batch_id)
    station.lay(3, 2)
    run_id = station.run_view(batch_id).id
    desk.start_waiting(station.house, OPERATOR, run_id)
    assert station.until_run_rests(batch_id).state == "finished"
    assert station.story(batch_id, "run.signal") == ["console"]
    assert station.view(batch_id).ledger.agrees


def test_the_waiting_is_given_up_and_survives_a_kill(station: LocalRig) -> None:
    station.lay(1, 1)
    batch_id = waiting(station, 1, WaitFor.BUTTON)
    run_id = station.run_view(batch_id).id
    station.kill()
    station.start()
    time.sleep(0.5)
    attended(station, batch_id)
    station.local.press()
    assert station.until_run_rests(batch_id).state == "finished"
    second = waiting(station, 1, WaitFor.BUTTON)
    desk.give_up_run(station.house, OPERATOR, station.run_view(second).id)
    time.sleep(0.6)
    station.local.press()
    time.sleep(1.0)
    with station.house.store.read() as connection:
        assert runs.get(connection, run_id).state == RunState.FINISHED.value
        assert runs.in_state(connection, RunState.REQUESTED) == []
    assert station.view(second).ledger.fed == 0


def test_a_scanner_without_that_sensor_is_refused(station: LocalRig) -> None:
    with station.house.store.write() as connection:
        update = schema.device.update().values(capabilities={"sources": {}, "sensors": [], "options": []})
        kept = connection.execute(select(schema.device.c.capabilities)).scalar_one()
        connection.execute(update.values(capabilities={**kept, "sensors": ["cover_open"]}))
    with pytest.raises(NotAllowed) as refused:
        desk.start_run(station.house, OPERATOR, station.batch(1), station.device(), FRONTS, wait_for=WaitFor.PAPER)
    assert refused.value.facts["what"] == "no_sensor"


def test_paper_laid_in_a_network_scanner_begins_the_run(tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    for number in range(1, 5):
        cv2.imwrite(str(pages / f"{number}.png"), form_page(number))
    with rig(tmp_path / "house", pages) as made:
        made.scanner.clear()
        batch_id = made.batch(2)
        desk.start_run(made.house, OPERATOR, batch_id, made.device(), DUPLEX, wait_for=WaitFor.PAPER)
        wait(lambda: (made.run_view(batch_id).state, made.run_view(batch_id).phase) == ("requested", "watch"), 30)
        time.sleep(1.0)
        assert made.run_view(batch_id).state == "requested", "there is no paper"
        made.scanner.reload()
        wait(lambda: made.view(batch_id).ledger.sheets == 2, 60)
        assert made.until_run_rests(batch_id).state == "finished"
