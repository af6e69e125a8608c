"""What a pen wrote is kept as a region, its noise words leave the text; print stays, also beside a signature."""

import numpy as np
import pytest

from imaging.language import Token, known
from imaging.ocr import open_engine, read
from imaging.ocr.engine import ReadLine, ReadWord
from imaging.ocr.handwriting import tell_handwriting
from imaging.practice import ink, invent, typeset
from imaging.practice.fonts import find
from imaging.practice.sheet import Sheet
from imaging.values import Raster

BODY = "Ủy ban nhân dân tỉnh ban hành Quyết định này"


def line(tokens: list[tuple[str, float]], x: int, y: int, wide: int = 70, tall: int = 40) -> ReadLine:
    words = tuple(
        ReadWord(Token(text, sure), (x + i * wide, y, x + i * wide + wide - 10, y + tall))
        for i, (text, sure) in enumerate(tokens)
    )
    return ReadLine(words, (x, y, words[-1].box[2], y + tall), (float(y + tall - 8), 0.0))


def printed_page() -> tuple[np.ndarray, list[ReadLine]]:
    """Five set lines and, under them, two lines of pen strokes."""
    sheet = Sheet(find())
    lines = []
    for row in range(5):
        x, placed = 200.0, []
        for word in BODY.split():
            placed.append((word, "r", x))
            x += sheet.width(word + " ", "r", 13)
        box = sheet.line(placed, 400 + 90 * row, 13)
        words = tuple(ReadWord(Token(word.text, 0.95), word.box) for word in sheet.lines[-1].words)
        lines.append(ReadLine(words, box, (400.0 + 90 * row, 0.0)))
    picture = sheet.pixels().copy()
    rng = np.random.default_rng(5)
    for row in range(2):
        for part in range(3):
            stroke = ink.signature(330, 120, rng)
            y, x = 1200 + 260 * row, 250 + 340 * part
            picture[y : y + 120, x : x + 330] = np.minimum(picture[y : y + 120, x : x + 330], 255 - 255 * stroke).astype(
                np.uint8
            )
    return picture, lines


GARBAGE = [("z4", 0.3), ("ÿ,", 0.2), ("4/Aø", 0.4), ("ÉÃA#m", 0.35), ("ca«", 0.5)]


def test_noise_words_of_a_pen_leave_the_text_and_leave_a_region():
    picture, lines = printed_page()
    pen = line(GARBAGE, 260, 1200, wide=190, tall=110)
    told = tell_handwriting(picture, [*lines, pen], known)
    assert [one.words for one in told.lines] == [one.words for one in lines]
    assert told.words == len(GARBAGE)
    assert any(box[0] < 300 and box[1] < 1230 and box[2] > 1100 and box[3] > 1290 for box in told.regions)


def test_a_pen_that_gave_no_word_at_all_is_a_region_too():
    picture, lines = printed_page()
    told = tell_handwriting(picture, lines, known)
    assert told.words == 0
    assert len(told.regions) == 2


def test_print_that_is_hard_to_read_stays():
    picture, lines = printed_page()
    hard = ReadLine(
        tuple(
            ReadWord(Token(text, 0.55), word.box)
            for text, word in zip(("Ủý", "bạm", "nhâm", "đân", "tỉmh"), lines[2].words, strict=False)
        ),
        lines[2].box,
        lines[2].baseline,
    )
    assert tell_handwriting(picture, [*lines[:2], hard, *lines[3:]], known).words == 0


@pytest.mark.parametrize("text", ["VPUB: CVP, PCVP(KTTH);", "ttcbth@quangngai.gov.vn", "Lưu: VT, NC(Vi273)."])
def test_codes_and_addresses_are_no_handwriting(text):
    picture, lines = printed_page()
    tokens = [(word, 0.9 if "@" not in word else 0.3) for word in text.split()]
    assert tell_handwriting(picture, [*lines, line(tokens, 260, 1200, wide=190)], known).words == 0


def test_print_under_a_pen_stays():
    picture, lines = printed_page()
    crossed = line([("TtornRiib", 0.1), ("Ti", 0.1), ("q#", 0.2), ("CHÁNH", 0.9), ("VĂN", 0.51)], 260, 1200, wide=190, tall=110)
    told = tell_handwriting(picture, [*lines, crossed], known)
    assert [word.token.text for word in told.lines[-1].words] == ["CHÁNH", "VĂN"]
    assert told.words == 3


def test_rules_and_an_empty_page_are_no_handwriting():
    picture, lines = printed_page()
    picture[1100:] = 255
    picture[1500:1504, 200:2200] = 0
    picture[1500:2200, 1000:1004] = 0
    assert tell_handwriting(picture, lines, known).regions == ()
    assert tell_handwriting(np.full((400, 300), 255, np.uint8), [], known).regions == ()


def test_on_a_real_engine_a_signature_is_a_region_and_the_print_stays():
    page = typeset(invent(77, length=2), 77)[0]
    rng = np.random.default_rng(8)
    pixels = page.raster.pixels.copy()
    for part in range(3):
        ink.lay(pixels, ink.signature(420, 170, rng), (300 + 450 * part, 3200), ink.PEN_INK)
    engine = open_engine()
    read_page = read(Raster(pixels, page.raster.dpi, "color"), engine=engine)
    truth = [word.text for line in page.truth.text.lines for word in line.words]
    assert sum(text in {word.text for word in read_page.words} for text in truth) > 0.95 * len(truth)
    assert not [word.text for word in read_page.words if word.box[1] > 3190]
    assert any(box[1] > 3100 for box in read_page.handwriting)
    engine.close()
