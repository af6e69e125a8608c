"""A scanner judged by its pages: dirt is found at its place within three pages, clean pages of every stock raise nothing, and
other paper is not taken for another machine."""

from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest

from bench.geometry_scenes import Page, typeset
from imaging.practice import invent
from imaging.practice import typeset as practice
from imaging.prepare import prepare
from imaging.values import Blank, Crop, Geometry, Orientation, Raster, Skew
from qc.device import Mark, Sample, Seen, dirt, proof, sample, trends
from qc.finding import Level
from qc.limits import Limits
from qc.look import Look

LIMITS = Limits()
STOCKS = ("white", "yellow", "onion skin", "brown")
KINDS = ("print", "typewriter", "table", "sparse", "italic")


def said(raster: Raster) -> Sample:
    """The sample of a page, as the live path takes it."""
    geometry = Geometry(Orientation(0, 0.0), Skew(0.0, 0.0), Crop((0, 0, raster.width, raster.height), 0.0))
    found = sample(Look(raster, prepare(raster), geometry, Blank(False, 0.05)), geometry)
    assert found is not None
    return Sample.from_json(found.to_json())


def dirty(raster: Raster, mm: float, amplitude: float, wide_px: int = 2) -> Raster:
    """A streak as dirty feeder glass leaves it: every row, all channels."""
    pixels = raster.pixels.astype(np.float32)
    x = round(mm / 25.4 * raster.dpi[0] - wide_px / 2)
    pixels[:, x : x + wide_px] *= 1 + amplitude
    return Raster(np.clip(np.round(pixels), 0, 255).astype(np.uint8), raster.dpi, raster.mode)


@cache
def page_of(kind: str, stock: str, seed: int) -> Page:
    return typeset(kind, stock, seed)


def pages(samples: list[Sample], batch: int = 1, first: int = 1) -> list[Seen]:
    return [Seen(first + at, first + at, batch, one) for at, one in enumerate(samples)]


@pytest.mark.parametrize(("stock", "amplitude"), [("white", -0.03), ("yellow", -0.04), ("onion skin", -0.04), ("brown", -0.10)])
def test_dirt_at_83_mm_is_told_on_the_third_page_at_its_place(stock: str, amplitude: float) -> None:
    clean = [said(page_of(kind, stock, 11).raster) for kind in KINDS[:1]]
    marked = [said(dirty(page_of(kind, stock, 12).raster, 83.0, amplitude)) for kind in KINDS[:3]]
    assert dirt(pages(clean + marked[:2]), LIMITS) == []
    (found,) = dirt(pages(clean + marked), LIMITS)
    assert found.mm == pytest.approx(83.0, abs=0.2)
    assert found.amplitude == pytest.approx(amplitude, abs=0.012)
    assert (found.since, found.pages, found.hint) == (2, 3, "dark")
    assert found.level is Level.ERROR


def test_clean_pages_of_every_stock_raise_nothing() -> None:
    """Sixty-four pages: five kinds of print on four stocks, twice, and practice pages, one after another and again by stock."""
    samples = [said(page_of(kind, stock, seed).raster) for stock in STOCKS for kind in KINDS for seed in (21, 22)]
    samples += list(_practice(24))
    assert len(samples) == 64
    assert dirt(pages(samples), LIMITS) == []
    assert sum(bool(one.marks) for one in samples) <= 2, "single pages, too, are rarely taken for streaked"


def _practice(count: int) -> Iterator[Sample]:
    made = 0
    for number in range(1, count + 1):
        for page in practice(invent(number), number, versos=True):
            yield said(page.raster)
            made += 1
            if made == count:
                return


def test_print_that_stands_at_another_place_on_every_page_is_no_dirt() -> None:
    wandering = [said(dirty(page_of("print", "white", 31).raster, 60.0 + 3 * at, -0.2)) for at in range(4)]
    assert dirt(pages(wandering), LIMITS) == []


def marked(*marks: tuple[float, float]) -> Sample:
    return Sample((210.0, 297.0), tuple(Mark(mm, 0.17, amplitude, 1.0) for mm, amplitude in marks))


def test_dirt_stands_until_five_clean_pages_and_a_miss_does_not_hide_it() -> None:
    history = [marked((83.0, -0.04))] * 3 + [marked()] + [marked((83.05, -0.04))]
    (found,) = dirt(pages(history), LIMITS)
    assert found.pages == 4
    assert dirt(pages(history + [marked()] * 4), LIMITS) != []
    assert dirt(pages(history + [marked()] * 5), LIMITS) == []


def test_two_places_are_two_alarms_the_stronger_first() -> None:
    found = dirt(pages([marked((83.0, -0.02), (120.0, -0.05))] * 3), LIMITS)
    assert [one.mm for one in found] == [120.0, 83.0]


def test_below_its_limit_or_of_changing_sign_nothing_stands() -> None:
    assert dirt(pages([marked((83.0, -0.009))] * 5), LIMITS) == []
    assert dirt(pages([marked((83.0, -0.03)), marked((83.0, 0.03))] * 3), LIMITS) == []


