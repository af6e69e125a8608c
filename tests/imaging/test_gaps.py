"""Figures a pen wrote into a heading's gaps are read and marked; print is left to the engine; a scribble is no figure."""

from dataclasses import replace

import numpy as np
import pytest

from imaging.fields import propose
from imaging.language import Token, fold, part
from imaging.ocr.digits import FILE, OTHER, weigh
from imaging.ocr.engine import ReadLine, ReadWord
from imaging.ocr.gaps import em_width, is_dated, read_gaps
from imaging.ocr.joining import join_syllables
from imaging.ocr.penned import ink_of, read_figures
from imaging.practice import invent, typeset
from imaging.practice.fonts import find
from imaging.practice.ink import handwriting
from imaging.values import Line, PageText, Raster, Word

HAND, PRINT = (500, 502, 507, 510), (501, 505)


def first_page(seed: int):
    document = invent(seed)
    page = typeset(document, seed)[0]
    lines = tuple(
        replace(line, words=tuple(replace(word, confidence=0.95) for word in line.words)) for line in page.truth.text.lines
    )
    return document, page.raster, lines


@pytest.mark.parametrize("seed", HAND)
def test_a_number_written_by_hand_is_read_and_flagged(seed):
    document, raster, lines = first_page(seed)
    read = read_gaps(raster, lines)
    pens = [word for line in read for word in line.words if word.hand]
    assert document.number in [word.text for word in pens]
    proposed = propose([PageText(read, (raster.width, raster.height), 300.0, "test")]).get("number")
    assert proposed.value == document.number
    assert not proposed.sure


@pytest.mark.parametrize("seed", PRINT)
def test_a_printed_number_is_left_to_the_engine(seed):
    _, raster, lines = first_page(seed)
    assert not any(
        word.hand for line in read_gaps(raster, lines) for word in line.words if "/" in word.text or "-" in word.text
    )


@pytest.mark.parametrize(
    ("text", "dated"),
    [
        ("Hà Nội, ngày 05 tháng 3 năm 2020", True),
        ("Số: 23 /BC-UBND Quảng Ngãi, ngày 05 tháng 01 năm 2025", True),
        ("ngày tháng năm 1998", True),
        ("lượng điện tiêu thụ của tháng t, năm j", False),
        ("theo Luật Tổ chức chính quyền địa phương được ban hành ngày 19 tháng 6 năm 2015", False),
        ("ngày 19 tháng 6 năm 2015 của Quốc hội khóa XIII", False),
        ("", False),
        ("ngày", False),
    ],
)
def test_a_headings_date_is_told_from_a_sentence_with_one(text, dated):
    assert is_dated([fold(word) for word in text.split()]) is dated


def test_two_readers_that_agree_are_believed():
    document, raster, lines = first_page(507)
    pen_word = next(word for line in read_gaps(raster, lines) for word in line.words if word.hand)
    engine_word = Word(document.number, pen_word.box, 0.8)
    row = next(at for at, line in enumerate(lines) if line.words[0].text == "Số:")
    seen = replace(lines[row], words=(lines[row].words[0], engine_word, *lines[row].words[1:]))
    read = read_gaps(raster, [*lines[:row], seen, *lines[row + 1 :]])
    assert [word.hand for word in read[row].words[:3]] == [False, False, False]
    other = replace(engine_word, text="999")
    seen = replace(seen, words=(seen.words[0], other, *seen.words[2:]))
    assert read_gaps(raster, [*lines[:row], seen, *lines[row + 1 :]])[row].words[1].hand


def pen(text: str, seed: int = 3) -> np.ndarray:
    cover = handwriting(text, find(), 15, np.random.default_rng(seed))
    return ink_of((255 - 255 * cover).astype(np.uint8))


def test_figures_are_cut_apart_and_read():
    read = {text: read_figures(pen(text), 60, lambda _: True) for text in ("12", "305", "48", "2691")}
    assert [found.text for found in read.values() if found] == list(read)


