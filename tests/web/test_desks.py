"""The desks, asked as a browser asks them; effects are read from the records."""

import json
import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from console_client import Client
from flask import Flask
from scene import DEVICE, FIRST, OPERATOR, SUPERVISOR, Scene

from batches import batch as batch_records
from batches import devices, findings, items, pages, people, review, runs, states
from batches.words import BatchState, Role, RunState, Verdict
from scanner.model import FaultKind, ScanSettings, Source
from station import desk, desk_view, review_desk
from station.words import catalogue
from web import showing
from web.cards import card_of
from web.live import Streams, stream


def card(page: str) -> str:
    return page.split('id="card"')[1].split("</section>", maxsplit=1)[0]


def thumbs(page: str) -> list[dict[str, Any]]:
    return [json.loads(unescape(found)) for found in re.findall(r'data-page="([^"]*)"', page)]


def state(scene: Scene, batch_id: int = FIRST) -> str:
    with scene.house.store.read() as connection:
        return str(batch_records.get(connection, batch_id).state)


# -- a new batch ---------------------------------------------------------------------------------------------------


def test_a_new_batch_is_typed_and_its_archive_file_is_used_again(operator: Client, scene: Scene) -> None:
    form = {"fonds_code": "HU", "fonds_name": "x", "catalogue_code": "02", "catalogue_name": "Mục lục 02", "file_code": "7"}
    answer = operator.post("/batches", **form, file_title="Báo cáo", sheets_prepared=12)
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith("/scan")
    again = operator.post("/batches", **form, file_title="Báo cáo", sheets_prepared=3)
    with scene.house.store.read() as connection:
        rows = batch_records.listing(connection)
    assert (rows[0].archive_file_id, rows[0].sheets_prepared, rows[1].sheets_prepared) == (rows[1].archive_file_id, 3, 12)
    assert again.status_code == 303
    options = operator.get("/holdings/catalogues?fonds_code=HU").get_data(as_text=True)
    assert 'value="02"' in options
    assert "Mục lục 02" in options


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"fonds_code": ""}, "Mã phông"),
        ({"file_title": ""}, "tiêu đề"),
        ({"sheets_prepared": "mười"}, "Số tờ"),
        ({"sheets_prepared": "-1"}, "Số tờ"),
    ],
)
def test_a_wrong_field_is_named_in_one_line_and_nothing_is_made(
    operator: Client, scene: Scene, wrong: dict[str, str], said: str
) -> None:
    form = {"fonds_code": "HU", "catalogue_code": "01", "file_code": "9", "file_title": "Tờ trình", "sheets_prepared": "3"}
    answer = operator.post("/batches", json=True, **{**form, **wrong})
    assert answer.status_code == 422
    assert said in answer.json["error"]
    assert "\n" not in answer.json["error"]
    with scene.house.store.read() as connection:
        assert len(batch_records.listing(connection)) == 1


def test_each_role_sees_its_own_next_step(operator: Client, supervisor: Client, administrator: Client, scene: Scene) -> None:
    assert "Quét tiếp" in operator.get("/").get_data(as_text=True)
    assert "Không còn lô nào chờ duyệt" in supervisor.get("/").get_data(as_text=True)
    scene.hand_over(FIRST)
    page = supervisor.get("/").get_data(as_text=True)
    assert f"/batches/{FIRST}/review" in page.split('class="card next"')[1].split("</section>")[0]
    assert "Lập lô mới" not in supervisor.get("/").get_data(as_text=True)
    assert administrator.get("/").status_code == 200


# -- the scan desk -------------------------------------------------------------------------------------------------


