"""The book of scan profiles in the console: a new one, its history, what fits, what is refused where."""

import json
import re
from html import unescape

from console_client import Client
from scene import DEVICE, Scene

from station import profiles


def test_a_profile_is_made_changed_and_its_history_says_who(supervisor: Client, administrator: Client, scene: Scene) -> None:
    made = supervisor.post("/profiles/save", json=True, name="Thư tay", follows=0, builds_on="flatbed", resolution="300")
    assert made.get_json() == {"go": "/profiles"}
    fields = {"builds_on": "flatbed", "resolution": "200", "x_contrast": "12", "others": "sleeptimer = 15", "note": "mực nhạt"}
    administrator.post("/profiles/save", json=True, name="Thư tay", follows=1, **fields)
    page = unescape(administrator.get("/profiles/edit?name=Thư tay").get_data(as_text=True))
    assert "quantri" in page and "binh" in page and "mực nhạt" in page
    assert "300 dpi → 200 dpi" in page
    assert profiles.get(scene.house, "Thư tay").settings.extra == {"contrast": 12, "sleeptimer": 15}
    assert "Thư tay" in supervisor.get("/profiles").get_data(as_text=True)


def test_while_one_writes_the_nearest_that_fits_is_offered_for_each_scanner(supervisor: Client) -> None:
    answer = supervisor.post("/profiles/check", json=True, source="duplex", mode="bitonal", resolution="400", x_contrast="5")
    html = unescape(answer.get_json()["html"])
    assert "“400 dpi” không có, gần nhất là “300 dpi”" in html
    take = json.loads(re.findall(r'data-fields="(\{.*?\})"', html)[0])
    assert take == {"mode": "color", "resolution": "300", "x_contrast": "-"}
    mended = supervisor.post("/profiles/check", json=True, source="duplex", **{**take, "x_contrast": ""})
    assert "dùng được" in mended.get_json()["html"] and "✕" not in mended.get_json()["html"]


def test_what_is_wrong_in_the_form_is_said_in_one_line(supervisor: Client) -> None:
    for fields in ({"resolution": "9999"}, {"others": "khong co dau bang"}, {"x_gamma": "abc"}, {"source": "kính"}):
        answer = supervisor.post("/profiles/save", json=True, name="X", follows=0, **fields)
        assert answer.status_code in (409, 422), fields
        assert answer.get_json()["error"]
    stale = supervisor.post("/profiles/save", json=True, name="flatbed", follows=7, resolution=200)
    assert "Người khác vừa lưu" in stale.get_json()["error"]


def test_the_desk_offers_what_fits_and_says_why_the_rest_does_not(operator: Client, supervisor: Client, scene: Scene) -> None:
    supervisor.post("/profiles/save", json=True, name="Bản vẽ", follows=0, source="duplex", mode="color", resolution="400")
    batch_id = scene.batch("170")
    page = unescape(operator.get(f"/batches/{batch_id}/scan").get_data(as_text=True))
    assert re.search(r'<option value="Bản vẽ"[^>]*disabled', page)
    assert "“400 dpi” không có, gần nhất là “300 dpi”" in page
    refused = operator.post(f"/batches/{batch_id}/start", json=True, device=DEVICE, profile="Bản vẽ")
    assert refused.status_code == 409
    started = operator.post(f"/batches/{batch_id}/start", json=True, device=DEVICE, profile="Bản vẽ", nearest=1)
    assert started.status_code == 200
