"""The compact copy: small, sharp where print is, continuous-tone where colour, pencil or a picture is."""

from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pikepdf
import pypdfium2
import pytest
from pikepdf import pdfa
from simplejpeg import decode_jpeg

from imaging import seals
from imaging.load import LoadedPage, pages
from imaging.pdfa import NotCompact, PageImage, PdfMetadata, PdfPage, compact, decode, encode, replace_text, write
from imaging.pdfa.layers import Layers, packed, unpacked
from imaging.practice import PracticePage, invent, typeset
from imaging.prepare import prepare
from imaging.values import Box, Pixels, Raster

META = PdfMetadata("bản sử dụng", datetime(2026, 11, 22, tzinfo=UTC))


@pytest.fixture(scope="module")
def sealed() -> PracticePage:
    (page,) = [page for page in typeset(invent(31, "state", 2), 31, first_sheet=7) if page.truth.seals]
    return page


@pytest.fixture(scope="module")
def image(sealed: PracticePage) -> PageImage:
    return compact(sealed.raster)


def delta_e(before: Pixels, after: Pixels, box: Box) -> float:
    """Mean colour error (CIE 1976) on a seal's red at half the page's scale."""
    labs = []
    for pixels in (before, after):
        part = cv2.cvtColor(pixels[box[1] : box[3], box[0] : box[2]].astype(np.float32) / 255, cv2.COLOR_BGR2Lab)
        labs.append(cv2.resize(part, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
    return float(np.linalg.norm(labs[0] - labs[1], axis=2)[labs[0][..., 1] > 25].mean())


def test_a_sealed_page_is_small_and_its_seal_keeps_its_colour(sealed: PracticePage, image: PageImage) -> None:
    assert len(image.data) <= 90_000 < len(encode(sealed.raster).data)
    (box,) = seals.find(sealed.raster, prepare(sealed.raster))
    assert delta_e(sealed.raster.pixels, decode(image), box) <= 6


def test_a_pencil_number_keeps_its_grey(sealed: PracticePage, image: PageImage) -> None:
    pencil = sealed.truth.pencil
    assert pencil is not None
    x0, y0, x1, y1 = pencil.box
    before, after = (cv2.cvtColor(p[y0:y1, x0:x1], cv2.COLOR_BGR2GRAY) for p in (sealed.raster.pixels, decode(image)))
    assert after.mean() == pytest.approx(before.mean(), abs=6)
    assert np.percentile(after, 3) == pytest.approx(np.percentile(before, 3), abs=25)


def test_pen_and_seal_are_in_patches_and_print_is_in_the_mask(sealed: PracticePage, image: PageImage) -> None:
    boxes = [box for box, _ in unpacked(image).patches]
    for x0, y0, x1, y1 in (*sealed.truth.seals, *sealed.truth.signatures):
        x, y = (x0 + x1) / 2, (y0 + y1) / 2
        assert any(b[0] <= x <= b[2] and b[1] <= y <= b[3] for b in boxes)
    inside = sum((b[2] - b[0]) * (b[3] - b[1]) for b in boxes)
    assert inside < 0.2 * image.width * image.height


def test_print_keeps_its_weight_to_the_px(sealed: PracticePage, image: PageImage) -> None:
    """A word away from colour: as much ink as the page has, within a tenth, and at the same px."""
    before, after = (cv2.cvtColor(p, cv2.COLOR_BGR2GRAY).astype(float) for p in (sealed.raster.pixels, decode(image)))
    shares, meets = [], []
    for word in sealed.truth.text.words[:60:4]:
        x0, y0, x1, y1 = word.box
        ink = [np.percentile(p[y0:y1, x0:x1], 97) - p[y0:y1, x0:x1] for p in (before, after)]
        shares.append(ink[1].sum() / ink[0].sum())
        meets.append(np.corrcoef(ink[0].ravel(), ink[1].ravel())[0, 1])
    assert 0.9 < np.mean(shares) < 1.1 and min(meets) > 0.85, (shares, meets)


def test_no_red_speck_turns_black() -> None:
    pixels = np.full((1200, 900, 3), 250, np.uint8)
    for y in range(300, 900, 70):
        cv2.putText(pixels, "ABCDEFGH", (60, y), cv2.FONT_HERSHEY_SIMPLEX, 1.5, (20, 20, 20), 4)
        cv2.circle(pixels, (640, y), 4, (60, 40, 210), -1)
    after = decode(compact(Raster(pixels, (300, 300), "color")))
    for y in range(300, 900, 70):
        blue, green, red = after[y - 2 : y + 3, 638:643].reshape(-1, 3).mean(0)
        assert red - green > 80 and red - blue > 60


def photographed(size: tuple[int, int]) -> Pixels:
    """A white page of 1200 x 900 px with a grey picture of soft blobs on it."""
    noise = np.random.default_rng(1).integers(0, 255, size).astype(np.uint8)
    blobs = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 9), None, 40, 190, cv2.NORM_MINMAX)  # type: ignore[call-overload]
    pixels = np.full((1200, 900, 3), 245, np.uint8)
    pixels[60 : 60 + size[0], 50 : 50 + size[1]] = blobs[..., None]
    return pixels


