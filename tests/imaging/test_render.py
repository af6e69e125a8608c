"""The access copy: exact where nothing is turned by a fraction, one interpolation else, and every point finds its way back."""

import cv2
import numpy as np
import pytest

from imaging import pdfa, slanting
from imaging import render as rendering
from imaging.render import box_to_master, box_to_render, proof, render, thumbnail, to_master, to_render
from imaging.values import Box, Crop, Geometry, Orientation, Raster, Skew, Turn
from tests.imaging.sheets import laid, page, raster

SIZE = (300, 200)


def geometry(
    turn: Turn = 0, skew: float = 0.0, box: Box = (0, 0, *SIZE), corners: tuple[tuple[float, float], ...] = ()
) -> Geometry:
    return Geometry(Orientation(turn, 1.0), Skew(skew, 1.0), Crop(box, 1.0, (1.0, 1.0, 1.0, 1.0), corners))


def noise() -> np.ndarray:
    return np.random.default_rng(5).integers(0, 256, (SIZE[1], SIZE[0], 3), np.uint8)


@pytest.mark.parametrize(("turn", "quarters"), [(0, 0), (90, -1), (180, -2), (270, -3)])
def test_quarter_turns_and_crops_move_pixels_and_change_none(turn: Turn, quarters: int) -> None:
    pixels = noise()
    copy = render(raster(pixels), geometry(turn, 0.04, (20, 30, 250, 180)))
    assert np.array_equal(copy.pixels, np.rot90(pixels[30:180, 20:250], quarters))


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("skew", [0.0, -3.0, 7.5])
@pytest.mark.parametrize("out_dpi", [None, 72.0, 300.0])
@pytest.mark.parametrize("canvas", ["whole", "page"])
def test_points_come_back(turn: Turn, skew: float, out_dpi: float | None, canvas: str) -> None:
    wanted = geometry(turn, skew, (20, 30, 250, 180))
    wanted = Geometry(wanted.orientation, wanted.skew, wanted.crop, canvas)  # type: ignore[arg-type]
    points = [(20.0, 30.0), (123.25, 77.5), (249.0, 31.0)]
    there = to_render(wanted, SIZE, points, (150.0, 150.0), out_dpi)
    back = to_master(wanted, SIZE, there, (150.0, 150.0), out_dpi)
    assert np.allclose(back, points, atol=1e-6)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("skew", [0.0, 4.0])
@pytest.mark.parametrize("dpi", [(150.0, 150.0), (200.0, 100.0)])
@pytest.mark.parametrize("out_dpi", [None, 100.0, 60.0])
def test_a_dot_is_where_the_mapping_says(turn: Turn, skew: float, dpi: tuple[float, float], out_dpi: float | None) -> None:
    pixels = np.full((SIZE[1], SIZE[0]), 255, np.uint8)
    cv2.circle(pixels, (210, 60), 6, 0, -1)
    wanted = geometry(turn, skew)
    copy = render(Raster(pixels, dpi, "gray"), wanted, dpi=out_dpi)
    x, y = to_render(wanted, SIZE, [(210.5, 60.5)], dpi, out_dpi)[0]
    dark = 255.0 - copy.pixels
    rows, columns = np.mgrid[: copy.height, : copy.width]
    assert (dark * (columns + 0.5)).sum() / dark.sum() == pytest.approx(x, abs=0.4)
    assert (dark * (rows + 0.5)).sum() / dark.sum() == pytest.approx(y, abs=0.4)
    if out_dpi:
        assert copy.dpi == (out_dpi, out_dpi)
        assert copy.width * copy.height / out_dpi**2 == pytest.approx(300 * 200 / dpi[0] / dpi[1], rel=0.35 if skew else 0.03)


def test_boxes_map_both_ways() -> None:
    wanted = geometry(90, 0.0, (10, 20, 210, 120))
    assert box_to_render(wanted, SIZE, (10, 20, 40, 30)) == (90, 0, 100, 30)
    assert box_to_master(wanted, SIZE, (90, 0, 100, 30)) == (10, 20, 40, 30)


def test_the_copy_of_a_tilted_sheet_is_the_sheet() -> None:
    sheet = page(21)
    scan, corners = laid(sheet, 3.0, (20, 20, 20))
    box = (int(corners[:, 0].min()), int(corners[:, 1].min()), int(corners[:, 0].max()) + 1, int(corners[:, 1].max()) + 1)
    copy = render(raster(scan), geometry(0, 3.0, box, tuple((float(x), float(y)) for x, y in corners)))
    assert abs(copy.width - sheet.shape[1]) <= 1 and abs(copy.height - sheet.shape[0]) <= 1
    inner = (slice(30, 1700), slice(30, 1200))
    assert np.abs(copy.pixels[inner].astype(int) - sheet[inner]).mean() < 6


