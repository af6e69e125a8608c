"""A clerk reads a page beside the machine with the keyboard alone, and splits a spread with it."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import CHROMIUM, DRIVER, Person, chromium
from scene import FIRST, PASSWORD, Scene, make_scene
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from sqlalchemy import update
from werkzeug.serving import make_server

from batches import pages, schema, text_mends
from imaging.values import Line, PageText, Word
from station import desk, page_text, spreads
from web.app import create_app

VENDOR = Path(__file__).parents[2] / "web" / "static" / "vendor"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (CHROMIUM.exists() and DRIVER.exists()), reason="needs chromium and chromedriver"),
    pytest.mark.skipif(not (VENDOR / "htmx.min.js").is_file(), reason="needs the browser files: run bin/assets"),
]
WORDS = (("Quyết", 0.95), ("đinh", 0.5), ("sửa", 0.95), ("đôi", 0.4), ("Tri", 0.6))


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    made = make_scene(tmp_path_factory.mktemp("words"))
    made.scanned(1)
    words = tuple(Word(text, (100 + 90 * at, 400, 170 + 90 * at, 430), sure) for at, (text, sure) in enumerate(WORDS))
    line = Line(words, (100, 400, 530, 430), (430.0, 0.0))
    with made.house.store.write() as connection:
        uid = desk.batch_records.get(connection, FIRST).uid
        folder = made.house.folders.page(uid, pages.get(connection, made.page_ids(FIRST)[0]).uid)
        connection.execute(update(schema.page_job).values(state="done"))
    page_text.store(folder, PageText((line,), (827, 1169), 100.0, "test"))
    yield made
    made.house.store.close()


@pytest.fixture(scope="module")
def an(scene: Scene) -> Iterator[Person]:
    server = make_server("127.0.0.1", 0, create_app(scene.house, scene.house.settings), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with chromium(f"http://127.0.0.1:{server.server_port}") as person:
        person.log_in("an", PASSWORD)
        yield person
        assert person.complaints() == []
    server.shutdown()


def field(person: Person) -> str:
    return str(person.driver.execute_script("return document.getElementById('word').value"))


def said(scene: Scene) -> list[tuple[str, str]]:
    with scene.house.store.read() as connection:
        return [(one.before, one.after) for one in text_mends.of_page(connection, scene.page_ids(FIRST)[0])]


def test_enter_keeps_tab_passes_and_the_page_ends_by_itself(an: Person, scene: Scene) -> None:
    an.open(f"/pages/{scene.page_ids(FIRST)[0]}/text")
    an.wait(lambda: field(an) == "đinh")
    an.press("định" + Keys.ENTER)
    an.wait(lambda: field(an) == "đôi")
    an.press(Keys.TAB)
    an.wait(lambda: field(an) == "Tri")
    an.press(Keys.ENTER)  # it is right
    an.wait(lambda: field(an) == "đôi")
    assert said(scene) == [("đinh", "định"), ("Tri", "Tri")]
    an.driver.switch_to.active_element.send_keys(Keys.CONTROL, "z")
    an.wait(lambda: said(scene) == [("đinh", "định")])
    for _ in range(2):
        before = len(said(scene))
        an.press(Keys.ENTER)
        an.wait(lambda before=before: len(said(scene)) == before + 1)
    an.wait(lambda: an.find("#done").is_displayed())
    assert "Không còn chữ nào chưa chắc" in an.text("#done")


def test_a_box_is_drawn_around_a_word_the_machine_missed(an: Person, scene: Scene) -> None:
    an.open(f"/pages/{scene.page_ids(FIRST)[0]}/text")
    an.wait(lambda: len(an.all("#boxes button")) == len(WORDS))
    last = an.all("#boxes button")[-1]
    an.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", last)
    width, height = last.size["width"], last.size["height"]
    hand = ActionChains(an.driver, duration=50)
    hand.move_to_element_with_offset(last, width, -height).click_and_hold().move_by_offset(
        width, 2 * height
    ).release().perform()
    an.wait(lambda: an.find("#one").is_displayed() and field(an) == "")
    assert an.text("#machine") == "Máy bỏ sót chữ này"
    an.press("Phương" + Keys.ENTER)
    an.wait(lambda: ("", "Phương") in said(scene))
    an.wait(lambda: [button.get_attribute("title") for button in an.all("#boxes button")][-1] == "Phương")
    assert not an.all("#drawn")


def test_a_spread_is_split_with_the_keyboard(an: Person, scene: Scene) -> None:
    page_id = scene.page_ids(FIRST)[0]
    an.open(f"/pages/{page_id}")
    an.press_on_page("g")
    an.wait(lambda: an.find("#split-tools").is_displayed() and an.find("#split-not-found").is_displayed())
    an.press(Keys.ARROW_RIGHT)
    an.press(Keys.ENTER)

    def split() -> bool:
        with scene.house.store.read() as connection:
            return spreads.VALUE in pages.values(connection, page_id)

    an.wait(split)
    an.wait(lambda: "hai trang" in an.text("main"))
