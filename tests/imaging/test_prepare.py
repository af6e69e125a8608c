"""The shared front end holds its promises on every kind of raster."""

import cv2
import numpy as np
import pytest

from imaging.prepare import PAPER, prepare
from imaging.values import Mode, Raster

EVERYTHING = [
    *("gray", "work", "half", "half_gray", "background", "ratio", "plain"),
    *("noise", "strong", "components", "lab", "chroma", "ink"),
]
DPI = [(75.0, 75.0), (96.0, 96.0), (200.0, 200.0), (204.0, 98.0), (299.9, 299.9), (300.0, 300.0), (600.0, 600.0)]


def _page(paper: int, ink: int, dpi: int = 300) -> np.ndarray:
    page = np.full((dpi * 5, dpi * 4), paper, np.uint8)
    for row in range(4):
        cv2.putText(page, "Quyet dinh so 15", (dpi // 2, dpi * (row + 1)), cv2.FONT_HERSHEY_SIMPLEX, dpi / 150, ink, dpi // 50)
    return page


@pytest.mark.parametrize("dpi", DPI)
@pytest.mark.parametrize("level", [0, 255])
@pytest.mark.parametrize("shape", [(1, 1), (7, 3, 3), (900, 640), (901, 641, 3)])
def test_any_raster_is_prepared_without_a_fault(dpi: tuple[float, float], level: int, shape: tuple[int, ...]) -> None:
    mode: Mode = "color" if len(shape) == 3 else "bitonal"
    prepared = prepare(Raster(np.full(shape, level, np.uint8), dpi, mode))
    assert all(getattr(prepared, name) is not None for name in EVERYTHING)
    assert prepared.ink.min() == prepared.ink.max() == (0 if level else 1), "white is paper, black is no paper at all"
    assert prepared.half.shape == (*prepared.ratio.shape, 3) and prepared.chroma.shape == prepared.ratio.shape


@pytest.mark.parametrize("dpi", [96, 200, 290, 300, 400, 600])
def test_the_working_scale_tells_the_truth(dpi: int) -> None:
    prepared = prepare(Raster(np.full((dpi * 3 + 1, dpi * 2 + 1), 255, np.uint8), (dpi, dpi), "gray"))
    assert prepared.size == prepared.work.shape[::-1]
    assert prepared.dpi == pytest.approx(min(dpi, 150), rel=0.1)
    assert prepared.size[1] / prepared.scale[1] == pytest.approx(dpi * 3 + 1, abs=1 / prepared.scale[1])


def test_ink_reads_the_same_on_white_and_on_brown_paper() -> None:
    white, brown = (prepare(Raster(_page(paper, paper // 4), (300, 300), "gray")) for paper in (250, 120))
    assert white.ink.sum() == pytest.approx(brown.ink.sum(), rel=0.03)
    assert abs(int(np.median(white.ratio)) - PAPER) <= 2 and abs(int(np.median(brown.ratio)) - PAPER) <= 2
    assert len(white.components.stats) == len(brown.components.stats)


def test_noise_is_the_papers_not_the_inks() -> None:
    rng = np.random.default_rng(3)
    page = np.clip(_page(220, 20).astype(float) + rng.normal(0, 12, (1500, 1200)), 0, 255).astype(np.uint8)
    measured = prepare(Raster(page, (300, 300), "gray")).noise
    assert measured == pytest.approx(12 / 2 / 220, rel=0.3), "averaging 2 x 2 px halves the noise"


def test_a_red_seal_leaves_the_plain_ratio_and_shows_in_chroma() -> None:
    page = cv2.cvtColor(_page(235, 30), cv2.COLOR_GRAY2BGR)
    cv2.circle(page, (900, 300), 200, (60, 50, 215), 12)
    prepared = prepare(Raster(page, (300, 300), "color"))
    on_ring = (150, 550)
    assert prepared.chroma[on_ring] > 60 and prepared.ratio[on_ring] < 0.6 * PAPER < 0.85 * PAPER < prepared.plain[on_ring]
    assert prepared.chroma[:40].max() < 10


def test_boxes_come_back_to_the_master() -> None:
    prepared = prepare(Raster(np.full((901, 601), 255, np.uint8), (300, 300), "gray"))
    assert prepared.to_master((10, 20, 30, 40)) == (20, 40, 60, 80)
    width, height = prepared.size
    assert prepared.to_master((0, 0, width, height))[2:] == (600, 900)


def test_a_raster_without_pixels_or_resolution_is_refused() -> None:
    with pytest.raises(ValueError, match="needs pixels"):
        prepare(Raster(np.zeros((0, 5), np.uint8), (300, 300), "gray"))
    with pytest.raises(ValueError, match="above zero"):
        prepare(Raster(np.zeros((5, 5), np.uint8), (0, 300), "gray"))