def test_the_desk_shows_every_side_with_its_pictures(operator: Client) -> None:
    page = operator.get(f"/batches/{FIRST}/scan").get_data(as_text=True)
    shown = thumbs(page)
    assert [(one["label"], one["face"]) for one in shown] == [(n, f) for n in "123" for f in ("front", "back")]
    assert [one["blank"] for one in shown] == [False, True] * 3
    for one in shown[:2]:
        for kind in ("thumb", "proof", "whole", "full"):
            picture = operator.get(one[kind])
            assert picture.status_code == 200, kind
            assert picture.data[:2] == b"\xff\xd8"
            assert picture.headers["Cache-Control"].startswith("private")
            again = operator.http.get(one[kind], headers={"If-None-Match": picture.headers["ETag"]})
            assert again.status_code == 304


def test_the_card_goes_from_paper_to_hand_over(operator: Client, scene: Scene) -> None:
    empty = scene.batch("161", prepared=4)
    assert "Bắt đầu quét" in card(operator.get(f"/batches/{empty}/scan").get_data(as_text=True))
    assert (
        operator.post(f"/batches/{empty}/start", json=True, device=DEVICE, profile="administrative_duplex").status_code == 200
    )
    with scene.house.store.read() as connection:
        run = runs.active(connection, empty)
    assert run.settings["source"] == "duplex"
    assert "Đang gọi máy quét" in card(operator.get(f"/batches/{empty}/scan").get_data(as_text=True))
    ready = card(operator.get(f"/batches/{FIRST}/scan").get_data(as_text=True))
    assert 'data-deed="hand_over"' in ready
    assert operator.post(f"/batches/{FIRST}/hand-over", json=True).status_code == 200
    assert state(scene) == BatchState.CAPTURED
    assert 'data-deed="home"' in card(operator.get(f"/batches/{FIRST}/scan").get_data(as_text=True))


def test_a_count_that_differs_is_not_handed_over(operator: Client, scene: Scene) -> None:
    assert operator.post(f"/batches/{FIRST}/prepared", json=True, sheets_prepared=5).status_code == 200
    assert "Còn 2 tờ chưa quét" in card(operator.get(f"/batches/{FIRST}/scan").get_data(as_text=True))
    answer = operator.post(f"/batches/{FIRST}/hand-over", json=True)
    assert answer.status_code == 409
    assert "chênh lệch" in answer.json["error"]
    assert state(scene) == BatchState.CAPTURING
    operator.post(f"/batches/{FIRST}/prepared", json=True, sheets_prepared=2)
    assert "Thừa 1 tờ" in card(operator.get(f"/batches/{FIRST}/scan").get_data(as_text=True))


@pytest.mark.parametrize("kind", FaultKind)
def test_a_fault_says_first_what_is_safe_then_where_to_go_on(operator: Client, scene: Scene, kind: FaultKind) -> None:
    run_id = scene.scan(FIRST, 0, finish=False)
    with scene.house.store.write() as connection:
        runs.pause(connection, run_id, kind.value, "feed", "driver says no")
    page = operator.get(f"/batches/{FIRST}/scan").get_data(as_text=True)
    shown = card(page)
    assert "Đặt lại từ tờ 4" in shown
    assert (
        shown.index('class="safe"')
        < shown.index("<h1>")
        < shown.index('data-deed="resume"')
        < shown.index('data-deed="give_up"')
    )
    assert "driver says no" not in page
    assert operator.post(f"/batches/{FIRST}/resume", json=True, run=run_id).status_code == 200


def test_a_run_of_another_batch_is_not_touched(operator: Client, scene: Scene) -> None:
    run_id = scene.scan(FIRST, 0, finish=False)
    other = scene.batch("162")
    assert operator.post(f"/batches/{other}/stop", json=True, run=run_id).status_code == 422


def test_two_operators_at_one_scanner_and_the_second_is_told_who(operator: Client, scene: Scene) -> None:
    other = scene.batch("163")
    with scene.house.store.write() as connection:
        devices.take(connection, DEVICE, "someone's run", "hoa")
    answer = operator.post(f"/batches/{other}/start", json=True, device=DEVICE, profile="administrative_duplex")
    assert answer.status_code == 409
    assert "hoa" in answer.json["error"]


