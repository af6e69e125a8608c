"""The glass and its countdown, the turned stack and its keys, a profile's form: in a real browser."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from browser import CHROMIUM, DRIVER, Person, chromium
from scene import DEVICE, OPERATOR, PASSWORD, Scene, make_scene
from selenium.webdriver.common.keys import Keys
from werkzeug.serving import make_server

from batches import devices, pages, runs
from scanner.model import ColorMode, ScanSettings, Source
from station import manual_duplex, profiles, series
from station.scan_asked import AskedScan
from web.app import create_app

VENDOR = Path(__file__).parents[2] / "web" / "static" / "vendor"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (CHROMIUM.exists() and DRIVER.exists()), reason="needs chromium and chromedriver"),
    pytest.mark.skipif(not (VENDOR / "htmx.min.js").is_file(), reason="needs the browser files: run bin/assets"),
]
GLASS, FRONTS = (ScanSettings(source, ColorMode.COLOR, 200) for source in (Source.FLATBED, Source.FEEDER))


@dataclass
class Open:
    scene: Scene
    address: str

    def feed(self, run_id: int, count: int) -> None:
        with self.scene.house.store.write() as connection:
            run = runs.claim(connection, run_id)
            for number in range(1, count + 1):
                side = self.scene.side(run, number, "front")
                pages.record(connection, run, replace(side, face=run.settings.get("as_face") or "front"))
            runs.finish(connection, run_id)
            devices.release(connection, run.device, run.uid)
        self.scene.look()

    def newest(self, batch_id: int) -> tuple[int, str]:
        with self.scene.house.store.read() as connection:
            run = runs.latest(connection, batch_id)
        assert run is not None
        return run.id, run.state


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    scene = make_scene(tmp_path_factory.mktemp("ways"))
    server = make_server("127.0.0.1", 0, create_app(scene.house, scene.house.settings), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Open(scene, f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    scene.house.store.close()


@pytest.fixture(scope="module")
def an(console: Open) -> Iterator[Person]:
    with chromium(console.address) as person:
        person.size(1366, 768)
        person.log_in("an", PASSWORD)
        yield person
        assert [line for line in person.complaints() if "409" not in line] == []


def test_the_count_reaches_nothing_and_the_next_sheet_is_asked_for_once(console: Open, an: Person) -> None:
    batch_id = console.scene.batch("301")
    first = series.start(console.scene.house, OPERATOR, batch_id, AskedScan(DEVICE, GLASS, {}), seconds=4)
    console.feed(first, 1)
    an.open(f"/batches/{batch_id}/scan")
    an.driver.refresh()  # the countdown goes on, it does not begin anew
    an.wait(lambda: console.newest(batch_id)[0] != first, 30)
    second, state = console.newest(batch_id)
    assert state == "requested"
    time.sleep(1.5)
    assert console.newest(batch_id)[0] == second
    console.feed(second, 1)


def test_p_holds_the_count_space_scans_and_escape_ends(console: Open, an: Person) -> None:
    batch_id = console.scene.batch("302")
    first = series.start(console.scene.house, OPERATOR, batch_id, AskedScan(DEVICE, GLASS, {}), seconds=60)
    console.feed(first, 1)
    an.open(f"/batches/{batch_id}/scan")
    an.find("#series")
    an.press_on_page("p")
    an.wait(lambda: an.find("#series").get_attribute("data-state") == "paused")
    an.press_on_page(" ")
    an.wait(lambda: console.newest(batch_id)[0] != first)
    second, _ = console.newest(batch_id)
    console.feed(second, 1)
    an.wait(lambda: an.find("#series").get_attribute("data-run") == str(second), 30)
    an.press_on_page(Keys.ESCAPE)
    an.wait(lambda: series.view(console.scene.house, batch_id) is None)


def test_a_turned_stack_is_joined_with_two_keys(console: Open, an: Person) -> None:
    batch_id = console.scene.batch("303", prepared=3)
    console.feed(manual_duplex.start(console.scene.house, OPERATOR, batch_id, AskedScan(DEVICE, FRONTS, {})), 3)
    an.open(f"/batches/{batch_id}/scan")
    an.find("#backs")
    an.press_on_page(Keys.ENTER)
    an.wait(lambda: console.newest(batch_id)[1] == "requested")
    console.feed(console.newest(batch_id)[0], 3)
    an.wait(lambda: an.find("#card").get_attribute("data-name") == "backs_pair", 30)
    assert len(an.all(".joined")) == 4, "the first and the last pair of both orders"
    an.press_on_page(Keys.ENTER)
    an.wait(lambda: manual_duplex.view(console.scene.house, batch_id) is None)
    an.wait(lambda: len(an.all(".thumb")) == 6, 30)


def test_one_click_takes_the_nearest_that_the_scanner_can(console: Open) -> None:
    with chromium(console.address) as person:
        person.size(1366, 768)
        person.log_in("binh", PASSWORD)
        person.open("/profiles/edit?from=administrative_duplex")
        person.fill("name", "Bản đồ")
        person.fill("resolution", "400")
        person.wait(lambda: "gần nhất" in person.text("#fits"))
        person.find("[data-deed=take_nearest]").click()
        person.wait(lambda: person.find("[name=resolution]").get_attribute("value") == "300")
        person.wait(lambda: "✕" not in person.text("#fits"))
        person.find("#profile-form .primary").click()
        person.wait(lambda: person.driver.current_url.endswith("/profiles"))
        assert profiles.get(console.scene.house, "Bản đồ").settings.resolution == 300
        assert person.complaints() == []
