"""JPEG, PNG and TIFF to pages. The content decides what a file is; a decoder's warning is an error here."""

import io
import warnings as python_warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import simplejpeg
from PIL import Image, ImageCms, UnidentifiedImageError

from imaging.load_model import (
    PLAUSIBLE_DPI,
    BadPage,
    CmykImage,
    Damaged,
    Fact,
    LoadedPage,
    LoadError,
    NotAnImage,
    TooLarge,
    Truncated,
    UnsupportedPixels,
    check_size,
)
from imaging.values import Mode, Pixels, Raster, Turn

FORMATS = ("JPEG", "PNG", "TIFF")
ASSUMED_DPI = 300.0
A4_MM = (210.0, 297.0)
COMMON_DPI = (100, 150, 200, 240, 300, 400, 600, 1200)
SCREEN_DPI = (72.0, 96.0)
"""What cameras and picture editors write when they do not know: believed only if the paper it gives is not absurd."""

EXIF_ORIENTATION, EXIF_TURNS = 0x0112, {1: 0, 3: 180, 6: 90, 8: 270}
TIFF_BITS_PER_SAMPLE = 258
CV2_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
TRUNCATION_WORDS = ("truncated", "premature", "not processed", "unexpected end", "broken data stream", "decoder error")
DECODER_ERRORS = (OSError, SyntaxError, ValueError, EOFError, KeyError, IndexError, TypeError, MemoryError, OverflowError)


def image_pages(path: Path, limit_mp: float, only: int | None = None) -> Iterator[LoadedPage | BadPage]:
    """Pages of one image file. Raises LoadError where the whole file is refused, or its one page is bad."""
    with _opened(path) as image:
        for number in _numbers(image, path, only):
            try:
                with decoder_faults(path, number):
                    image.seek(number - 1)
                    page = _page(image, path, number, limit_mp)
            except LoadError as error:
                if image.format != "TIFF":
                    raise
                yield BadPage(number, error)
            else:
                yield page


def frame_count(path: Path) -> int:
    """Pages of an image file, from its directory. Raises LoadError."""
    with _opened(path) as image:
        return sum(1 for _ in _numbers(image, path, None))


def _numbers(image: Image.Image, path: Path, only: int | None) -> Iterator[int]:
    """Page numbers. A multi-picture JPEG (MPO) carries previews of the same shot, not pages: it counts as one."""
    if only is not None or image.format != "TIFF":
        yield only or 1
        return
    number = 1
    while _has_frame(image, path, number):
        yield number
        number += 1


def _has_frame(image: Image.Image, path: Path, number: int) -> bool:
    """A directory that points outside the file counts as a page, so that its loss is reported."""
    try:
        with python_warnings.catch_warnings():
            python_warnings.simplefilter("ignore")
            image.seek(number - 1)
    except EOFError:
        return False
    except DECODER_ERRORS:
        return number == 1
    return True


@contextmanager
def decoder_faults(path: Path, page: int = 0) -> Iterator[None]:
    """Translate what Pillow and libjpeg raise into the family of LoadError."""
    try:
        yield
    except LoadError:
        raise
    except UnidentifiedImageError as fault:
        raise NotAnImage(path, "no decoder knows it", page) from fault
    except Image.DecompressionBombError as fault:
        raise TooLarge(path, str(fault), page) from fault
    except DECODER_ERRORS as fault:
        text = str(fault) or type(fault).__name__
        kind = Truncated if any(word in text.lower() for word in TRUNCATION_WORDS) else Damaged
        raise kind(path, text, page) from fault


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    with decoder_faults(path), python_warnings.catch_warnings():
        python_warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # check_size holds our own limit
        image = Image.open(path, formats=FORMATS)
    with image:
        yield image


def _page(image: Image.Image, path: Path, number: int, limit_mp: float) -> LoadedPage:
    check_size(image.width, image.height, limit_mp, path, number)
    if image.format in ("JPEG", "MPO"):
        return _jpeg_page(image, path, number)
    deep = _deep(image)  # before the EXIF is asked for: a PNG is decoded to find it
    turn, mirrored = _exif_turn(image)  # before the pixels: Pillow drops a TIFF's tag when it has turned it
    pixels, mode, notes = to_pixels(image, path, number)
    notes += ("depth_reduced",) if deep else ()
    dpi, dpi_notes = true_dpi(_stated_dpi(image), image.width, image.height)
    notes += dpi_notes + (("exif_turned",) if turn or mirrored else ())
    if image.format == "TIFF":  # Pillow has turned its pixels by itself, but not the dpi
        raster = Raster(pixels, dpi[::-1] if turn in (90, 270) else dpi, mode)
    else:
        raster = _turned(Raster(pixels, dpi, mode), turn, mirrored)
    return LoadedPage(number, raster, warnings=notes, facts=_facts(image, path) | _stated(image))


