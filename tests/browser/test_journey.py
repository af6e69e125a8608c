"""The whole way as a new team walks it, in a browser, through a running station and real libsane: scan, mend, review, return,
accept, release; then the archive's server pulls with curl and acknowledges."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest
from browser import CHROMIUM, DRIVER, Person, chromium
from selenium.webdriver.common.keys import Keys

from batches import people
from batches.database import Store
from batches.words import Role
from imaging.practice import write_tray
from scanner.escl import FaultScript, PageTray, VirtualScanner, write_sane_config

ROOT = Path(__file__).parents[2]
SHEETS = 6
PASSWORDS = {"quet": "mat-khau-cua-quet", "duyet": "mat-khau-cua-duyet", "quantri": "mat-khau-quan-tri"}
FAULTS = "faults:\n  - {sheet: 4, fault: jam}\n"
SHOTS = os.environ.get("SHOTS")  # a folder: pictures of every desk at both sizes are kept there

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not (CHROMIUM.exists() and DRIVER.exists()), reason="needs chromium and chromedriver"),
    pytest.mark.skipif(sys.platform != "linux", reason="needs libsane"),
    pytest.mark.skipif(
        not (ROOT / "web" / "static" / "vendor" / "htmx.min.js").is_file(), reason="needs the browser files: run bin/assets"
    ),
]


@dataclass
class Running:
    address: str
    scanner: VirtualScanner
    paper: Path
    store: Store

    def one_sheet(self, number: int) -> PageTray:
        """Just this sheet, for a rescan."""
        return PageTray([PageTray.from_folder(self.paper, two_sided=True).sheet(number)])


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("station")
    paper = folder / "paper"
    write_tray(paper, SHEETS, seed=4)
    tray = PageTray.from_folder(paper, two_sided=True)
    with VirtualScanner(tray, name="fi-8170", ipm=60, faults=FaultScript.parse(FAULTS)) as scanner:
        write_sane_config(folder / "sane", scanner)
        port = _free_port()
        config = folder / "config.yaml"
        config.write_text(
            f"station: {{name: Trạm thử, data_dir: var}}\nserver: {{port: {port}}}\n"
            "scanning: {virtual_scanner: false, virtual_counts: true, sane_config_dir: sane}\n",
            "utf-8",
        )
        store = _records(folder)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SOHOA_")}
        command = [sys.executable, "-m", "station.cli.main", "--config", str(config), "serve"]
        process = subprocess.Popen(command, cwd=ROOT, env=environment)
        try:
            _wait_for(port, process)
            yield Running(f"http://127.0.0.1:{port}", scanner, paper, store)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)
            store.close()


def _records(folder: Path) -> Store:
    (folder / "var").mkdir()
    store = Store(f"sqlite:///{folder / 'var' / 'sohoa.db'}")
    store.migrate()
    names = {"quet": "Nguyễn Thị An", "duyet": "Trần Văn Bình", "quantri": "Lê Thị Chi"}
    with store.write() as connection:
        for (login, password), role in zip(PASSWORDS.items(), Role, strict=True):
            people.add_account(connection, "test", login, names[login], role, password)
            people.set_password(connection, "test", login, password, must_change=False)
    return store


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(1200):
        assert process.poll() is None, "sohoa serve ended"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("sohoa serve does not listen")


def shoot(person: Person, name: str) -> None:
    """Pictures of this moment at both sizes, where they are asked for."""
    if not SHOTS:
        return
    Path(SHOTS).mkdir(parents=True, exist_ok=True)
    for width, height in ((1920, 1080), (1366, 768)):
        person.size(width, height)
        time.sleep(0.7)
        person.picture(Path(SHOTS) / f"{name}-{width}.png")


def card(person: Person) -> str:
    """The name of the card with the next step."""
    return str(person.driver.execute_script("return document.getElementById('card')?.dataset.name || ''"))


def figure(person: Person, row: str) -> str:
    """The figure in the ledger's row."""
    script = """const rows = [...document.querySelectorAll('.count')];
        const found = rows.find((one) => one.querySelector('dt').textContent === arguments[0]);
        return found?.querySelector('dd').textContent.trim() || ''"""
    return str(person.driver.execute_script(script, row))


def test_from_the_feeder_to_the_archive(station: Running) -> None:
    with chromium(station.address) as chi, chromium(station.address) as an, chromium(station.address) as binh:
        token = register_archive(chi)
        batch = make_batch(an)
        scan_with_a_jam(an, station)
        mend_a_page(an)
        rescan_one(an, station)
        hand_over(an)
        returned = review_and_return_one(binh, batch)
        rescan_what_was_returned(an, station, batch, returned)
        accept_and_release(binh, batch)
        pull_and_acknowledge(station, token)
        binh.wait(lambda: "đã nhận đúng gói tin" in binh.text("#release"))
        shoot(binh, "xuat-lo")
        for person in (chi, an, binh):
            assert person.complaints() == []


