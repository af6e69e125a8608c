"""The import page: choose, see the order, start; files from a browser; the hot folder; what may not be reached."""

import io
import threading
from pathlib import Path
from urllib.parse import quote

import pytest
from console_client import Client
from flask import Flask
from scene import FIRST, OPERATOR, Scene

from batches import runs
from station import desk, importing, importing_doors
from station.house import House
from tests.station.outside import jpeg, lay, pdf
from tests.station.test_import import Pool, numbers
from web import app as web_app


@pytest.fixture
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("outside")
    lay(folder / "nhap" / "hồ sơ 2", a__jpg=jpeg(2), b__txt=b"x")
    lay(folder / "nhap" / "hồ sơ 10", b__pdf=pdf(("scan", 3)))
    lay(folder / "bi mat", a__jpg=jpeg(9))
    (folder / "nhap" / "loi-tat").symlink_to(folder / "bi mat")
    (folder / "nong").mkdir()
    return folder


@pytest.fixture
def scene(scene: Scene, outside: Path) -> Scene:
    update = {"import_dir": outside / "nhap", "hot_folder": outside / "nong", "upload_megabytes": 1}
    scanning = scene.house.settings.scanning.model_copy(update=update)
    scene.house = House(scene.house.settings.model_copy(update={"scanning": scanning}), scene.house.store, scene.house.folders)
    return scene