def test_mending_a_page_is_a_value_and_undo_takes_it_back(operator: Client, scene: Scene) -> None:
    page_id = scene.page_ids(FIRST)[0]
    before = desk_view.page(scene.house, page_id)
    for path, fields in (
        ("turn", {"degrees": "90"}),
        ("blank", {"blank": "yes"}),
        ("straighten", {"degrees": "1,5"}),
        ("crop", {"box": "0.1,0.1,0.9,0.9"}),
    ):
        assert operator.post(f"/pages/{page_id}/{path}", json=True, **fields).status_code == 200, path
    after = desk_view.page(scene.house, page_id)
    assert after.degrees == (before.degrees + 90) % 360
    assert (after.blank, after.blank_by_person, after.skew, after.crop_by_person) == (True, True, 1.5, True)
    said = [operator.post(f"/batches/{FIRST}/undo", json=True).json["say"] for _ in range(5)]
    assert said[0].endswith("cắt viền.")
    assert said[4] == "Không có gì để hoàn tác."
    undone = desk_view.page(scene.house, page_id)
    assert (undone.degrees, undone.blank, undone.skew_by_person) == (before.degrees, before.blank, False)


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("turn", {"degrees": "45"}),
        ("straighten", {"degrees": "nan"}),
        ("straighten", {"degrees": "40"}),
        ("crop", {"box": "0.9,0,0.1,1"}),
        ("crop", {"box": "a,b"}),
        ("crop", {"box": "0,0,2,1"}),
    ],
)
def test_a_value_that_cannot_be_changes_nothing(operator: Client, scene: Scene, path: str, fields: dict[str, str]) -> None:
    page_id = scene.page_ids(FIRST)[0]
    before = desk_view.page(scene.house, page_id)
    assert operator.post(f"/pages/{page_id}/{path}", json=True, **fields).status_code == 422
    assert desk_view.page(scene.house, page_id) == before


def test_a_sheet_is_moved_and_set_aside(operator: Client, scene: Scene) -> None:
    with scene.house.store.read() as connection:
        first, _, third = dict.fromkeys(row.sheet_id for row in pages.listing(connection, FIRST))
    assert operator.post(f"/sheets/{third}/move", json=True, after="").status_code == 200
    shown = thumbs(operator.get(f"/batches/{FIRST}/scan").get_data(as_text=True))
    assert [one["label"] for one in shown] == list("331122")
    assert operator.post(f"/sheets/{first}/state", json=True, state="superseded").status_code == 200
    shown = thumbs(operator.get(f"/batches/{FIRST}/scan").get_data(as_text=True))
    assert [one["label"] for one in shown] == list("3322")


def test_changes_bring_only_what_changed(operator: Client, scene: Scene) -> None:
    whole = operator.get(f"/batches/{FIRST}/scan/changes?after=-1").json
    assert (len(whole["pages"]), whole["whole"]) == (6, True)
    assert operator.get(f"/batches/{FIRST}/scan/changes?after={whole['revision']}").json["pages"] == []
    page_id = scene.page_ids(FIRST)[2]
    operator.post(f"/pages/{page_id}/blank", json=True, blank="yes")
    patch = operator.get(f"/batches/{FIRST}/scan/changes?after={whole['revision']}").json
    assert [one["id"] for one in patch["pages"]] == [page_id]
    assert thumbs(patch["pages"][0]["html"])[0]["blank"] is True
    assert set(patch["html"]) == {"card", "overlap", "health", "ledger", "profile", "status"}


def test_the_stream_tells_a_change_and_gives_its_place_back(app: Flask, operator: Client, scene: Scene) -> None:
    app.extensions["sohoa.streams"] = Streams(most=1)
    answer = operator.http.get(f"/batches/{FIRST}/scan/live?after=-1", buffered=False)
    lines = answer.iter_encoded()
    assert next(lines) == b"retry: 2000\n\n"
    assert json.loads(next(lines)[6:])["whole"]
    other = Client(app).log_in("binh").get(f"/batches/{FIRST}/scan/live?after=-1")
    assert other.status_code == 503
    assert int(other.headers["Retry-After"]) > 0
    answer.close()
    third = Client(app).log_in("binh").http.get(f"/batches/{FIRST}/scan/live?after=-1", buffered=False)
    assert third.status_code == 200
    third.close()


