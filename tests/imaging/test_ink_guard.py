"""What a transform would take from a page is found, from a pencilled number to a seal; what takes nothing is let through."""

import cv2
import numpy as np
import pytest

from imaging import ink_guard
from imaging.values import Crop, Geometry, Orientation, Skew
from tests.imaging.sheets import ink_sheet, page, raster, seal


def cut(box: tuple[int, int, int, int], skew: float = 0.0) -> Geometry:
    return Geometry(Orientation(0, 1.0), Skew(skew, 1.0), Crop(box, 1.0), "page")


def pencilled(pixels: np.ndarray) -> np.ndarray:
    out = pixels.copy()
    cv2.putText(out, "15a", (1150, 60), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (195, 198, 200), 2)
    return out


def test_a_crop_in_the_margin_takes_nothing() -> None:
    loss = ink_guard.compare(raster(page(71)), cut((100, 100, 1180, 1650)))
    assert loss == ink_guard.NONE


def test_a_crop_through_the_text_is_refused_and_says_where() -> None:
    loss = ink_guard.compare(raster(page(72)), cut((300, 100, 1180, 1650)))
    assert loss.refused and loss.share > 0.02
    assert all(box[0] < 300 for box in loss.boxes)


def test_a_pencilled_sheet_number_holds_the_crop() -> None:
    scan = raster(pencilled(page(73)))
    assert ink_guard.compare(scan, cut((0, 100, 1240, 1754))).refused
    assert not ink_guard.compare(scan, cut((0, 0, 1240, 1700))).refused


def test_straightening_keeps_corners_that_carry_ink() -> None:
    bare, marked = raster(page(74)), raster(pencilled(page(74)))
    assert not ink_guard.compare(bare, cut((0, 0, 1240, 1754), 8.0)).boxes
    assert ink_guard.compare(marked, cut((0, 0, 1240, 1754), 8.0)).boxes


def test_lonely_dust_beyond_the_page_is_no_ink() -> None:
    dusty = page(75)
    cv2.circle(dusty, (30, 900), 4, (60, 60, 60), -1)
    assert not ink_guard.compare(raster(dusty), cut((60, 0, 1240, 1754))).refused


@pytest.mark.parametrize("scale", [1.0, 0.7])
def test_an_honest_copy_takes_nothing(scale: float) -> None:
    before = seal(pencilled(page(76)), (800, 1300))
    after = cv2.resize(before, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    after = cv2.imdecode(cv2.imencode(".jpg", after, [cv2.IMWRITE_JPEG_QUALITY, 60])[1], cv2.IMREAD_COLOR)
    loss = ink_guard.compare(raster(before), raster(after, 150 * scale))
    assert not loss.refused and loss.share == 0


def test_flattening_the_paper_takes_nothing() -> None:
    before = pencilled(page(77, (150, 190, 205)))
    flat = np.clip(before / np.array([150, 190, 205]) * 255, 0, 255).astype(np.uint8)
    assert not ink_guard.compare(raster(before), raster(flat)).refused


def test_a_bleached_pencil_number_is_missed() -> None:
    before = pencilled(page(78))
    after = np.where(before > 150, 250, before).astype(np.uint8)
    loss = ink_guard.compare(raster(before), raster(after))
    assert loss.refused and any(box[0] > 1100 and box[3] < 120 for box in loss.boxes)


def test_an_erased_dot_below_is_missed() -> None:
    before = page(79, lines=6)
    dotted = before.copy()
    away = cv2.distanceTransform((ink_sheet(79, lines=6) < 0.05).astype(np.uint8), cv2.DIST_L2, 5)
    y, x = np.argwhere((away > 5) & (away < 8))[0]
    cv2.circle(dotted, (int(x), int(y)), 2, (30, 30, 30), -1)
    loss = ink_guard.compare(raster(dotted), raster(before))
    assert loss.refused and len(loss.boxes) >= 1


def test_a_seal_turned_grey_is_missed_and_one_dropped_too() -> None:
    clean = page(80, lines=8)
    before = seal(clean, (800, 1300))
    gray = cv2.cvtColor(cv2.cvtColor(before, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    for after in (gray, clean):
        loss = ink_guard.compare(raster(before), raster(after))
        assert loss.refused and any(box[0] < 800 < box[2] and box[1] < 1300 < box[3] for box in loss.boxes)


def test_a_picture_of_another_shape_is_no_copy() -> None:
    with pytest.raises(ValueError, match="another shape"):
        ink_guard.compare(raster(page(81)), raster(page(81)[:900]))


@pytest.mark.parametrize("level", [0, 255])
def test_empty_pages_lose_nothing(level: int) -> None:
    blank = raster(np.full((400, 300, 3), level, np.uint8))
    assert ink_guard.compare(blank, blank) == ink_guard.NONE
    assert ink_guard.compare(blank, cut((10, 10, 200, 300), 3.0)) == ink_guard.NONE