def test_a_photograph_stays_continuous_tone() -> None:
    pixels = photographed((400, 400))
    after = decode(compact(Raster(pixels, (300, 300), "color")))
    inside = np.s_[70:450, 60:440]
    assert np.abs(after[inside].astype(int) - pixels[inside]).mean() < 4


@pytest.mark.parametrize(("mode", "why"), [("gray", "mode"), ("bitonal", "mode")])
def test_only_colour_pages_are_layered(mode: str, why: str) -> None:
    with pytest.raises(NotCompact) as caught:
        compact(Raster(np.full((900, 700), 255, np.uint8), (300, 300), mode))  # type: ignore[arg-type]
    assert caught.value.why == why


def test_scraps_and_pictures_are_not_layered() -> None:
    with pytest.raises(NotCompact, match="small"):
        compact(Raster(np.full((20, 900, 3), 255, np.uint8), (300, 300), "color"))
    with pytest.raises(NotCompact, match="picture"):
        compact(Raster(photographed((1000, 800)), (300, 300), "color"))


@pytest.mark.parametrize("grey", [0, 255])
def test_an_empty_page_is_a_page(grey: int) -> None:
    raster = Raster(np.full((1754, 1240, 3), grey, np.uint8), (150, 150), "color")
    assert np.abs(decode(compact(raster)).astype(int) - grey).max() <= 2


def test_the_layered_page_is_pdf_a_2b_and_gives_the_same_bytes_again(tmp_path: Path, sealed: PracticePage) -> None:
    reports = [
        write([PdfPage(compact(sealed.raster), sealed.truth.text)] * 2, tmp_path / f"{name}.pdf", metadata=META)
        for name in "ab"
    ]
    assert reports[0].sha256 == reports[1].sha256 and reports[0].words > 100
    assert pdfa.validate_written(reports[0].path, "2b").passed
    with pikepdf.open(reports[0].path) as pdf:
        assert pdf.check_pdf_syntax() == []


