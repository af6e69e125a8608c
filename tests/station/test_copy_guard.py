"""A copy that bleaches a seal or a signature is told from one that keeps it."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from imaging import geometry, pdfa, render, seals
from imaging.practice import PracticePage, invent, typeset
from imaging.prepare import Prepared, prepare
from imaging.values import Geometry, Raster, Skew
from station.copy_guard import LEAST_PRESENT, present


@pytest.fixture(scope="module")
def sealed() -> tuple[Prepared, Geometry, PracticePage]:
    (page,) = [page for page in typeset(invent(31, "state", 2), 31) if page.truth.seals]
    prepared = prepare(page.raster)
    return prepared, geometry.measure(page.raster, prepared), page


def share(sealed: tuple[Prepared, Geometry, PracticePage], copy: Raster, placed: Geometry | None = None) -> float:
    master, own, _ = sealed
    stamps, strokes = seals.find(master.raster, master), seals.signatures(master.raster, master)
    assert stamps and strokes
    return present(master, Prepared(copy), placed or own, stamps, strokes)


@pytest.mark.parametrize("quality", [pdfa.ACCESS_QUALITY, 90])
def test_the_standard_copy_keeps_them(sealed: tuple[Prepared, Geometry, PracticePage], quality: int) -> None:
    shown = render.render(sealed[0].raster, sealed[1])
    assert share(sealed, Raster(pdfa.decode(pdfa.encode(shown, quality)), shown.dpi, "color")) > 0.93


def test_a_turned_copy_is_compared_at_the_turned_place(sealed: tuple[Prepared, Geometry, PracticePage]) -> None:
    placed = replace(sealed[1], skew=Skew(4.0, 1.0))
    assert share(sealed, render.render(sealed[0].raster, placed), placed) > 0.93


def test_a_copy_of_another_resolution_is_compared_by_area(sealed: tuple[Prepared, Geometry, PracticePage]) -> None:
    shown = render.render(sealed[0].raster, sealed[1], dpi=200)
    assert 0.8 < share(sealed, Raster(pdfa.decode(pdfa.encode(shown)), shown.dpi, "color")) < 1.15


def test_a_bleached_copy_is_found(sealed: tuple[Prepared, Geometry, PracticePage]) -> None:
    shown = render.render(sealed[0].raster, sealed[1])
    grey = cv2.cvtColor(cv2.cvtColor(shown.pixels, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    faint = cv2.addWeighted(shown.pixels, 0.5, grey, 0.5, 0)
    for pixels in (grey, faint, np.full_like(grey, 255)):
        assert share(sealed, Raster(np.asarray(pixels, np.uint8), shown.dpi, "color")) < LEAST_PRESENT
