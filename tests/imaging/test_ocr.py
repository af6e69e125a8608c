"""Reading typeset pages: what was printed comes back, in its place, whatever the engine, the paper and the seal."""

import os
import unicodedata
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from imaging.ocr import Engine, LanguageMissing, Preparation, open_engine, osd, preparations, read
from imaging.ocr.tessdata import find_tessdata
from imaging.values import Raster

LINES = (
    "Căn cứ Luật Tổ chức chính quyền địa phương",
    "ngày 19 tháng 6 năm 2015 của Quốc hội;",
    "Ủy ban nhân dân tỉnh ban hành kế hoạch,",
    "giao Sở Nội vụ chủ trì, phối hợp với các sở",
    "thực hiện và báo cáo kết quả trước tháng 9.",
)
FONTS = (
    "/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf",
    "/usr/share/fonts/truetype/noto/NotoSerif-Regular.ttf",
    "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf",
)


def font(size: int) -> ImageFont.FreeTypeFont:
    found = next((path for path in FONTS if Path(path).is_file()), None)
    if found is None:
        pytest.skip("no font with Vietnamese letters is installed (fonts-dejavu-core or fonts-noto-core)")
    return ImageFont.truetype(found, size)


def typeset(lines=LINES, *, size=54, paper=(255, 255, 255), ink=(30, 30, 30), step=96, width=1600, left=120, top=120) -> Raster:
    picture = Image.new("RGB", (width, top * 2 + step * len(lines)), paper)
    draw = ImageDraw.Draw(picture)
    for row, line in enumerate(lines):
        draw.text((left, top + row * step), line, font=font(size), fill=ink)
    return Raster(np.ascontiguousarray(np.asarray(picture)[:, :, ::-1]), (300.0, 300.0), "color")


@pytest.fixture(scope="module")
def engine() -> Engine:
    return open_engine()


def wrong_words(text: str, lines=LINES) -> int:
    got, want = text.split(), " ".join(lines).split()
    row = list(range(len(want) + 1))
    for number, word in enumerate(got, 1):
        above, row[0] = row[0], number
        for place, other in enumerate(want, 1):
            above, row[place] = row[place], min(above + (word != other), row[place] + 1, row[place - 1] + 1)
    return row[-1]


def test_a_page_is_read_with_its_words_in_place(engine):
    raster = typeset()
    page = read(raster, engine=engine)
    assert wrong_words(page.plain()) <= 1
    assert page.size == (raster.width, raster.height)
    assert page.note == ""
    dark = raster.pixels.max(axis=2) < 128
    for word in page.words:
        x0, y0, x1, y1 = word.box
        inside = dark[y0:y1, x0:x1]
        assert inside.mean() > 0.05, word
        assert 0 <= word.confidence <= 1
        assert word.text == unicodedata.normalize("NFC", word.text)


def test_baselines_run_under_the_letters(engine):
    page = read(typeset(), engine=engine)
    ascent = font(54).getmetrics()[0]
    for row, line in enumerate(page.lines):
        y, slope = line.baseline
        assert abs(y - (120 + row * 96 + ascent)) <= 5
        assert abs(slope) < 0.01


def test_a_red_seal_over_the_words_does_not_hide_them(engine):
    raster = typeset()
    stamped = raster.pixels.astype(np.float32) / 255
    seal = np.ones_like(stamped)
    cv2.circle(seal, (600, 340), 220, (0.25, 0.2, 0.9), 26)
    cv2.circle(seal, (600, 340), 90, (0.25, 0.2, 0.9), -1)
    page = read(Raster((stamped * seal * 255).astype(np.uint8), raster.dpi, "color"), engine=engine)
    assert wrong_words(page.plain()) <= 2


@pytest.mark.parametrize("mode", ["gray", "bitonal"])
def test_grey_and_bitonal_pages_are_read(engine, mode):
    grey = cv2.cvtColor(typeset().pixels, cv2.COLOR_BGR2GRAY)
    if mode == "bitonal":
        grey = np.where(grey < 128, 0, 255).astype(np.uint8)
    assert wrong_words(read(Raster(grey, (300.0, 300.0), mode), engine=engine).plain()) <= 2


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_other_resolutions_give_the_same_words_in_their_own_pixels(engine, scale):
    raster = typeset()
    size = (int(raster.width * scale), int(raster.height * scale))
    resized = Raster(cv2.resize(raster.pixels, size, interpolation=cv2.INTER_AREA), (300 * scale, 300 * scale), "color")
    page, plain = read(resized, engine=engine), read(raster, engine=engine)
    assert wrong_words(page.plain()) <= 2
    assert page.words[0].box[2] == pytest.approx(plain.words[0].box[2] * scale, abs=8)


