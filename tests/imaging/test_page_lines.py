"""Lines found from their letters: all of them, whole, in reading order; what is no ordinary page is left to others."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from imaging.ocr import batched, resident
from imaging.ocr.batched import Batched
from imaging.ocr.lines import find_lines
from imaging.ocr.strips import quantile
from tests.imaging.test_ocr import font

DPI = 200.0
SIZE = 34
TEXT = (
    "Căn cứ Luật Tổ chức chính quyền địa phương ngày 19 tháng",
    "6 năm 2015 của Quốc hội; Ủy ban nhân dân tỉnh ban hành kế",
    "hoạch, giao Sở Nội vụ chủ trì, phối hợp với các sở, ngành",
    "có liên quan tổ chức thực hiện, sơ kết, tổng kết hằng năm",
    "và báo cáo kết quả trước ngày 15 tháng 9.",
)
Set = tuple[int, int, str, int]


class Sheet:
    """A page at 200 dpi; remembers where the ink of each text stands."""

    def __init__(self, width: int = 1650, height: int = 2330) -> None:
        self.picture = Image.new("L", (width, height), 255)
        self.draw = ImageDraw.Draw(self.picture)
        self.boxes: list[tuple[float, float, float, float]] = []

    def text(self, x: int, y: int, text: str, size: int = SIZE) -> "Sheet":
        self.draw.text((x, y), text, font=font(size), fill=20, anchor="ls")
        self.boxes.append(self.draw.textbbox((x, y), text, font=font(size), anchor="ls"))
        return self

    def lines(self, texts=TEXT, *, x: int = 160, y: int = 300, step: int = 58, size: int = SIZE) -> "Sheet":
        for row, text in enumerate(texts):
            self.text(x, y + row * step, text, size)
        return self

    def pixels(self) -> np.ndarray:
        return np.array(self.picture)

    def found(self) -> list[list[tuple[int, int, int, int]]] | None:
        rows = find_lines(self.pixels(), DPI)
        return None if rows is None else [[place.box for place in row] for row in rows]


def covers(box, ink, slack: int = 5) -> bool:
    return all(abs(one - other) <= slack for one, other in zip(box, ink, strict=True))


@pytest.mark.parametrize("step", [46, 58, 90])
@pytest.mark.parametrize("size", [20, 34, 44])
def test_every_line_is_found_whole_with_its_marks(step, size):
    sheet = Sheet().lines(step=max(step, round(1.36 * size)), size=size)
    rows = sheet.found()
    assert len(rows) == len(TEXT)
    for (box,), ink in zip(rows, sheet.boxes, strict=True):
        assert covers(box, ink)


def test_baselines_run_under_the_letters_though_the_page_leans():
    sheet = Sheet().lines()
    turned = sheet.picture.rotate(-0.4, resample=Image.Resampling.BICUBIC, fillcolor=255, center=(0, 0))
    for number, (place,) in enumerate(find_lines(np.array(turned), DPI)):
        assert place.baseline[1] == pytest.approx(np.tan(np.radians(0.4)), abs=0.0015)
        assert place.baseline[0] == pytest.approx(300 + 58 * number + 160 * np.tan(np.radians(0.4)), abs=2.5)


def test_capitals_and_marks_on_capitals():
    texts = ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "ỦY BAN NHÂN DÂN TỈNH QUẢNG NGÃI", "ĐỀ ÁN ỔN ĐỊNH ĐỜI SỐNG")
    sheet = Sheet().lines(texts, step=62)
    assert [covers(box, ink) for (box,), ink in zip(sheet.found(), sheet.boxes, strict=True)] == [True] * 3


def test_a_heading_reads_row_by_row_its_left_block_first():
    sheet = Sheet().lines(y=700)
    sheet.text(160, 200, "ỦY BAN NHÂN DÂN", 30).text(880, 203, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA", 30)
    sheet.text(170, 250, "TỈNH QUẢNG NGÃI", 30).text(950, 250, "Độc lập - Tự do - Hạnh phúc", 30)
    rows = sheet.found()
    assert [len(row) for row in rows] == [2, 2, 1, 1, 1, 1, 1]
    assert rows[0][0][0] < 200 and rows[0][1][0] > 850
    assert rows[1][0][1] > rows[0][0][3]


def test_large_and_small_print_on_one_page():
    sheet = Sheet().text(300, 200, "BÁO CÁO TỔNG KẾT", 90).lines().lines(y=1500, step=34, size=20)
    assert [len(row) for row in sheet.found()] == [1] * 11


def test_a_page_number_and_a_footnote_figure_are_lines():
    sheet = Sheet().text(810, 120, "7").lines()
    rows = sheet.found()
    assert covers(rows[0][0], sheet.boxes[0]) and len(rows) == 6


def test_lines_whose_letters_touch_stay_two():
    sheet = Sheet().lines(("giấy phép ngày nghỉ đầy đủ quy định", "ỔN ĐỊNH ĐỀ ÁN Ở CƠ SỞ XÃ ẤP"), step=44).lines(y=900)
    assert [len(row) for row in sheet.found()] == [1] * 7


def test_marks_behind_the_last_letter_are_no_line_of_their_own():
    sheet = Sheet().lines((*TEXT[:4], "kể từ ngày ký.”."))
    assert [len(row) for row in sheet.found()] == [1] * 5


def test_a_rule_above_a_line_is_none_of_its_marks():
    sheet = Sheet().lines()
    sheet.draw.line([(300, 402), (560, 402)], fill=20, width=3)
    plain = Sheet().lines().found()
    assert sheet.found() == plain


def test_a_year_behind_a_gap_is_found():
    for gap in range(30, 130, 10):
        row = Sheet().lines().text(160, 800, "Quảng Ngãi, ngày 15 tháng 01 năm")
        row.text(round(row.boxes[-1][2]) + gap, 800, "2021")
        assert max(box[2] for box in row.found()[-1]) == pytest.approx(row.boxes[-1][2], abs=5)


def test_halves_of_a_line_that_do_not_hang_together_are_both_kept():
    sheet = Sheet().lines().text(160, 900, "TTHC ki").text(700, 900, "nghị phương án đơn giản hóa")
    assert [covers(box, ink) for box, ink in zip(sheet.found()[-1], sheet.boxes[-2:], strict=True)] == [True] * 2
    close = Sheet().lines().text(160, 900, "TTHC", 26)
    close.text(round(close.boxes[-1][2]), 900, "kiến nghị phương án", 60)
    assert min(box[0] for box in close.found()[-1]) == pytest.approx(160, abs=5)


def test_a_stroke_of_a_pen_through_a_line_leaves_it_one():
    sheet = Sheet().lines()
    sheet.draw.line([(480, 250), (560, 420)], fill=20, width=9)
    assert [len(row) for row in sheet.found()] == [1] * 5


def test_crumbs_of_an_emblem_are_no_lines():
    sheet = Sheet().lines(y=600)
    for place, letter in enumerate("ỦYBANNHÂNDÂN"):
        angle = place * np.pi / 6
        tile = Image.new("L", (40, 40), 255)
        ImageDraw.Draw(tile).text((20, 20), letter, font=font(22), fill=20, anchor="mm")
        tile = tile.rotate(-np.degrees(angle), fillcolor=255)
        sheet.picture.paste(tile, (round(1300 + 70 * np.sin(angle)), round(250 - 70 * np.cos(angle))))
    for radius in (42, 46, 98, 104):
        sheet.draw.ellipse([1320 - radius, 270 - radius, 1320 + radius, 270 + radius], outline=20, width=2)
    assert [len(row) for row in sheet.found()] == [1] * 5


def test_rules_and_frames_are_no_lines():
    sheet = Sheet().lines()
    sheet.draw.line([(160, 640), (1400, 641)], fill=20, width=3)
    sheet.draw.rectangle([100, 200, 1500, 700], outline=20, width=3)
    assert [len(row) for row in sheet.found()] == [1] * 5


@pytest.mark.parametrize("grey", [120, 150, 175])
def test_pale_print_is_as_large_as_black(grey):
    sheet = Sheet().lines()
    pale = (255 - (255 - sheet.pixels().astype(int)) * (255 - grey) // 235).astype(np.uint8)
    for (place,), ink in zip(find_lines(pale, DPI), sheet.boxes, strict=True):
        assert covers(place.box, ink)


@pytest.mark.parametrize("count", [1, 2, 5, 40])
def test_a_quantile_is_numpy_s(count):
    values = np.random.default_rng(count).integers(0, 255, count)
    for share in (0.25, 0.5, 0.75):
        assert quantile(values, share) == pytest.approx(np.quantile(values, share))


# --- not ordinary ---------------------------------------------------------------------------------------------------


def standing(texts=TEXT[:1]) -> Image.Image:
    note = Sheet(1200, 80 * len(texts)).lines(texts, x=20, y=50, step=60)
    return note.picture.rotate(90, expand=True, fillcolor=255)


def test_text_that_runs_up_the_page_is_another_s():
    sheet = Sheet().lines()
    sheet.picture.paste(standing(), (40, 600))
    assert sheet.found() is None


def test_columns_of_running_text_are_another_s():
    halves = tuple(line[:26] for line in TEXT * 4)
    assert Sheet().lines(halves, size=28, step=50).lines(halves, x=900, size=28, step=50).found() is None


@pytest.mark.parametrize("text", ["", "7", "Mật"])
def test_pages_with_hardly_any_text_are_another_s(text):
    assert Sheet().text(800, 1000, text).found() is None


def test_pictures_and_noise_are_another_s():
    rng = np.random.default_rng(5)
    page = Sheet().lines().pixels()
    page[1000:1900, 300:1300] = np.kron(rng.integers(0, 255, (45, 50)), np.ones((20, 20)))
    assert find_lines(page, DPI) is None
    assert find_lines((rng.random((2330, 1650)) > 0.3).astype(np.uint8) * 255, DPI) is None
    checks = np.full((2330, 1650), 255, np.uint8)
    checks[::2, ::2] = 0
    assert find_lines(checks, DPI) is None


# --- within the engine ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def engine():
    opened = Batched()
    yield opened
    opened.close()


def told(lines) -> list[str]:
    return [" ".join(word.token.text for word in line.words) for line in lines]


def test_an_ordinary_page_is_read_without_tesseract_s_layout(engine, monkeypatch):
    def never(*_):
        raise AssertionError("asked for a layout")

    page = Sheet().lines().pixels()
    by_tesseract = engine._lines(page, DPI, "page")
    monkeypatch.setattr(Batched, "_lines", never)
    read = told(engine.recognise(page, DPI, "page", 30))
    assert len(read) == len(by_tesseract) == 5
    assert sum(word in " ".join(TEXT).split() for word in " ".join(read).split()) >= 55


def test_a_page_with_text_that_runs_up_is_read_by_tesseract_whole(engine, monkeypatch):
    page = Sheet().lines()
    page.picture.paste(standing(), (40, 600))
    asked = []
    real = resident.Resident.recognise
    monkeypatch.setattr(resident.Resident, "recognise", lambda self, *rest: asked.append(rest[2]) or real(self, *rest))
    read = " ".join(told(engine.recognise(page.pixels(), DPI, "page", 30)))
    assert asked == ["page"] and "Quốc hội" in read


def test_other_layouts_are_tesseract_s(engine, monkeypatch):
    monkeypatch.setattr(batched, "find_lines", None)
    assert len(engine.recognise(Sheet(1650, 700).lines().pixels(), DPI, "block", 30)) == 5
