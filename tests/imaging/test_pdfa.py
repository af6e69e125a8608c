"""The PDF/A writer: conformance, bytes, places, pictures."""

import hashlib
import shutil
import subprocess
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import pikepdf
import pypdfium2
import pytest
import simplejpeg
from pikepdf import pdfa
from PIL import Image, ImageDraw, ImageFont

from bench.pdf_text import layer_figures, read_back
from imaging.load import LoadedPage, pages
from imaging.pdfa import (
    NotOurPdf,
    PdfMetadata,
    PdfPage,
    PdfRefused,
    PdfReport,
    decode,
    decode_half,
    encode,
    keep_jpeg,
    replace_text,
    write,
)
from imaging.values import Box, Line, PageText, Raster, Word

WHEN = datetime(2026, 11, 22, 10, 0, tzinfo=timezone(timedelta(hours=7)))
META = PdfMetadata("Quyết định về việc số hóa", WHEN, creators=("Ủy ban nhân dân",), subject="thử", tool="sohoa 0.1")
MARKS = "\u0300\u0301\u0303\u0309\u0323"
LETTERS = [unicodedata.normalize("NFC", v + m) for v in "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY" for m in MARKS] + list("ăâđêôơưĂÂĐÊÔƠƯ")
SIZE = (1240, 1754)  # A4 at 150 dpi


def _font() -> ImageFont.FreeTypeFont:
    found = subprocess.run(["fc-match", "-f", "%{file}", "DejaVu Serif"], capture_output=True, text=True, check=True)
    return ImageFont.truetype(found.stdout, 26)


def typeset(slope: float = 0.0) -> tuple[Raster, PageText]:
    """A page that holds every accented Vietnamese letter, with the true ink box of every word. ``slope``: px per px."""
    font = _font()
    sheet = Image.new("L", SIZE, 255)
    draw = ImageDraw.Draw(sheet)
    letters = iter(LETTERS)
    lines = []
    for row in range(24):
        x, y = 90, 120 + row * 60
        words = []
        for number in range(8):
            text = "".join(filter(None, (next(letters, ""), next(letters, "")))) or f"{row}-QĐ"
            text = ("ph" if number % 2 else "T") + text
            base = y + slope * (x - 90)
            draw.text((x, base), text, font=font, fill=0, anchor="ls")
            box = draw.textbbox((x, base), text, font=font, anchor="ls")
            words.append(Word(text, (int(box[0]), int(box[1]), round(box[2]), round(box[3])), 0.9))
            x = round(box[2]) + 14
        lines.append(Line(tuple(words), _union([w.box for w in words]), (float(y), slope)))
    picture = cv2.cvtColor(np.asarray(sheet), cv2.COLOR_GRAY2BGR)
    cv2.circle(picture, (900, 1500), 110, (60, 50, 210), 6)
    return Raster(picture, (150.0, 150.0), "color"), PageText(tuple(lines), SIZE, 150.0, "truth")


def _union(boxes: list[Box]) -> Box:
    return min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)


def iou(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    inner = max(0.0, w) * max(0.0, h)
    return inner / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inner)


def poppler_words(path: Path, page: int = 1) -> list[tuple[str, tuple[float, ...]]]:
    out = subprocess.run(["pdftotext", "-bbox", "-f", str(page), "-l", str(page), path, "-"], capture_output=True, check=True)
    tree = ElementTree.fromstring(out.stdout)
    keys = ("xMin", "yMin", "xMax", "yMax")
    return [(w.text or "", tuple(float(w.attrib[k]) for k in keys)) for w in tree.iter("{http://www.w3.org/1999/xhtml}word")]


def made(path: Path, *contents: PdfPage, meta: PdfMetadata = META) -> PdfReport:
    return write(contents, path, metadata=meta)


@pytest.fixture(scope="module")
def page() -> PdfPage:
    raster, text = typeset()
    return PdfPage(encode(raster, 80), text)


