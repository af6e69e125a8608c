"""The scan desk's card for dirty glass and the scanner's page, as people get them."""

from console_client import Client
from scene import DEVICE, FIRST, Scene

from batches import care
from qc.device import Mark, Sample
from station import health, qualifying
from web.plots import curve

WHERE = {"device": DEVICE}


def soil(scene: Scene, mm: float = 83.0, pages: int = 3) -> None:
    """The last backs are said to have come over dirty glass."""
    dirty = Sample((210.0, 297.0), (Mark(mm, 0.17, -0.041, 1.0),)).to_json()
    with scene.house.store.write() as connection:
        for row in care.samples(connection, DEVICE, "back", last=pages):
            care.store_sample(connection, DEVICE, "back", row.page_id, dirty)


def part(client: Client, name: str = "health") -> str:
    return str(client.get(f"/batches/{FIRST}/scan/changes").json["html"][name])  # type: ignore[index]


def page(client: Client) -> str:
    return client.http.get("/scanners", query_string=WHERE).get_data(as_text=True)


def test_the_desk_says_what_where_and_how_and_takes_the_cleaning(scene: Scene, operator: Client) -> None:
    assert " hidden" in part(operator)
    soil(scene)
    card = part(operator)
    assert " hidden" not in card
    for said in ("Lau kính mặt sau, cách mép trái ảnh 83 mm", "Sọc 4,1%", "chưa mất trang nào", "Đã lau xong"):
        assert said in card
    assert card.count("<li>") == 3
    answer = operator.post("/scanners/cleaned", json=True, device=DEVICE, part="glass")
    assert answer.status_code == 200
    assert "Trước: 4,1% — đang chờ trang sau chứng thực (0/3)" in part(operator)
    assert health.alarms(scene.house, DEVICE) == []


def test_a_supervisor_sees_it_and_cannot_say_it_was_cleaned(scene: Scene, supervisor: Client) -> None:
    soil(scene)
    assert "Lau kính mặt sau" in part(supervisor)
    assert 'data-deed="cleaned"' not in part(supervisor)
    assert supervisor.post("/scanners/cleaned", device=DEVICE, part="glass").status_code == 403


def test_the_scanners_page_tells_its_state_its_counts_and_its_book(scene: Scene, operator: Client) -> None:
    assert "Kính sạch" in page(operator)
    soil(scene)
    operator.post("/scanners/cleaned", device=DEVICE, part="rollers", note="con lăn <mới>")
    seen = page(operator)
    assert "Kính sạch" not in seen, "not before pages prove it"
    for said in (
        "Lau hoặc thay con lăn",
        "con lăn &lt;mới&gt;",
        "Lúc đó: mặt sau, 83 mm, 4,1%",
        "3 tờ · 6 mặt",
        "<polyline",
        "test:1",
    ):
        assert said in seen, said
    listed = operator.get("/scanners").get_data(as_text=True)
    assert "fi-8170" in listed


def test_refusals_are_one_line(scene: Scene, operator: Client) -> None:
    assert operator.get("/scanners?device=nobody").status_code == 404
    assert operator.post("/scanners/cleaned", device=DEVICE, part="roof").status_code == 422
    answer = operator.post("/scanners/target/measure", json=True, device=DEVICE, run=1)
    assert answer.status_code == 409
    assert "150 dpi" in answer.json["error"], "the scene's pages are too coarse for a target"
    assert operator.post("/scanners/target/measure", device="other", run=1).status_code == 404
    assert operator.post("/scanners/target/scan", device=DEVICE, source="roof").status_code == 422


def test_a_target_scan_is_shown_and_can_be_left(scene: Scene, operator: Client) -> None:
    assert operator.post("/scanners/target/scan", device=DEVICE).status_code == 303
    assert "Đang quét tờ đích" in page(operator)
    last = qualifying.last_run(scene.house, DEVICE)
    assert last is not None
    assert last.state == "requested"
    home = operator.get("/").get_data(as_text=True)
    assert "Tờ đích" not in home, "a service batch is no work of the desks"
    assert operator.post("/scanners/target/leave", device=DEVICE, run=last.id).status_code == 303
    assert "Quét tờ đích" in page(operator)
    assert operator.post("/scanners/target/leave", device=DEVICE, run=1).status_code == 404, "a run of the work"


def test_the_sheet_is_a_pdf(operator: Client) -> None:
    answer = operator.get("/scanners/target.pdf")
    assert (answer.mimetype, answer.data[:5]) == ("application/pdf", b"%PDF-")


def test_a_curve_shows_its_range_and_bears_few_points() -> None:
    drawn = curve([float(value % 7) for value in range(2000)], limit=3.0)
    assert drawn is not None
    assert len(drawn.points.split()) <= 160
    assert (drawn.count, drawn.last, drawn.limit is not None) == (2000, 1999 % 7, True)
    flat = curve([1.0, 1.0], least_span=2.0)
    assert flat is not None
    assert (flat.low, flat.high) == (0.0, 2.0)
    assert curve([1.0]) is None
    zero = curve([0.0, 0.5], 1.0, 2.0, from_zero=True)
    assert zero is not None
    assert (zero.low, zero.high) == (0.0, 2.0)
