"""Vietnamese text is set upright from any of four turns; what does not say so is left alone or asked about."""

import cv2
import numpy as np
import pytest

from imaging import geometry
from imaging.values import Pixels, Turn
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


def test_an_unsure_page_asks_the_engine_once_and_takes_its_answer() -> None:
    asked: list[tuple[int, ...]] = []

    def osd(gray: Pixels, dpi: float) -> tuple[Turn, float] | None:
        asked.append(gray.shape)
        assert dpi == pytest.approx(150)
        return 180, 0.7

    scan = raster(page(15, words=["1.250", "3 840", "77", "906,5", "118"]))
    first = geometry.measure(scan)
    if first.orientation.confidence == 0:
        found = geometry.measure(scan, osd=osd)
        assert len(asked) == 1 and found.orientation.degrees == 180 and found.orientation.confidence == 0.7
    assert geometry.measure(raster(page(16)), osd=osd).orientation.degrees == 0
    assert len(asked) <= 1, "a page that says so itself is not asked about"


def test_an_engine_without_an_answer_leaves_the_page_unsure() -> None:
    found = geometry.measure(raster(np.full((1754, 1240), 240, np.uint8)), osd=lambda gray, dpi: None)
    assert (found.orientation.degrees, found.orientation.confidence) == (0, 0.0)


@pytest.mark.parametrize("quarters", [0, 2])
def test_bare_capitals_are_left_to_a_person(quarters: int) -> None:
    scan = page(17, words=["UY", "BAN", "NHAN", "DAN", "TINH", "QUYET", "DINH", "PHE", "DUYET", "TAI", "LIEU"])
    found = geometry.measure(raster(np.ascontiguousarray(np.rot90(scan, quarters)))).orientation
    assert (found.degrees, found.confidence) == (0, 0.0)
