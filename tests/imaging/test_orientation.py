"""Vietnamese text is set upright from any of four turns; what does not say so is left alone or asked about."""

import cv2
import numpy as np
import pytest

from imaging import geometry
from imaging.orientation import Answer, Ways
from imaging.prepare import Prepared
from tests.imaging.sheets import lean, page, raster, seal


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
@pytest.mark.parametrize("degrees", [-2.0, 0.0, 1.5])
def test_four_turns_come_back_upright(quarters: int, degrees: float) -> None:
    scan = np.ascontiguousarray(np.rot90(lean(page(11), degrees), quarters))
    found = geometry.measure(raster(scan))
    assert found.orientation.degrees == 90 * quarters and found.orientation.confidence > 0.5
    assert found.skew.degrees == pytest.approx(degrees, abs=0.05), "the skew is that of the upright page"


def test_a_red_seal_and_a_rule_do_not_turn_a_page_on_its_head() -> None:
    scan = seal(page(12, lines=12), (800, 700))
    cv2.line(scan, (180, 640), (600, 640), (30, 30, 30), 3)
    assert geometry.measure(raster(np.ascontiguousarray(scan[::-1, ::-1]))).orientation.degrees == 180


def test_blue_typewriting_is_read_too() -> None:
    blue = page(13).astype(np.float32)
    blue[..., 0] = 235 - (235 - blue[..., 0]) * 0.25
    found = geometry.measure(raster(np.ascontiguousarray(np.rot90(blue.astype(np.uint8)))))
    assert found.orientation.degrees == 90


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_digits_are_never_turned_on_a_guess(quarters: int) -> None:
    scan = page(14, words=["1.250", "3 840", "77", "906,5", "118", "0", "6 090"])
    found = geometry.measure(raster(np.ascontiguousarray(np.rot90(scan, quarters)))).orientation
    assert (found.confidence == 0.0 and found.degrees == 0) or found.degrees == 90 * quarters


def test_an_unsure_page_asks_once_and_takes_the_answer() -> None:
    asked: list[Ways] = []

    def osd(prepared: Prepared, ways: Ways) -> Answer:
        asked.append(ways)
        assert prepared.dpi == pytest.approx(150)
        return 180, 0.7

    scan = lean(page(15, words=["1.250", "3 840", "77", "906,5", "118"]), 1.5)
    assert geometry.measure(raster(scan)).orientation.confidence == 0
    found = geometry.measure(raster(scan), osd=osd)
    assert found.orientation.degrees == 180 and found.orientation.confidence == 0.7
    assert len(asked) == 1
    ((turn, degrees),) = asked[0]
    assert turn == 0 and degrees == pytest.approx(1.5, abs=0.3), "told which axis the lines run along, and how far they fall"
    assert geometry.measure(raster(page(16)), osd=osd).orientation.degrees == 0
    assert len(asked) == 1, "a page that says so itself is not asked about"


def test_who_can_read_has_the_last_word_on_letters_of_another_language() -> None:
    """Russian has more below its lines than above: by their shape alone it would be set on its head."""
    text = "Настоящее соглашение вступает в силу со дня его подписания и действует в течение пяти лет если ни одна из сторон"
    scan = raster(page(18, words=(text + " не заявит о своём желании прекратить его").split()))
    alone = geometry.measure(scan).orientation
    assert alone.degrees == 180 and 0.5 < alone.confidence < 0.9
    assert geometry.measure(scan, osd=lambda prepared, ways: (0, 0.7)).orientation.degrees == 0
    assert geometry.measure(scan, osd=lambda prepared, ways: None).orientation == alone


def test_both_axes_come_into_question_where_no_lines_are_seen() -> None:
    asked: list[Ways] = []
    scan = page(15, words=["1.250", "3 840"], lines=1)
    geometry.measure(raster(scan), osd=lambda prepared, ways: asked.append(ways))
    assert [[turn for turn, _ in ways] for ways in asked] == [[0, 90]]


def test_an_engine_without_an_answer_leaves_the_page_unsure() -> None:
    found = geometry.measure(raster(np.full((1754, 1240), 240, np.uint8)), osd=lambda prepared, ways: None)
    assert (found.orientation.degrees, found.orientation.confidence) == (0, 0.0)


@pytest.mark.parametrize("quarters", [0, 2])
def test_bare_capitals_are_left_to_a_person(quarters: int) -> None:
    scan = page(17, words=["UY", "BAN", "NHAN", "DAN", "TINH", "QUYET", "DINH", "PHE", "DUYET", "TAI", "LIEU"])
    found = geometry.measure(raster(np.ascontiguousarray(np.rot90(scan, quarters)))).orientation
    assert (found.degrees, found.confidence) == (0, 0.0)


def annex(seed: int, lines: int, tables: int = 1, quarter: int = 1) -> np.ndarray:
    """A page with ``lines`` lines of text and, below them, ruled tables that are turned by ``quarter`` quarters on it."""
    sheet = page(seed, lines=lines)
    top = 200 + 40 * lines
    wide, high = (1000 - 40 * (tables - 1)) // tables, 1600 - top
    for number in range(tables):
        rows, columns = (wide, high) if quarter % 2 else (high, wide)
        text = page(seed + 10 + number, size=22)[174:1500, 180:1120]
        cells = np.ascontiguousarray(np.hstack([text, text])[:rows, :columns])
        for y in [*range(0, rows - 3, 70), rows - 3]:
            cv2.line(cells, (0, y), (columns, y), (40, 40, 40), 3)
        for x in [*range(0, columns - 3, columns // 3), columns - 3]:
            cv2.line(cells, (x, 0), (x, rows), (40, 40, 40), 3)
        left = 120 + number * (wide + 40)
        sheet[top : top + high, left : left + wide] = np.rot90(cells, quarter)
    return sheet


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
@pytest.mark.parametrize(("lines", "tables"), [(1, 1), (3, 2), (10, 1), (10, 2)])
def test_a_large_table_turned_on_its_page_does_not_turn_the_page(quarters: int, lines: int, tables: int) -> None:
    """Few lines do not say which way is up, so that the page is left as it is, and flagged; more lines do."""
    scan = np.ascontiguousarray(np.rot90(lean(annex(30 + lines, lines, tables), 0.8), quarters))
    found = geometry.measure(raster(scan))
    right = found.orientation.degrees == 90 * quarters and found.orientation.confidence > 0.5
    unsure = (found.orientation.degrees, found.orientation.confidence) == (0, 0.0)
    assert right or (unsure and lines < 10)
    assert found.skew.degrees == pytest.approx(0.8, abs=0.1), "turned table or not, the page lies askew by as much"


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_table_that_stands_as_its_page_does_is_turned_with_it(quarters: int) -> None:
    scan = np.ascontiguousarray(np.rot90(annex(47, 3, quarter=0), quarters))
    assert geometry.measure(raster(scan)).orientation.degrees == 90 * quarters


def test_notes_across_a_landscape_page_do_not_keep_it_from_being_turned() -> None:
    """Three short lines of a signing program and a page number, printed across a page that lies on its side."""
    scan = np.ascontiguousarray(np.rot90(annex(48, 8, quarter=0)))
    notes = page(49, size=16)[170:240, 180:480]
    scan[40:110, -360:-60] = notes
    cv2.putText(scan, "12", (scan.shape[1] // 2, scan.shape[0] - 40), cv2.FONT_HERSHEY_COMPLEX, 0.8, (40, 40, 40), 2)
    assert geometry.measure(raster(scan)).orientation.degrees == 90