@pytest.mark.parametrize("turn", [0, 90, 270])
def test_readers_show_what_the_guards_were_shown(tmp_path: Path, image: PageImage, turn: int) -> None:
    """pdfium's picture of the file is the referee."""
    from dataclasses import replace

    report = write([PdfPage(replace(image, turn=turn))], tmp_path / "a.pdf", metadata=META)  # type: ignore[arg-type]
    shown = pypdfium2.PdfDocument(report.path)[0].render(scale=300 / 72 * 0.9999999).to_numpy()
    upright = np.rot90(decode(image), -turn // 90)
    assert shown.shape == upright.shape and np.abs(shown.astype(int) - upright).mean() < 3


def test_its_text_layer_can_be_replaced(tmp_path: Path, sealed: PracticePage, image: PageImage) -> None:
    source = write([PdfPage(image, None)], tmp_path / "a.pdf", metadata=META).path
    report = replace_text(source, [sealed.truth.text], tmp_path / "b.pdf", metadata=META)
    assert report.words == len(sealed.truth.text.words)


def test_it_can_be_read_back_as_a_page(tmp_path: Path, image: PageImage) -> None:
    (page,) = pages(write([PdfPage(image)], tmp_path / "a.pdf", metadata=META).path)
    assert isinstance(page, LoadedPage) and page.raster.mode == "color"


def test_broken_layers_are_told(image: PageImage) -> None:
    layers = unpacked(image)
    assert packed(Layers(layers.background, layers.ink, layers.mask, layers.patches), (9, 9), (1, 1)).data == image.data
    with pytest.raises(ValueError, match="layers"):
        unpacked(PageImage(image.data[:-1], "layers", 9, 9, (1, 1), 3))


def test_a_stroke_that_leaves_a_seal_stays_as_sharp_as_print() -> None:
    """A pen in black begins in the red and ends far from it; so does a letter that the seal's rim touches."""
    pixels = np.full((1500, 1200, 3), 250, np.uint8)
    cv2.putText(pixels, "QUYET DINH", (80, 200), cv2.FONT_HERSHEY_SIMPLEX, 2.5, (20, 20, 20), 6)
    cv2.circle(pixels, (420, 900), 220, (40, 30, 205), 14)
    cv2.circle(pixels, (420, 900), 90, (40, 30, 205), -1)
    cv2.line(pixels, (420, 900), (1130, 640), (25, 25, 25), 5)
    image = compact(Raster(pixels, (300, 300), "color"))
    assert all(box[2] < 760 for box, _ in unpacked(image).patches)
    after = decode(image)[640:760, 800:1130]
    assert after.min() < 60 and (after.max(axis=2) < 90).sum() == pytest.approx(
        (pixels[640:760, 800:1130].max(axis=2) < 90).sum(), rel=0.15
    )


def test_grey_dots_need_no_patch_and_coloured_ones_keep_theirs() -> None:
    pixels = np.full((1200, 900, 3), 250, np.uint8)
    for y in range(200, 1000, 80):
        cv2.putText(pixels, "ABCDEFGH", (60, y), cv2.FONT_HERSHEY_SIMPLEX, 1.5, (20, 20, 20), 4)
        cv2.rectangle(pixels, (640, y), (643, y + 1), (95, 95, 95), -1)
    image = compact(Raster(pixels, (300, 300), "color"))
    assert not unpacked(image).patches
    after = decode(image)
    assert all(after[y : y + 2, 640:644].min() < 140 for y in range(200, 1000, 80))


def test_a_faint_streak_is_still_there() -> None:
    """One px wide at 150 dpi and a tenth darker than the paper: too fine for the background, too pale for the mask."""
    pixels = np.full((1200, 900, 3), 240, np.uint8)
    cv2.putText(pixels, "ABCDEFGH", (60, 200), cv2.FONT_HERSHEY_SIMPLEX, 1.5, (20, 20, 20), 4)
    pixels[400:600, 500:502] = 212
    after = decode(compact(Raster(pixels, (300, 300), "color"))).astype(int)
    assert after[420:580, 500:502].mean() < after[420:580, 520:560].mean() - 10


def test_even_paper_is_coarser_than_paper_with_faint_ink_on_it() -> None:
    """The background of a page that shows a broad faint smudge keeps 75 dpi."""

    def width_behind(pixels: Pixels) -> int:
        return int(decode_jpeg(unpacked(compact(Raster(pixels, (300, 300), "color"))).background).shape[1])

    pixels = np.full((1200, 900, 3), 240, np.uint8)
    cv2.putText(pixels, "ABCDEFGH", (60, 200), cv2.FONT_HERSHEY_SIMPLEX, 1.5, (20, 20, 20), 4)
    assert width_behind(pixels) == 113
    cv2.ellipse(pixels, (500, 700), (12, 40), 20, 0, 360, (216, 216, 216), -1)
    assert width_behind(pixels) == 225


def test_each_codestream_is_deflated_in_the_file(tmp_path: Path, image: PageImage) -> None:
    path = write([PdfPage(image)], tmp_path / "a.pdf", metadata=META).path
    with pikepdf.open(path) as pdf:
        form = pdf.pages[0].obj.Resources.XObject.Page
        filters = [[str(one) for one in drawn.Filter] for drawn in form.Resources.XObject.values()]
        filters.append([str(one) for one in form.Resources.XObject.I.Mask.Filter])
    assert {tuple(one) for one in filters} == {("/FlateDecode", "/DCTDecode"), ("/FlateDecode", "/CCITTFaxDecode")}
    assert path.stat().st_size < len(image.data) + 30_000