def register_archive(chi: Person) -> str:
    chi.log_in("quantri", PASSWORDS["quantri"])
    chi.open("/admin/archives")
    chi.fill("name", "Lưu trữ lịch sử tỉnh")
    chi.find("form.form button").click()
    token = chi.text(".secret code")
    chi.open("/admin/accounts")
    shoot(chi, "tai-khoan")
    chi.open("/admin/devices")
    shoot(chi, "may-quet")
    return token


def make_batch(an: Person) -> str:
    an.log_in("quet", PASSWORDS["quet"])
    shoot(an, "chua-co-lo")
    an.press_on_page(Keys.ENTER)
    fields = {
        "fonds_code": "H49.25.15",
        "fonds_name": "Phông UBND huyện Yên Phụng",
        "catalogue_code": "01",
        "catalogue_name": "Mục lục 01",
        "file_code": "160",
        "file_title": "Công văn đi năm 2009",
        "sheets_prepared": str(SHEETS),
    }
    an.wait(lambda: "/batches/new" in an.driver.current_url)
    for name, text in fields.items():
        an.fill(name, text)
    shoot(an, "lap-lo")
    an.press(Keys.ENTER)
    an.wait(lambda: an.driver.current_url.endswith("/scan"))
    an.wait(lambda: card(an) == "first", 60)  # the scanner is found
    shoot(an, "ban-quet-dau")
    return an.driver.current_url.split("/")[-2]


def scan_with_a_jam(an: Person, station: Running) -> None:
    """The feeder jams at sheet 4: three sheets are safe, the rest goes on in order."""
    an.press_on_page(Keys.ENTER)
    an.wait(lambda: card(an) == "running", 30)
    an.wait(lambda: card(an) == "fault", 60)
    an.wait(lambda: len(an.all(".thumb img")) == 6, 60)
    assert an.text("#card h1") == "Đặt lại từ tờ 4"
    assert figure(an, "Đã có ảnh") == "6 mặt"
    shoot(an, "ban-quet-ket-giay")
    station.scanner.clear()
    station.scanner.reload_from(4)
    an.press_on_page(Keys.ENTER)
    an.wait(lambda: len(an.all(".thumb")) == 2 * SHEETS and card(an) in ("ready", "ready_warned", "flags"), 90)
    an.wait(lambda: len(an.all(".thumb img")) == 2 * SHEETS, 90)
    assert [one.text.split("\n")[-1] for one in an.all(".thumb .under")] == [
        f"{sheet} {face}" for sheet in range(1, SHEETS + 1) for face in ("trước", "sau")
    ]
    assert figure(an, "Chênh lệch") == "0 ✓"
    shoot(an, "ban-quet")


def mend_a_page(an: Person) -> None:
    """Turned by a key, taken back by Ctrl+Z; arrows walk; new pages do not move what is looked at."""
    an.all(".thumb")[4].click()
    first = chosen(an)
    an.press_on_page(Keys.ARROW_RIGHT)
    assert chosen(an) != first
    an.press_on_page(Keys.ARROW_LEFT)
    assert chosen(an) == first
    before = an.find(f"#page-{first} img").get_attribute("src")
    an.press_on_page("l")
    an.wait(lambda: an.find(f"#page-{first} img").get_attribute("src") != before)
    an.undo()
    an.wait(lambda: "hoàn tác" in an.text("#said"))
    assert chosen(an) == first
    an.press_on_page("?")
    assert len(an.all("#help-keys div")) > 8
    shoot(an, "cac-phim")
    an.press(Keys.ESCAPE)
    an.press_on_page("e")
    an.wait(lambda: an.all(".openseadragon-canvas canvas"))
    time.sleep(1.5)
    shoot(an, "sua-trang")
    an.press_on_page("c")
    an.wait(lambda: an.find("#crop-box").is_displayed())
    shoot(an, "cat-vien")
    an.press(Keys.ESCAPE)
    an.press_on_page(Keys.ESCAPE)
    an.wait(lambda: "/scan" in an.driver.current_url)
    assert chosen(an) == first


def chosen(person: Person) -> str:
    return str(person.driver.execute_script("return document.querySelector('.thumb.chosen')?.dataset.id || ''"))


def rescan_one(an: Person, station: Running) -> None:
    station.scanner.load(station.one_sheet(2))
    old = an.all(".thumb")[2].get_attribute("data-id")
    an.all(".thumb")[2].click()
    an.press_on_page("r")
    an.wait(lambda: an.find("#ask-rescan").is_displayed())
    assert "tờ 2" in an.text("#ask-rescan h2")
    shoot(an, "quet-lai")
    an.press(Keys.ENTER)
    an.wait(lambda: not an.all(f"#page-{old}") and card(an) in ("ready", "ready_warned", "flags"), 60)
    an.wait(lambda: len(an.all(".thumb img")) == 2 * SHEETS, 60)
    assert figure(an, "Quét lại, thay thế") == "1 tờ"


