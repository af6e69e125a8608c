"""Bad files and pages: each has its own name, none is half decoded, and one bad page never stops the rest."""

import io
import pickle
import struct
import zlib
from pathlib import Path

import numpy as np
import pikepdf
import pypdfium2
import pytest
from PIL import Image

from imaging.load import (
    BadPage,
    BrokenPdf,
    CmykImage,
    Damaged,
    EmptyFile,
    EncryptedPdf,
    LoadedPage,
    LoadError,
    NotAnImage,
    TooLarge,
    Truncated,
    UnreadableFile,
    UnsupportedPixels,
    pages,
)

NOISE = np.random.default_rng(1).integers(0, 255, (300, 200, 3), np.uint8)


def encoded(kind: str, image: Image.Image | None = None, **options: object) -> bytes:
    buffer = io.BytesIO()
    (image or Image.fromarray(NOISE)).save(buffer, kind, **options)
    return buffer.getvalue()


def refused(path: Path, data: bytes, **options: float) -> LoadError:
    path.write_bytes(data)
    with pytest.raises(LoadError) as caught:
        list(pages(path, **options))  # type: ignore[arg-type]
    assert caught.value.path == path
    return caught.value


def test_a_missing_file_a_folder_and_an_empty_file(tmp_path: Path) -> None:
    for path in (tmp_path / "none.jpg", tmp_path):
        with pytest.raises(UnreadableFile):
            next(pages(path))
    assert isinstance(refused(tmp_path / "a.jpg", b""), EmptyFile)


@pytest.mark.parametrize("data", [b"hello world", b"GIF89a" + bytes(40), b"PK\x03\x04" + bytes(100), bytes(5000)])
def test_what_is_no_image_is_said_so(tmp_path: Path, data: bytes) -> None:
    assert isinstance(refused(tmp_path / "a.jpg", data), NotAnImage)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.95])
def test_a_cut_jpeg_is_never_half_a_page(tmp_path: Path, share: float) -> None:
    data = encoded("JPEG", quality=90)
    assert isinstance(refused(tmp_path / "a.jpg", data[: int(len(data) * share)]), Truncated | Damaged)