def _jpeg_page(image: Image.Image, path: Path, number: int) -> LoadedPage:
    data = path.read_bytes()
    facts = _facts(image, path) | _stated(image)
    turn, mirrored = _exif_turn(image)
    dpi, notes = true_dpi(_stated_dpi(image), image.width, image.height)
    if turn or mirrored:
        notes += ("exif_turned",)
        facts["exif_orientation"] = int(image.getexif().get(EXIF_ORIENTATION, 1))
    return jpeg_page(data, path, number, dpi, turn=turn, mirrored=mirrored, notes=notes, facts=facts)


def jpeg_page(
    data: bytes,
    path: Path,
    number: int,
    dpi: tuple[float, float],
    *,
    turn: Turn = 0,
    mirrored: bool = False,
    notes: tuple[str, ...] = (),
    facts: dict[str, Fact] | None = None,
) -> LoadedPage:
    """A page that is exactly one JPEG: pixels decoded strictly, bytes kept. ``dpi`` is that of the JPEG as stored.

    Raises CmykImage, Truncated, Damaged."""
    pixels, mode, more = decode_jpeg(data, path, number)
    raster = _turned(Raster(pixels, dpi, mode), turn, mirrored)
    original = None if mirrored else data  # no placing of the bytes undoes a mirror without saying so in the PDF
    return LoadedPage(number, raster, original, "image/jpeg" if original else "", turn, notes, (facts or {}) | more)


def decode_jpeg(data: bytes, path: Path, number: int = 0) -> tuple[Pixels, Mode, dict[str, Fact]]:
    """Pixels, mode and facts. libjpeg's warnings ("premature end of data segment") are errors: rows after them are
    grey, and Pillow and OpenCV give them out without a word."""
    with decoder_faults(path, number):
        try:
            _, _, colours, subsampling = simplejpeg.decode_jpeg_header(data)
        except ValueError as fault:
            raise Damaged(path, str(fault), number) from fault
        if colours in ("CMYK", "YCCK"):
            raise CmykImage(path, colours, number)
        grey = colours.upper() == "GRAY"
        pixels = simplejpeg.decode_jpeg(data, "GRAY" if grey else "BGR")
    facts: dict[str, Fact] = {"jpeg_subsampling": "gray" if grey else subsampling, "jpeg_bytes": len(data)}
    return (pixels[..., 0] if grey else pixels), ("gray" if grey else "color"), facts


def to_pixels(image: Image.Image, path: Path, number: int) -> tuple[Pixels, Mode, tuple[str, ...]]:
    """Decode a Pillow image of any kind we take. Transparency is laid on white paper; 16 bits lose
    their lower 8."""
    if image.mode == "CMYK":
        raise CmykImage(path, image.mode, number)
    if image.mode in ("F", "I", "LAB", "HSV"):
        raise UnsupportedPixels(path, f"pixel kind {image.mode}", number)
    if image.mode == "1":
        return np.array(image.convert("L")), "bitonal", ()
    if image.mode.startswith("I;16"):
        return (np.asarray(image).astype(np.uint16) >> 8).astype(np.uint8), "gray", ()
    if image.has_transparency_data:
        return *_on_white(image), ("alpha_flattened",)
    if image.mode == "L":
        return np.array(image), "gray", ()
    return np.ascontiguousarray(np.asarray(image.convert("RGB"))[..., ::-1]), "color", ()


def _on_white(image: Image.Image) -> tuple[Pixels, Mode]:
    layered = image.convert("RGBA")
    paper = Image.new("RGBA", layered.size, (255, 255, 255, 255))
    flat = np.asarray(Image.alpha_composite(paper, layered).convert("RGB"))
    if image.mode == "LA":
        return np.ascontiguousarray(flat[..., 0]), "gray"
    return np.ascontiguousarray(flat[..., ::-1]), "color"