def test_yellow_and_brown_paper(engine):
    assert wrong_words(read(typeset(paper=(196, 164, 110), ink=(60, 50, 40)), engine=engine).plain()) <= 2


@pytest.mark.parametrize("value", [0, 255])
def test_pages_of_one_colour_have_no_text_and_say_so(engine, value):
    page = read(Raster(np.full((900, 700, 3), value, np.uint8), (300.0, 300.0), "color"), engine=engine)
    assert page.lines == ()
    assert page.note == "no_text"


def test_a_tiny_page_is_no_fault(engine):
    assert read(Raster(np.full((3, 2), 255, np.uint8), (300.0, 300.0), "gray"), engine=engine).note == "no_text"


def test_specks_do_not_become_words(engine):
    raster = typeset()
    pixels = raster.pixels.copy()
    place = np.random.default_rng(4)
    for _ in range(160):
        x, y = int(place.integers(0, raster.width)), int(place.integers(0, raster.height))
        cv2.circle(pixels, (x, y), int(place.integers(1, 3)), (40, 40, 40), -1)
    page = read(Raster(pixels, raster.dpi, "color"), engine=engine)
    assert len(page.words) <= len(" ".join(LINES).split()) + 2


@pytest.mark.parametrize("kind", ["tesserocr", "pytesseract"])
def test_all_engines_agree(engine, kind):
    one, two = read(typeset(), engine=engine), read(typeset(), engine=open_engine(kind))
    assert one.plain() == two.plain()
    assert all(overlap(a.box, b.box) > 0.75 for a, b in zip(one.words, two.words, strict=True))


def overlap(one, two) -> float:
    """Common area as a share of both together."""
    wide, high = (min(one[n + 2], two[n + 2]) - max(one[n], two[n]) for n in (0, 1))
    both = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, two))
    common = max(0, wide) * max(0, high)
    return common / (both - common)


def test_every_step_of_the_ladder_reads(engine):
    names = [how.name for how in preparations()]
    assert len(set(names)) == len(names) >= 3
    for how in preparations():
        assert wrong_words(read(typeset(), engine=engine, preparation=how).plain()) <= 10, how


def test_an_engine_out_of_time_leaves_a_marked_page(engine):
    assert read(typeset(), engine=engine, seconds=0.002).note == "timeout"
    assert wrong_words(read(typeset(), engine=engine).plain()) <= 1  # and the engine works on


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_osd_says_how_to_turn(engine, turns):
    raster = typeset(LINES * 3)
    turned = Raster(np.ascontiguousarray(np.rot90(raster.pixels, turns)), raster.dpi, "color")
    degrees, sure = osd(turned, engine=engine)
    assert degrees == turns * 90
    assert sure > 1


def test_a_missing_language_is_named_with_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    with pytest.raises(LanguageMissing, match="tesseract-ocr-xyz") as fault:
        find_tessdata(["xyz"])
    assert fault.value.languages == ("xyz",)
    assert tmp_path in fault.value.looked


def test_the_named_folder_comes_first(tmp_path, monkeypatch):
    (tmp_path / "vie.traineddata").write_bytes(b"x")
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    assert find_tessdata(["vie"]) == tmp_path


def test_engines_keep_to_one_thread(engine):
    assert os.environ["OMP_THREAD_LIMIT"] == "1"