def test_a_stream_that_nobody_read_still_gives_its_place_back(app: Flask) -> None:
    streams = Streams(most=1)
    with app.test_request_context():
        stream(streams, lambda: 1, dict).close()
        assert streams.take()


def test_quarantined_pictures_are_hidden(operator: Client, scene: Scene) -> None:
    page_id = scene.page_ids(FIRST)[0]
    with scene.house.store.write() as connection:
        states.move(connection, FIRST, BatchState.QUARANTINED, "an", role=Role.OPERATOR, reason="MẬT")
    for kind in ("thumb", "proof", "whole", "full"):
        assert operator.get(f"/pages/{page_id}/{kind}.jpg").status_code == 403


# -- documents -----------------------------------------------------------------------------------------------------


def test_documents_are_split_filled_and_joined(operator: Client, scene: Scene) -> None:
    page_id = scene.page_ids(FIRST)[2]
    assert operator.post(f"/pages/{page_id}/split", json=True).status_code == 200
    assert operator.post(f"/pages/{page_id}/split", json=True).status_code == 422
    with scene.house.store.write() as connection:
        first, second = items.listing(connection, FIRST)
        items.set_proposals(connection, second.id, {"subject": {"value": "Về việc họp", "confidence": 0.9}, "codeNumber": "15"})
    assert [len(first.pages), len(second.pages)] == [2, 4]
    page = operator.get(f"/batches/{FIRST}/items").get_data(as_text=True)
    assert "Về việc họp" in page
    assert "90%" in page
    operator.post(f"/items/{second.id}/fields", json=True, subject="Về việc họp dân", codeNumber="", organName="UBND xã")
    with scene.house.store.read() as connection:
        assert items.listing(connection, FIRST)[1].fields == {"subject": "Về việc họp dân", "organName": "UBND xã"}
    assert operator.post(f"/items/{second.id}/join", json=True).status_code == 200
    with scene.house.store.read() as connection:
        assert len(items.listing(connection, FIRST)) == 1


# -- the review desk -----------------------------------------------------------------------------------------------


def test_a_verdict_belongs_to_its_page_with_its_region_on_the_master(
    supervisor: Client, operator: Client, scene: Scene
) -> None:
    page_id = scene.page_ids(FIRST)[2]
    if turned := desk_view.page(scene.house, page_id).degrees:  # the small page's bars may have been taken for text upside down
        desk.turn(scene.house, OPERATOR, page_id, {90: -90, 180: 180, 270: 90}[turned])
    scene.hand_over(FIRST)
    answer = supervisor.post(
        f"/pages/{page_id}/verdict", json=True, verdict="return", reason="blur", note="góc trái", box="0,0,0.5,0.5"
    )
    assert answer.status_code == 200
    with scene.house.store.read() as connection:
        stands = review.open_verdicts(connection, FIRST)[page_id]
        row = pages.get(connection, page_id)
    assert (stands.verdict, stands.reason, stands.note) == ("return", "blur", "góc trái")
    assert stands.box[0] < 40
    assert 0.4 * row.width < stands.box[2] < 0.6 * row.width
    shown = card(operator.get(f"/batches/{FIRST}/scan").get_data(as_text=True))
    assert "Quét lại tờ 2" in shown
    assert "góc trái" in shown
    marked = next(one for one in thumbs(operator.get(f"/batches/{FIRST}/scan").get_data(as_text=True)) if one["id"] == page_id)
    assert marked["region"] == pytest.approx([0, 0, 0.5, 0.5], abs=0.02)
    patch = operator.get(f"/batches/{FIRST}/scan/changes?after={marked['id']}").json
    assert "Quét lại tờ 2" in patch["html"]["card"]
    assert supervisor.post(f"/pages/{page_id}/verdict", json=True, verdict="return", reason="").status_code == 422
    assert supervisor.post(f"/pages/{page_id}/verdict/undo", json=True).status_code == 200
    with scene.house.store.read() as connection:
        assert review.open_verdicts(connection, FIRST) == {}


