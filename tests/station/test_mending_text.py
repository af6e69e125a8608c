"""Words that people put right: at their place whatever becomes of the page, in everything that leaves the house."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from batches import findings, items, jobs, journal, pages, text_mends, texts
from batches.errors import Exists, Invalid, NotAllowed, Stale
from batches.text_mends import Mend
from batches.words import JobKind, JobState, Role
from imaging import render
from imaging.values import Box, Line, PageText, Word
from station import desk, mended, mending_text, page_text, proposing, vocabulary
from station.dispatch import Dispatcher
from station.geometry import geometry_of
from station.house import Actor
from tests.web.scene import ADMINISTRATOR, FIRST, OPERATOR, SIZE, Inline, Scene, make_scene, open_scene

LINES = (("Quyết", "đinh", "sửa", "đôi"), ("bổ", "sung", "Điều", "1"))


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scene")
    made = make_scene(folder)
    made.scanned(2)
    settle(made)
    made.house.store.close()
    return folder


@pytest.fixture
def scene(begun: Path, tmp_path: Path) -> Iterator[Scene]:
    shutil.copytree(begun, tmp_path, dirs_exist_ok=True)
    made = open_scene(tmp_path)
    yield made
    made.house.store.close()


def settle(scene: Scene) -> None:
    """As after reading: no work is open."""
    from sqlalchemy import update

    from batches import schema

    with scene.house.store.write() as connection:
        connection.execute(update(schema.page_job).values(state=JobState.DONE.value))


def read(scene: Scene, page_id: int, lines: tuple[tuple[str, ...], ...] = LINES) -> None:
    """Put a reading beside the page: words of 60 x 20 px, 80 px apart, on the page as it lies now."""
    with scene.house.store.read() as connection:
        row, values = pages.get(connection, page_id), pages.values(connection, page_id)
        uid = desk.batch_records.get(connection, row.batch_id).uid
    size, dpi = (row.width, row.height), (row.dpi_x, row.dpi_y)
    width, height = render.placement(geometry_of(size, values), size, dpi).size
    upright = _turned(width > height)
    made = []
    for number, words in enumerate(lines):
        boxes = [(100 + 80 * at, 200 + 50 * number, 160 + 80 * at, 220 + 50 * number) for at in range(len(words))]
        placed = tuple(Word(text, upright(box), 0.6) for text, box in zip(words, boxes, strict=True))
        made.append(Line(placed, _around([word.box for word in placed]), (220.0 + 50 * number, 0.0)))
    page_text.store(scene.house.folders.page(uid, row.uid), PageText(tuple(made), (width, height), 100.0, "test"))


def _turned(across: bool):
    """On a page turned right by 90 degrees the same ink stands elsewhere."""

    def place(box: Box) -> Box:
        return (SIZE[1] - box[3], box[0], SIZE[1] - box[1], box[2]) if across else box

    return place


def _around(boxes: list[Box]) -> Box:
    return min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)


def front(scene: Scene) -> int:
    return scene.page_ids(FIRST)[0]


def plain(scene: Scene, page_id: int) -> str:
    with scene.house.store.read() as connection:
        return texts.of_pages(connection, [page_id])[page_id].plain


def word(scene: Scene, page_id: int, text: str) -> mending_text.WordView:
    return next(one for one in mending_text.view(scene.house, page_id).words if one.text == text)


def put_right(scene: Scene, page_id: int, before: str, after: str, actor: Actor = OPERATOR) -> None:
    mending_text.mend(scene.house, actor, page_id, word(scene, page_id, before).box, before, after)


def test_a_word_put_right_counts_everywhere_and_the_reading_stays_the_machines(scene: Scene) -> None:
    page_id = front(scene)
    read(scene, page_id)
    put_right(scene, page_id, "đôi", "đổi")
    put_right(scene, page_id, "Quyết", "Quyết")
    assert plain(scene, page_id) == "Quyết đinh sửa đổi\nbổ sung Điều 1"
    seen = {one.text: one for one in mending_text.view(scene.house, page_id).words}
    assert (seen["đổi"].raw, seen["đổi"].by, seen["đổi"].unsure) == ("đôi", "an", False)
    assert (seen["Quyết"].by, seen["đinh"].unsure) == ("an", True)
    with scene.house.store.read() as connection:
        row = pages.get(connection, page_id)
        folder = scene.house.folders.page(desk.batch_records.get(connection, FIRST).uid, row.uid)
        said = [(one.action, one.detail["before"], one.detail["after"]) for one in journal.entries(connection, limit=2)]
        (mend, _) = text_mends.of_page(connection, page_id)
    kept = page_text.load(folder)
    assert kept is not None
    assert "đôi" in kept.plain()
    assert said == [("text.confirmed", "Quyết", "Quyết"), ("text.mended", "đôi", "đổi")]
    assert mend.context == {"left": "sửa", "right": ""}


def test_a_word_the_machine_missed_is_drawn_in_and_outlives_a_new_reading(scene: Scene) -> None:
    page_id = front(scene)
    read(scene, page_id)
    box = (420, 200, 520, 222)
    mending_text.add(scene.house, OPERATOR, page_id, box, "Nghi\u0323 đi\u0323nh")  # typed with loose marks
    assert plain(scene, page_id) == "Quyết đinh sửa đôi Nghị định\nbổ sung Điều 1"
    mending_text.add(scene.house, OPERATOR, page_id, (100, 700, 170, 725), "Lưu:")
    assert plain(scene, page_id).endswith("Điều 1\nLưu:")
    read(scene, page_id)  # the machine still misses it
    with scene.house.store.write() as connection:
        mending_text.refresh(connection, scene.house, page_id)
        (first, _) = text_mends.of_page(connection, page_id)
    assert plain(scene, page_id) == "Quyết đinh sửa đôi Nghị định\nbổ sung Điều 1\nLưu:"
    assert (first.before, first.context) == ("", {"left": "đôi", "right": ""})
    read(scene, page_id, (("Quyết", "đinh", "sửa", "đôi", "Nghi"), ("bổ", "sung", "Điều", "1")))  # now it sees something there
    with scene.house.store.write() as connection:
        mending_text.refresh(connection, scene.house, page_id)
    assert plain(scene, page_id) == "Quyết đinh sửa đôi Nghị định\nbổ sung Điều 1\nLưu:"
    assert mending_text.undo(scene.house, OPERATOR, page_id) == "Lưu:"
    assert "Lưu:" not in plain(scene, page_id)


def test_a_word_is_not_drawn_over_another_nor_nowhere(scene: Scene) -> None:
    page_id = front(scene)
    read(scene, page_id)
    with pytest.raises(Exists):
        mending_text.add(scene.house, OPERATOR, page_id, (98, 198, 165, 224), "Nghị")
    for box, said in (((420, 200, 423, 222), "chữ"), ((-90, 200, 0, 222), "chữ"), ((420, 200, 520, 222), "  ")):
        with pytest.raises(Invalid):
            mending_text.add(scene.house, OPERATOR, page_id, box, said)
    assert [one.by for one in mending_text.view(scene.house, page_id).words] == [""] * 8


def test_a_drawn_word_joins_the_block_it_stands_in(scene: Scene) -> None:
    """Headings stand side by side: the line next to the place, not the first one at its height."""
    left = Line((Word("UBND", (100, 200, 160, 220), 0.9),), (100, 200, 160, 220), (220.0, 0.0))
    right = Line((Word("CỘNG", (500, 200, 560, 220), 0.9),), (500, 200, 560, 220), (220.0, 0.0))
    text = PageText((left, right), (827, 1169), 100.0, "test")
    mend = Mend(1, 1, (0, 0, 1, 1), "", "HÒA", {}, "an", "")
    assert mended.laid_over(text, [((580, 200, 640, 220), mend)]).plain().split("\n") == ["UBND", "CỘNG HÒA"]


@pytest.mark.parametrize("degrees", [90, 180, -90])
def test_a_word_put_right_outlives_a_turned_page_and_another_reading(scene: Scene, degrees: int) -> None:
    page_id = front(scene)
    read(scene, page_id)
    place = word(scene, page_id, "đôi").box
    put_right(scene, page_id, "đôi", "đổi")
    desk.turn(scene.house, OPERATOR, page_id, degrees)
    settle(scene)
    with scene.house.store.read() as connection:
        row, values = pages.get(connection, page_id), pages.values(connection, page_id)
        mends = text_mends.of_page(connection, page_id)
    size, dpi = (row.width, row.height), (row.dpi_x, row.dpi_y)
    as_it_was = geometry_of(size, {**values, "orientation": replace(values["orientation"], value=0)})
    there = render.box_to_render(geometry_of(size, values), size, render.box_to_master(as_it_was, size, place, dpi), dpi)
    moved = (there[0] + 3, there[1] - 2, there[2] + 4, there[3] + 1)
    fresh = PageText((Line((Word("dôi", moved, 0.4),), moved, (float(moved[3]), 0.0)),), size, 100.0, "test")
    assert mended.apply(fresh, mends, values, size, dpi).plain() == "đổi"


def test_the_last_word_counts_and_undo_takes_back_only_ones_own(scene: Scene) -> None:
    page_id, other = front(scene), Actor("hoa", Role.OPERATOR)
    read(scene, page_id)
    put_right(scene, page_id, "đôi", "đối")
    put_right(scene, page_id, "đối", "đổi", other)
    assert plain(scene, page_id).startswith("Quyết đinh sửa đổi")
    assert mending_text.undo(scene.house, OPERATOR, page_id) == "đối"
    assert plain(scene, page_id).startswith("Quyết đinh sửa đổi")
    assert mending_text.undo(scene.house, other, page_id) == "đổi"
    assert plain(scene, page_id).startswith("Quyết đinh sửa đôi")
    assert mending_text.undo(scene.house, other, page_id) is None


def test_no_word_there_and_two_words_in_one_box(scene: Scene) -> None:
    page_id = front(scene)
    read(scene, page_id)
    put_right(scene, page_id, "1", "")
    put_right(scene, page_id, "đinh", "định số")
    assert plain(scene, page_id) == "Quyết định số sửa đôi\nbổ sung Điều"
    boxes = [word(scene, page_id, text).box for text in ("định", "số")]
    assert boxes[0][2] <= boxes[1][0]
    assert (boxes[0][0], boxes[1][2]) == (180, 240)


@pytest.mark.parametrize("what", ["another word", "another place", "work under way", "sealed"])
def test_what_is_not_as_the_person_saw_it_is_not_changed(scene: Scene, what: str) -> None:
    page_id = front(scene)
    read(scene, page_id)
    box, before = word(scene, page_id, "đôi").box, "đôi"
    if what == "another word":
        before = "đối"
    if what == "another place":
        box = (box[0] + 1, *box[1:])
    if what == "work under way":
        with scene.house.store.write() as connection:
            jobs.queue(connection, page_id, JobKind.TEXT)
    if what == "sealed":
        with scene.house.store.write() as connection:
            from sqlalchemy import update

            from batches import schema

            connection.execute(update(schema.batch).values(state="sealed"))
    with pytest.raises((Stale, NotAllowed)):
        mending_text.mend(scene.house, OPERATOR, page_id, box, before, "đổi")
    with scene.house.store.read() as connection:
        assert text_mends.of_page(connection, page_id) == ()


def test_a_word_that_is_no_word_is_refused(scene: Scene) -> None:
    page_id = front(scene)
    read(scene, page_id)
    for text in ("a" * 300, "x\x07y"):
        with pytest.raises(Invalid):
            put_right(scene, page_id, "đôi", text)


def at(box: Box, before: str, after: str) -> tuple[Box, Mend]:
    return box, Mend(1, 1, box, before, after, {}, "an", "")


def line(*words: tuple[str, Box]) -> PageText:
    made = tuple(Word(text, box, 0.5) for text, box in words)
    return PageText((Line(made, _around([one.box for one in made]), (20.0, 0.0)),), (900, 900), 100.0, "test")


def test_words_read_apart_together_or_not_at_all_this_time() -> None:
    apart = line(("H", (0, 0, 12, 20)), ("ội", (14, 0, 40, 20)), ("đồng", (60, 0, 120, 20)))
    assert mended.laid_over(apart, [at((0, 0, 40, 20), "Hôi", "Hội")]).plain() == "Hội đồng"
    together = line(("Hôiđồng", (0, 0, 120, 20)))
    assert mended.laid_over(together, [at((0, 0, 40, 20), "Hôi", "Hội ")]).plain() == "Hội đồng"
    strange = line(("xxxxxxx", (0, 0, 120, 20)))
    assert mended.laid_over(strange, [at((0, 0, 40, 20), "Hôi", "Hội")]).plain() == "xxxxxxx"
    gone = line(("đồng", (60, 0, 120, 20)))
    assert mended.laid_over(gone, [at((0, 0, 40, 20), "Hôi", "Hội")]).plain() == "Hội đồng"
    below = mended.laid_over(gone, [at((0, 40, 40, 60), "", "Số")])
    assert below.plain() == "đồng\nSố"


def test_proposals_follow_a_word_put_right(scene: Scene) -> None:
    page_id = front(scene)
    lines = (("CỘNG", "HÒA", "XÃ", "HỘI", "CHỦ", "NGHĨA"), ("Số:", "15/QĐ-UBMD"), ("QUYẾT", "ĐỊNH"))
    read(scene, page_id, lines)
    with scene.house.store.write() as connection:
        proposing.propose_fields(connection, scene.house, desk.batch_records.get(connection, FIRST))
    put_right(scene, page_id, "15/QĐ-UBMD", "15/QĐ-UBND")
    with scene.house.store.read() as connection:
        (item,) = items.listing(connection, FIRST)
    assert (item.proposals["codeNumber"]["value"], item.proposals["codeNotation"]["value"]) == ("15", "QĐ-UBND")
    assert "starts" in item.proposals


def test_findings_follow_the_words_that_count(scene: Scene) -> None:
    page_id = front(scene)
    long = tuple(tuple(f"chữ{row}{column}" for column in range(8)) for row in range(3))
    read(scene, page_id, long)
    for one in mending_text.view(scene.house, page_id).words[:1]:
        mending_text.mend(scene.house, OPERATOR, page_id, one.box, one.text, one.text)
    assert [f.check for f in desk.page(scene.house, page_id).findings if f.check == "text.low_confidence"]
    for one in mending_text.view(scene.house, page_id).words[1:20]:
        mending_text.mend(scene.house, OPERATOR, page_id, one.box, one.text, one.text)
    with scene.house.store.read() as connection:
        checks = {row.check_id for row in findings.of_pages(connection, [page_id])[page_id]}
    assert "text.low_confidence" not in checks


def test_the_house_learns_what_people_confirmed_and_forgets_what_an_administrator_strikes(scene: Scene) -> None:
    first, second = scene.page_ids(FIRST)[0], scene.page_ids(FIRST)[2]
    path = str(vocabulary.path_of(scene.house))
    assert vocabulary.current(path) is None
    for page_id in (first, second):
        read(scene, page_id, (("xã", "Thanh", "Tri"),))
        put_right(scene, page_id, "Tri", "Trì")
    assert vocabulary.step(scene.house)
    assert not vocabulary.step(scene.house)
    learned = vocabulary.current(path)
    assert learned is not None
    assert learned.put_right("Tri", "Thanh") == "Trì"
    seen = vocabulary.view(scene.house)
    assert [(one.before, one.after, one.times, one.learned) for one in seen.listed] == [("Tri", "Trì", 2, True)]
    with pytest.raises(NotAllowed):
        vocabulary.forget(scene.house, OPERATOR, "Tri", "Trì")
    vocabulary.forget(scene.house, ADMINISTRATOR, "Tri", "Trì")
    vocabulary.step(scene.house)
    again = vocabulary.current(path)
    assert again is None or again.put_right("Tri", "Thanh") == ""
    assert plain(scene, first) == "xã Thanh Trì"
    Path(path).write_bytes(b"damaged")
    assert vocabulary.current(path) is None


def test_a_real_reading_of_a_turned_page_keeps_the_persons_word(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tesseract reads the page, a person confirms another word, the page is turned and straightened and read again."""
    page_id = front(scene)
    for _ in range(2):
        if _ == 1:
            before = mending_text.view(scene.house, page_id)
            seen = max(before.words, key=lambda one: len(one.text))
            mending_text.mend(scene.house, OPERATOR, page_id, seen.box, seen.text, "nguyên-văn")
            desk.straighten(scene.house, OPERATOR, page_id, 1.5)
            assert not mending_text.view(scene.house, page_id).ready
        with scene.house.store.write() as connection:
            jobs.queue(connection, page_id, JobKind.TEXT)
        dispatcher = Dispatcher(scene.house, Inline(), Inline(), at_once=(1, 1))
        while dispatcher.step():
            pass
    assert "nguyên-văn" in plain(scene, page_id)
    now = mending_text.view(scene.house, page_id)
    kept = next(one for one in now.words if one.text == "nguyên-văn")
    assert kept.by == "an"
    assert kept.box != seen.box