def test_the_file_is_pdf_a_2b_by_an_independent_reading_of_its_bytes(tmp_path: Path, page: PdfPage) -> None:
    report = made(tmp_path / "a.pdf", page, page)
    assert pdfa.validate_written(report.path, "2b").passed and report.findings == ()
    with pikepdf.open(report.path) as pdf:
        assert pdf.check_pdf_syntax() == [] and len(pdf.pages) == report.pages == 2
    assert report.sha256 == hashlib.sha256(report.path.read_bytes()).hexdigest()
    assert report.bytes == report.path.stat().st_size and report.words == 2 * len(page.text.words)  # type: ignore[union-attr]


def test_the_same_pages_give_the_same_bytes_at_another_time(tmp_path: Path, page: PdfPage) -> None:
    first = made(tmp_path / "a.pdf", page)
    assert made(tmp_path / "b.pdf", page).sha256 == first.sha256
    assert made(tmp_path / "c.pdf", page, meta=replace(META, title="khác")).sha256 != first.sha256


@pytest.mark.parametrize("slope", [0.0, 0.02, -0.035])
def test_every_word_is_at_its_place_in_nfc(tmp_path: Path, slope: float) -> None:
    raster, text = typeset(slope)
    report = made(tmp_path / "a.pdf", PdfPage(encode(raster), text))
    found = poppler_words(report.path)
    fits = []
    for word in text.words:
        truth = tuple(v * 72 / 150 for v in word.box)
        fits.append(max((iou(truth, box) for said, box in found if said == word.text), default=0.0))
    assert len(found) == len(text.words) and min(fits) > 0.3
    assert np.mean(fits) >= 0.75, np.mean(fits)


def test_words_whose_boxes_touch_stay_two_words(tmp_path: Path, page: PdfPage) -> None:
    """A figure written by hand right behind a printed word: "ngày15" would not be found as a date."""
    words = tuple(Word(text, box, 0.9) for text, box in [("ngày", (100, 100, 180, 130)), ("15", (178, 100, 210, 128))])
    text = PageText((Line(words, (100, 100, 210, 130), (124.0, 0.0)),), page.text.size if page.text else (1, 1), 150.0, "", "")
    made(tmp_path / "near.pdf", replace(page, text=text))
    assert [word for word, _ in poppler_words(tmp_path / "near.pdf")] == ["ngày", "15"]


def test_words_come_in_reading_order_from_pdfium_too(tmp_path: Path, page: PdfPage) -> None:
    assert page.text is not None
    pdf = pypdfium2.PdfDocument(made(tmp_path / "a.pdf", page).path)
    said = pdf[0].get_textpage().get_text_bounded()
    assert said.split() == page.text.plain().split()
    assert unicodedata.is_normalized("NFC", said)


def test_a_decomposed_or_odd_word_goes_in_as_nfc(tmp_path: Path, page: PdfPage) -> None:
    word = Word(unicodedata.normalize("NFD", "Nghị định") + "\x07 𝄞", (100, 100, 400, 140), 1)
    text = PageText((Line((word,), word.box, (132, 0)),), SIZE, 150, "t")
    report = made(tmp_path / "a.pdf", PdfPage(page.image, text))
    assert [w for w, _ in poppler_words(report.path)] == ["Nghị", "định", "𝄞"]


def test_a_word_without_a_box_or_letters_does_not_break_the_file(tmp_path: Path, page: PdfPage) -> None:
    words = (Word("", (1, 1, 9, 9), 1), Word("a", (50, 50, 50, 50), 1), Word("\x00", (1, 1, 9, 9), 1))
    text = PageText((Line(words, (50, 50, 50, 50), (50, 9.0)), Line((), (0, 0, 0, 0), (0, 0))), SIZE, 150, "t")
    assert made(tmp_path / "a.pdf", PdfPage(page.image, text)).words == 1