def _deep(image: Image.Image) -> bool:
    if image.mode.startswith("I;16"):
        return True
    if image.format == "TIFF":
        bits = cast(tuple[int, ...], getattr(image, "tag_v2", {}).get(TIFF_BITS_PER_SAMPLE, (1,)))
        return max(bits) > 8
    rawmodes = [tile[3] for tile in getattr(image, "tile", ())]
    return any(isinstance(raw, str) and "16" in raw for raw in rawmodes)


def _exif_turn(image: Image.Image) -> tuple[Turn, bool]:
    """Clockwise turn after mirroring left-right, and whether to mirror (EXIF 2.32, tag 274)."""
    stated = int(image.getexif().get(EXIF_ORIENTATION, 1))
    mirrored = {2: 0, 4: 180, 5: 270, 7: 90}
    if stated in mirrored:
        return cast(Turn, mirrored[stated]), True
    return cast(Turn, EXIF_TURNS.get(stated, 0)), False


def _turned(raster: Raster, turn: Turn, mirrored: bool) -> Raster:
    pixels = cv2.flip(raster.pixels, 1) if mirrored else raster.pixels
    if turn:
        pixels = cv2.rotate(pixels, CV2_TURNS[turn])
    dpi = (raster.dpi[1], raster.dpi[0]) if turn in (90, 270) else raster.dpi
    return Raster(cast(Pixels, pixels), dpi, raster.mode)


def _stated_dpi(image: Image.Image) -> tuple[float, float] | None:
    stated = image.info.get("dpi")
    if stated is None:
        return None
    x, y = _whole(float(stated[0])), _whole(float(stated[1]))
    low, high = PLAUSIBLE_DPI
    return (x, y) if low <= x <= high and low <= y <= high else None


def _whole(dpi: float) -> float:
    """PNG keeps dots per metre: 300 dpi comes back as 299.9994."""
    return float(round(dpi)) if abs(dpi - round(dpi)) < 0.02 else dpi


def true_dpi(stated: tuple[float, float] | None, width: int, height: int) -> tuple[tuple[float, float], tuple[str, ...]]:
    """What the file says, unless it says nothing or a screen's figure for a page that would be larger than A2; then the
    figure that makes the page A4, if one of the usual ones does (within 2 %), else 300. Every guess is reported."""
    if stated and not (stated[0] in SCREEN_DPI and max(width, height) / stated[1] * 25.4 > 594):
        return stated, ()
    short, long = sorted((width, height))
    for dpi in COMMON_DPI:
        if all(abs(px / dpi * 25.4 / mm - 1) < 0.02 for px, mm in zip((short, long), A4_MM, strict=True)):
            return (float(dpi), float(dpi)), ("dpi_assumed",)
    return (ASSUMED_DPI, ASSUMED_DPI), ("dpi_assumed",)


def _stated(image: Image.Image) -> dict[str, Fact]:
    stated = image.info.get("dpi")
    return {} if stated is None else {"stated_dpi_x": round(float(stated[0]), 3), "stated_dpi_y": round(float(stated[1]), 3)}


def _facts(image: Image.Image, path: Path) -> dict[str, Fact]:
    facts: dict[str, Fact] = {"format": "JPEG" if image.format == "MPO" else str(image.format), "pixel_kind": image.mode}
    profile = image.info.get("icc_profile")
    if profile:
        facts["icc"] = icc_name(profile)
    tables = getattr(image, "quantization", None)
    if tables:
        facts["jpeg_quality"] = jpeg_quality(tables[min(tables)])
        facts["jpeg_progressive"] = int(bool(image.info.get("progressive")))
    return facts


def icc_name(profile: bytes) -> str:
    """The profile's own description, ``unreadable`` when it has none."""
    try:
        return str(ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile)))).strip()
    except (ImageCms.PyCMSError, OSError, ValueError):
        return "unreadable"


def jpeg_quality(luminance_table: list[int]) -> int:
    """Quality on libjpeg's scale whose scaled Annex K luminance table (ITU-T T.81) is nearest, 1..100."""
    mean = sum(luminance_table) / max(1, len(luminance_table))
    annex_k_mean = 57.625
    scale = mean / annex_k_mean * 100
    quality = (200 - scale) / 2 if scale <= 100 else 5000 / scale
    return int(min(100, max(1, round(quality))))
