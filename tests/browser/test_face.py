"""The face of the console in a real browser: it fits, it can be read, hit and used without a mouse, and it keeps calm."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from browser import CHROMIUM, DRIVER, Person, chromium
from scene import FIRST, OPERATOR, PASSWORD, Scene, make_scene
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from werkzeug.serving import make_server

from batches import findings, review, runs, schema
from station import desk
from web.app import create_app

VENDOR = Path(__file__).parents[2] / "web" / "static" / "vendor"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (CHROMIUM.exists() and DRIVER.exists()), reason="needs chromium and chromedriver"),
    pytest.mark.skipif(not (VENDOR / "htmx.min.js").is_file(), reason="needs the browser files: run bin/assets"),
]
SIZES = [(1366, 768), (1920, 1080)]


@dataclass
class Open:
    scene: Scene
    address: str


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    scene = make_scene(tmp_path_factory.mktemp("face"))
    assert scene.scanned(3) == FIRST
    blurred = {"check_id": "page.blur", "level": "error", "value": 4.8, "limit_value": 4.2, "hint": "lifted_paper"}
    with scene.house.store.write() as connection:
        for page_id in scene.page_ids(FIRST):
            rows = [{**blurred, "box": [100, 300, 700, 500]}] if page_id == 3 else []
            findings.replace(connection, FIRST, page_id, "live", rows)
    server = make_server("127.0.0.1", 0, create_app(scene.house, scene.house.settings), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Open(scene, f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    scene.house.store.close()


@pytest.fixture(scope="module")
def an(console: Open) -> Iterator[Person]:
    with chromium(console.address) as person:
        person.log_in("an", PASSWORD)
        yield person
        assert person.complaints() == []


def chosen(person: Person) -> int:
    return int(person.driver.execute_script("return document.querySelector('.thumb.chosen')?.dataset.id || 0"))


_BATCH = f"/batches/{FIRST}"
PAGES = [
    "/",
    "/batches/new",
    f"{_BATCH}/scan",
    "/pages/1",
    f"{_BATCH}/items",
    f"{_BATCH}/slips",
    f"{_BATCH}/import",
    "/scanners",
    "/pages/1/text",
    f"{_BATCH}/journal",
    "/keys",
]


@pytest.mark.parametrize("size", SIZES)
def test_no_page_is_wider_than_its_window(an: Person, size: tuple[int, int]) -> None:
    an.size(*size)
    for path in PAGES:
        an.open(path)
        wide = an.driver.execute_script("return document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, (path, size, wide)


def test_twice_the_size_still_fits(an: Person) -> None:
    """200 % zoom on the smaller screen is a window of 683 by 384."""
    an.size(683, 384)
    try:
        for path in PAGES:
            an.open(path)
            assert an.driver.execute_script("return document.documentElement.scrollWidth - innerWidth") <= 0, path
        an.open(f"/batches/{FIRST}/scan")
        an.wait(lambda: an.find("#card .primary").is_displayed())  # the card may be drawn anew while it is looked at
    finally:
        an.size(1366, 768)


CONTRAST = """
const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
const linear = (c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
const luminance = (rgb) => rgb.slice(0, 3).map((c) => linear(c / 255))
  .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
const behind = (element) => {
  for (let one = element; one; one = one.parentElement) {
    const style = getComputedStyle(one);
    if (style.backgroundImage !== 'none') return null;
    const colour = parse(style.backgroundColor);
    if (colour.length < 4 || colour[3] > 0.99) return colour;
    if (colour[3] > 0.01) return null;
  }
  return [255, 255, 255];
};
const bad = [];
for (const element of document.querySelectorAll('body *')) {
  const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
  if (!own || !element.getClientRects().length || element.disabled || element.closest('.sr')) continue;
  const back = behind(element);
  if (!back) continue;
  const [light, dark] = [luminance(parse(getComputedStyle(element).color)), luminance(back)].sort((a, b) => b - a);
  const ratio = (light + 0.05) / (dark + 0.05);
  const what = `${element.tagName}.${element.className} ${element.textContent.trim().slice(0, 30)}`;
  if (ratio < 4.5) bad.push(`${ratio.toFixed(2)} ${what}`);
}
return bad;
"""

SMALL = """
const low = (one) => one.getBoundingClientRect().height < 39.5;
return [...document.querySelectorAll('button, .button, select, input:not([type=hidden], [type=radio])')]
  .filter((one) => one.getClientRects().length && !one.matches('.inline, .cut, .sr') && low(one))
  .map((one) => `${one.tagName}.${one.className} ${one.getBoundingClientRect().height} ${one.textContent.trim().slice(0, 20)}`);
"""


def test_every_word_stands_out_and_every_target_can_be_hit(an: Person) -> None:
    for path in PAGES:
        an.open(path)
        time.sleep(0.3)
        assert an.driver.execute_script(CONTRAST) == [], path
        assert an.driver.execute_script(SMALL) == [], path


def test_the_font_with_vietnamese_marks_is_ours(an: Person) -> None:
    an.open("/")
    an.wait(lambda: an.driver.execute_script("return document.fonts.status") == "loaded")
    script = "return [...document.fonts].filter((one) => one.status === 'loaded').map((one) => one.family)"
    loaded = an.driver.execute_script(script)
    assert len(loaded) >= 2  # latin and vietnamese
    assert {one.strip('"') for one in loaded} == {"Noto Sans"}


def test_findings_lie_on_their_place_and_are_answered_there(an: Person, console: Open) -> None:
    an.open(f"/batches/{FIRST}/scan?page=3")
    an.wait(lambda: an.all(".box.error"))
    an.wait(lambda: an.driver.execute_script("return document.querySelector('.frame img').naturalWidth") > 0)
    time.sleep(0.3)
    script = """const frame = document.querySelector('figure[data-id="3"] .frame').getBoundingClientRect();
        const image = document.querySelector('figure[data-id="3"] img').getBoundingClientRect();
        const box = document.querySelector('.box.error').getBoundingClientRect();
        return [(box.left - image.left) / image.width, (box.right - image.left) / image.width, frame.width - image.width,
          image.width / image.height, document.querySelector('figure[data-id="3"] img').naturalWidth
          / document.querySelector('figure[data-id="3"] img').naturalHeight]"""
    left, right, slack, shown, real = an.driver.execute_script(script)
    assert left == pytest.approx(100 / 827, abs=0.03) or left == pytest.approx(1 - 700 / 827, abs=0.03)  # or upside down
    assert right - left == pytest.approx(600 / 827, abs=0.03)
    assert abs(slack) < 1
    assert shown == pytest.approx(real, rel=0.01)
    assert "4,8" in an.text("#found")
    assert "page.blur" in an.text("#found")
    an.press_on_page("o")
    an.wait(lambda: not an.all(".box.error") and "✓" in an.text("#found"))
    with console.scene.house.store.write() as connection:
        (row,) = findings.of_pages(connection, [3])[3]
        findings.original_is_so(connection, "an", row.id, undo=True)
    an.wait(lambda: an.all(".box.error"))


def test_keys_act_and_input_fields_keep_theirs(an: Person) -> None:
    an.open(f"/batches/{FIRST}/scan")
    an.wait(lambda: chosen(an) == 6)
    an.press_on_page(Keys.ARROW_LEFT)
    assert chosen(an) == 5
    an.press_on_page("f")
    assert chosen(an) == 3
    an.press_on_page("?")
    assert an.find("#help").is_displayed()
    an.press("?")
    an.wait(lambda: not an.find("#help").is_displayed())
    an.find("#ledger button.inline").click()
    field = an.find("#ask-count [name=sheets_prepared]")
    field.clear()
    field.send_keys("bfr12")
    assert field.get_attribute("value") == "bfr12"
    an.press(Keys.ESCAPE)
    assert chosen(an) == 3


def test_enter_is_the_next_step_even_after_a_click_on_a_thumbnail(an: Person, console: Open) -> None:
    other = console.scene.scanned(1, prepared=2, code="200")
    an.open(f"/batches/{other}/scan")
    an.wait(lambda: len(an.all(".thumb")) == 2)
    an.all(".thumb")[0].click()
    an.press(Keys.ENTER)
    an.wait(lambda: "Đang gọi máy quét" in an.text("#card"))
    an.press_on_page(Keys.ESCAPE)
    an.wait(lambda: "Còn 1 tờ" in an.text("#card"))


def test_a_page_that_arrives_does_not_move_the_one_being_judged(an: Person, console: Open) -> None:
    other = console.scene.scanned(2, prepared=4, code="201")
    an.open(f"/batches/{other}/scan")
    an.wait(lambda: len(an.all(".thumb")) == 4)
    an.all(".thumb")[0].click()
    looked_at = chosen(an)
    console.scene.scan(other, 1)
    an.wait(lambda: len(an.all(".thumb")) == 6)
    assert chosen(an) == looked_at
    an.all(".thumb")[-1].click()
    console.scene.scan(other, 1)
    an.wait(lambda: len(an.all(".thumb")) == 8)
    an.wait(lambda: chosen(an) == int(an.all(".thumb")[-1].get_attribute("data-id")))


def test_a_rescan_asked_for_on_the_page_opens_at_the_desk(an: Person) -> None:
    an.open("/pages/3")
    an.wait(lambda: an.all(".openseadragon-canvas canvas"))
    an.press_on_page("r")
    an.wait(lambda: "/scan" in an.driver.current_url and an.find("#ask-rescan").is_displayed())
    assert an.text("#ask-rescan h2") == "Quét lại tờ 2"
    an.press(Keys.ESCAPE)
    assert chosen(an) == 3
    assert "ask" not in an.driver.current_url


def test_a_refusal_stands_in_place_and_what_was_typed_stays(an: Person) -> None:
    an.open("/batches/new")
    values = {"fonds_code": "F" * 35, "catalogue_code": "01", "file_code": "1", "file_title": "   ", "sheets_prepared": "3"}
    for name, value in values.items():
        an.fill(name, value)
    an.press(Keys.ENTER)
    an.wait(lambda: an.find("form .refusal").is_displayed())
    assert "tiêu đề" in an.text("form .refusal")
    assert an.find("[name=fonds_code]").get_attribute("value") == "F" * 35


def test_changes_reach_the_desk_while_it_is_open(an: Person, console: Open) -> None:
    """Somebody else marks a page; the open desk shows it by itself."""
    an.open(f"/batches/{FIRST}/scan")
    an.wait(lambda: len(an.all(".thumb")) == 6)
    time.sleep(1)
    desk.mark_blank(console.scene.house, OPERATOR, 1, True)
    an.wait(lambda: "trắng" in an.find("#page-1").text)
    desk.mark_blank(console.scene.house, OPERATOR, 1, None)


def test_the_ledger_and_the_next_step_stand_together_at_a_fault(an: Person, console: Open) -> None:
    """The tall card of a fault must not push the counts out of sight."""
    batch = console.scene.batch("210", prepared=9)
    run_id = console.scene.scan(batch, 2, finish=False)
    with console.scene.house.store.write() as connection:
        runs.pause(connection, run_id, "jam", "feed", "driver's words", {"cover_open": True, "page_loaded": True})
    an.open(f"/batches/{batch}/scan")
    an.wait(lambda: an.find("#card").get_attribute("data-name") == "fault")
    script = """const foot = document.querySelector('.side').getBoundingClientRect().bottom;
        const at = (css) => document.querySelector(css).getBoundingClientRect();
        return [at('#ledger').bottom <= foot, at('#ledger').top >= at('#card .primary').bottom]"""
    assert an.driver.execute_script(script) == [True, True]
    with console.scene.house.store.write() as connection:
        connection.execute(schema.device_lease.delete())


def test_rare_ways_are_folded_and_a_chosen_one_is_told(an: Person, console: Open) -> None:
    an.open(f"/batches/{console.scene.batch('211')}/scan")
    time.sleep(1)  # the desk draws its parts anew once, when it begins to be watched
    assert not an.find("[name=fragile]").is_displayed()
    assert len([one for one in an.all("#side button, #side select, #side input") if one.is_displayed()]) <= 4
    an.find("#other-ways summary").click()
    an.wait(lambda: an.find("[name=fragile]").is_displayed())
    an.find("[name=fragile]").click()
    an.find("#other-ways summary").click()
    an.wait(lambda: not an.find("[name=fragile]").is_displayed())
    assert "giấy giòn" in an.text("#ways-chosen")


def test_help_tells_the_keys_that_act_and_their_whole_names(an: Person) -> None:
    an.open("/pages/3")
    an.wait(lambda: an.find("[data-deed=crop]").is_displayed())
    an.press_on_page("?")
    told = dict(zip((one.text for one in an.all("#help dt")), (one.text for one in an.all("#help dd")), strict=True))
    assert told["C"] == "Cắt viền"
    assert "Enter" not in told  # it splits or saves only while such a tool is open
    an.press("?")


def test_a_station_out_of_reach_stays_told(an: Person) -> None:
    an.open(f"/batches/{FIRST}/scan")
    an.wait(lambda: an.all("#status .pill"))
    an.driver.execute_script("window.kept = window.fetch; window.fetch = () => Promise.reject(new TypeError());")
    an.driver.execute_script("window.dispatchEvent(new Event('offline'));")
    an.wait(lambda: "lost" in an.find("body").get_attribute("class").split())
    assert not an.find("#status .pill").is_displayed()
    an.driver.execute_script("window.fetch = window.kept;")
    an.wait(lambda: "lost" not in an.find("body").get_attribute("class").split())


# -- the review desk -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def binh(console: Open) -> Iterator[Person]:
    with chromium(console.address) as person:
        person.log_in("binh", PASSWORD)
        yield person
        assert person.complaints() == []


def verdicts(person: Person) -> int:
    return len(person.all(".thumb .verdict"))


def test_a_whole_batch_is_judged_by_keys_alone(binh: Person, console: Open) -> None:
    """A region is dragged, a page returned with a digit, taken back, and Enter leads through to the batch's verdict."""
    batch = console.scene.scanned(2, code="300")
    for page_id in console.scene.page_ids(batch):
        with console.scene.house.store.write() as connection:
            findings.replace(connection, batch, page_id, "live", [])
    console.scene.hand_over(batch)
    binh.open(f"/batches/{batch}/review")
    binh.wait(lambda: chosen(binh) > 0)
    assert binh.driver.execute_script(CONTRAST) == []
    assert binh.driver.execute_script(SMALL) == []
    first = chosen(binh)
    drag(binh)
    binh.press_on_page("r")
    binh.wait(lambda: binh.find("#ask-return").is_displayed())
    assert "khung" in binh.text("#ask-return [data-region]")
    binh.press("3")
    binh.press(Keys.ENTER)
    binh.wait(lambda: verdicts(binh) == 1 and chosen(binh) != first)
    with console.scene.house.store.read() as connection:
        stands = review.open_verdicts(connection, batch)[first]
    assert stands.reason == "cut_text"
    assert stands.box is not None
    binh.undo()
    binh.wait(lambda: verdicts(binh) == 0)
    assert chosen(binh) == first
    for number in range(1, 5):
        binh.press_on_page(Keys.ENTER)
        binh.wait(lambda number=number: verdicts(binh) == number)  # type: ignore[misc]
    binh.press_on_page(Keys.ENTER)
    binh.wait(lambda: binh.find("#ask-accept").is_displayed())
    binh.press(Keys.ENTER)
    binh.wait(lambda: binh.driver.current_url.endswith("/release"))


def drag(person: Person) -> None:
    frame = person.find("#pictures .frame")
    person.wait(lambda: frame.size["height"] > 200)
    gesture = ActionChains(person.driver).move_to_element_with_offset(frame, -60, -80).click_and_hold()
    gesture.move_by_offset(100, 60).release().perform()
    assert person.find(".region").is_displayed()