def test_new_corners_have_the_colour_of_the_paper() -> None:
    brown = np.full((600, 400, 3), (110, 150, 170), np.uint8)
    copy = render(raster(brown), geometry(0, 5.0, (0, 0, 400, 600)))
    assert copy.width > 400 and np.abs(copy.pixels.astype(int) - (110, 150, 170)).max() <= 2


def test_one_bit_stays_one_bit() -> None:
    pixels = np.full((200, 300), 255, np.uint8)
    pixels[50:60, 40:260] = 0
    copy = render(Raster(pixels, (300, 300), "bitonal"), geometry(0, 2.0))
    assert copy.mode == "bitonal" and set(np.unique(copy.pixels)) == {0, 255}
    shrunk = proof(Raster(pixels, (300, 300), "bitonal"), 100)
    assert shrunk.mode == "gray" and len(np.unique(shrunk.pixels)) > 2


def test_proof_and_thumbnail_keep_their_size_and_scale() -> None:
    scan = raster(page(22))
    small, tiny = proof(scan, 800), thumbnail(scan)
    assert (small.height, tiny.height) == (800, 320) and small.dpi[0] == pytest.approx(150 * 800 / 1754)
    assert proof(scan, 5000).pixels.shape == scan.pixels.shape, "never enlarged"
    turned = proof(scan, 800, geometry(90, 1.0, (0, 0, 1240, 1754)))
    assert max(turned.width, turned.height) == 800 and turned.width > turned.height


def test_the_placement_of_a_straight_page_is_exact() -> None:
    plan = rendering.placement(geometry(0, 0.03), SIZE)
    assert plan.exact and plan.size == SIZE and np.array_equal(plan.matrix, [[1, 0, 0], [0, 1, 0]])


