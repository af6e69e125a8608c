"""Practice pages: like the real thing, true to their truth, the same every time."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from imaging.load import LoadedPage, pages
from imaging.practice import FontMissing, fonts, invent, typeset, write_tray
from imaging.practice.model import PracticePage


@pytest.fixture(scope="module")
def state() -> list[PracticePage]:
    return typeset(invent(4, "state", 6), 4, versos=True, first_sheet=15)


@pytest.fixture(scope="module")
def party() -> list[PracticePage]:
    return typeset(invent(5, "party", 2), 5)


def test_the_same_seed_gives_the_same_page_and_another_seed_another(party: list[PracticePage]) -> None:
    again, other = typeset(invent(5, "party", 2), 5), typeset(invent(5, "party", 2), 6)
    assert np.array_equal(again[0].raster.pixels, party[0].raster.pixels) and again[0].truth == party[0].truth
    assert not np.array_equal(other[0].raster.pixels, party[0].raster.pixels)


def test_a_page_is_a4_in_colour_at_300_dpi(party: list[PracticePage]) -> None:
    raster = party[0].raster
    assert (raster.width, raster.height, raster.dpi, raster.mode) == (2480, 3508, (300, 300), "color")


def test_every_word_stands_where_the_truth_says(state: list[PracticePage]) -> None:
    """Ink inside the word's box, and next to none in the strip between the lines."""
    grey = state[0].raster.pixels.max(2)  # the highest channel: red and blue ink fade
    paper = float(np.median(grey))
    for line in state[0].truth.text.lines:
        for word in line.words:
            x0, y0, x1, y1 = word.box
            if any(c.isalnum() for c in word.text):
                assert (grey[y0:y1, x0:x1] < paper - 60).mean() > 0.03, word
    for above, below in pairwise(state[0].truth.text.lines):
        if 4 < below.box[1] - above.box[3] < 60 and len(above.words) > 6:
            strip = grey[above.box[3] + 2 : below.box[1] - 2, above.box[0] : above.box[2]]
            assert (strip < paper - 90).mean() < 0.01


def test_the_slope_of_the_lines_is_the_stated_skew(state: list[PracticePage]) -> None:
    for page in state[::2]:
        slopes = [line.baseline[1] for line in page.truth.text.lines if len(line.words) > 6]
        assert slopes and np.allclose(np.degrees(np.arctan(slopes)), page.truth.skew, atol=0.02)


def test_the_seal_is_red_and_the_signature_blue_where_the_truth_says(state: list[PracticePage]) -> None:
    (page,) = [p for p in state if p.truth.seals]
    blue, green, red = cv2.split(page.raster.pixels.astype(np.int16))
    reddish = (red - np.maximum(green, blue)) > 60
    x0, y0, x1, y1 = page.truth.seals[0]
    assert reddish[y0:y1, x0:x1].sum() > 0.98 * reddish.sum() > 5000
    assert abs((x1 - x0) - 34 / 25.4 * 300) < 12
    x0, y0, x1, y1 = page.truth.signatures[0]
    assert ((blue - red) > 60)[y0:y1, x0:x1].sum() > 3000


def test_the_fields_are_those_of_the_form(state: list[PracticePage], party: list[PracticePage]) -> None:
    document = invent(5, "party", 2)
    fields = party[0].truth.fields
    assert fields["number"].value == document.number and fields["notation"].value.endswith("/ĐU")
    assert fields["type"].value == document.type_name and fields["signer"].value == document.signer
    said = party[0].truth.text.plain()
    assert "ĐẢNG CỘNG SẢN VIỆT NAM" in said and "T/M ĐẢNG ỦY" in said and "CỘNG HÒA" not in said
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in state[0].truth.text.plain() and "notation" in state[0].truth.fields


def test_a_verso_is_blank_but_for_what_shows_through(state: list[PracticePage]) -> None:
    front, back = state[0], state[1]
    assert back.truth.blank and not back.truth.text.lines and not back.truth.seals
    dark = (back.raster.pixels.max(2) < 128).mean()
    assert dark < 1e-5
    straight = cv2.GaussianBlur(cv2.flip(front.raster.pixels[..., 1], 1), (0, 0), 3).astype(float)
    seen = cv2.GaussianBlur(back.raster.pixels[..., 1], (0, 0), 3).astype(float)
    middle = np.s_[900:2600, 400:2000]
    assert np.corrcoef(straight[middle].ravel(), seen[middle].ravel())[0, 1] > 0.05


def test_sheets_are_numbered_in_pencil_in_the_upper_right_corner(state: list[PracticePage]) -> None:
    numbers = [p.truth.pencil for p in state[::2]]
    assert [n.value for n in numbers if n] == [str(15 + i) for i in range(len(numbers))]
    assert all(n and n.box[0] > 2100 and n.box[3] < 260 for n in numbers)


def test_a_long_document_goes_over_several_pages_and_loses_no_word() -> None:
    document = invent(9, "state", 8)
    said = " ".join(p.truth.text.plain().replace("\n", " ") for p in typeset(document, 9))
    wanted = [word for paragraph in document.body for text, _ in paragraph.runs for word in text.split()]
    position = 0
    for word in wanted:
        position = said.index(word, position) + len(word)


def test_two_hundred_documents_all_can_be_invented() -> None:
    found = [invent(seed) for seed in range(200)]
    assert {d.regime for d in found} == {"state", "party"} and any(d.letter for d in found)
    assert len({d.number + d.notation + d.signer for d in found}) > 190


def test_a_tray_is_what_a_duplex_feeder_delivers(tmp_path: Path) -> None:
    sides = write_tray(tmp_path / "khay", sheets=3, seed=2)
    assert [(s.sheet, s.side) for s in sides] == [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (3, 2)]
    assert sorted(p.name for p in (tmp_path / "khay").iterdir()) == [s.path.name for s in sides]
    (first,) = pages(sides[0].path)
    assert isinstance(first, LoadedPage) and first.raster.dpi == (300, 300) and first.warnings == ()
    assert [s.truth.blank for s in sides] == [False, True] * 3


def test_without_a_vietnamese_font_the_error_names_what_was_sought(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "FAMILIES", ("No Such Family",))
    fonts.find.cache_clear()
    with pytest.raises(FontMissing, match="No Such Family"):
        typeset(invent(1), 1)
    monkeypatch.undo()
    fonts.find.cache_clear()


def test_an_incomplete_font_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "PROBE", fonts.PROBE + "\U000e0001")
    fonts.find.cache_clear()
    with pytest.raises(FontMissing):
        fonts.find()
    monkeypatch.undo()
    fonts.find.cache_clear()


def test_a_document_can_be_changed_before_it_is_set() -> None:
    page = typeset(replace(invent(3, "party", 2), number="245a"), 3)[0]
    assert page.truth.fields["number"].value == "245a"