def test_show_through_of_the_partner_is_taken_away(engine):
    front = typeset(LINES)
    back = typeset(tuple(reversed(LINES)), top=150)
    ghost = cv2.GaussianBlur(back.pixels[: front.height, ::-1], (0, 0), 1.5)
    ghost = cv2.resize(ghost, (front.width, front.height))
    seen = (front.pixels.astype(np.float32) * (1 - 0.35 * (1 - ghost / 255.0))).astype(np.uint8)
    partner = cv2.cvtColor(cv2.flip(ghost, 1), cv2.COLOR_BGR2GRAY)
    from imaging.ocr.prepare_ocr import prepare_ocr

    raster = Raster(seen, front.dpi, "color")
    before, after = prepare_ocr(raster).picture, prepare_ocr(raster, partner=partner).picture
    clean = prepare_ocr(front).picture
    paper = clean > 250
    assert (255.0 - after[paper]).mean() < 0.45 * (255.0 - before[paper]).mean()
    ink = clean < 60
    assert after[ink].mean() < before[ink].mean() + 12


@pytest.mark.parametrize("size", [(2480, 3508), (2471, 3507), (2464, 3506), (40, 31)])
def test_300_dpi_become_two_thirds_to_the_px(size):
    from imaging.ocr.prepare_ocr import prepare_ocr

    wide, high = size
    pixels = np.full((high, wide), 255, np.uint8)
    pixels[high - 16 : high - 10, wide - 16 : wide - 10] = 0
    seen = prepare_ocr(Raster(pixels, (300.0, 300.0), "gray"), Preparation("zone", dpi=200.0))
    assert seen.picture.shape == (high // 3 * 2, wide // 3 * 2)
    rows, columns = np.nonzero(seen.picture < 128)
    sides = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
    truth = wide - 16, high - 16, wide - 10, high - 10
    assert seen.scale == (2 / 3, 2 / 3)
    assert all(abs(side / (2 / 3) - true) <= 1.5 for side, true in zip(sides, truth, strict=True))


def test_a_preparation_is_a_plain_value():
    assert Preparation("usual") == preparations()[0]


def stamped(raster: Raster, word: str) -> Raster:
    picture = Image.fromarray(raster.pixels[:, :, ::-1].copy())
    draw = ImageDraw.Draw(picture)
    x0, y0, x1, y1 = draw.textbbox((150, 60), word, font=font(62))
    draw.text((150, 60), word, font=font(62), fill=(205, 60, 60), stroke_width=1, stroke_fill=(205, 60, 60))
    draw.rectangle((x0 - 25, y0 - 20, x1 + 25, y1 + 25), outline=(205, 60, 60), width=7)
    return Raster(np.ascontiguousarray(np.asarray(picture)[:, :, ::-1]), raster.dpi, "color")


@pytest.mark.parametrize(("word", "mark"), [("MẬT", "mat"), ("TỐI MẬT", "toi_mat"), ("HỎA TỐC", "hoa_toc"), ("MẶT TRẬN", None)])
def test_a_red_secrecy_stamp_is_read_though_red_is_dropped(engine, word, mark):
    from imaging.fields import marks_on

    page = read(stamped(typeset(("", "", *LINES, *LINES)), word), engine=engine)
    assert [one.value for one in marks_on(page)] == ([mark] if mark else [])
    assert wrong_words(page.plain(), (*LINES, *LINES)) <= 6


def test_changes_tell_before_and_after(engine):
    page = read(typeset(), engine=engine)
    for before, after, box in page.changes:
        word = next(word for word in page.words if word.box == box)
        assert (word.raw, word.text) == (before, after)
    plain = read(typeset(), engine=engine, language=False)
    assert plain.changes == ()
    assert all(word.raw == "" for word in plain.words)


def test_a_code_cut_in_two_is_one_word(engine):
    from imaging.language import Token
    from imaging.ocr.engine import ReadLine, ReadWord
    from imaging.ocr.joining import join_codes

    parts = (ReadWord(Token("1743/QĐ-"), (0, 0, 100, 40)), ReadWord(Token("BGTVT,"), (104, 0, 200, 40)))
    twice = (parts[0], ReadWord(Token("-BGTVT,"), (98, 0, 200, 40)))
    assert [word.token.text for word in join_codes(ReadLine(twice, (0, 0, 200, 40), (38, 0))).words] == ["1743/QĐ-BGTVT,"]
    apart = (parts[0], ReadWord(Token("BGTVT,"), (130, 0, 230, 40)))
    assert [word.token.text for word in join_codes(ReadLine(parts, (0, 0, 200, 40), (38, 0))).words] == ["1743/QĐ-BGTVT,"]
    assert len(join_codes(ReadLine(apart, (0, 0, 230, 40), (38, 0))).words) == 2
