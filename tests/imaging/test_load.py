"""What the reader gives for good files of every kind. Bad ones: test_load_refusals.py."""

import io
from pathlib import Path

import cv2
import numpy as np
import pikepdf
import pytest
import simplejpeg
from PIL import Image, ImageOps

from imaging.load import BadPage, LoadedPage, count, pages

RED, BLUE = (200, 30, 40), (20, 40, 200)


def picture(width: int = 310, height: int = 440) -> Image.Image:
    """Red at the top left, blue at the bottom right, a grey ramp between: every turn and channel swap shows."""
    pixels = np.repeat(np.linspace(60, 250, width, dtype=np.uint8)[None, :, None], height, 0).repeat(3, 2)
    pixels[: height // 5, : width // 5] = RED
    pixels[-height // 5 :, -width // 5 :] = BLUE
    return Image.fromarray(pixels)


def jpeg(**options: object) -> bytes:
    buffer = io.BytesIO()
    picture().save(buffer, "JPEG", **({"quality": 92, "dpi": (300, 300)} | options))
    return buffer.getvalue()


def only(path: Path) -> LoadedPage:
    (page,) = pages(path)
    assert isinstance(page, LoadedPage)
    return page


def close(a: np.ndarray, b: np.ndarray, limit: float = 6.0) -> bool:
    return a.shape == b.shape and float(np.abs(a.astype(int) - b.astype(int)).mean()) < limit


BGR = np.asarray(picture())[..., ::-1]


def test_a_jpeg_keeps_its_bytes_and_says_its_dpi(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg())
    page = only(path)
    assert page.original == path.read_bytes() and page.original_mime == "image/jpeg" and page.warnings == ()
    assert page.raster.dpi == (300, 300) and page.raster.mode == "color" and close(page.raster.pixels, BGR)
    assert abs(int(page.facts["jpeg_quality"]) - 92) <= 1 and page.facts["jpeg_subsampling"] == "420"


def test_a_grey_jpeg_is_grey(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    picture().convert("L").save(path, quality=90, dpi=(200, 200))
    page = only(path)
    assert page.raster.mode == "gray" and page.raster.pixels.ndim == 2 and page.facts["jpeg_subsampling"] == "gray"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied_and_the_original_can_be_turned_alike(tmp_path: Path, orientation: int) -> None:
    upright = raw = Image.fromarray(BGR[..., ::-1])
    exif = Image.Exif()
    exif[0x0112] = orientation
    # The stored picture is found by brute force: the one that a viewer's own rule (Pillow's) turns upright.
    for turn in (None, *Image.Transpose):
        candidate = upright if turn is None else upright.transpose(turn)
        candidate.getexif()[0x0112] = orientation
        if np.array_equal(np.asarray(ImageOps.exif_transpose(candidate)), np.asarray(upright)):
            raw = candidate
            break
    path = tmp_path / "a.jpg"
    raw.save(path, quality=95, dpi=(300, 150), exif=exif)
    page = only(path)
    assert close(page.raster.pixels, BGR)
    sideways = orientation >= 5
    assert page.raster.dpi == ((150, 300) if sideways else (300, 150))
    assert ("exif_turned" in page.warnings) == (orientation != 1)
    if page.original is not None:
        decoded = simplejpeg.decode_jpeg(page.original, "BGR")
        again = cv2.rotate(decoded, {90: 0, 180: 1, 270: 2}[page.turn]) if page.turn else decoded
        assert close(again, page.raster.pixels, 0.01)
    else:
        assert orientation in (2, 4, 5, 7)


def test_without_a_dpi_an_a4_shape_tells_it_and_the_guess_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("L", (1654, 2339), 255).save(path)
    page = only(path)
    assert page.raster.dpi == (200, 200) and "dpi_assumed" in page.warnings
    Image.new("L", (1000, 300), 255).save(path)
    assert only(path).raster.dpi == (300, 300) and "dpi_assumed" in only(path).warnings


def test_a_screen_figure_is_not_believed_for_a_page(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Image.new("L", (2480, 3508), 255).save(path, dpi=(72, 72))
    page = only(path)
    assert page.raster.dpi == (300, 300) and "dpi_assumed" in page.warnings and page.facts["stated_dpi_x"] == 72


@pytest.mark.parametrize(
    ("kind", "mode", "warning"),
    [("1", "bitonal", ""), ("L", "gray", ""), ("P", "color", ""), ("RGB", "color", ""),
     ("RGBA", "color", "alpha_flattened"), ("LA", "gray", "alpha_flattened"), ("I;16", "gray", "depth_reduced")],
)  # fmt: skip
@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_every_kind_of_pixel_becomes_eight_bits(tmp_path: Path, kind: str, mode: str, warning: str, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    grey = np.asarray(picture().convert("L"))
    image = (
        Image.fromarray(grey.astype(np.uint16) * 257)
        if kind == "I;16"
        else picture().convert(kind, palette=Image.Palette.ADAPTIVE)
    )
    image.save(path, dpi=(300, 300))
    page = only(path)
    assert page.raster.mode == mode and page.raster.pixels.dtype == np.uint8
    assert [w for w in page.warnings if w != "dpi_assumed"] == ([warning] if warning else [])
    expected = np.asarray(picture().convert("1").convert("L")) if kind == "1" else BGR if mode == "color" else grey
    assert close(page.raster.pixels, expected, 12 if kind == "P" else 1)
    assert page.raster.dpi == (300, 300)


def test_what_is_transparent_is_paper(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(path)
    assert only(path).raster.pixels.min() == 255


def test_sixteen_bit_colour_png_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    cv2.imwrite(str(path), BGR.astype(np.uint16) * 257)
    page = only(path)
    assert "depth_reduced" in page.warnings and close(page.raster.pixels, BGR, 1)


def test_a_many_page_tiff_gives_every_page(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    frames = [picture(), picture().convert("L"), picture().convert("1")]
    frames[0].save(path, save_all=True, append_images=frames[1:], dpi=(300, 300))
    found = list(pages(path))
    assert [p.number for p in found] == [1, 2, 3] and count(path) == 3
    assert [p.raster.mode for p in found if isinstance(p, LoadedPage)] == ["color", "gray", "bitonal"]
    (second,) = pages(path, only=2)
    assert isinstance(second, LoadedPage) and second.number == 2 and second.raster.mode == "gray"


def test_a_turned_tiff_comes_upright(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    picture().transpose(Image.Transpose.ROTATE_90).save(path, tiffinfo={274: 6, 282: 300.0, 283: 150.0, 296: 2})
    page = only(path)
    assert close(page.raster.pixels, BGR, 0.01) and page.raster.dpi == (150, 300) and "exif_turned" in page.warnings


def test_the_content_decides_what_a_file_is(tmp_path: Path) -> None:
    path = tmp_path / "scan.tif"
    picture().save(path, "PNG", dpi=(300, 300))
    page = only(path)
    assert "misnamed:png" in page.warnings and close(page.raster.pixels, BGR, 0.01)


# --- PDF -----------------------------------------------------------------------------------------------------------


def pdf(
    path: Path, content: str, *, image: bytes | None = None, box: tuple[float, ...] = (0, 0, 74.4, 105.6), rotate: int = 0
) -> Path:
    """One page holding ``content`` with the JPEG as /Im and Helvetica as /F: 310 x 440 px on 74.4 x 105.6 pt = 300 dpi."""
    document = pikepdf.new()
    stream = document.make_stream(image or jpeg())
    stream.update(
        pikepdf.Dictionary(Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=310, Height=440, BitsPerComponent=8,
                           ColorSpace=pikepdf.Name.DeviceRGB, Filter=pikepdf.Name.DCTDecode))  # fmt: skip
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    document.add_blank_page(page_size=(box[2], box[3]))
    page = document.pages[0]
    page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im=stream), Font=pikepdf.Dictionary(F=font))
    page.obj.Contents = document.make_stream(content.encode())
    page.obj.Rotate = rotate
    document.save(path)
    return path


FULL = "q 74.4 0 0 105.6 0 0 cm /Im Do Q"


def test_a_page_that_is_one_jpeg_gives_its_bytes(tmp_path: Path) -> None:
    page = only(pdf(tmp_path / "a.pdf", FULL))
    assert page.original == jpeg() and page.turn == 0 and page.warnings == ()
    assert page.raster.dpi == (300, 300) and close(page.raster.pixels, BGR)


@pytest.mark.parametrize("rotate", [90, 180, 270])
def test_a_turned_pdf_page_is_turned_and_keeps_its_bytes(tmp_path: Path, rotate: int) -> None:
    page = only(pdf(tmp_path / "a.pdf", FULL, rotate=rotate))
    turned = cv2.rotate(np.ascontiguousarray(BGR), {90: 0, 180: 1, 270: 2}[rotate])
    assert page.turn == rotate and page.original == jpeg() and close(page.raster.pixels, turned)


def test_a_turn_in_the_matrix_counts_like_a_turned_page(tmp_path: Path) -> None:
    """The same page seen by pdfium is the referee."""
    content = "q 0 -74.4 105.6 0 0 74.4 cm /Im Do Q"
    page = only(pdf(tmp_path / "a.pdf", content, box=(0, 0, 105.6, 74.4)))
    seen = only(pdf(tmp_path / "b.pdf", content + " 0 0 1 1 re f", box=(0, 0, 105.6, 74.4)))
    assert page.original == jpeg() and "rendered:drawing" in seen.warnings and close(page.raster.pixels, seen.raster.pixels)


def test_an_invisible_text_layer_does_not_hide_the_scan(tmp_path: Path) -> None:
    assert only(pdf(tmp_path / "a.pdf", f"{FULL} BT 3 Tr /F 12 Tf (abc) Tj ET")).original == jpeg()


@pytest.mark.parametrize(
    ("content", "why"),
    [(f"{FULL} BT /F 40 Tf 5 20 Td (AB) Tj ET", "text"), (f"{FULL} 10 10 30 30 re f", "drawing"),
     (f"{FULL} {FULL}", "layers"), ("q 40 0 0 60 0 0 cm /Im Do Q", "partial"), ("0 0 20 20 re f", "drawing")],
)  # fmt: skip
def test_what_lies_over_the_scan_is_in_the_picture(tmp_path: Path, content: str, why: str) -> None:
    page = only(pdf(tmp_path / "a.pdf", content))
    assert page.warnings == (f"rendered:{why}",) and page.original is None
    assert page.raster.pixels.shape[:2] == (440, 310) and page.raster.dpi == (300, 300)


def test_a_rendered_scan_falls_pixel_on_pixel(tmp_path: Path) -> None:
    page = only(pdf(tmp_path / "a.pdf", f"{FULL} 1 1 2 2 re f"))
    assert close(page.raster.pixels[:400], simplejpeg.decode_jpeg(jpeg(), "BGR")[:400], 0.6)


def test_a_bitonal_fax_page_stays_bitonal(tmp_path: Path) -> None:
    import img2pdf

    tiff = tmp_path / "a.tif"
    mono = Image.fromarray(cv2.circle(np.full((440, 310), 255, np.uint8), (150, 200), 90, 0, 9)).convert("1")
    mono.save(tiff, compression="group4", dpi=(300, 300))
    path = tmp_path / "a.pdf"
    path.write_bytes(img2pdf.convert(str(tiff)))
    page = only(path)
    assert page.raster.mode == "bitonal" and np.array_equal(page.raster.pixels, np.asarray(mono.convert("L")))
    assert page.raster.dpi == (300, 300) and "CCITT" in str(page.facts["codec"])


def test_real_scans_come_out_at_their_true_size() -> None:
    folder = Path(__file__).parents[2] / "../shared/data/vn-scan"
    if not folder.is_dir():
        pytest.skip("the shared data folder is not here")
    for path in (folder / "quyet-dinh-04.pdf", folder / "chi-thi-16-bitonal.pdf"):
        first, second = list(pages(path))[:2]
        assert isinstance(first, LoadedPage) and isinstance(second, LoadedPage)
        assert first.warnings == ("rendered:annotations",) and second.warnings == ()
        assert abs(second.raster.height / second.raster.dpi[1] * 25.4 - 298) < 2


def test_pages_are_read_one_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    picture().save(path, save_all=True, append_images=[picture()] * 3)
    found = pages(path)
    first = next(found)
    assert not isinstance(first, BadPage) and first.number == 1
    found.close()  # type: ignore[attr-defined]