@pytest.fixture
def app(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.setattr(web_app, "require_assets", lambda _: None)
    made = web_app.create_app(scene.house, scene.house.settings)
    made.testing = False
    return made


def send(client: Client, batch_id: int, name: str, data: bytes, upload: str = "") -> "tuple[int, dict[str, str]]":
    answer = client.http.post(
        f"/batches/{batch_id}/import/upload?name={quote(name)}&modified=1700000000000&upload={upload}",
        input_stream=io.BytesIO(data),
        headers={"X-CSRFToken": client.token(), "Content-Length": str(len(data)), "Accept": "application/json",
                 "Content-Type": "application/octet-stream"},
    )  # fmt: skip
    return answer.status_code, answer.get_json()


def work(scene: Scene) -> None:
    """What the engine would do."""
    with scene.house.store.read() as connection:
        waiting = [run.id for run in runs.in_state(connection, runs.RunState.REQUESTED)]
    for run_id in waiting:
        importing.carry_out(scene.house, run_id, threading.Event(), Pool)


def test_a_folder_is_chosen_its_order_seen_and_imported(scene: Scene, operator: Client) -> None:
    batch_id = scene.batch(prepared=2, code="200")
    page = operator.get(f"/batches/{batch_id}/import").get_data(as_text=True)
    assert page.index("hồ sơ 2") < page.index("hồ sơ 10")
    assert "loi-tat" not in page
    preview = operator.get(f"/batches/{batch_id}/import?folder=&deep=1").get_data(as_text=True)
    assert preview.index("hồ sơ 2/a.jpg") < preview.index("hồ sơ 10/b.pdf")
    assert "chỉ nhận JPEG" in preview
    form = {"folder": "", "deep": 1, "faces": "single", "documents": "file", "count": 2, "prepared": 2}
    assert operator.post(f"/batches/{batch_id}/import/start", **form).status_code == 303
    assert "Chuẩn bị nhập tệp" in operator.get(f"/batches/{batch_id}/scan").get_data(as_text=True)
    work(scene)
    assert numbers(scene, batch_id) == [2, 3]
    done = operator.get(f"/batches/{batch_id}/import/status").get_data(as_text=True)
    assert "4 tệp đã xem, 2 tệp nhập được (2 trang), 2 tệp không nhập" in done
    assert done.index("b.txt") < done.index("a.jpg"), "what wants eyes stands first"
    assert len(desk.view(scene.house, batch_id).items) == 2


@pytest.mark.parametrize("name", ["../bi mat", "loi-tat", "/etc", "hồ sơ 2/../../bi mat", "khong co", "a\0b"])
def test_no_path_leads_out_of_the_import_folder(scene: Scene, operator: Client, name: str) -> None:
    batch_id = scene.batch(code="200")
    answer = operator.get(f"/batches/{batch_id}/import?folder={quote(name)}")
    assert answer.status_code == 409
    assert "không nằm trong nơi được phép nhập" in answer.get_data(as_text=True)
    assert operator.post(f"/batches/{batch_id}/import/start", folder=name, count=1, faces="single",
                         documents="whole").status_code == 409  # fmt: skip


def test_files_from_a_browser_stand_in_order_under_names_of_ours(scene: Scene, operator: Client) -> None:
    batch_id = scene.batch(prepared=2, code="200")
    status, answer = send(operator, batch_id, "trang 10.jpg", jpeg(10))
    assert status == 200
    assert send(operator, batch_id, "..\\..\\trang 2.jpg", jpeg(2), answer["upload"])[0] == 200
    assert send(operator, batch_id, "<b>.exe", b"MZ", answer["upload"])[0] == 200
    inside = {path.name for path in (scene.house.folders.root / "imports" / answer["upload"]).iterdir()}
    assert {name[:7] for name in inside} == {"u000001", "u000002", "u000003"}
    preview = operator.get(f"/batches/{batch_id}/import?upload={answer['upload']}").get_data(as_text=True)
    assert preview.index("trang 2.jpg") < preview.index("trang 10.jpg")
    assert "&lt;b&gt;.exe" in preview
    form = {"upload": answer["upload"], "faces": "single", "documents": "whole", "count": 2}
    assert operator.post(f"/batches/{batch_id}/import/start", **form).status_code == 303
    work(scene)
    assert numbers(scene, batch_id) == [2, 10]
    assert not (scene.house.folders.root / "imports" / answer["upload"]).exists(), "nothing is left of the sending"


def test_an_upload_too_big_cut_short_or_to_nowhere_is_refused_and_leaves_nothing(scene: Scene, operator: Client) -> None:
    batch_id = scene.batch(code="200")
    status, answer = send(operator, batch_id, "to.pdf", b"x" * (1024 * 1024 + 1))
    assert (status, "1 MB" in answer["error"]) == (409, True)
    assert send(operator, batch_id, "to.pdf", b"x" * (4 * 1024 * 1024))[0] == 413
    assert send(operator, batch_id, "a.jpg", b"x", "../../etc")[0] == 422
    assert send(operator, batch_id, "a.jpg", b"x", "0" * 32)[0] == 409
    assert send(operator, 999, "a.jpg", b"x")[0] == 404
    token = importing_doors.new_upload(scene.house)
    with pytest.raises(Exception, match="giữa chừng"):
        importing_doors.store_upload(scene.house, token, "a.jpg", 0, 10, io.BytesIO(b"short"))
    assert not [path for path in (scene.house.folders.root / "imports").rglob("*") if path.is_file()]
    assert operator.http.post(f"/batches/{batch_id}/import/upload?name=a.jpg", data=b"x").status_code == 400, "no token"


def test_a_list_that_changed_since_it_was_seen_is_not_imported(scene: Scene, operator: Client, outside: Path) -> None:
    batch_id = scene.batch(code="200")
    lay(outside / "nhap" / "hồ sơ 2", c__jpg=jpeg(4))
    form = {"folder": "hồ sơ 2", "faces": "single", "documents": "whole", "count": 1}
    answer = operator.post(f"/batches/{batch_id}/import/start", **form)
    assert answer.status_code == 409
    assert "vừa thay đổi" in answer.get_data(as_text=True)
    form |= {"count": 2, "faces": "ba mặt"}
    assert operator.post(f"/batches/{batch_id}/import/start", **form).status_code == 422


def test_a_batch_receives_from_the_hot_folder_until_it_is_ended(scene: Scene, operator: Client, outside: Path) -> None:
    one, two = scene.batch(code="200"), scene.batch(code="201")
    lay(outside / "nong", a__jpg=jpeg(1))
    assert "1 tệp đang chờ trong thư mục nóng" in operator.get(f"/batches/{one}/import").get_data(as_text=True)
    assert operator.post(f"/batches/{one}/import/receive", faces="single").status_code == 303
    assert "Lô 2 đang nhận từ thư mục nóng" in operator.get(f"/batches/{two}/import").get_data(as_text=True)
    refused = operator.post(f"/batches/{two}/import/receive", faces="single")
    assert refused.status_code == 409
    assert "Lô 2 đang nhận từ thư mục nóng" in refused.get_data(as_text=True)
    with scene.house.store.write() as connection:
        run = runs.claim(connection, importing.receiving(connection).id)  # type: ignore[union-attr]
    desk_page = operator.get(f"/batches/{one}/scan").get_data(as_text=True)
    assert "Đang nhận từ thư mục nóng" in desk_page
    assert "Kết thúc nhận" in desk_page
    assert operator.post(f"/batches/{one}/stop", run=run.id).status_code == 303


def test_a_paused_import_says_why_and_goes_on_from_the_page(scene: Scene, operator: Client) -> None:
    batch_id = scene.batch(prepared=1, code="200")
    form = {"folder": "hồ sơ 2", "faces": "single", "documents": "whole", "count": 1}
    operator.post(f"/batches/{batch_id}/import/start", **form)
    with scene.house.store.write() as connection:
        run = runs.in_state(connection, runs.RunState.REQUESTED)[0]
        runs.claim(connection, run.id)
        runs.pause(connection, run.id, "disk_full", "store", "0 bytes")
    for path in ("import", "scan"):
        assert "Ổ đĩa sắp đầy" in operator.get(f"/batches/{batch_id}/{path}").get_data(as_text=True)
    assert operator.post(f"/batches/{batch_id}/resume", run=run.id).status_code == 303
    work(scene)
    assert numbers(scene, batch_id) == [2]


def test_a_batch_that_takes_no_more_says_so(scene: Scene, operator: Client, supervisor: Client) -> None:
    desk.hand_over(scene.house, OPERATOR, FIRST)
    assert operator.get(f"/batches/{FIRST}/import").status_code == 200
    page = supervisor.get(f"/batches/{FIRST}/import").get_data(as_text=True)
    assert "import/start" not in page, "a supervisor sees, and does not import"
