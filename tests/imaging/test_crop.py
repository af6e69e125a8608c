"""The page is cut out of its backing within a mm and never inside; what only looks like an edge is left alone."""

import cv2
import numpy as np
import pytest

from imaging import geometry
from imaging.prepare import prepare
from imaging.render import render
from imaging.values import Crop
from tests.imaging.sheets import DPI, laid, lean, page, raster

PER_MM = DPI / 25.4
WHOLE_SIDES = (0.0, 0.0, 0.0, 0.0)


def crop_of(pixels: np.ndarray) -> Crop:
    scan = raster(pixels)
    return geometry.measure(scan, prepare(scan)).crop


def whole(crop: Crop, pixels: np.ndarray) -> bool:
    return crop.box == (0, 0, pixels.shape[1], pixels.shape[0]) and crop.confidence == 0.0


def with_noise(pixels: np.ndarray, seed: int = 3) -> np.ndarray:
    return np.clip(pixels + np.random.default_rng(seed).normal(0, 2, pixels.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("bed", [(22, 22, 24), (128, 128, 126)])
@pytest.mark.parametrize("degrees", [-6.0, -1.1, 0.0, 0.3, 4.7])
@pytest.mark.parametrize("paper", [(250, 252, 252), (150, 190, 205)])
def test_corners_are_found_within_a_mm_and_never_inside(
    bed: tuple[int, ...], degrees: float, paper: tuple[int, int, int]
) -> None:
    pixels, corners = laid(page(31, paper), degrees, bed)
    crop = crop_of(with_noise(pixels))
    assert min(crop.sides) > 0.9
    assert np.linalg.norm(np.array(crop.corners) - corners, axis=1).max() <= 1.0 * PER_MM
    x0, y0, x1, y1 = crop.box
    assert x0 <= corners[:, 0].min() and y0 <= corners[:, 1].min() and x1 >= corners[:, 0].max() and y1 >= corners[:, 1].max()


def white_scene(degrees: float, sheet: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A sheet on a white lid: nothing but the shadow of its edge shows where it ends."""
    bed = (236, 238, 238)
    pixels, corners = laid(sheet, degrees, bed)
    outside = np.full(pixels.shape[:2], 255, np.uint8)
    cv2.fillPoly(outside, [np.round(corners).astype(np.int32)], 0)
    far = cv2.distanceTransform(outside, cv2.DIST_L2, 3)
    shadow = 18 * np.clip(1 - far / 3, 0, 1) * (far > 0)
    return with_noise(pixels - shadow[..., None]), corners


@pytest.mark.parametrize("degrees", [-3.0, 0.6])
def test_a_shadow_upon_white_is_an_edge(degrees: float) -> None:
    pixels, corners = white_scene(degrees, page(32, (244, 247, 248)))
    crop = crop_of(pixels)
    assert min(crop.sides) > 0.6
    # these sides are trusted to two thirds only and therefore moved outwards by half a millimetre
    assert np.linalg.norm(np.array(crop.corners) - corners, axis=1).max() <= 1.1 * PER_MM
    outline = np.array(crop.corners, np.float32)
    assert all(cv2.pointPolygonTest(outline, (float(x), float(y)), True) > -0.1 * PER_MM for x, y in corners)


def test_white_upon_white_without_a_shadow_stays_whole() -> None:
    pixels, _ = laid(page(33, (240, 240, 240)), 2.0, (240, 240, 240))
    assert whole(crop_of(with_noise(pixels)), pixels)


def test_a_page_cut_to_the_sheet_stays_whole() -> None:
    pixels = page(34)
    assert whole(crop_of(pixels), pixels)


@pytest.mark.parametrize("width", [2, 5])
@pytest.mark.parametrize("colour", [(40, 40, 40), (170, 170, 170), (215, 218, 218)])
def test_a_printed_frame_is_no_edge(width: int, colour: tuple[int, int, int]) -> None:
    pixels = page(35, lines=10)
    cv2.rectangle(pixels, (70, 70), (1170, 1680), colour, width)
    assert whole(crop_of(pixels), pixels)


def test_a_fold_is_no_edge() -> None:
    pixels = page(36).astype(np.float32)
    pixels[:, 95:98] -= 14
    assert whole(crop_of(np.clip(pixels, 0, 255).astype(np.uint8)), pixels)


def test_a_dark_picture_on_a_page_is_not_the_page() -> None:
    pixels = page(37, lines=3)
    pixels[700:1100, 400:900] = (60, 70, 70)
    assert whole(crop_of(pixels), pixels)


def test_a_label_on_a_brown_cover_is_not_the_page() -> None:
    pixels = np.full((1754, 1240, 3), (70, 100, 130), np.uint8)
    pixels[500:800, 350:900] = (235, 240, 240)
    assert whole(crop_of(with_noise(pixels)), pixels)


def test_a_margin_blanked_by_the_copier_is_no_backing() -> None:
    pixels = np.clip(page(38).astype(int) - 8, 0, 255).astype(np.uint8)
    pixels[:, :14], pixels[:14] = 255, 255
    assert whole(crop_of(pixels), pixels)


def test_sides_are_judged_by_themselves() -> None:
    sheet = page(39)
    pixels = np.full((1754 + 120, 1240 + 90, 3), 20, np.uint8)
    pixels[: sheet.shape[0], : sheet.shape[1]] = sheet
    crop = crop_of(with_noise(pixels))
    assert crop.sides[0] == crop.sides[1] == 0.0 and min(crop.sides[2:]) > 0.9
    assert crop.box[:2] == (0, 0)
    assert np.allclose(crop.box[2:], (1240, 1754), atol=PER_MM) and crop.box[2] >= 1240 and crop.box[3] >= 1754


def test_torn_and_folded_corners_stay_inside_the_crop() -> None:
    sheet = page(40)
    for corner, sign in (((0, 0), 1), ((1239, 1753), -1)):
        x, y = corner
        cv2.fillPoly(sheet, [np.array([(x, y), (x + sign * 130, y), (x, y + sign * 130)])], (22, 22, 24))
    pixels, corners = laid(sheet, 1.5, (22, 22, 24))
    crop = crop_of(with_noise(pixels))
    assert np.linalg.norm(np.array(crop.corners) - corners, axis=1).max() <= 1.0 * PER_MM, (
        "the quad ignores the missing corners"
    )


def test_a_crop_that_would_cut_ink_is_not_applied() -> None:
    sheet = page(41)
    pixels = np.full((1900, 1500, 3), 128, np.uint8)
    pixels[60:1814, 60:1300] = sheet
    for row in range(5):
        cv2.putText(pixels, "ghi chu 15a", (1330, 400 + 60 * row), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (20, 20, 20), 2)
    assert whole(crop_of(with_noise(pixels)), pixels)


def test_a_blank_sheet_is_straightened_by_its_edges() -> None:
    pixels, _ = laid(np.full((1754, 1240, 3), 238, np.uint8), 2.4, (22, 22, 24))
    scan = raster(with_noise(pixels))
    found = geometry.measure(scan)
    assert found.skew.degrees == pytest.approx(2.4, abs=0.05) and 0 < found.skew.confidence <= 0.5
    copy = render(scan, found)
    assert abs(copy.width / PER_MM - 210) < 2 and abs(copy.height / PER_MM - 297) < 2
    assert np.median(copy.pixels) > 230 and (copy.pixels < 100).mean() < 0.02


def test_text_wins_over_the_edge_of_the_sheet() -> None:
    tilted = lean(page(42), 1.2)[40:-40, 40:-40]
    pixels, _ = laid(tilted, 0.0, (22, 22, 24))
    assert geometry.measure(raster(with_noise(pixels))).skew.degrees == pytest.approx(1.2, abs=0.06)


@pytest.mark.parametrize("shape", [(1, 1), (9, 4000), (300, 20, 3), (1754, 1240)])
@pytest.mark.parametrize("level", [0, 255])
def test_odd_images_come_out_whole(shape: tuple[int, ...], level: int) -> None:
    pixels = np.full(shape, level, np.uint8)
    assert whole(crop_of(pixels), pixels)
