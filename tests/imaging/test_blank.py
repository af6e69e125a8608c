"""Blank is what a reader would not miss: a seal soaked through is blank; a page number, a pencil line, a seal are not."""

import cv2
import numpy as np
import pytest

from bench.geometry_scenes import BLANK_VERSOS, SHARED, STOCKS, real_pages, typeset
from imaging import blank, load
from imaging.prepare import prepare
from imaging.values import Raster
from qc.seeded import fade

SIZE = (3508, 2480)


def paper(stock: str, seed: int = 3, noise: float = 3.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    sheet = np.array(STOCKS[stock], np.float32) + rng.normal(0, noise, SIZE)[..., None].astype(np.float32)
    shade = cv2.resize(rng.normal(0, 4, (9, 7)).astype(np.float32), SIZE[::-1], interpolation=cv2.INTER_CUBIC)
    return np.clip(sheet + shade[..., None], 0, 255).astype(np.uint8)


def judged(pixels: np.ndarray, partner: np.ndarray | None = None) -> bool:
    raster = Raster(pixels, (300, 300), "color")
    other = None if partner is None else prepare(Raster(partner, (300, 300), "color"))
    return blank.measure(raster, prepare(raster), other).value


@pytest.mark.parametrize("stock", STOCKS)
def test_bare_paper_is_blank_whatever_its_colour(stock: str) -> None:
    assert judged(paper(stock))


@pytest.mark.parametrize("stock", STOCKS)
def test_a_page_number_alone_is_not_blank(stock: str) -> None:
    sheet = paper(stock)
    cv2.putText(sheet, "2", (1220, 180), cv2.FONT_HERSHEY_COMPLEX, 1.4, tuple(0.35 * c for c in STOCKS[stock]), 3, cv2.LINE_AA)
    assert not judged(sheet)


@pytest.mark.parametrize("stock", ["white", "yellow"])
def test_a_pencil_number_is_not_blank(stock: str) -> None:
    sheet = paper(stock)
    cv2.putText(
        sheet, "15a", (2200, 160), cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, 1.6, tuple(0.72 * c for c in STOCKS[stock]), 3, cv2.LINE_AA
    )
    assert not judged(sheet)


@pytest.mark.parametrize("strength", [1.0, 0.35])
def test_a_seal_alone_is_not_blank_even_faded(strength: float) -> None:
    sheet = paper("white")
    ink = np.zeros(SIZE, np.uint8)
    for radius, wide in ((212, 9), (196, 4), (130, 4)):
        cv2.circle(ink, (900, 2500), radius, 255, wide, cv2.LINE_AA)
    cv2.putText(ink, "UY BAN", (790, 2520), cv2.FONT_HERSHEY_DUPLEX, 1.8, 255, 6, cv2.LINE_AA)
    red = np.array((40, 30, 200), np.float32)
    share = strength * ink[..., None].astype(np.float32) / 255
    mixed = sheet * (1 - share) + red * share
    assert not judged(mixed.astype(np.uint8))


def test_print_that_shines_through_is_blank_and_stays_so_when_the_partner_explains_it() -> None:
    front = typeset("print", "white", 41).raster.pixels
    density = cv2.GaussianBlur(1 - front.min(axis=2) / 250.0, (0, 0), 5)[:, ::-1].clip(0, 1)
    back = (paper("onion skin") * (1 - 0.12 * density[: SIZE[0], : SIZE[1], None])).astype(np.uint8)
    assert judged(back) and judged(back, front)
    assert not judged(front)


@pytest.mark.parametrize(("stock", "left"), [("white", 0.12), ("yellow", 0.12), ("onion skin", 0.08)])
def test_writing_paler_than_the_noise_is_not_blank(stock: str, left: float) -> None:
    assert not judged(fade(typeset("print", stock, 101).raster, left, np.random.default_rng(0)).pixels)


def test_punch_holes_dust_and_a_streak_are_not_writing() -> None:
    sheet = paper("white")
    for y in (1500, 2440):
        cv2.circle(sheet, (142, y), 35, (30, 30, 30), -1, cv2.LINE_AA)
    for x, y in ((700, 900), (1500, 2000)):
        cv2.circle(sheet, (x, y), 4, (60, 60, 60), -1)
    sheet[:, 1333:1335] = 150
    assert judged(sheet)


def test_a_real_verso_is_blank_and_the_pages_beside_it_are_not() -> None:
    path = SHARED / "to-trinh-22.pdf"
    if not path.exists():
        pytest.skip("the shared data folder with real scans is not there")
    read = [page for page in load.pages(path) if isinstance(page, load.LoadedPage)]
    found = [blank.measure(page.raster, prepare(page.raster)).value for page in read]
    assert found == [False, True, False, False]


@pytest.mark.slow
def test_the_known_versos_are_blank_and_no_other_real_page_is() -> None:
    pages = real_pages(text_only=False)
    if not pages:
        pytest.skip("the shared data folder with real scans is not there")
    found = {page.name for page in pages if blank.measure(page.raster, prepare(page.raster)).value}
    assert found == BLANK_VERSOS