def test_a_jpeg_with_its_end_put_back_is_still_truncated(tmp_path: Path) -> None:
    """The end marker is there; libjpeg only warns "premature end of data segment" and paints grey."""
    data = encoded("JPEG", quality=90)
    assert isinstance(refused(tmp_path / "a.jpg", data[: len(data) // 2] + b"\xff\xd9"), Truncated)


def test_a_hole_in_the_middle_of_a_jpeg_is_found(tmp_path: Path) -> None:
    data = encoded("JPEG", quality=90)
    middle = len(data) // 2
    assert refused(tmp_path / "a.jpg", data[:middle] + data[middle + 3000 :]).reason in ("truncated", "damaged")


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_cut_png_or_tiff_is_refused(tmp_path: Path, kind: str, share: float) -> None:
    data = encoded(kind)
    path = tmp_path / "a.img"
    path.write_bytes(data[: int(len(data) * share)])
    try:
        (page,) = pages(path)
    except LoadError as error:
        assert error.reason in ("truncated", "damaged")
    else:
        assert isinstance(page, BadPage)


def _png_header(width: int, height: int) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [13_000, 100_000])
def test_a_bomb_is_refused_from_its_header(tmp_path: Path, side: int) -> None:
    error = refused(tmp_path / "a.png", _png_header(side, side))
    assert (isinstance(error, TooLarge) and "MP" in error.detail) or "pixels" in error.detail


def test_the_limit_is_the_callers(tmp_path: Path) -> None:
    assert isinstance(refused(tmp_path / "a.png", encoded("PNG"), limit_mp=0.01), TooLarge)


def test_printing_inks_are_refused(tmp_path: Path) -> None:
    cmyk = Image.fromarray(NOISE).convert("CMYK")
    assert isinstance(refused(tmp_path / "a.jpg", encoded("JPEG", cmyk)), CmykImage)
    path = tmp_path / "a.tif"
    path.write_bytes(encoded("TIFF", cmyk))
    (page,) = pages(path)
    assert isinstance(page, BadPage) and isinstance(page.error, CmykImage)


def test_floating_point_pixels_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(encoded("TIFF", Image.fromarray(np.ones((20, 20), np.float32))))
    (page,) = pages(path)
    assert isinstance(page, BadPage) and isinstance(page.error, UnsupportedPixels)


def test_a_bad_page_of_a_tiff_does_not_stop_the_next(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    frames = [Image.fromarray(NOISE), Image.fromarray(NOISE).convert("CMYK"), Image.fromarray(NOISE).convert("L")]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    one, two, three = pages(path)
    assert isinstance(one, LoadedPage) and isinstance(two, BadPage) and isinstance(three, LoadedPage)
    assert two.number == 2 and two.error.page == 2


# --- PDF -----------------------------------------------------------------------------------------------------------


def scans(path: Path, images: list[bytes]) -> Path:
    import img2pdf

    path.write_bytes(img2pdf.convert(images))
    return path


def test_a_locked_pdf_says_so(tmp_path: Path) -> None:
    path = scans(tmp_path / "a.pdf", [encoded("JPEG")])
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        pdf.save(path, encryption=pikepdf.Encryption(user="x", owner="y"))
    with pytest.raises(EncryptedPdf):
        next(pages(path))


def test_a_broken_pdf_says_so(tmp_path: Path) -> None:
    path = scans(tmp_path / "a.pdf", [encoded("JPEG", quality=90)] * 2)
    assert isinstance(refused(path, path.read_bytes()[:400]), BrokenPdf)
    assert isinstance(refused(path, b"%PDF-1.7\nnothing here"), BrokenPdf)


def test_a_half_pdf_never_gives_a_page_it_does_not_have(tmp_path: Path) -> None:
    path = scans(tmp_path / "a.pdf", [encoded("JPEG", quality=90)] * 3)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * 0.5)])
    try:
        found = list(pages(path))
    except BrokenPdf:
        return
    good = [p for p in found if isinstance(p, LoadedPage)]
    assert all("pdf_repaired" in p.warnings and p.raster.pixels.std() > 10 for p in good)


def test_a_page_that_cannot_be_drawn_does_not_stop_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = scans(tmp_path / "a.pdf", [encoded("JPEG", quality=90)] * 2)
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        pdf.pages[0].contents_add(b"0 0 m 99 99 l S")
        pdf.save(path)

    def failing(_document: object, _index: int) -> None:
        raise pypdfium2.PdfiumError("Failed to load page.")

    monkeypatch.setattr(pypdfium2.PdfDocument, "__getitem__", failing)
    one, two = pages(path)
    assert isinstance(one, BadPage) and isinstance(one.error, BrokenPdf) and one.error.page == 1
    assert isinstance(two, LoadedPage)


def test_a_truncated_scan_inside_a_pdf_does_not_stop_the_next(tmp_path: Path) -> None:
    data = encoded("JPEG", quality=90)
    path = scans(tmp_path / "a.pdf", [data, data, data])
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        ((_, image),) = pdf.pages[1].get_images().items()
        image.write(data[: len(data) // 2], filter=pikepdf.Name.DCTDecode)
        pdf.save(path)
    one, two, three = pages(path)
    assert isinstance(one, LoadedPage) and isinstance(two, BadPage) and isinstance(three, LoadedPage)
    assert isinstance(two.error, Truncated)


def test_a_refusal_travels_between_processes(tmp_path: Path) -> None:
    error = pickle.loads(pickle.dumps(Truncated(tmp_path / "a.jpg", "why", 3)))
    assert isinstance(error, Truncated) and error.page == 3 and error.detail == "why" and error.reason == "truncated"
