"""Import as a new clerk does it: choose files, see their order, import, read what became of each."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import CHROMIUM, DRIVER, Person, chromium
from scene import PASSWORD, Scene, make_scene
from werkzeug.serving import make_server

from batches import runs
from batches.words import RunState
from station import importing
from station.house import House
from tests.station.outside import encrypted, jpeg, lay, pdf, tiff
from tests.station.test_import import Pool, numbers
from web.app import create_app

ROOT = Path(__file__).parents[2]
SHOTS = os.environ.get("SHOTS")  # a folder: pictures of the page in every state are kept there

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (CHROMIUM.exists() and DRIVER.exists()), reason="needs chromium and chromedriver"),
    pytest.mark.skipif(sys.platform == "win32", reason="needs a headless Chromium on Linux"),
    pytest.mark.skipif(
        not (ROOT / "web" / "static" / "vendor" / "htmx.min.js").is_file(), reason="needs the browser files: run bin/assets"
    ),
]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = make_scene(tmp_path / "house")
    lay(tmp_path / "nhap" / "Hồ sơ 160", a__jpg=jpeg(1))
    update = {"import_dir": tmp_path / "nhap", "hot_folder": tmp_path / "nong"}
    (tmp_path / "nong").mkdir()
    lay(tmp_path / "nong", x__jpg=jpeg(9))
    scanning = made.house.settings.scanning.model_copy(update=update)
    made.house = House(made.house.settings.model_copy(update={"scanning": scanning}), made.house.store, made.house.folders)
    yield made
    made.house.store.close()


@pytest.fixture
def person(scene: Scene) -> Iterator[Person]:
    server = make_server("127.0.0.1", 0, create_app(scene.house, scene.house.settings), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with chromium(f"http://127.0.0.1:{server.server_port}") as somebody:
        somebody.log_in("an", PASSWORD)
        yield somebody
    server.shutdown()


def shot(person: Person, name: str) -> None:
    if SHOTS:
        time.sleep(0.4)
        person.picture(Path(SHOTS) / f"nhap-{name}.png")


def test_files_are_chosen_ordered_imported_and_told_of(scene: Scene, person: Person, tmp_path: Path) -> None:
    batch_id = scene.batch(prepared=6)
    files = {"trang 10.jpg": jpeg(6), "trang 2.tif": tiff(2, 3), "trang 1.jpg": jpeg(1),
             "trang 9.pdf": pdf(("scan", 4), ("drawn", 5)),
             "khóa.pdf": encrypted(), "ghi chú.docx": b"x"}  # fmt: skip
    chosen = tmp_path / "chon"
    chosen.mkdir()
    for name, data in files.items():
        (chosen / name).write_bytes(data)
    person.open(f"/batches/{batch_id}/scan")
    shot(person, "1-ban-quet")
    time.sleep(1)  # the desk draws its parts anew once, when it begins to be watched
    if not person.find(f"a[href='/batches/{batch_id}/import']").is_displayed():  # folded where there is a scanner
        person.find("#other-ways summary").click()
    person.find(f"a[href='/batches/{batch_id}/import']").click()
    shot(person, "2-chon")
    person.find("#upload input[type=file]").send_keys("\n".join(str(path) for path in chosen.iterdir()))
    person.find("#upload [data-deed=send]").click()
    person.wait(lambda: "upload=" in person.driver.current_url)
    shot(person, "3-thu-tu")
    rows = [row.text for row in person.all("table.list tbody tr")]
    assert "ghi chú.docx" in rows[0], "what will not come stands first"
    order = [row.splitlines()[0].split(" ", 1)[1].split(".")[0] for row in rows[1:]]
    assert order == ["khóa", "trang 1", "trang 2", "trang 9", "trang 10"]
    person.find("button.primary").click()
    person.wait(lambda: "Đang nhập" in person.text("#import"))
    shot(person, "4-dang-nhap")
    with scene.house.store.read() as connection:
        (run,) = runs.in_state(connection, RunState.REQUESTED)
    importing.carry_out(scene.house, run.id, threading.Event(), Pool)
    person.wait(lambda: "4 tệp nhập được (6 trang), 2 tệp không nhập" in person.text("#import"))
    shot(person, "5-xong")
    assert "PDF có mật khẩu" in person.text("#import table")
    assert numbers(scene, batch_id) == [1, 2, 3, 4, 5, 6]
    scene.look()
    person.open(f"/batches/{batch_id}/scan")
    shot(person, "6-ban-quet")
    assert person.complaints() == []


def test_the_hot_folder_is_given_to_a_batch_and_ended(scene: Scene, person: Person) -> None:
    batch_id = scene.batch(prepared=6)
    person.open(f"/batches/{batch_id}/import")
    person.find("form[action$=receive] button").click()
    person.wait(lambda: "Đang nhận" in person.text("#import"))
    with scene.house.store.write() as connection:
        run = runs.claim(connection, runs.in_state(connection, RunState.REQUESTED)[0].id)
    person.open(f"/batches/{batch_id}/scan")
    assert "Đang nhận từ thư mục nóng" in person.text("#card")
    shot(person, "7-thu-muc-nong")
    person.press_on_page("\ue00c")
    person.wait(lambda: "Đang dừng" in person.text("#card"))
    with scene.house.store.read() as connection:
        assert runs.get(connection, run.id).request == "stop"
    assert person.complaints() == []
