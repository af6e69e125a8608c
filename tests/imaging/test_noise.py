"""What an engine invents from specks goes; what is printed small stays."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from imaging.language import known
from imaging.language.token import Token
from imaging.ocr import Engine, open_engine, read
from imaging.ocr.engine import ReadWord
from imaging.ocr.noise import TINY, is_noise
from imaging.values import Raster
from tests.imaging.test_ocr import LINES, font

SIGNED = ("Người ký: Trung tâm Công báo", "Cơ quan: Văn phòng tỉnh")


@pytest.fixture(scope="module")
def engine() -> Engine:
    return open_engine()


def test_the_small_print_of_a_digital_signature_is_read_beside_large_lines(engine: Engine) -> None:
    picture = Image.new("L", (2200, 1100), 255)
    draw = ImageDraw.Draw(picture)
    for row, line in enumerate(LINES):
        draw.text((120, 240 + row * 150), line, font=font(80), fill=20)
    for row, line in enumerate(SIGNED):
        draw.text((1600, 60 + row * 34), line, font=font(22), fill=20)
    page = read(Raster(np.array(picture), (300.0, 300.0), "gray"), engine=engine)
    words = [word for word in page.words if word.box[1] < 140]
    usual = np.median([line.box[3] - line.box[1] for line in page.lines])
    assert all(word.box[3] - word.box[1] < 0.4 * usual for word in words)
    assert sum(word.box[3] - word.box[1] < TINY * usual for word in words) >= 4
    assert {"Người", "ký:", "Trung", "tâm", "Công"} <= {word.text for word in words}


@pytest.mark.parametrize(
    ("text", "height", "sure", "gone"),
    [("ký", 12, 0.95, False), ("ký", 12, 0.5, True), ("xq", 12, 0.95, True), ("1", 12, 0.95, True), ("-", 4, 0.9, False)],
)
def test_a_small_word_stays_only_where_it_is_sure_and_known(text: str, height: int, sure: float, gone: bool) -> None:
    assert is_noise(ReadWord(Token(text, sure), (0, 0, 30, height)), known, 50.0) is gone
