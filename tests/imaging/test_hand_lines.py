"""A pen's lines stand out from the page's own print; print that is hard to read, or wanders as the page does, does not."""

import cv2
import numpy as np
import pytest

from imaging.language import Token, known
from imaging.ocr.engine import ReadLine, ReadWord
from imaging.ocr.hand_lines import Look, look, pen_lines, score
from imaging.ocr.handwriting import tell_handwriting
from imaging.practice.fonts import find
from imaging.practice.sheet import Sheet
from imaging.values import Pixels

BODY = "Ủy ban nhân dân tỉnh ban hành Quyết định này"
NOTE = ("Kinh", "chuues", "Anh", "Tuaw", "xu", "Íy", "3aƑ")
WRITTEN_TOP = 1180


def page(written: str = "Kính chuyển anh Tuấn xử lý") -> tuple[Pixels, list[ReadLine]]:
    """Seven set lines, of which the last is bent like a hand's."""
    sheet = Sheet(find())
    lines = []
    for row in range(7):
        text = BODY if row < 6 else written
        y = 400 + 90 * row if row < 6 else 1250
        x, placed = 200.0, []
        for word in text.split():
            placed.append((word, "r", x))
            x += sheet.width(word + " ", "r", 13)
        box = sheet.line(placed, y, 13)
        words = tuple(ReadWord(Token(word.text, 0.97), word.box) for word in sheet.lines[-1].words)
        lines.append(ReadLine(words, box, (float(y), 0.0)))
    picture = sheet.pixels().copy()
    picture[WRITTEN_TOP:1320] = bent(picture[WRITTEN_TOP:1320])
    return picture, lines


def bent(pixels: Pixels) -> Pixels:
    y, x = np.mgrid[0 : pixels.shape[0], 0 : pixels.shape[1]].astype(np.float32)
    out = cv2.remap(pixels, x + 5 * np.sin(y / 9), y + 9 * np.sin(x / 37), cv2.INTER_LINEAR, borderValue=255)
    return np.asarray(out, np.uint8)


def read_as(line: ReadLine, texts: tuple[str, ...], sure: float) -> ReadLine:
    words = tuple(ReadWord(Token(text, sure), word.box) for text, word in zip(texts, line.words, strict=False))
    return ReadLine(words, line.box, line.baseline)


def good(word: ReadWord) -> bool:
    return word.token.confidence >= 0.6 and known(word.token.text)


def test_a_line_that_wanders_and_reads_badly_is_a_pens() -> None:
    picture, lines = page()
    note = read_as(lines[-1], NOTE, 0.6)
    assert pen_lines(picture, [*lines[:-1], note], good, known) == [note]


def test_its_whole_words_stay_and_its_noise_goes() -> None:
    picture, lines = page()
    note = read_as(lines[-1], NOTE, 0.7)
    told = tell_handwriting(picture, [*lines[:-1], note], known)
    assert [word.token.text for word in told.lines[-1].words] == ["Kinh", "Anh"]
    assert [line.words for line in told.lines[:-1]] == [line.words for line in lines[:-1]]
    assert any(box[1] < 1290 and box[3] > WRITTEN_TOP for box in told.regions)


def test_print_that_is_hard_to_read_is_not() -> None:
    """The same doubtful words where the ink is print's."""
    picture, lines = page()
    doubtful = read_as(lines[3], ("Ủý", "bạm", "nhâm", "đân", "tỉmh", "bam"), 0.6)
    assert pen_lines(picture, [*lines[:3], doubtful, *lines[4:]], good, known) == []


def test_what_is_read_as_surely_as_the_rest_is_not() -> None:
    picture, lines = page()
    assert pen_lines(picture, lines, good, known) == []


def test_a_printed_line_with_figures_written_in_is_not() -> None:
    picture, lines = page("Số: Quảng Ngãi, ngày tháng năm nay")
    line = read_as(lines[-1], ("Số:", "Quảng", "Ngãi,", "ngày", "tháng", "năm"), 0.97)
    odd = ReadWord(Token("ẩÏ", 0.3), lines[-1].words[-1].box)
    mixed = ReadLine((*line.words, odd), line.box, line.baseline)
    assert pen_lines(picture, [*lines[:-1], mixed], good, known) == []


def test_a_page_that_wanders_everywhere_is_held_against_itself() -> None:
    picture, lines = page()
    every = bent(picture)
    note = read_as(lines[-2], NOTE, 0.93)
    assert pen_lines(every, [*lines[:-2], note], good, known) == []


def test_too_little_print_tells_nothing() -> None:
    picture, lines = page()
    assert pen_lines(picture, [*lines[:3], read_as(lines[-1], NOTE, 0.6)], good, known) == []


def test_looks_of_print_and_of_a_bent_line() -> None:
    picture, lines = page()
    printed, wandering = look(picture, lines[2]), look(picture, lines[-1])
    assert wandering.rows < 0.6 * printed.rows and wandering.bars < 0.8 * printed.bars
    assert score(printed, printed) == pytest.approx(-8.2) and score(wandering, printed) > score(printed, printed)


def test_an_empty_box_has_a_look() -> None:
    picture = np.full((100, 300), 255, np.uint8)
    line = ReadLine((ReadWord(Token("a", 0.2), (5, 5, 50, 40)),), (5, 5, 50, 40), (40.0, 0.0))
    assert look(picture, line) == Look(1.0, 0.0, 0.2)