def test_only_what_fits_is_proposed():
    found = read_figures(pen("48"), 60, lambda text: text.isdigit() and 1 <= int(text) <= 31)
    assert found is None or not found.text or int(found.text) <= 31


def test_an_empty_gap_is_empty():
    assert read_figures(np.zeros((90, 200), np.uint8), 60, lambda _: True) is None
    assert not ink_of(np.full((40, 40), 240, np.uint8)).any()


def test_a_scribble_is_not_a_sure_figure():
    scribble = np.zeros((90, 260), np.uint8)
    for step in range(0, 250, 9):
        scribble[10 + (step * 7) % 60 : 16 + (step * 7) % 60, step : step + 12] = 255
    scribble[40:44] = 255
    found = read_figures(scribble, 60, lambda _: True)
    assert found is None or found.confidence < 0.5


def test_two_figures_at_once_are_no_figure():
    chances = weigh([pen("28"), pen("7")])
    assert chances[0].argmax() == OTHER
    assert chances[1].argmax() == 7
    assert FILE.stat().st_size < 150_000


def test_a_word_that_swallowed_the_gap_is_cut_back():
    em = 60.0
    cover = handwriting("15", find(), 15, np.random.default_rng(4))
    pixels = np.full((400, 2480, 3), 255, np.uint8)
    x = round(1300 + em_width("ngày") * em) + 8
    pixels[100 : 100 + cover.shape[0], x : x + cover.shape[1]] = (255 - 255 * cover[..., None]).astype(np.uint8)
    rows = np.nonzero((pixels < 128).any((1, 2)))[0]
    top, foot = int(rows.min()), int(rows.max())
    month_x = x + cover.shape[1] + 10

    def word(text: str, left: float) -> Word:
        return Word(text, (round(left), top, round(left + em_width(text) * em), foot + 8), 0.95)

    glued = Word("ngày⁄{5", (1300, top, month_x - 4, foot + 8), 0.2)
    words = (glued, word("tháng", month_x), word("01", month_x + 160), word("năm", month_x + 240), word("2025", month_x + 360))
    line = Line(words, (1300, top, words[-1].box[2], foot + 8), (float(foot), 0.0))
    page = Raster(np.vstack([pixels, np.full((3108, 2480, 3), 255, np.uint8)]), (300.0, 300.0), "color")
    read = read_gaps(page, [line])[0]
    assert [word.text for word in read.words] == ["ngày", "15", "tháng", "01", "năm", "2025"]
    assert [word.hand for word in read.words] == [False, True, False, False, False, False]
    assert read.words[1].raw == ""


def test_words_read_without_their_blanks():
    assert part("BANNHÂNDÂN") == ("BAN", "NHÂN", "DÂN")
    assert part("củatỉnh,") == ("của", "tỉnh,")
    for whole in ("nghiêng", "Facebook", "QĐUBND", "Kbuôr", "UBNDTỈNH", "12/QĐ-UBND"):
        assert part(whole) == (whole,)


def test_halves_of_a_syllable_are_one_word_again():
    def halves(*parts: tuple[str, int]) -> list[str]:
        words, x = [], 100
        for text, gap in parts:
            words.append(ReadWord(Token(text, 0.8), (x, 50, x + 20 * len(text), 90)))
            x += 20 * len(text) + gap
        return [word.token.text for word in join_syllables(ReadLine(tuple(words), (100, 50, x, 90), (82.0, 0.0))).words]

    line = (("Ủy", 16), ("ban", 16), ("nhân", 16), ("dân", 16))
    assert halves(*line, ("CHỦ", 16), ("T", 14), ("ỊCH", 16))[-2:] == ["CHỦ", "TỊCH"]
    assert halves(*line, ("T", 14), ("ruyền", 16), ("hình", 16))[-2:] == ["Truyền", "hình"]
    assert halves(*line, ("T", 30), ("ruyền", 16))[-2:] == ["T", "ruyền"]  # farther than the line's blanks
    assert halves(*line, ("tổ", 12), ("chức", 16)) == ["Ủy", "ban", "nhân", "dân", "tổ", "chức"]
