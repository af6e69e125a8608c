"""The angle of a page is found to a few hundredths of a degree, and never where there is none."""

import cv2
import numpy as np
import pytest

from imaging import geometry, skew
from imaging.prepare import prepare
from imaging.render import render
from tests.imaging.sheets import ink_sheet, lean, page, raster


@pytest.mark.parametrize("degrees", [-9.7, -4.31, -0.4, 0.0, 0.13, 2.5, 9.6])
def test_a_known_angle_is_read_back(degrees: float) -> None:
    found = geometry.measure(raster(lean(page(1), degrees))).skew
    assert found.confidence > 0.5
    assert found.degrees == pytest.approx(degrees, abs=0.05)


def test_straightening_leaves_nothing_to_straighten() -> None:
    scan = raster(lean(page(2), 3.3))
    once = render(scan, geometry.measure(scan))
    assert abs(geometry.measure(once).skew.degrees) < 0.05


def test_grey_and_one_bit_pages_are_read_like_colour() -> None:
    colour = lean(page(3), -2.2)
    gray = cv2.cvtColor(colour, cv2.COLOR_BGR2GRAY)
    for pixels in (gray, np.where(gray < 150, 0, 255).astype(np.uint8)):
        assert geometry.measure(raster(pixels)).skew.degrees == pytest.approx(-2.2, abs=0.06)


@pytest.mark.parametrize("paper", [(250, 252, 252), (120, 160, 185)])
def test_dark_brown_stock_is_read_like_white(paper: tuple[int, int, int]) -> None:
    found = geometry.measure(raster(lean(page(4, paper), 1.7, paper)))
    assert found.skew.degrees == pytest.approx(1.7, abs=0.05)


def test_a_border_line_of_the_scanner_does_not_outvote_the_text() -> None:
    scan = lean(page(5, lines=8), 0.8)
    scan[0:6, : scan.shape[1] * 2 // 3] = 0
    assert geometry.measure(raster(scan)).skew.degrees == pytest.approx(0.8, abs=0.06)


def test_ruled_lines_alone_give_the_angle_of_a_form() -> None:
    form = np.full((1754, 1240, 3), 240, np.uint8)
    for y in range(200, 1500, 60):
        cv2.line(form, (150, y), (1100, y), (40, 40, 40), 3)
    assert geometry.measure(raster(lean(form, -1.4, (240, 240, 240)))).skew.degrees == pytest.approx(-1.4, abs=0.05)


def test_pages_without_lines_stay_as_they_are() -> None:
    rng = np.random.default_rng(1)
    blank = np.clip(rng.normal(235, 3, (1754, 1240, 3)), 0, 255).astype(np.uint8)
    scribble = blank.copy()
    cv2.polylines(scribble, [rng.integers(300, 900, (12, 2)).astype(np.int32)], False, (120, 40, 30), 5)
    for pixels in (
        blank,
        scribble,
        np.zeros((1754, 1240, 3), np.uint8),
        np.full((1754, 1240), 255, np.uint8),
        np.zeros((3, 3), np.uint8),
    ):
        found = geometry.measure(raster(pixels)).skew
        assert (found.degrees, found.confidence) == (0.0, 0.0)


def test_small_angles_are_never_rendered() -> None:
    scan = raster(page(6))
    found = geometry.measure(scan)
    assert abs(found.skew.degrees) < 0.05
    assert render(scan, found).pixels is not None and np.array_equal(render(scan, found).pixels, scan.pixels)


def test_the_criterion_is_sharp_about_the_truth() -> None:
    ink = skew.sheared(cv2.resize(ink_sheet(7), (620, 877), interpolation=cv2.INTER_AREA), -1.0)
    reading = skew.measure(ink, 75.0)
    assert reading.degrees == pytest.approx(1.0, abs=0.03) and reading.ratio > 10 and reading.rival < 0.6


def test_prepare_is_shared_not_repeated() -> None:
    scan = raster(page(8))
    prepared = prepare(scan)
    assert geometry.measure(scan, prepared) == geometry.measure(scan)