@pytest.mark.parametrize("reader", ["pdftotext", "pdfium", "MuPDF"])
@pytest.mark.parametrize("turn", [0, 90])
def test_each_reader_gives_back_the_words_that_were_laid(tmp_path: Path, page: PdfPage, reader: str, turn: int) -> None:
    """Every accented letter, in NFC, in order. MuPDF is asked through its own program, nothing of it is imported."""
    if reader == "MuPDF" and shutil.which("mutool") is None:
        pytest.skip("mutool is not installed (Debian: mupdf-tools)")
    stored = np.ascontiguousarray(np.rot90(decode(page.image), turn // 90))
    image = keep_jpeg(simplejpeg.encode_jpeg(stored, 60, "BGR"), (150.0, 150.0), turn)  # type: ignore[arg-type]
    said = read_back(made(tmp_path / "a.pdf", PdfPage(image, page.text)).path)[reader]
    assert page.text is not None and said.split() == page.text.plain().split()


def test_scanned_and_skewed_pages_with_known_words(tmp_path: Path) -> None:
    """Practice pages as scanned, sloping by 3 degrees, stored on their side, and layered."""
    for layer in layer_figures(tmp_path, [640]):
        assert layer.placed == 1.0 and layer.iou >= 0.75, layer
        assert set(layer.read_back.values()) == {1.0}, layer


@pytest.mark.parametrize(
    ("text", "said"),
    [("sửa  đổi,   bổ sung", ["sửa", "đổi,", "bổ", "sung"]), ("sửađổi", ["sửađổi"]), (" \u00a0 ", []), ("", []),
     ("Nghiêng" * 30, ["Nghiêng" * 30])],
    ids=["spaces", "none", "blank", "empty", "long"],
)  # fmt: skip
def test_a_mended_word_stays_in_the_box_of_the_word_it_replaces(
    tmp_path: Path, page: PdfPage, text: str, said: list[str]
) -> None:
    words = (Word("trước", (100, 100, 200, 140), 1), Word(text, (220, 100, 420, 140), 1), Word("sau", (440, 100, 500, 140), 1))
    laid = PageText((Line(words, (100, 100, 500, 140), (132, 0)),), SIZE, 150, "người sửa")
    found = poppler_words(made(tmp_path / "a.pdf", PdfPage(page.image, laid)).path)
    assert [word for word, _ in found] == ["trước", *said, "sau"]
    for _, box in found[1:-1]:
        assert box[0] >= 219 * 72 / 150 and box[2] <= 421 * 72 / 150


def test_the_scanners_jpeg_is_kept_byte_for_byte(tmp_path: Path, page: PdfPage) -> None:
    data = page.image.data
    report = made(tmp_path / "a.pdf", PdfPage(keep_jpeg(data, (150, 150)), page.text))
    (loaded,) = pages(report.path)
    assert isinstance(loaded, LoadedPage) and loaded.original == data and loaded.raster.dpi == (150, 150)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_turned_page_shows_upright_with_its_bytes_kept(tmp_path: Path, page: PdfPage, turn: int) -> None:
    """pdfium's rendering of the page is the referee."""
    upright = decode(page.image)
    stored = np.ascontiguousarray(np.rot90(upright, turn // 90))  # counter-clockwise: ``turn`` clockwise mends it
    dpi = (150.0, 150.0)
    image = keep_jpeg(simplejpeg.encode_jpeg(stored, 95, "BGR"), dpi, turn)  # type: ignore[arg-type]
    report = made(tmp_path / "a.pdf", PdfPage(image, page.text))
    shown = pypdfium2.PdfDocument(report.path)[0].render(scale=150 / 72 * 0.9999999).to_numpy()
    assert shown.shape == upright.shape and np.abs(shown.astype(int) - upright).mean() < 4


def test_the_page_has_its_true_size(tmp_path: Path) -> None:
    pixels = np.full((3508, 2480), 255, np.uint8)
    report = made(tmp_path / "a.pdf", PdfPage(encode(Raster(pixels, (300.0, 200.0), "gray"))))
    with pikepdf.open(report.path) as pdf:
        assert [float(v) for v in pdf.pages[0].mediabox] == [0, 0, 595.2, 1262.88]


def test_black_and_white_is_g4_and_lossless(tmp_path: Path) -> None:
    pixels = np.where(np.random.default_rng(2).random((403, 301)) < 0.2, 0, 255).astype(np.uint8)
    image = encode(Raster(pixels, (300, 300), "bitonal"))
    assert image.codec == "g4" and np.array_equal(decode(image), pixels)
    (loaded,) = pages(made(tmp_path / "a.pdf", PdfPage(image)).path)
    assert isinstance(loaded, LoadedPage) and np.array_equal(loaded.raster.pixels, pixels)
    assert loaded.raster.mode == "bitonal"


def test_a_grey_page_is_stored_grey(page: PdfPage) -> None:
    grey = cv2.cvtColor(decode(page.image), cv2.COLOR_BGR2GRAY)
    assert encode(Raster(grey, (150, 150), "gray")).colours == 1


@pytest.mark.parametrize("size", [(301, 201), (300, 200)])
def test_half_a_copy_is_the_copy_at_half_its_size(size: tuple[int, int]) -> None:
    pixels = np.full((size[1], size[0], 3), (205, 225, 235), np.uint8)
    cv2.circle(pixels, (150, 100), 60, (60, 50, 200), 5, cv2.LINE_AA)
    image = encode(Raster(pixels, (300, 300), "color"))
    half = decode_half(image)
    assert half.shape == ((size[1] + 1) // 2, (size[0] + 1) // 2, 3)
    whole = cv2.resize(decode(image)[:200, :300], (150, 100), interpolation=cv2.INTER_AREA)
    assert np.abs(half[:100, :150].astype(int) - whole).mean() < 1.5


def test_a_page_is_coded_in_one_pass() -> None:
    """One pass takes half the time of progressive scans, to write as to read (docs/decisions/0005)."""
    data = encode(Raster(np.full((200, 300, 3), 200, np.uint8), (300, 300), "color")).data
    assert b"\xff\xc0" in data and b"\xff\xc2" not in data


def test_a_foreign_profile_is_kept_and_srgb_is_not_doubled(tmp_path: Path) -> None:
    from PIL import ImageCms

    picture = Image.new("RGB", (60, 60), (200, 30, 40))
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    path = tmp_path / "a.jpg"
    picture.save(path, icc_profile=srgb, dpi=(300, 300))
    assert keep_jpeg(path.read_bytes(), (300, 300)).icc == b""
    picture.save(path, icc_profile=b"not a profile", dpi=(300, 300))
    assert keep_jpeg(path.read_bytes(), (300, 300)).icc == b""
    assert made(tmp_path / "a.pdf", PdfPage(keep_jpeg(path.read_bytes(), (300, 300)))).pages == 1


def test_cmyk_is_refused_before_a_file_is_begun(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Image.new("CMYK", (60, 60)).save(path)
    with pytest.raises(ValueError, match="CMYK"):
        keep_jpeg(path.read_bytes(), (300, 300))


def test_what_would_not_conform_leaves_the_old_file_as_it_was(tmp_path: Path, page: PdfPage) -> None:
    out = tmp_path / "a.pdf"
    out.write_bytes(b"old")
    bad = replace(page.image, icc=b"not a profile")
    with pytest.raises(PdfRefused) as caught:
        made(out, PdfPage(bad))
    assert caught.value.findings and out.read_bytes() == b"old" and list(tmp_path.iterdir()) == [out]
    with pytest.raises(PdfRefused):
        made(out)


def test_a_page_that_fails_in_the_middle_leaves_nothing(tmp_path: Path, page: PdfPage) -> None:
    def broken() -> Iterator[PdfPage]:
        yield page
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        write(broken(), tmp_path / "a.pdf", metadata=META)
    assert list(tmp_path.iterdir()) == []


def test_the_metadata_are_vietnamese_and_the_clock_is_the_callers(tmp_path: Path, page: PdfPage) -> None:
    report = made(tmp_path / "a.pdf", page)
    with pikepdf.open(report.path) as pdf:
        xmp = pdf.open_metadata()
        assert (xmp["dc:title"] == META.title and xmp["dc:language"] == {"vi"}) or xmp["dc:language"] == ["vi"]
        assert xmp["xmp:CreateDate"] == xmp["xmp:MetadataDate"] == "2026-11-22T10:00:00+07:00"
        assert str(pdf.docinfo["/Title"]) == META.title and str(pdf.Root.Lang) == "vi"
        assert xmp["pdfaid:part"] == "2" and xmp["pdfaid:conformance"] == "B"


def test_corrected_text_replaces_the_layer_and_nothing_else(tmp_path: Path, page: PdfPage) -> None:
    assert page.text is not None
    source = made(tmp_path / "a.pdf", page, page).path
    word = Word("sửa đổi, bổ sung", (100, 100, 420, 140), 1)
    text = PageText((Line((word,), word.box, (132, 0)),), SIZE, 150, "người sửa")
    report = replace_text(source, [text, None], tmp_path / "b.pdf", metadata=META)
    assert [w for w, _ in poppler_words(report.path)] == ["sửa", "đổi,", "bổ", "sung"] and report.words == 1
    assert poppler_words(report.path, 2) == [] and pdfa.validate_written(report.path, "2b").passed
    before, after = (list(pages(p)) for p in (source, report.path))
    assert [p.original for p in before if isinstance(p, LoadedPage)] == [p.original for p in after if isinstance(p, LoadedPage)]
    again = replace_text(report.path, [page.text, page.text], report.path, metadata=META)
    assert again.words == 2 * len(page.text.words) and poppler_words(again.path) == poppler_words(source)
    assert again.bytes < source.stat().st_size * 1.02


def test_a_foreign_text_layer_is_not_touched(tmp_path: Path, page: PdfPage) -> None:
    import img2pdf

    path = tmp_path / "a.pdf"
    path.write_bytes(img2pdf.convert(page.image.data))
    with pytest.raises(NotOurPdf):
        replace_text(path, [None], tmp_path / "b.pdf", metadata=META)


def test_many_pages_do_not_grow_the_memory(tmp_path: Path, page: PdfPage) -> None:
    """Peak of Python's and the writer's own memory in a child: 120 pages against 30, same pictures, other text."""
    script = """
import sys, resource
from pathlib import Path
from tests.imaging.test_pdfa import META, typeset
from imaging.pdfa import PdfPage, encode, write
raster, text = typeset()
noise = __import__("numpy").random.default_rng(1).integers(0, 255, raster.pixels.shape, "uint8")
image = encode(type(raster)(noise, raster.dpi, "color"), 70)
write((PdfPage(image, text) for _ in range(int(sys.argv[2]))), Path(sys.argv[1]), metadata=META)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, len(image.data) // 1024)
"""
    import sys

    peaks = []
    for number in (30, 120):
        run = subprocess.run([sys.executable, "-c", script, tmp_path / "a.pdf", str(number)], capture_output=True, text=True,
                             check=True, cwd=Path(__file__).parents[2])  # fmt: skip
        peak, kilobytes = map(int, run.stdout.split())
        peaks.append(peak)
        assert kilobytes > 1000, "the pictures must be large enough to be seen"
    assert peaks[1] - peaks[0] < 25, peaks


def test_black_pages_and_tiny_pages_are_pages_too(tmp_path: Path) -> None:
    rasters = [
        Raster(np.zeros((500, 400, 3), np.uint8), (300, 300), "color"),
        Raster(np.zeros((1, 1), np.uint8), (300, 300), "gray"),
    ]
    rasters.append(Raster(np.full((1, 1), 255, np.uint8), (300, 300), "bitonal"))
    images = [encode(r) for r in rasters]
    with_turn = replace(images[0], turn=90)
    assert made(tmp_path / "a.pdf", *(PdfPage(i) for i in (*images, with_turn))).pages == 4
