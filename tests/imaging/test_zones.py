"""A date line the engine lost is sought in its place; a notation agrees with the kind of paper or is flagged."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from imaging.fields import propose
from imaging.language import Token
from imaging.ocr.engine import ReadLine, ReadWord
from imaging.ocr.notation import read_notation
from imaging.ocr.zones import with_date_line
from imaging.values import Line, PageText, Raster, Word

PAGE = Raster(np.full((3508, 2480), 255, np.uint8), (300.0, 300.0), "gray")


def line(y: int, left: int, *texts: str, sure: float = 0.95) -> Line:
    words, x = [], left
    for text in texts:
        words.append(Word(text, (x, y, x + 24 * len(text), y + 50), sure))
        x += 24 * len(text) + 20
    return Line(tuple(words), (left, y, words[-1].box[2], y + 50), (y + 40.0, 0.0))


@dataclass
class Saying:
    """An engine that reads the same words in every picture, and remembers how often it was asked."""

    texts: tuple[str, ...]
    sure: float = 0.9
    name: str = "saying"
    asked: list[tuple[int, ...]] = field(default_factory=list)

    def recognise(self, picture, dpi, layout, seconds):
        self.asked.append(picture.shape)
        words, x = [], 10
        for text in self.texts:
            words.append(ReadWord(Token(text, self.sure), (x, 20, x + 15 * len(text), 55)))
            x += 15 * len(text) + 12
        return (ReadLine(tuple(words), (10, 20, x, 55), (48.0, 0.0)),)


DATE = ("Hà", "Nội,", "ngày", "05", "tháng", "3", "năm", "2020")


def test_a_lost_date_line_is_read_in_its_place():
    engine = Saying(DATE)
    lines = with_date_line(PAGE, engine, [line(400, 380, "Số:", "15/QĐ-BNV"), line(700, 1000, "QUYẾT", "ĐỊNH")])
    assert [word.text for word in lines[1].words] == list(DATE)
    x0, y0, _, y1 = lines[1].box
    assert x0 > 0.37 * 2480
    assert 360 < y0 < y1 < 490


def test_what_stands_in_the_place_of_the_lost_line_goes():
    head = line(400, 380, "Số:", "15/QĐ-BNV")
    junk = Word("—õẽ", (1100, 405, 1300, 450), 0.2)
    lines = with_date_line(PAGE, Saying(DATE), [Line((*head.words, junk), (380, 400, 1300, 450), (440.0, 0.0))])
    assert [word.text for word in lines[0].words] == ["Số:", "15/QĐ-BNV"]


@pytest.mark.parametrize(
    "lines",
    [
        [line(400, 380, "Số:", "15/QĐ-BNV"), line(402, 1300, *DATE)],
        [line(400, 380, "Một", "trang", "giữa", "văn", "bản")],
        [line(400, 380, "Nghị", "quyết", "số", "30/NQ-HĐND", "của", "Hội", "đồng", "nhân", "dân")],
    ],
)
def test_nothing_is_read_again_where_nothing_is_missing(lines):
    engine = Saying(DATE)
    assert list(with_date_line(PAGE, engine, lines)) == lines
    assert engine.asked == []


def test_a_zone_that_shows_no_date_changes_nothing():
    lines = [line(400, 380, "Số:", "15/QĐ-BNV")]
    assert list(with_date_line(PAGE, Saying(("x", "y")), lines)) == lines


def heading(notation: str, sure: float) -> list[Line]:
    row = line(400, 380, "Số:", "15", sure=0.95)
    word = Word(notation, (620, 400, 620 + 250, 450), sure)
    other = line(400, 1300, *DATE)
    return [Line((*row.words, word, *other.words), (380, 400, other.box[2], 450), (440.0, 0.0))]


def test_an_unsure_notation_is_what_most_pictures_show():
    mended = read_notation(PAGE, Saying(("/BC-UBND",)), heading("/C-UBND", 0.45))
    assert mended[0].words[2].text == "/BC-UBND"
    assert mended[0].words[2].raw == "/C-UBND"


def test_a_reading_that_is_too_wide_for_its_place_is_not_taken():
    engine = Saying(("/BCĐPTKTXH-UBND",))
    assert read_notation(PAGE, engine, heading("/C-UBND", 0.45))[0].words[2].text == "/C-UBND"


def test_a_sure_notation_is_not_read_again():
    engine = Saying(("/XX-UBND",))
    assert read_notation(PAGE, engine, heading("/QĐ-UBND", 0.93))[0].words[2].text == "/QĐ-UBND"
    assert engine.asked == []


def paper(notation: str, title: str) -> PageText:
    lines = (
        line(200, 400, "ỦY", "BAN", "NHÂN", "DÂN"),
        line(400, 380, "Số:", f"15/{notation}"),
        line(402, 1300, *DATE),
        line(560, 1080, *title.split()),
        line(640, 700, "Về", "việc", "ban", "hành", "Quy", "chế", "làm", "việc"),
    )
    return PageText(lines, (2480, 3508), 300.0, "test")


@pytest.mark.parametrize(
    ("read", "title", "printed", "sure"),
    [
        ("TTr-UBND", "TỜ TRÌNH", "TTr-UBND", True),
        ("TIr-UBND", "TỜ TRÌNH", "TTr-UBND", False),
        ("TTrUBND", "TỜ TRÌNH", "TTr-UBND", False),
        ("OĐ-UBND", "QUYẾT ĐỊNH", "QĐ-UBND", False),
        ("QĐ-BCĐ138", "QUYẾT ĐỊNH", "QĐ-BCĐ138", True),
        ("HĐND-TT", "BÁO CÁO", "HĐND-TT", False),
    ],
)
def test_a_notation_agrees_with_the_kind_of_paper_or_is_flagged(read, title, printed, sure):
    found = propose([paper(read, title)]).get("notation")
    assert (found.value, found.sure) == (printed, sure)
