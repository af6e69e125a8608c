"""The page's checks: a known defect is found at its place and level, a clean page is left in peace, nothing ever raises."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from bench.defects import BY_CHECK, TUNED_ON, judge, worst
from bench.geometry_scenes import BLANK_VERSOS, Page
from imaging.prepare import prepare
from imaging.values import Blank, Crop, Geometry, Orientation, Raster, Skew
from qc.finding import Finding, Level
from qc.ids import FOUND, FREE_HINTS
from qc.limits import BadLimit, Limits
from qc.look import Expected, FileFacts
from qc.page import ALL, INSTANT, check_page
from qc.seeded import DEFECTS

FLAT = Geometry(Orientation(0, 1.0), Skew(0.0, 1.0), Crop((0, 0, 0, 0), 0.0))
WRITTEN = Blank(value=False, ink=0.1)


def checked(raster: Raster, **known: object) -> list[Finding]:
    return check_page(raster, prepare(raster), FLAT, WRITTEN, **known)  # type: ignore[arg-type]


def known_to_the_catalogue(found: list[Finding]) -> bool:
    return all(
        one.check in FOUND and (one.check in FREE_HINTS or FOUND[one.check][one.hint] == (one.value is not None))
        for one in found
    )


@pytest.mark.parametrize("name", sorted(DEFECTS))
def test_a_clearly_bad_page_is_found(name: str, white_page: Page) -> None:
    defect = DEFECTS[name]
    hurt = defect.inject(white_page.raster, defect.severities[1], np.random.default_rng(5))
    found = judge(hurt, [BY_CHECK[defect.check]])
    assert worst(found, defect.check) is not Level.INFO
    assert known_to_the_catalogue(found)


@pytest.mark.parametrize("stock", ["white_page", "yellow_page"])
def test_a_clean_page_raises_no_alarm(stock: str, request: pytest.FixtureRequest) -> None:
    assert [one for one in judge(request.getfixturevalue(stock).raster) if one.level is not Level.INFO] == []


def test_a_streak_is_placed_in_millimetres_of_the_glass(white_page: Page) -> None:
    pixels = white_page.raster.pixels.copy()
    pixels[:, 980:983] = (pixels[:, 980:983] * 0.94).astype(np.uint8)
    found = judge(replace(white_page.raster, pixels=pixels), ["streak"])
    assert [one.hint for one in found] == ["dark"]
    box = found[0].box
    assert box is not None and box[0] <= 981 <= box[2] and box[2] - box[0] <= 6
    assert found[0].value == pytest.approx(0.06, abs=0.012)


def test_a_ruled_table_is_no_streak() -> None:
    page = np.full((3508, 2480), 250, np.uint8)
    for x in range(300, 2200, 380):
        page[250:3250, x : x + 3] = 150
    assert judge(Raster(page, (300, 300), "gray"), ["streak"]) == []


def test_half_a_page_of_decoder_fill_is_an_error_and_white_paper_is_not(white_page: Page) -> None:
    pixels = white_page.raster.pixels.copy()
    pixels[3000:] = 255
    assert judge(replace(white_page.raster, pixels=pixels), ["truncated"]) == []
    pixels[3000:] = 128
    found = judge(replace(white_page.raster, pixels=pixels), ["truncated"])
    assert [(one.level, one.hint) for one in found] == [(Level.ERROR, "fill_gray")]
    assert found[0].value == pytest.approx(508 / 300 * 25.4, abs=0.2) and found[0].box == (0, 3000, 2480, 3508)


def test_rows_that_never_came_are_told_in_millimetres(white_page: Page) -> None:
    found = checked(white_page.raster, file_facts=FileFacts(declared_rows=3508, received_rows=3390))
    assert (found[0].check, found[0].hint, found[0].value) == ("page.truncated", "rows_missing", pytest.approx(9.99, abs=0.01))


def test_text_cut_at_each_side_is_named_after_that_side(white_page: Page) -> None:
    ink = np.argwhere(prepare(white_page.raster).strong)[:, ::-1] * 2
    (left, top), (right, bottom) = np.percentile(ink, [0, 0], axis=0)[0], np.percentile(ink, [100, 100], axis=0)[0]
    for side, cut in {"left": np.s_[:, int(left) + 60 :], "right": np.s_[:, : int(right) - 60],
                      "top": np.s_[int(top) + 16 :], "bottom": np.s_[: int(bottom) - 16]}.items():  # fmt: skip
        raster = replace(white_page.raster, pixels=np.ascontiguousarray(white_page.raster.pixels[cut]))
        found = checked(raster, checks={"cut": ALL["cut"]})
        assert side in [one.hint for one in found], side


def test_what_the_profile_ordered_is_what_the_image_must_be(white_page: Page) -> None:
    gray = Raster(white_page.raster.pixels[..., 1].copy(), (150, 150), "gray")
    found = {
        (one.check, one.hint): one.level for one in checked(gray, expected=Expected(dpi=300, mode="color", paper=(210, 297)))
    }
    assert found["page.not_colour", "gray"] is Level.ERROR
    assert found["page.resolution", "too_coarse"] is Level.ERROR
    assert found["page.resolution", "not_as_ordered"] is Level.ERROR
    assert found["page.size", "not_as_ordered"] is Level.ERROR
    assert {"page.not_colour"}.isdisjoint(
        one.check for one in checked(gray, expected=Expected(mode="gray")) if one.level is not Level.INFO
    )


def test_grey_saved_as_colour_is_seen_through(white_page: Page) -> None:
    gray = np.repeat(white_page.raster.pixels[..., 1:2], 3, axis=2)
    assert [one.hint for one in judge(replace(white_page.raster, pixels=gray), ["colour"])] == ["gray_in_colour"]


def test_a_soft_page_is_told_against_its_batch_before_it_is_soft_by_itself(white_page: Page) -> None:
    soft = replace(white_page.raster, pixels=cv2.GaussianBlur(white_page.raster.pixels, (0, 0), 0.9))
    assert checked(soft, checks={"blur": ALL["blur"]}) == []
    found = checked(soft, checks={"blur": ALL["blur"]}, expected=Expected(batch_edge_width=2.4))
    assert [one.hint for one in found] == ["softer_than_batch"]


def test_a_blank_side_is_marked_and_spared_the_questions_about_its_text() -> None:
    raster = Raster(np.full((3508, 2480, 3), 251, np.uint8), (300, 300), "color")
    found = judge(raster)
    assert {"page.blank"} <= {one.check for one in found}
    assert {"page.blur", "page.skew", "page.faint", "page.orientation"}.isdisjoint(one.check for one in found)


@pytest.mark.parametrize(
    "raster",
    [
        Raster(np.zeros((1, 1), np.uint8), (300, 300), "gray"),
        Raster(np.zeros((7, 3000, 3), np.uint8), (300, 300), "color"),
        Raster(np.full((2000, 9), 255, np.uint8), (300, 300), "bitonal"),
        Raster(np.zeros((1200, 900, 3), np.uint8), (100, 100), "color"),
        Raster(np.full((1200, 900), 255, np.uint8), (100, 50), "gray"),
        Raster(np.random.default_rng(1).integers(0, 256, (900, 700, 3), np.uint8), (75, 75), "color"),
    ],
    ids=["one pixel", "a sliver", "a strip", "all black", "all white", "all noise"],
)
def test_no_image_makes_a_check_raise(raster: Raster) -> None:
    assert known_to_the_catalogue(checked(raster)) and known_to_the_catalogue(checked(raster, partner=prepare(raster)))


def test_a_check_that_fails_says_so_and_the_others_still_run(white_page: Page) -> None:
    def broken(_: object) -> list[Finding]:
        raise ValueError("nothing to measure")

    found = checked(white_page.raster, checks={"broken": broken, "colour": ALL["colour"]}, expected=Expected(mode="color"))
    assert [(one.check, one.hint) for one in found] == [("page.not_measured", "broken")]


def test_the_gravest_finding_comes_first_and_every_check_is_timed(white_page: Page) -> None:
    timings: dict[str, float] = {}
    pixels = white_page.raster.pixels.copy()
    pixels[3000:] = 128
    found = checked(replace(white_page.raster, pixels=pixels), timings=timings, expected=Expected(paper=(200, 290)))
    assert found[0].level is Level.ERROR and found[-1].level is not Level.ERROR
    assert set(timings) == set(ALL) and set(INSTANT) < set(ALL)


def test_a_limit_nobody_knows_is_refused_by_name() -> None:
    assert Limits.from_mapping({"dpi_error": 300}).dpi_error == 300
    with pytest.raises(BadLimit, match="blurr"):
        Limits.from_mapping({"blurr": 1})
    with pytest.raises(BadLimit, match="dpi_error"):
        Limits.from_mapping({"dpi_error": -1})
    assert all(line.unit and line.source for line in Limits.describe())


def test_real_scans_of_documents_not_tuned_on_raise_no_false_error(real: dict[str, Page]) -> None:
    """Eight pages; chi-thi-01 really is 100 dpi. The full count is in docs/bench-defects.md."""
    names = ["bao-cao-280 1", "quyet-dinh-04 1", "quyet-dinh-84 2", "quyet-dinh-87 1", "to-trinh-24 1", "to-trinh-22 2"]
    assert not TUNED_ON & {name.rsplit(" ", 1)[0] for name in names}
    for name in names:
        found = judge(real[name].raster)
        assert [one for one in found if one.level is Level.ERROR] == [], name
        assert (name in BLANK_VERSOS) == any(one.check == "page.blank" for one in found)
    assert [one.hint for one in judge(real["chi-thi-01 1"].raster, ["resolution"])] == ["too_coarse"]
