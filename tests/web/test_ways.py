"""The desk while a stack waits to be turned, backs to be joined, the glass for its next sheet; a page's own settings."""

import re
from dataclasses import replace
from html import unescape

from console_client import Client
from scene import DEVICE, FIRST, OPERATOR, Scene

from batches import devices, pages, runs, schema
from scanner.model import ColorMode, ScanSettings, Source
from station import desk, manual_duplex, series
from station.manual_duplex import gap_at
from station.scan_asked import AskedScan

ONE_SIDE = ScanSettings(Source.FEEDER, ColorMode.COLOR, 200)


def feed(scene: Scene, run_id: int, count: int) -> None:
    """So many sides of this run, as its device would bring them."""
    with scene.house.store.write() as connection:
        run = runs.claim(connection, run_id)
        for number in range(1, count + 1):
            side = scene.side(run, number, "front")
            pages.record(connection, run, replace(side, face=run.settings.get("as_face") or "front"))
        runs.finish(connection, run_id)
        devices.release(connection, run.device, run.uid)


def shown(client: Client, batch_id: int) -> str:
    return unescape(client.get(f"/batches/{batch_id}/scan").get_data(as_text=True))


def test_a_stack_is_turned_its_backs_joined_and_the_counts_said_on_the_way(operator: Client, scene: Scene) -> None:
    batch_id = scene.batch("180", prepared=2)
    here = f"/batches/{batch_id}"
    answer = operator.post(f"{here}/fronts", json=True, device=DEVICE, profile="administrative_front")
    assert answer.status_code == 200
    run = desk.view(scene.house, batch_id).run
    assert run is not None
    feed(scene, run.id, 2)
    page = shown(operator, batch_id)
    assert "Lật úp cả tập" in page and "Quét 2 mặt sau" in page and "Chờ mặt sau" in page
    assert "Chuyển sang duyệt" not in page
    refused = operator.post(f"{here}/hand-over", json=True)
    assert "mặt sau" in refused.get_json()["error"]
    operator.post(f"{here}/backs", json=True)
    run = desk.view(scene.house, batch_id).run
    assert run is not None
    feed(scene, run.id, 1)
    page = shown(operator, batch_id)
    assert "Mặt trước 2, mặt sau 1: thiếu 1" in page and "chưa ghép tờ nào" in page
    refused = operator.post(f"{here}/backs/pair", json=True, order="reversed")
    assert "Mặt trước 2, mặt sau 1" in refused.get_json()["error"]
    first = re.search(r'<option value="(\d+)"[^>]*>Tờ 1</option>', page)
    assert first
    joined = operator.post(f"{here}/backs/pair?without={first[1]}", json=True, order="same")
    assert "Đã ghép 1 tờ" in joined.get_json()["say"]
    faces = [(one.sheet_label, one.face) for one in desk.view(scene.house, batch_id).pages]
    assert faces == [("1", "front"), ("2", "front"), ("2", "back")]
    operator.post(f"{here}/undo", json=True)
    assert manual_duplex.view(scene.house, batch_id) is not None


def test_a_two_sided_source_is_not_taken_for_fronts_nor_a_feeder_for_the_glass(operator: Client, scene: Scene) -> None:
    batch_id = scene.batch("181")
    for way in ("fronts", "series"):
        refused = operator.post(f"/batches/{batch_id}/{way}", json=True, device=DEVICE, profile="administrative_duplex")
        assert refused.status_code == 409, way
    bad = operator.post(f"/batches/{batch_id}/series", json=True, device=DEVICE, profile="flatbed", seconds=999)
    assert bad.status_code == 422
    assert desk.view(scene.house, batch_id).run is None


def test_the_countdown_survives_a_reload_and_ends_when_a_person_says_so(operator: Client, scene: Scene) -> None:
    batch_id = scene.batch("182")
    here = f"/batches/{batch_id}/series"
    glass = ScanSettings(Source.FLATBED, ColorMode.COLOR, 200)
    run_id = series.start(scene.house, OPERATOR, batch_id, AskedScan(DEVICE, glass, {"book": True}), seconds=30)
    feed(scene, run_id, 1)
    left = [float(re.findall(r'data-left="([\d.]+)"', shown(operator, batch_id))[0]) for _ in range(2)]
    assert 20 < left[1] < left[0] <= 30
    operator.post(f"{here}/change", json=True, run=run_id, state="paused")
    assert 'data-state="paused"' in shown(operator, batch_id)
    assert operator.post(f"{here}/next", json=True, run=run_id + 7).status_code == 409
    assert operator.post(f"{here}/next", json=True, run=run_id).status_code == 200
    run = desk.view(scene.house, batch_id).run
    assert run is not None and run.id != run_id
    with scene.house.store.read() as connection:
        assert runs.get(connection, run.id).settings["book"] is True
    feed(scene, run.id, 1)
    operator.post(f"{here}/change", json=True, run=run.id, state="ended")
    assert 'id="series"' not in shown(operator, batch_id)


def test_a_page_says_how_it_was_scanned_and_what_the_device_changed(operator: Client, scene: Scene) -> None:
    page_id = scene.page_ids(FIRST)[0]
    effective = {"resolution": {"asked": 300, "effective": 200}, "br-x": {"asked": 210.0, "effective": 209.9}}
    facts = {"effective": effective, "profile": {"name": "flatbed", "version": 3}, "book": True}
    with scene.house.store.write() as connection:
        connection.execute(schema.page.update().where(schema.page.c.id == page_id).values(facts=facts))
        connection.execute(schema.capture_run.update().values(effective=effective))
    page = unescape(operator.get(f"/pages/{page_id}").get_data(as_text=True))
    assert "Đã hỏi 300 dpi, máy cho 200 dpi" in page
    assert "Từng tờ trên mặt kính, phiên bản 3" in page
    assert "hai trang mở" in page
    assert "Máy tự đổi: Độ phân giải (dpi) hỏi 300 dpi, máy cho 200 dpi." in shown(operator, FIRST)


def test_page_numbers_tell_which_front_has_no_back() -> None:
    assert gap_at([1, 3, 5, 7], [2, 4, 8]) == 2
    assert gap_at([1, None, 5, 7, 9], [2, 4, 6, 10]) == 3
    assert gap_at([None] * 4, [None] * 3) is None
    assert gap_at([1, 3, 5], [None, 6]) is None, "one number agrees: not enough"
