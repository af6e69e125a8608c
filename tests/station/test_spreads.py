"""Two facing pages on one master: where a person says so they are delivered as two, each with its own words; and back again."""

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np
import pikepdf
import pypdfium2
import pytest

from batches import devices, journal, pages, people, runs
from batches.errors import Invalid
from batches.pages import NewSide, Value
from batches.verification import verify
from batches.words import Verdict
from imaging import render
from imaging.values import Line, PageText, Raster, Word
from scanner.model import ColorMode, ScanSettings, Source
from station import desk, mending_text, page_text, release, review_desk, spreads
from station.geometry import geometry_of
from station.offices import Offices
from tests.web.scene import DEVICE, OPERATOR, SUPERVISOR, Scene, make_scene

SIZE, DPI, GUTTER = (1654, 1169), (100.0, 100.0), 840


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = make_scene(tmp_path)
    yield made
    made.house.store.close()


def book() -> np.ndarray:
    """Two pages of print with a dark fold between them, nearer to one side."""
    canvas = np.full((SIZE[1], SIZE[0], 3), 244, np.uint8)
    for left, text in ((110, "TRANG TRAI"), (GUTTER + 90, "TRANG PHAI")):
        for line in range(30):
            cv2.putText(canvas, f"{text} {line}", (left, 130 + 32 * line), cv2.FONT_HERSHEY_DUPLEX, 1.0, (40, 40, 40), 1)
    shade = np.clip(np.abs(np.arange(SIZE[0]) - GUTTER) / 25, 0.6, 1)
    return (canvas * shade[None, :, None]).astype(np.uint8)