def hand_over(an: Person) -> None:
    an.open(an.driver.current_url.removeprefix(an.address).split("?")[0].replace("/scan", "/items"))
    shoot(an, "tai-lieu")
    an.press_on_page(Keys.ESCAPE)
    an.wait(lambda: card(an) != "")
    if card(an) == "flags":
        an.find("[data-deed='hand_over']").click()
    else:
        an.press_on_page(Keys.ENTER)
    an.wait(lambda: card(an) == "elsewhere")
    an.wait(lambda: an.text("#status") == "chờ duyệt", 120)


def review_and_return_one(binh: Person, batch: str) -> str:
    """Pages pass by Enter; one is returned with a place and a reason; the batch goes back."""
    binh.log_in("duyet", PASSWORDS["duyet"])
    shoot(binh, "viec-cho-duyet")
    binh.press_on_page(Keys.ENTER)
    binh.wait(lambda: f"/batches/{batch}/review" in binh.driver.current_url)
    binh.wait(lambda: chosen(binh) != "")
    time.sleep(1)
    shoot(binh, "ban-duyet")
    returned = chosen(binh)
    binh.press_on_page("r")
    binh.wait(lambda: binh.find("#ask-return").is_displayed())
    binh.press("1")
    shoot(binh, "tra-lai")
    binh.press(Keys.ENTER)
    binh.wait(lambda: chosen(binh) not in ("", returned))
    assert binh.find(f"#page-{returned} .verdict").text == "↩"
    binh.find("[data-dialog='ask-reject']").click()
    binh.find("#ask-reject [name=reason]").send_keys("Một trang mờ")
    binh.find("#ask-reject button[value='yes']").click()
    binh.wait(lambda: "/review" not in binh.driver.current_url)
    return returned


def rescan_what_was_returned(an: Person, station: Running, batch: str, returned: str) -> None:
    an.open("/")
    an.press_on_page(Keys.ENTER)
    an.wait(lambda: card(an) == "mend")
    assert "mờ, nhòe" in an.text("#card")
    shoot(an, "trang-bi-tra")
    sheet = int(an.text("#card h1").split()[-1])
    station.scanner.load(station.one_sheet(sheet))
    an.press_on_page(Keys.ENTER)
    an.wait(lambda: an.find("#ask-rescan").is_displayed())
    an.press(Keys.ENTER)
    an.wait(lambda: not an.all(f"#page-{returned}") and card(an) in ("ready", "ready_warned", "flags"), 60)
    hand_over(an)


def accept_and_release(binh: Person, batch: str) -> None:
    binh.open(f"/batches/{batch}/review")
    binh.wait(lambda: chosen(binh) != "")
    while (left := figure(binh, "Còn phải xem")) != "0":
        binh.press_on_page(Keys.ENTER)
        binh.wait(lambda left=left: figure(binh, "Còn phải xem") != left)  # type: ignore[misc]
    shoot(binh, "duyet-xong")
    binh.press_on_page("a")
    binh.wait(lambda: binh.find("#ask-accept").is_displayed())
    binh.press(Keys.ENTER)
    binh.wait(lambda: binh.driver.current_url.endswith("/release"))
    shoot(binh, "cho-xuat")
    binh.press_on_page(Keys.ENTER)
    binh.wait(lambda: "Gói tin đã sẵn sàng" in binh.text("#release"), 180)


def curl(station: Running, token: str, path: str, *more: str) -> bytes:
    command = ["curl", "--silent", "--fail-with-body", "-H", f"Authorization: Bearer {token}", *more, station.address + path]
    return subprocess.run(command, check=True, capture_output=True, timeout=60).stdout


def pull_and_acknowledge(station: Running, token: str) -> None:
    """What the archive's server does: the feed, the manifest, every file against its digest, a receipt."""
    (package,) = json.loads(curl(station, token, "/api/v1/batches"))["batches"]
    manifest_bytes = curl(station, token, package["manifest"])
    assert sha256(manifest_bytes).hexdigest() == package["manifest_sha256"]
    files = json.loads(manifest_bytes)["files"]
    assert sum(one["path"].endswith(".pdf") for one in files) == 1
    for one in files:
        data = curl(station, token, f"/api/v1/batches/{package['id']}/files/{one['path']}")
        assert sha256(data).hexdigest() == one["sha256"], one["path"]
    said = json.dumps({"status": "accepted", "manifest_sha256": package["manifest_sha256"]})
    header = ("-H", "Content-Type: application/json", "-H", "Idempotency-Key: journey-1", "--data", said)
    answer = json.loads(curl(station, token, f"/api/v1/batches/{package['id']}/receipts", *header))
    assert answer["matched"] is True
