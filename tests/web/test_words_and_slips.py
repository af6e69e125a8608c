"""The pages for words, slips, spreads and secrecy marks, asked as a browser asks them."""

import pytest
from console_client import Client
from scene import FIRST, Scene
from sqlalchemy import update

from batches import findings, pages, schema, states, text_mends
from batches.words import BatchState
from imaging.fields import Proposal
from imaging.values import Line, PageText, Word
from station import desk, page_text, secrecy, spreads, vocabulary


@pytest.fixture
def read(scene: Scene) -> int:
    """The first page, read and at rest."""
    page_id = scene.page_ids(FIRST)[0]
    box = (100, 200, 160, 220)
    word = Word("Tri", box, 0.4)
    with scene.house.store.write() as connection:
        row = pages.get(connection, page_id)
        uid = desk.batch_records.get(connection, FIRST).uid
        connection.execute(update(schema.page_job).values(state="done"))
    page_text.store(
        scene.house.folders.page(uid, row.uid), PageText((Line((word,), box, (220.0, 0.0)),), (827, 1169), 100.0, "test")
    )
    return page_id


@pytest.fixture
def marked(scene: Scene, read: int) -> int:
    """A finding of a secrecy mark on that page."""
    with scene.house.store.write() as connection:
        page = pages.get(connection, read)
        secrecy.raise_alarm(connection, page, {}, [Proposal("secrecy", "mat", 0.9, 0, (10, 10, 90, 40))])
        return int(next(row.id for row in findings.of_pages(connection, [read])[read] if row.check_id == secrecy.CHECK))


def test_a_word_is_put_right_confirmed_and_taken_back(operator: Client, scene: Scene, read: int) -> None:
    page = operator.get(f"/pages/{read}/text").get_data(as_text=True)
    assert "Đúng rồi, sang chữ sau" in page
    (word,) = operator.get(f"/pages/{read}/words").json["words"]
    assert (word["text"], word["unsure"], word["px"]) == ("Tri", True, [100, 200, 160, 220])
    fields = {"box": "100,200,160,220", "before": "Tri"}
    answer = operator.post(f"/pages/{read}/words", json=True, **fields, after="Trì").json
    assert (answer["say"], answer["words"]["words"][0]["by"]) == ("Đã sửa thành “Trì”.", "an")
    late = operator.post(f"/pages/{read}/words", json=True, **fields, after="Trí")
    assert late.status_code == 409
    assert "người khác sửa" in late.json["error"]
    assert operator.post(f"/pages/{read}/words/undo", json=True).json["words"]["words"][0]["text"] == "Tri"
    assert operator.post(f"/pages/{read}/words", json=True, box="x", before="Tri", after="y").status_code == 422
    with scene.house.store.read() as connection:
        assert text_mends.of_page(connection, read) == ()


def test_an_administrator_strikes_a_learned_word(operator: Client, administrator: Client, scene: Scene, read: int) -> None:
    assert "Chưa có từ nào" in administrator.get("/admin/vocabulary").get_data(as_text=True)
    operator.post(f"/pages/{read}/words", json=True, box="100,200,160,220", before="Tri", after="Trì")
    assert "Trì" in administrator.get("/admin/vocabulary").get_data(as_text=True)
    assert operator.get("/admin/vocabulary").status_code == 403
    assert administrator.post("/admin/vocabulary", before="Tri", after="Trì").status_code == 303
    assert vocabulary.view(scene.house).words == 0
    assert "đã bỏ" in administrator.get("/admin/vocabulary").get_data(as_text=True)


def test_slips_are_printed_and_a_wrong_order_is_one_line(operator: Client) -> None:
    answer = operator.post(f"/batches/{FIRST}/slips.pdf", first="1", sheets="4, 2 ?", dividers="1")
    assert (answer.mimetype, answer.data[:5]) == ("application/pdf", b"%PDF-")
    assert "phieu-160.pdf" in answer.headers["Content-Disposition"]
    refused = operator.post(f"/batches/{FIRST}/slips.pdf", json=True, first="1", sheets="bốn", dividers="0")
    assert refused.status_code == 422
    assert "Chưa tạo được phiếu" in refused.json["error"]
    assert operator.post(f"/batches/{FIRST}/blank-pairs", on="1").status_code == 303
    assert ": bật" in operator.get(f"/batches/{FIRST}/slips").get_data(as_text=True)


def test_a_page_is_split_and_shown_as_two(operator: Client, scene: Scene) -> None:
    page_id = scene.page_ids(FIRST)[0]
    assert operator.post(f"/pages/{page_id}/gutter", json=True, at="0.47").status_code == 200
    assert desk.page(scene.house, page_id).spread == pytest.approx(0.47, abs=0.01)
    assert "hai trang (trái, phải)" in operator.get(f"/pages/{page_id}").get_data(as_text=True)
    assert operator.get(f"/pages/{page_id}/gutter").json["confidence"] == 0
    for wrong in ("1.2", "nan", "x"):
        assert operator.post(f"/pages/{page_id}/gutter", json=True, at=wrong).status_code == 422
    operator.post(f"/pages/{page_id}/gutter", json=True, at="")
    with scene.house.store.read() as connection:
        assert spreads.VALUE not in pages.values(connection, page_id)


def test_only_a_supervisor_dismisses_a_mark(operator: Client, supervisor: Client, scene: Scene, marked: int) -> None:
    assert operator.post(f"/findings/{marked}/no-secret", json=True, reason="x").status_code == 403
    refused = operator.post(f"/findings/{marked}/original", json=True)
    assert "người kiểm tra mở trang" in refused.json["error"]
    scene.hand_over(FIRST)
    assert "Chưa quyết định dấu độ mật" in supervisor.get(f"/batches/{FIRST}/review").get_data(as_text=True)
    assert supervisor.post(f"/findings/{marked}/no-secret", json=True, reason="").status_code == 422
    assert supervisor.post(f"/findings/{marked}/no-secret", json=True, reason="tên sách").status_code == 200
    assert "Chưa quyết định dấu độ mật" not in supervisor.get(f"/batches/{FIRST}/review").get_data(as_text=True)


def test_a_quarantined_batch_is_behind_a_wall(
    operator: Client, supervisor: Client, scene: Scene, marked: int, read: int
) -> None:
    assert operator.post(f"/findings/{marked}/secret", json=True, note="").json["go"] == "/"
    with scene.house.store.read() as connection:
        assert states.state_of(connection, FIRST) is BatchState.QUARANTINED
    for path in (
        f"/batches/{FIRST}/scan", f"/batches/{FIRST}/scan/changes?after=-1", f"/batches/{FIRST}/items", f"/pages/{read}",
        f"/pages/{read}/text", f"/pages/{read}/words", f"/pages/{read}/proof.jpg", f"/batches/{FIRST}/journal",
        f"/batches/{FIRST}/release",
    ):  # fmt: skip
        answer = operator.get(path)
        assert answer.status_code == 403, path
        assert b"Tri" not in answer.data
    assert "lấy hết giấy" in operator.get(f"/batches/{FIRST}/scan").get_data(as_text=True)
    assert "Việc cần làm ngay" in supervisor.get(f"/batches/{FIRST}/review").get_data(as_text=True)
    assert supervisor.get(f"/pages/{read}/proof.jpg").status_code == 200