def test_a_batch_is_accepted_only_when_all_was_seen(supervisor: Client, scene: Scene) -> None:
    scene.hand_over(FIRST)
    answer = supervisor.post(f"/batches/{FIRST}/accept", json=True)
    assert answer.status_code == 409
    assert "cần xem" in answer.json["error"]
    for page_id in scene.page_ids(FIRST):
        assert supervisor.post(f"/pages/{page_id}/verdict", json=True, verdict="pass").status_code == 200
    answer = supervisor.post(f"/batches/{FIRST}/accept", json=True)
    assert answer.json["go"].endswith("/release")
    assert state(scene) == BatchState.ACCEPTED
    assert "Đóng gói và xuất" in supervisor.get(f"/batches/{FIRST}/release").get_data(as_text=True)


def test_a_batch_is_rejected_with_a_reason_and_goes_back_to_the_operator(
    supervisor: Client, operator: Client, scene: Scene
) -> None:
    scene.hand_over(FIRST)
    assert supervisor.post(f"/batches/{FIRST}/reject", json=True, reason=" ").status_code == 409
    page_id = scene.page_ids(FIRST)[0]
    review_desk.decide(scene.house, SUPERVISOR, page_id, Verdict.RETURN, "skew")
    assert supervisor.post(f"/batches/{FIRST}/reject", json=True, reason="nhiều trang nghiêng").status_code == 200
    assert state(scene) == BatchState.REJECTED
    assert "Quét lại tờ bị trả" in operator.get("/").get_data(as_text=True)
    answer = operator.post(f"/pages/{page_id}/rescan", json=True, device=DEVICE, profile="administrative_duplex")
    assert answer.status_code == 200


def test_the_original_is_so_closes_the_findings_of_its_page(supervisor: Client, scene: Scene) -> None:
    page_id = scene.page_ids(FIRST)[0]
    row = {"check_id": "page.blur", "level": "error", "value": 4.8, "limit_value": 4.2, "box": [10, 10, 200, 200]}
    with scene.house.store.write() as connection:
        findings.replace(connection, FIRST, page_id, "live", [{**row, "hint": "lifted_paper"}])
    scene.hand_over(FIRST)
    page = supervisor.get(f"/batches/{FIRST}/review").get_data(as_text=True)
    first = thumbs(page)[0]
    assert (first["id"], first["flag"]) == (page_id, "error")
    assert first["findings"][0]["line"]
    assert "4,8" in first["findings"][0]["line"]
    assert supervisor.post(f"/pages/{page_id}/verdict", json=True, verdict="original").status_code == 200
    with scene.house.store.read() as connection:
        assert [one.state for one in findings.of_pages(connection, [page_id])[page_id]] == ["original"]


# -- administration ------------------------------------------------------------------------------------------------


def test_an_account_gets_a_password_that_is_shown_once(app: Flask, administrator: Client) -> None:
    page = administrator.post("/admin/accounts", login="chi", name="Vũ Thị Chi", role="operator").get_data(as_text=True)
    password = page.split("<code>")[1].split("<")[0]
    assert password not in administrator.get("/admin/accounts").get_data(as_text=True)
    assert Client(app).log_in("chi", password).get("/").headers["Location"].endswith("/password")
    assert administrator.post("/admin/accounts", login="chi", name="x", role="operator").status_code == 422
    assert administrator.post("/admin/accounts", login="Hai Chữ", name="x", role="operator").status_code == 422
    assert administrator.post("/admin/accounts/quantri/active", active="").status_code == 422