@pytest.mark.parametrize(
    ("after", "state", "now"),
    [
        ([[]] * 3, "gone", 0.0),
        ([[]] * 2, "waiting", 0.0),
        ([[(83.0, -0.03)]] * 3, "still", -0.03),
        ([[(83.0, -0.03)], []], "waiting", 0.0),
        ([[(83.0, -0.03)], [], []], "gone", 0.0),
        ([[(83.0, -0.03)], [(83.1, -0.03)]], "still", -0.03),
        ([[(140.0, -0.03)]] * 3, "gone", 0.0),
    ],
)
def test_the_pages_after_a_cleaning_prove_it(after: list[list[tuple[float, float]]], state: str, now: float) -> None:
    proved = proof(83.0, 0.17, -0.041, pages([marked(*marks) for marks in after]), LIMITS)
    assert (proved.state, proved.before) == (state, -0.041)
    assert proved.after == pytest.approx(now)


# -- slow change ---------------------------------------------------------------------------------------------------


def stack(
    count: int,
    batch: int,
    *,
    skew: float = 0.05,
    spread: float = 0.15,
    length: float = 1.0,
    sheet: tuple[float, float] = (210.0, 297.0),
    paper: tuple[float, float, float] = (96.0, 0.0, 3.0),
    back: tuple[float, float, float] = (0.0, 0.0, 0.0),
    grain: tuple[float, float] = (1.0, 1.0),
) -> tuple[list[Seen], list[Seen]]:
    """Fronts and backs of one batch; ``back``: what the back's lamp adds to the paper."""
    rng = np.random.default_rng(batch)
    fronts, backs = [], []
    for at in range(count):
        stock = np.array(paper) + rng.normal(0, 1.0, 3)
        wide, high = np.array(sheet) * (1, length) + rng.normal(0, 0.15, 2)
        for side, add, noise in ((fronts, (0, 0, 0), grain[0]), (backs, back, grain[1])):
            seen = tuple(np.round(stock + np.array(add) + rng.normal(0, 0.4, 3), 2))
            one = Sample(
                (216.0, 300.0), (), float(rng.normal(skew, spread)), (wide, high), seen, float(noise + rng.normal(0, 0.05))
            )
            side.append(Seen(1000 * batch + at, 1000 * batch + at, batch, one))
    return fronts, backs


def levels(*stacks: tuple[list[Seen], list[Seen]]) -> dict[str, Level | None]:
    fronts, backs = ([one for both in stacks for one in both[at]] for at in (0, 1))
    found = trends(fronts, backs, LIMITS)
    return {f"{one.check}.{one.hint}" if one.hint == "spread" else one.check: one.level for one in found}


BASE = stack(220, 1)


def test_the_same_machine_a_year_on_raises_nothing() -> None:
    assert set(levels(BASE, stack(60, 2), stack(60, 3)).values()) == {None}


def test_other_paper_is_not_another_machine() -> None:
    """Yellow and brown batches, and batches of smaller or untrimmed sheets."""
    yellow = stack(80, 2, paper=(84.0, 1.0, 22.0), grain=(2.4, 2.4)), stack(80, 3, paper=(70.0, 6.0, 30.0), grain=(3.1, 3.1))
    assert set(levels(BASE, *yellow).values()) == {None}
    poluya = (stack(80, number, sheet=(205.0, 290.0), paper=(80.0, 2.0, 18.0)) for number in (2, 3))
    assert set(levels(BASE, *poluya).values()) == {None}
    trimmed = (stack(80, number, sheet=(209.0, 295.6)) for number in (2, 3))
    assert set(levels(BASE, *trimmed).values()) == {None}


@pytest.mark.parametrize(
    ("change", "check", "level"),
    [
        ({"skew": 0.5}, "device.skew", Level.WARNING),
        ({"spread": 0.6}, "device.skew.spread", Level.WARNING),
        ({"length": 1.007}, "device.length", Level.WARNING),
        ({"length": 0.985}, "device.length", Level.ERROR),
        ({"back": (-2.0, 0.0, 2.5)}, "device.colour", Level.WARNING),
        ({"back": (0.0, 0.0, -6.0)}, "device.colour", Level.ERROR),
        ({"grain": (1.9, 1.0)}, "device.noise", Level.WARNING),
    ],
)
def test_what_drifts_in_two_batches_is_told_and_nothing_else(change: dict[str, object], check: str, level: Level) -> None:
    moved = levels(BASE, stack(60, 2, **change), stack(60, 3, **change))  # type: ignore[arg-type]
    assert moved.pop(check) is level
    assert set(moved.values()) == {None}
    assert levels(BASE, stack(60, 2, **change))[check] is None, "one batch alone may be its paper"  # type: ignore[arg-type]
    assert levels(BASE, stack(60, 2, **change), stack(60, 3))[check] is None  # type: ignore[arg-type]


def test_too_few_pages_say_nothing() -> None:
    found = trends(stack(30, 1)[0], [], LIMITS)
    assert {one.value for one in found} == {None}
    assert found[0].pages == 30


def test_a_grey_or_bitonal_page_says_what_it_can() -> None:
    colour = page_of("print", "white", 11).raster
    gray = Raster(colour.pixels[:, :, 1].copy(), colour.dpi, "gray")
    assert said(gray).paper is None
    assert said(gray).marks == ()
    bitonal = Raster(np.where(gray.pixels > 128, 255, 0).astype(np.uint8), colour.dpi, "bitonal")
    assert (said(bitonal).marks, said(bitonal).noise) == (None, None)