@pytest.mark.parametrize("size", [(301, 201), (300, 200)])
def test_coarse_colour_leaves_brightness_alone_and_colour_in_its_place(size: tuple[int, int]) -> None:
    """A red disc on paper with black print beside it, turned by 3 degrees, both ways."""
    wide, high = size
    pixels = np.full((high, wide, 3), (205, 225, 235), np.uint8)
    cv2.circle(pixels, (wide // 3, high // 2), min(size) // 5, (60, 50, 200), -1, cv2.LINE_AA)
    cv2.rectangle(pixels, (wide // 2, high // 4), (wide // 2 + 4, high - 5), (30, 30, 30), -1)
    wanted = geometry(0, 3.0, (0, 0, wide, high))
    fine, coarse = (render(raster(pixels), wanted, fine_colour=how).pixels for how in (True, False))
    assert fine.shape == coarse.shape
    grey = [cv2.cvtColor(one, cv2.COLOR_BGR2GRAY).astype(int) for one in (fine, coarse)]
    assert np.abs(grey[0] - grey[1]).max() <= 6
    chroma = [
        cv2.GaussianBlur(cv2.cvtColor(one, cv2.COLOR_BGR2YCrCb), (5, 5), 0)[..., 1:].astype(int) for one in (fine, coarse)
    ]
    assert np.abs(chroma[0] - chroma[1]).max() <= 14
    assert np.abs(chroma[0] - chroma[1]).mean() < 0.6


def lines(size: tuple[int, int] = (500, 700)) -> np.ndarray:
    """Text-like strokes in colour on paper with grain."""
    random = np.random.default_rng(8)
    pixels = np.full((size[1], size[0], 3), (205, 225, 235), np.uint8)
    for y in range(40, size[1] - 40, 24):
        for x in range(40, size[0] - 60, 18):
            colour = (30, 30, 30) if y % 48 else (60, 50, 200)
            cv2.line(pixels, (x, y), (x + int(random.integers(4, 12)), y - 12), colour, 2, cv2.LINE_AA)
    return np.clip(pixels + random.normal(0, 2, pixels.shape), 0, 255).astype(np.uint8)


def whirled(pixels: np.ndarray, wanted: Geometry) -> np.ndarray:
    """By OpenCV's own two-dimensional cubic interpolation."""
    plan = rendering.placement(wanted, (pixels.shape[1], pixels.shape[0]))
    centred = np.column_stack([plan.matrix[:, :2], plan.matrix[:, :2] @ (0.5, 0.5) + plan.matrix[:, 2] - 0.5])
    return cv2.warpAffine(pixels, centred, plan.size, flags=cv2.INTER_CUBIC, borderValue=(205, 225, 235))


@pytest.mark.parametrize("skew", [0.06, -0.4, 1.1])
@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_small_angle_is_turned_as_sharply_and_to_the_same_place_as_by_interpolating_in_two_dimensions(
    skew: float, turn: Turn
) -> None:
    pixels = lines()
    wanted = geometry(turn, skew, (0, 0, 500, 700))
    slid, reference = render(raster(pixels), wanted).pixels[9:-9, 9:-9], whirled(pixels, wanted)[9:-9, 9:-9]
    assert slid.shape == reference.shape
    assert np.abs(slid.astype(int) - reference).mean() < 1.0
    sharp = [float(np.abs(cv2.Laplacian(one, cv2.CV_16S)).mean()) for one in (slid, reference)]
    assert sharp[0] > 0.99 * sharp[1]


def test_channels_slide_together_as_they_do_one_by_one_across_every_band() -> None:
    rng = np.random.default_rng(8)
    colours = rng.integers(0, 256, (2 * slanting.BAND + 37, 3 * slanting.BAND + 11, 3), np.uint8)
    turned = cv2.getRotationMatrix2D((150.0, 90.0), 0.4, 1.0)
    size = colours.shape[1] + 5, colours.shape[0] - 3
    together = slanting.slid(colours, turned, size, (250.0, 240.0, 230.0))
    for channel, paper in enumerate((250.0, 240.0, 230.0)):
        alone = slanting.slid(np.ascontiguousarray(colours[:, :, channel]), turned, size, (paper,))
        assert np.array_equal(together[:, :, channel], alone)


def test_a_proof_made_smaller_before_it_is_turned_shows_the_same() -> None:
    scan = raster(page(), dpi=300.0)
    shown = Geometry(Orientation(0, 1.0), Skew(0.6, 1.0), Crop((0, 0, scan.width, scan.height), 0.0))
    quick, once = (render(scan, shown, dpi=140.0, for_screen=way).pixels for way in (True, False))
    assert quick.shape == once.shape
    soft, same = (cv2.GaussianBlur(one, (0, 0), 1.5).astype(int)[4:-4, 4:-4] for one in (quick, once))
    assert np.abs(soft - same).mean() < 0.5  # a px off: 2
    assert quick.std() > 0.95 * once.std()


def test_a_large_angle_or_another_scale_is_not_slid() -> None:
    """Sliding leaves the cosine out; where that would show, the page is turned in two dimensions."""
    page_size = (2480, 3508)
    plans = [rendering.placement(geometry(0, skew, (0, 0, *page_size)), page_size) for skew in (1.1, 1.5, -1.5)]
    assert [slanting.fits(plan.matrix, plan.size) for plan in plans] == [True, False, False]
    scaled = rendering.placement(geometry(0, 0.3, (0, 0, *page_size)), page_size, (300.0, 300.0), 200.0)
    assert not slanting.fits(scaled.matrix, scaled.size)


@pytest.mark.parametrize("skew", [0.5, 3.0])
def test_a_jpeg_keeps_the_colour_of_thin_print_however_far_the_page_was_turned(skew: float) -> None:
    """Blue notes of 6 pt at the head of a page signed on a computer: blended twice on the way, they lost half their colour."""
    pixels = np.full((700, 900, 3), 255, np.uint8)
    for row in range(80, 600, 40):
        cv2.putText(
            pixels, "Ky boi: Uy ban nhan dan tinh", (60, row), cv2.FONT_HERSHEY_COMPLEX, 0.8, (255, 0, 0), 1, cv2.LINE_AA
        )
    wanted = geometry(0, skew, (0, 0, 900, 700))
    coded = [pdfa.encode(render(raster(pixels, 300), wanted, fine_colour=how), 50) for how in (True, False)]
    fine, coarse = (colour_of(pdfa.decode_half(one)) for one in coded)
    assert coarse > 0.85 * fine
    assert coarse > 0.7 * colour_of(cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))


def colour_of(pixels: np.ndarray) -> float:
    lab = cv2.cvtColor(pixels, cv2.COLOR_BGR2Lab).astype(int) - 128
    return float(np.abs(lab[..., 1:]).sum(axis=2).sum())
