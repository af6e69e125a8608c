"""Checks of what was read."""

import pytest

from imaging.values import Blank, Line, PageText, Word
from qc.finding import Level
from qc.text import check_text, count_marks

WRITTEN, BLANK = Blank(value=False, ink=0.1), Blank(value=True, ink=0.0)
PROSE = "Ủy ban nhân dân tỉnh giao các cơ quan, đơn vị khẩn trương tổ chức thực hiện, bảo đảm đúng tiến độ và chất lượng"
BARE = "Uy ban nhan dan tinh giao cac co quan, don vi khan truong to chuc thuc hien, bao dam dung tien do va chat luong"


def page(text: str, confidence: float = 0.95, weak: float | None = None) -> PageText:
    words = [Word(one, (40 * at, 0, 40 * at + 30, 20), confidence) for at, one in enumerate(text.split())]
    lines = [Line(tuple(words), (0, 0, 2000, 20), (20, 0.0))]
    if weak is not None:
        lines.append(Line((Word("chứng thực", (0, 90, 300, 110), weak),), (0, 90, 300, 110), (110, 0.0)))
    return PageText(tuple(lines), (2480, 3508), 300, "test")


def test_good_vietnamese_text_is_left_in_peace() -> None:
    assert check_text(page(PROSE), WRITTEN) == []


def test_text_without_marks_is_told_only_where_marks_are_expected() -> None:
    found = check_text(page(BARE), WRITTEN)
    assert [(one.check, one.level, one.value) for one in found] == [("text.diacritics", Level.WARNING, 0.0)]
    assert check_text(page(BARE), WRITTEN, vietnamese=False) == []


@pytest.mark.parametrize(("confidence", "level"), [(0.6, Level.WARNING), (0.3, Level.ERROR)])
def test_unsure_reading_points_at_its_worst_line(confidence: float, level: Level) -> None:
    found = check_text(page(PROSE, confidence, weak=0.1), WRITTEN)
    assert [(one.check, one.level, one.box) for one in found] == [("text.low_confidence", level, (0, 90, 300, 110))]


def test_a_written_page_without_text_is_told_and_a_blank_one_is_not() -> None:
    empty = PageText((), (10, 10), 300, "test", note="timeout")
    assert [(one.check, one.hint) for one in check_text(empty, WRITTEN)] == [("text.no_text", "timeout")]
    assert [one.hint for one in check_text(None, WRITTEN)] == ["not_read"]
    assert check_text(empty, BLANK) == [] == check_text(None, BLANK)


def test_marks_are_counted_the_same_composed_and_decomposed() -> None:
    assert count_marks("Đường về") == count_marks("Đu\u031bo\u031b\u0300ng ve\u0302\u0300") == (7, 4)