@pytest.fixture
def scanned(scene: Scene) -> tuple[int, int]:
    """(batch, page) of one spread on the flatbed, looked at."""
    batch_id = scene.batch(prepared=1)
    run_id = desk.start_run(scene.house, OPERATOR, batch_id, DEVICE, ScanSettings(Source.FLATBED, ColorMode.COLOR, 100))
    data = cv2.imencode(".jpg", book(), [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes()
    (scene.house.folders.root / "masters").mkdir()
    (scene.house.folders.root / "masters/book.jpg").write_bytes(data)
    with scene.house.store.write() as connection:
        run = runs.claim(connection, run_id)
        size = {"width": SIZE[0], "height": SIZE[1], "dpi": DPI, "mode": "color", "captured_at": "2026-11-22"}
        side = NewSide(1, "front", "masters/book.jpg", sha256(data).hexdigest(), len(data), "image/jpeg", **size)
        page_id = pages.record(connection, run, side)
        runs.finish(connection, run_id)
        devices.release(connection, DEVICE, run.uid)
    scene.look()
    return batch_id, page_id


def values_of(scene: Scene, page_id: int) -> dict[str, Value]:
    with scene.house.store.read() as connection:
        return pages.values(connection, page_id)


def word(text: str, x: int) -> Line:
    box = (x, 300, x + 120, 330)
    return Line((Word(text, box, 0.9),), box, (330.0, 0.0))


def test_the_gutter_is_proposed_and_nothing_is_split_by_itself(scene: Scene, scanned: tuple[int, int]) -> None:
    _, page_id = scanned
    at, confidence = spreads.suggest(scene.house, page_id)
    width = render.placement(geometry_of(SIZE, values_of(scene, page_id)), SIZE, DPI).size[0]
    assert confidence > 0
    assert abs(at * width - GUTTER) < 0.03 * width
    assert spreads.count(values_of(scene, page_id)) == 1


def test_both_pages_leave_with_their_own_words_and_the_package_is_sound(scene: Scene, scanned: tuple[int, int]) -> None:
    batch_id, page_id = scanned
    spreads.set_gutter(scene.house, OPERATOR, page_id, GUTTER / SIZE[0])
    scene.look()
    values = values_of(scene, page_id)
    cut = spreads.gutter(values, SIZE, DPI)
    assert cut == pytest.approx(GUTTER / SIZE[0], abs=0.002)
    with scene.house.store.read() as connection:
        uid = desk.batch_records.get(connection, batch_id).uid
        folder = scene.house.folders.page(uid, pages.get(connection, page_id).uid)
    size = render.placement(geometry_of(SIZE, values), SIZE, DPI).size
    page_text.store(folder, PageText((word("trái", 200), word("phải", GUTTER + 200)), size, 100.0, "test"))
    with scene.house.store.write() as connection:
        from sqlalchemy import update

        from batches import schema

        connection.execute(update(schema.page_job).values(state="done"))
        people.add_archive(connection, "quantri", "Kho tỉnh")
    right = next(one for one in mending_text.view(scene.house, page_id).words if one.text == "phải")
    mending_text.mend(scene.house, OPERATOR, page_id, right.box, "phải", "phía")
    scene.hand_over(batch_id)
    review_desk.decide(scene.house, SUPERVISOR, page_id, Verdict.PASS)
    review_desk.accept(scene.house, SUPERVISOR, batch_id)
    release.request(scene.house, SUPERVISOR, batch_id)
    Offices(scene.house).step()
    done = release.status(scene.house, batch_id)
    assert done.error is None
    assert done.package is not None
    root = scene.house.folders.root / done.package.folder
    report = verify(root)
    assert report.ok, report.problems
    (pdf,) = root.glob("data/documents/*.pdf")
    with pikepdf.open(pdf) as document:
        widths = [float(page.mediabox[2]) / 72 * 25.4 for page in document.pages]
    assert widths == pytest.approx([GUTTER / 100 * 25.4, (size[0] - GUTTER) / 100 * 25.4], abs=1.0)
    with pypdfium2.PdfDocument(pdf) as document:
        assert [page.get_textpage().get_text_range().strip() for page in document] == ["trái", "phía"]
    (text,) = root.glob("data/text/*.txt")
    assert text.read_text("utf-8").split("\n\f\n") == ["trái", "phía"]
    (described,) = json.loads((root / "data/metadata/documents.json").read_text("utf-8"))
    assert described["spreads"] == described["pages"]


def test_undo_and_the_persons_own_word_make_it_one_page_again(scene: Scene, scanned: tuple[int, int]) -> None:
    batch_id, page_id = scanned
    spreads.set_gutter(scene.house, OPERATOR, page_id, 0.5)
    assert spreads.count(values_of(scene, page_id)) == 2
    assert desk.undo(scene.house, OPERATOR, batch_id) == "page.spread"
    assert spreads.count(values_of(scene, page_id)) == 1
    spreads.set_gutter(scene.house, OPERATOR, page_id, 0.4)
    spreads.set_gutter(scene.house, OPERATOR, page_id, None)
    assert spreads.count(values_of(scene, page_id)) == 1
    with scene.house.store.read() as connection:
        assert sum(one.action == "page.spread" for one in journal.entries(connection)) == 4
    for wrong in (0.0, 1.0, -3, float("nan")):
        with pytest.raises(Invalid):
            spreads.set_gutter(scene.house, OPERATOR, page_id, wrong)


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
@pytest.mark.parametrize("skew", [0.0, 1.4])
def test_the_halves_meet_at_the_gutter_however_the_page_lies(turned: int, skew: float) -> None:
    """Rendered apart, the two halves hold exactly what the whole shows, left and right of one line."""
    raster = Raster(book(), DPI, "color")
    if turned:
        raster = Raster(np.ascontiguousarray(np.rot90(raster.pixels, turned // 90)), DPI, "color")
    size = (raster.width, raster.height)
    values = {"orientation": Value(turned, 1.0, False, ""), "skew": Value(skew, 1.0, False, "")}
    whole = geometry_of(size, values)
    shown = render.render(raster, whole)
    (point,) = render.to_master(whole, size, [(0.45 * shown.width, shown.height / 2)], DPI)
    values["spread"] = Value({"at": list(point)}, 1.0, True, "an")
    left, right = (render.render(raster, half) for half in spreads.halves(values, size, DPI))
    assert left.width + right.width == pytest.approx(shown.width, abs=2)
    assert left.width == pytest.approx(0.45 * shown.width, abs=2)
    for half, part in ((left, shown.pixels[:, : left.width]), (right, shown.pixels[:, -right.width :])):
        common = min(half.height, part.shape[0]) - 60, min(half.width, part.shape[1])
        off = np.abs(half.pixels[60 : common[0], : common[1]].astype(int) - part[60 : common[0], : common[1]].astype(int))
        assert off.mean() < 6


def test_words_read_on_each_half_stand_on_the_whole_and_back() -> None:
    values = {"skew": Value(1.0, 1.0, False, ""), "spread": Value({"at": [800.0, 600.0]}, 1.0, True, "an")}
    halves = [PageText((word(text, 200),), (900, 1200), 100.0, "test") for text in ("trái", "phải")]
    whole = spreads.joined(halves, values, SIZE, DPI)
    assert whole.plain() == "trái\nphải"
    assert whole.size == render.placement(geometry_of(SIZE, values), SIZE, DPI).size
    for half, text in enumerate(("trái", "phải")):
        part = spreads.part_of(whole, half, values, SIZE, DPI)
        assert (part.plain(), part.words[0].box) == (text, (200, 300, 320, 330))
