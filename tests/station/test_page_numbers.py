"""The printed page number, and what is not one."""

import pytest

from imaging.values import Line, PageText, Word
from station.page_numbers import printed

SIZE = (1000, 1400)


def page(*lines: tuple[str, tuple[int, int, int, int]], confidence: float = 0.9) -> PageText:
    made = (
        Line(tuple(Word(word, box, confidence, word) for word in text.split()), box, (float(box[3]), 0.0))
        for text, box in lines
    )
    return PageText(tuple(made), SIZE, 200.0, "test", "", ())


HEAD, FOOT, CORNER, BODY = (480, 50, 520, 80), (480, 1330, 520, 1360), (900, 40, 940, 70), (480, 700, 520, 730)


@pytest.mark.parametrize(
    ("line", "number"),
    [
        (("2", HEAD), 2),
        (("- 14 -", HEAD), 14),
        (("3", FOOT), 3),
        (("47", CORNER), None),
        (("5", BODY), None),
        (("Số 5", HEAD), None),
        (("1998", HEAD), None),
        (("0", HEAD), None),
    ],
)
def test_a_number_alone_in_the_middle_of_head_or_foot(line: tuple[str, tuple[int, int, int, int]], number: int | None) -> None:
    assert printed(page(line, ("Điều này không phải số trang", (100, 300, 900, 330)))) == number


def test_an_unsure_reading_and_an_unread_page_have_no_number() -> None:
    assert printed(page(("2", HEAD), confidence=0.3)) is None
    assert printed(None) is None


def test_the_head_goes_before_the_foot() -> None:
    assert printed(page(("9", FOOT), ("4", HEAD))) == 4
