"""Two facing pages are parted in the gutter, never through writing."""

import numpy as np

from imaging.prepare import prepare
from imaging.spread import split
from tests.imaging.sheets import page, raster


def test_facing_pages_part_in_the_gutter() -> None:
    both = np.hstack([page(61), page(62)]).astype(np.float32)
    shadow = 40 * np.clip(1 - np.abs(np.arange(2480) - 1240) / 15, 0, 1)
    found = split(prepare(raster(np.clip(both - shadow[None, :, None], 0, 255).astype(np.uint8))))
    assert abs(found.x - 1240) <= 8 and found.confidence > 0.5
    left, right = found.halves
    assert left.box == (0, 0, found.x, 1754) and right.box == (found.x, 0, 2480, 1754)


def test_an_even_gutter_is_cut_in_the_middle() -> None:
    found = split(prepare(raster(np.hstack([page(63), page(64)]))))
    assert abs(found.x - 1240) <= 60 and len(found.halves) == 2


def test_one_wide_page_of_text_is_not_parted() -> None:
    wide = np.hstack([page(65)[:, 180:1100], page(66)[:, 180:1100], page(67)[:, 180:1100]])[:1500]
    for x in range(0, wide.shape[1], 40):
        wide[700:730, x : x + 30] = 30
    found = split(prepare(raster(wide)))
    assert found.confidence == 0.0 and found.halves == ()


def test_an_upright_page_is_asked_in_vain() -> None:
    assert split(prepare(raster(page(68)))).halves == ()
