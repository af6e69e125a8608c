"""Red seals pressed on this side are found; their prints, their shadows through the sheet and other red marks are not."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from imaging import seals
from imaging.prepare import prepare
from imaging.values import Box
from tests.imaging.sheets import page, raster, seal

SHARED = Path(__file__).resolve().parents[2] / "../shared/data/vn-scan"
BLANK = (235, 240, 242)


def found(pixels: np.ndarray) -> list[Box]:
    scan = raster(pixels)
    return seals.find(scan, prepare(scan))


def near(box: Box, centre: tuple[int, int], radius: int = 108) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return bool(np.hypot(x - centre[0], y - centre[1]) < 8 and abs((box[2] - box[0]) / 2 - radius) < 12)


@pytest.mark.parametrize("strength", [1.0, 0.6, 0.4])
def test_a_seal_over_text_is_found_at_its_place_also_faded(strength: float) -> None:
    boxes = found(seal(page(51), (800, 1200), strength))
    assert len(boxes) == 1 and near(boxes[0], (800, 1200))


def test_two_seals_are_two() -> None:
    boxes = found(seal(seal(page(52, lines=15), (400, 1200)), (850, 1250)))
    assert len(boxes) == 2 and any(near(box, (400, 1200)) for box in boxes) and any(near(box, (850, 1250)) for box in boxes)


def test_brown_stock_hides_no_seal() -> None:
    assert len(found(seal(page(53, (120, 160, 185)), (800, 1200)))) == 1


def test_show_through_and_broken_prints_do_not_count() -> None:
    blank = np.full((1754, 1240, 3), BLANK, np.uint8)
    through = cv2.GaussianBlur(seal(blank, (500, 900), 0.12)[:, ::-1], (0, 0), 3)
    assert found(np.ascontiguousarray(through)) == []
    assert found(seal(blank, (500, 900), 0.7, arc=170)) == []


def test_other_red_marks_are_no_seals() -> None:
    marked = page(54, lines=10)
    cv2.rectangle(marked, (200, 800), (480, 900), (60, 60, 210), 6)
    cv2.putText(marked, "HOA TOC", (220, 870), cv2.FONT_HERSHEY_SIMPLEX, 2, (60, 60, 210), 5)
    cv2.circle(marked, (900, 1300), 40, (60, 60, 210), 6)
    cv2.circle(marked, (500, 1300), 108, (200, 90, 40), 8)
    assert found(marked) == []


def test_a_grey_master_has_none_that_can_be_told() -> None:
    gray = cv2.cvtColor(seal(page(55), (800, 1200)), cv2.COLOR_BGR2GRAY)
    assert found(gray) == []


def test_blue_signatures_are_boxed() -> None:
    signed = page(56, lines=8)
    stroke = np.array([[500, 1200], [560, 1120], [600, 1210], [680, 1130], [720, 1200], [820, 1150]], np.int32)
    cv2.polylines(signed, [stroke], False, (170, 70, 40), 4)
    scan = raster(signed)
    boxes = seals.signatures(scan, prepare(scan))
    assert len(boxes) == 1
    x0, y0, x1, y1 = boxes[0]
    assert x0 <= 505 and x1 >= 815 and y0 <= 1125 and y1 >= 1205
    assert seals.signatures(raster(page(57)), prepare(raster(page(57)))) == []


SEALED = {"bao-cao-280": 2, "cong-van-299": 1, "to-trinh-24": 1, "quyet-dinh-87": 3}
"""The one page of each document that bears a seal of its own; other pages bear its print."""


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data folder is not there")
def test_real_documents_bear_one_seal_each() -> None:
    from bench.geometry_scenes import real_pages

    seen = {
        page.name: len(seals.find(page.raster, prepare(page.raster))) for page in real_pages(text_only=False, documents=SEALED)
    }
    assert seen == {name: int(SEALED[name.split()[0]] == int(name.split()[1])) for name in seen}