def test_an_archive_server_gets_a_token_and_a_fonds(administrator: Client, scene: Scene) -> None:
    page = administrator.post("/admin/archives", name="Kho tỉnh").get_data(as_text=True)
    token = page.split("<code>")[1].split("<")[0]
    with scene.house.store.read() as connection:
        archive = people.archive_by_token(connection, token)
    assert archive.name == "Kho tỉnh"
    assert administrator.post("/admin/fonds/1/archive", archive=archive.id).status_code == 303
    assert administrator.post("/admin/fonds/1/archive", archive=99).status_code == 422
    again = administrator.post("/admin/archives/token", name="Kho tỉnh").get_data(as_text=True)
    assert again.split("<code>")[1].split("<")[0] != token


def test_a_scanner_is_renamed(administrator: Client, scene: Scene) -> None:
    assert administrator.post("/admin/devices/rename", identity=DEVICE, alias="Máy quét phòng 2").status_code == 303
    assert "Máy quét phòng 2" in administrator.get("/admin/devices").get_data(as_text=True)


# -- words ---------------------------------------------------------------------------------------------------------


def test_every_card_has_its_words_in_every_language() -> None:
    cards = [key.removeprefix("console.card.") for key in catalogue("vi").entries if key.startswith("console.card.")]
    names = {key.rpartition(".")[0] for key in cards}  # a kind of card may have cards of its own: importing.paused
    for name in names - {"fault", "elsewhere"}:
        for part in ("safe", "title", "text"):
            assert f"console.card.{name}.{part}" in catalogue("vi").entries


def test_no_scanner_gives_three_usual_causes(scene: Scene) -> None:
    empty = scene.batch("170")
    shown = card_of(desk_view.view(scene.house, empty), scanners=0)
    assert shown.buttons[0].deed == "refresh_devices"
    assert shown.text.count("\n") == 3


def test_a_page_that_was_scanned_again_is_gone(operator: Client, scene: Scene) -> None:
    old = scene.page_ids(FIRST)[0]
    desk.rescan(scene.house, OPERATOR, old, DEVICE, ScanSettings(Source.DUPLEX, resolution=100))
    with scene.house.store.write() as connection:
        run = runs.claim(connection, runs.in_state(connection, RunState.REQUESTED)[0].id)
        pages.record(connection, run, scene.side(run, 1, "front"))
        runs.finish(connection, run.id)
    assert operator.get(f"/pages/{old}").status_code == 410
    assert "quét lại" in operator.get(f"/pages/{old}").get_data(as_text=True)


def test_a_place_where_a_document_seems_to_begin_is_shown(scene: Scene, operator: Client) -> None:
    with scene.house.store.write() as connection:
        (item,) = items.listing(connection, FIRST)
        items.set_proposals(connection, item.id, {"starts": [item.pages[2].id]})
    shown = operator.get(f"/batches/{FIRST}/items").text
    assert shown.count("cut suggested") == 1


def test_the_journal_speaks_words_and_no_page_of_a_batch_is_an_end(
    operator: Client, supervisor: Client, administrator: Client
) -> None:
    told = operator.get(f"/batches/{FIRST}/journal").text
    assert "khay nạp, hai mặt · màu · 100 dpi" in told
    assert "{&#34;" not in told
    for person in (operator, supervisor, administrator):
        for path in ("journal", "release"):
            page = person.get(f"/batches/{FIRST}/{path}").text
            ways = re.findall(r'<a class="button[^>]*href="([^"]+)"[^>]*data-deed="link"', page)
            assert ways, (path, person)
            assert person.get(ways[0]).status_code == 200


def test_a_back_that_waits_to_be_joined_has_no_sheet_of_its_own(scene: Scene) -> None:
    page = next(iter(desk_view.view(scene.house, FIRST).pages))
    loose = replace(page, sheet_label="3sau", face="back")
    assert showing.under(loose) == "sau 3"
    assert showing.title(loose) == "Mặt sau thứ 3, chưa ghép"
    assert showing.under(page) == "1 trước"
