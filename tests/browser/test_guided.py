"""Going on with guidance, in a real browser: the last stored sheet on the fault card, a sheet that came twice, waiting for the
scanner's button."""

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from browser import CHROMIUM, DRIVER, Person, chromium
from scene import DEVICE, FIRST, OPERATOR, PASSWORD, Scene, make_scene
from sqlalchemy import select
from werkzeug.serving import make_server

from batches import overlaps, runs, schema, sheets
from batches.words import OverlapState, WaitFor
from scanner.model import ColorMode, ScanSettings, Source
from station import desk
from web.app import create_app

VENDOR = Path(__file__).parents[2] / "web" / "static" / "vendor"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (CHROMIUM.exists() and DRIVER.exists()), reason="needs chromium and chromedriver"),
    pytest.mark.skipif(not (VENDOR / "htmx.min.js").is_file(), reason="needs the browser files: run bin/assets"),
]
DUPLEX = ScanSettings(Source.DUPLEX, ColorMode.COLOR, 100)


@dataclass
class Open:
    scene: Scene
    address: str
    asked: int


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    scene = make_scene(tmp_path_factory.mktemp("guided"))
    assert scene.scanned(4, prepared=3) == FIRST
    with scene.house.store.write() as connection:
        kept = connection.execute(select(schema.device.c.capabilities)).scalar_one()
        able = {**kept, "sensors": ["button_scan", "page_loaded"]}
        connection.execute(schema.device.update().values(capabilities=able))
        run, rows = runs.latest(connection, FIRST), sheets.listing(connection, FIRST)
        assert run is not None
        asked = overlaps.found(connection, run.id, rows[2], rows[3], 0.978)
        assert asked is not None
    server = make_server("127.0.0.1", 0, create_app(scene.house, scene.house.settings), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Open(scene, f"http://127.0.0.1:{server.server_port}", asked)
    server.shutdown()
    scene.house.store.close()


@pytest.fixture(scope="module")
def an(console: Open) -> Iterator[Person]:
    with chromium(console.address) as person:
        person.log_in("an", PASSWORD)
        yield person
        assert person.complaints() == []


def state(console: Open) -> str:
    with console.scene.house.store.read() as connection:
        return str(overlaps.get(connection, console.asked).state)


def shoot(person: Person, name: str) -> None:
    """For whoever wants to look at the desk: PICTURES_TO names a folder."""
    if folder := os.environ.get("PICTURES_TO"):
        person.picture(Path(folder) / f"{name}.png")


def test_a_sheet_that_came_twice_is_answered_with_one_key_and_taken_back(an: Person, console: Open) -> None:
    an.open(f"/batches/{FIRST}/scan")
    an.wait(lambda: len(an.all("#overlap .sides img")) == 4)
    sizes = an.driver.execute_script(
        "return [...document.querySelectorAll('#overlap .sides img')].map((one) => [one.clientWidth, one.clientHeight])"
    )
    assert all(width > 150 and height > 220 for width, height in sizes), sizes
    below = an.driver.execute_script("return document.querySelector('#overlap .ways').getBoundingClientRect().bottom")
    assert below < 768 - 46 - 100
    assert "hình như đã quét rồi" in an.text("#overlap h1")
    shoot(an, "overlap")
    an.press_on_page("1")
    an.wait(lambda: state(console) == OverlapState.KEPT_EARLIER)
    an.wait(lambda: not an.find("#overlap").is_displayed() and len(an.all(".thumb")) == 6)
    an.undo()
    an.wait(lambda: state(console) == OverlapState.OPEN and len(an.all(".thumb")) == 8)
    an.wait(lambda: an.find("#overlap").is_displayed())
    an.find("#overlap [data-deed='later_overlap']").click()
    assert not an.find("#overlap").is_displayed()
    an.press_on_page("\ue007")  # Enter: the next step is to look at the two again
    an.wait(lambda: an.find("#overlap").is_displayed())
    an.press_on_page("3")
    an.wait(lambda: state(console) == OverlapState.BOTH)


def test_the_fault_card_shows_the_last_stored_sheet_and_what_the_scanner_says(an: Person, console: Open) -> None:
    scene = console.scene
    batch_id = scene.batch("170", prepared=14)
    run_id = scene.scan(batch_id, 2, finish=False)
    with scene.house.store.write() as connection:
        runs.pause(connection, run_id, "jam", "feed", "driver's words", {"cover_open": True, "page_loaded": True})
    an.open(f"/batches/{batch_id}/scan")
    an.wait(lambda: len(an.all(".last-sheet img")) == 2)
    card = an.text("#card")
    for said in ("Đặt lại từ tờ 3", "Tờ cuối đã lưu: tờ 2", "nắp đang mở", "Còn 12 tờ chưa qua máy"):
        assert said in card, card
    shoot(an, "fault")
    assert an.driver.execute_script("return document.querySelector('#card .primary').getBoundingClientRect().bottom") < 722


def test_a_run_waits_for_the_scanners_button_and_can_be_left(an: Person, console: Open) -> None:
    scene = console.scene
    batch_id = scene.batch("171", prepared=3)
    with scene.house.store.write() as connection:
        connection.execute(schema.device_lease.delete())
    an.open(f"/batches/{batch_id}/scan")
    an.driver.execute_script("document.querySelector('select[name=wait]').value = 'button'")
    an.press_on_page("\ue007")
    an.wait(lambda: "Đang gọi máy quét" in an.text("#card"))
    with scene.house.store.write() as connection:
        run = runs.active(connection, batch_id)
        assert run is not None and runs.wait_for(run) is WaitFor.BUTTON
        runs.watched(connection, run.id, True)
        runs.not_heeded(connection, run.id, "no_paper")
    an.wait(lambda: "Đang chờ nút quét" in an.text("#card"))
    assert "khay chưa có giấy" in an.text("#card")
    shoot(an, "waiting")
    an.press_on_page("\ue00c")  # Escape
    an.wait(lambda: "Bắt đầu quét" in an.text("#card"))
    with scene.house.store.read() as connection:
        assert runs.active(connection, batch_id) is None
    desk.start_run(scene.house, OPERATOR, batch_id, DEVICE, DUPLEX)
