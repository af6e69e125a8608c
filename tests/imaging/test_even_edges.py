"""Even edges of a compact page's mask: fewer bytes, the same letters."""

import cv2
import numpy as np
import pytest

from imaging.pdfa.coding import g4
from imaging.pdfa.smooth import SIMPLE, evened
from imaging.practice import invent, typeset
from imaging.prepare import PAPER, local_paper, to_gray
from imaging.values import Pixels, Raster

DOTS = 300 / 25.4


@pytest.fixture(scope="module")
def grey() -> Pixels:
    """Brightness against the paper of a part of a scanned page of print, which has the grain of a scan."""
    page = typeset(invent(52, length=2), 52)[0]
    gray = to_gray(page.raster.pixels)[300:1700]
    grain = np.random.default_rng(3).normal(0, 9, gray.shape)
    noisy = np.clip(cv2.GaussianBlur(gray, (0, 0), 0.8) + grain, 0, 255).astype(np.uint8)
    return np.asarray(cv2.divide(cv2.GaussianBlur(noisy, (3, 3), 0), local_paper(noisy, 300), scale=PAPER), np.uint8)


def regions(ink: np.ndarray) -> tuple[int, int]:
    """How many shapes of ink there are, and how many of paper: counters and the page."""
    flat = ink.astype(np.uint8)
    return cv2.connectedComponents(flat, connectivity=8)[0], cv2.connectedComponents(1 - flat, connectivity=4)[0]


def coded(ink: np.ndarray) -> int:
    return len(g4(Raster(np.where(ink, np.uint8(0), np.uint8(255)), (300, 300), "bitonal")).data)


def test_an_even_mask_is_smaller_and_no_letter_changes_its_topology(grey: Pixels) -> None:
    limit = np.full_like(grey, 120)
    ink = grey < limit
    even = evened(ink, grey, limit, DOTS)
    assert coded(even) < 0.94 * coded(ink)
    assert regions(even) == regions(ink)
    assert (even != ink).sum() < 0.15 * ink.sum() and even.sum() == pytest.approx(ink.sum(), rel=0.03)


def test_only_px_near_the_limit_are_turned(grey: Pixels) -> None:
    limit = np.full_like(grey, 120)
    ink = grey < limit
    turned = evened(ink, grey, limit, DOTS) != ink
    level = cv2.GaussianBlur(grey, (3, 3), 0)
    assert turned.any() and np.abs(level[turned].astype(int) - 120).max() <= 26


def test_a_pale_thin_stroke_is_not_thinned() -> None:
    ratio = np.full((80, 200), 200, np.uint8)
    for lower in (0, 1):
        cv2.line(ratio, (20, 70 + lower), (180, 10 + lower), 112, 1)
    limit = np.full_like(ratio, 120)
    ink = ratio < limit
    assert (ink & ~evened(ink, ratio, limit, DOTS)).sum() <= 0.02 * ink.sum()


def test_simple_points_are_those_that_part_and_join_nothing() -> None:
    """All 256 neighbourhoods, counted: turning the middle leaves the number of shapes of ink and of paper."""
    around = ((-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1))
    for state in range(256):
        window = np.zeros((3, 3), np.uint8)
        for bit, (down, across) in enumerate(around):
            window[1 + down, 1 + across] = state >> bit & 1
        full = window.copy()
        full[1, 1] = 1
        ink = cv2.connectedComponents(window, connectivity=8)[0] == cv2.connectedComponents(full, connectivity=8)[0]
        paper = cv2.connectedComponents(1 - window, connectivity=4)[0] == cv2.connectedComponents(1 - full, connectivity=4)[0]
        assert SIMPLE[state] == (ink and paper), state


def test_a_hook_stays_a_hook(grey: Pixels) -> None:
    """Nothing the size of an accent is touched, neither inside nor around it."""
    limit = np.full_like(grey, 120)
    ink = grey < limit
    even = evened(ink, grey, limit, DOTS)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    accents = (stats[:, 2:4].max(axis=1) <= 15) & (stats[:, 4] > 8)
    assert accents.sum() > 100
    assert (even == ink)[accents[labels]].all()
