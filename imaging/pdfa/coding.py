"""Pixels to the bytes a PDF keeps: the scanner's own JPEG untouched, one JPEG encode, or CCITT G4 for black and white.

A written page spends its bytes on the edges of print, which fill all frequencies alike. The quantisation tables of the JPEG
standard, made for photographs, keep the middle frequencies far finer than the highest; tables that are level from the third
frequency on make a page a quarter smaller at the same error beside ink (docs/decisions/0005-pdfa-without-ghostscript.md)."""

import io
from typing import Literal, NamedTuple, cast

import cv2
import numpy as np
import simplejpeg
from PIL import Image, ImageCms, TiffImagePlugin

from imaging.pdfa.values import PageImage
from imaging.values import Pixels, Raster, Turn

ACCESS_QUALITY = 50
"""JPEG quality of the standard access copy; how it was found: docs/decisions/0005-pdfa-without-ghostscript.md."""


class Steps(NamedTuple):
    """``first``: the step of a block's mean; ``level``: of the level part; ``since``: the frequency from which it is level."""

    first: float
    level: float
    since: float


LUMINANCE, CHROMA = Steps(16.0, 60.0, 2.0), Steps(10.0, 24.0, 2.0)
"""The first stay fine, else smooth paper falls into squares; fine chroma costs 1 % of a page and takes a fifth off the colour
error of a seal."""
PAGE_LUMINANCE = Steps(20.0, 65.0, 1.25)
"""Of a whole page, which is coded in one pass: half the time of progressive scans for 7 % more bytes, which these coarser steps
take back."""

ROWS_PER_STRIP = 278


def keep_jpeg(data: bytes, dpi: tuple[float, float], turn: Turn = 0) -> PageImage:
    """The JPEG bytes as they are. ``dpi`` as stored (before ``turn``). Raises ValueError for a CMYK or broken JPEG."""
    height, width, colours, _ = simplejpeg.decode_jpeg_header(data)
    if colours in ("CMYK", "YCCK"):
        raise ValueError(f"{colours} JPEG cannot stand in an sRGB archive copy")
    components: Literal[1, 3] = 1 if colours.upper() == "GRAY" else 3
    return PageImage(data, "jpeg", width, height, dpi, components, turn, _foreign_profile(data))


def encode(raster: Raster, quality: int = ACCESS_QUALITY) -> PageImage:
    """One encode: bitonal as G4, lossless; grey and colour as JPEG at ``quality``. Raises ValueError for an empty raster."""
    if raster.mode == "bitonal":
        return g4(raster)
    if not raster.pixels.size:
        raise ValueError(f"cannot encode {raster.pixels.shape} as JPEG")
    components: Literal[1, 3] = 1 if raster.pixels.ndim == 2 else 3
    data = _coded(raster.pixels, tables(quality, PAGE_LUMINANCE), subsampled=True, progressive=False)
    return PageImage(data, "jpeg", raster.width, raster.height, raster.dpi, components)


def jpeg(pixels: Pixels, quality: int, *, subsampled: bool = True) -> bytes:
    """B, G, R or grey pixels as a progressive JPEG with the tables of :func:`tables` and optimised Huffman codes.
    ``subsampled``: chroma halved both ways (4:2:0)."""
    return _coded(pixels, tables(quality), subsampled=subsampled, progressive=True)


def _coded(pixels: Pixels, steps: list[list[int]], *, subsampled: bool, progressive: bool) -> bytes:
    buffer = io.BytesIO()
    grey = pixels.ndim == 2
    sampling = 2 if subsampled and not grey else 0
    rows = steps[: 1 if grey else 2]
    _pictured(pixels).save(buffer, "JPEG", qtables=rows, subsampling=sampling, optimize=True, progressive=progressive)
    return buffer.getvalue()


def _pictured(pixels: Pixels) -> Image.Image:
    if pixels.ndim == 2:
        return Image.fromarray(pixels)
    # Four bytes a px are what Pillow works on: it takes them as they lie, instead of spreading three over new memory.
    size = pixels.shape[1], pixels.shape[0]
    return Image.frombuffer("RGBX", size, cv2.cvtColor(pixels, cv2.COLOR_BGR2RGBA), "raw", "RGBX", 0, 1)


def tables(quality: int, luminance: Steps = LUMINANCE) -> list[list[int]]:
    """Luminance and chroma steps for ``quality`` 1..100, which scales them as libjpeg scales the standard's: 50 = as they
    are, 75 = half. Row by row, as Pillow wants them."""
    factor = (50 / quality) if quality < 50 else max(0.01, 2 - quality / 50)
    distance = np.hypot(*np.mgrid[0:8, 0:8])
    steps = (np.minimum(one.level, one.first + (one.level - one.first) * distance / one.since) for one in (luminance, CHROMA))
    return [np.clip(np.round(table * factor), 1, 255).astype(int).ravel().tolist() for table in steps]


def decode(image: PageImage) -> Pixels:
    """The pixels a reader will see, before ``turn``: for guards that compare the copy with the master."""
    if image.codec == "jpeg":
        pixels = simplejpeg.decode_jpeg(image.data, "GRAY" if image.colours == 1 else "BGR")
        return cast(Pixels, pixels[..., 0] if image.colours == 1 else pixels)
    if image.codec == "layers":
        from imaging.pdfa.layers import composed  # noqa: PLC0415 - layers are made of what is coded here

        return composed(image)
    return g4_pixels(image.data, (image.width, image.height))


def decode_half(image: PageImage) -> Pixels:
    """A JPEG's pixels at half its size, rounded up, for guards that need no more: a third of the time."""
    least = {"min_height": (image.height + 1) // 2, "min_width": (image.width + 1) // 2}
    pixels = simplejpeg.decode_jpeg(image.data, "GRAY" if image.colours == 1 else "BGR", **least)
    return cast(Pixels, pixels[..., 0] if image.colours == 1 else pixels)


def g4(raster: Raster) -> PageImage:
    """libtiff codes the page as one strip; the strip's bytes are what a PDF wants (black is 0: /BlackIs1 false)."""
    ink = Image.fromarray((raster.pixels < 128).astype(np.uint8) * 255).convert("1", dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[ROWS_PER_STRIP] = raster.height
    ink.save(buffer, "TIFF", compression="group4", tiffinfo=tags)
    with Image.open(buffer) as tiff:
        offsets, lengths = tiff.tag_v2[273], tiff.tag_v2[279]  # type: ignore[attr-defined]
    assert len(offsets) == 1, "G4 must be one strip"
    data = buffer.getvalue()[offsets[0] : offsets[0] + lengths[0]]
    return PageImage(data, "g4", raster.width, raster.height, raster.dpi, 1)


def g4_pixels(data: bytes, size: tuple[int, int]) -> Pixels:
    """A G4 codestream as 0 and 255. ``size``: (width, height)."""
    tags = {256: size[0], 257: size[1], 258: 1, 259: 4, 262: 0, 278: size[1], 279: len(data)}
    entries = b"".join(_entry(tag, value) for tag, value in sorted({**tags, 273: 8 + 2 + 12 * 8 + 4}.items()))
    head = b"II*\0" + (8).to_bytes(4, "little") + (len(tags) + 1).to_bytes(2, "little") + entries + bytes(4)
    with Image.open(io.BytesIO(head + data)) as tiff:
        return cast(Pixels, np.array(tiff.convert("L")))


def _entry(tag: int, value: int) -> bytes:
    return tag.to_bytes(2, "little") + (4).to_bytes(2, "little") + (1).to_bytes(4, "little") + value.to_bytes(4, "little")


def _foreign_profile(data: bytes) -> bytes:
    """The embedded ICC profile, unless it is sRGB itself (the file's output intent) or unusable."""
    with Image.open(io.BytesIO(data)) as image:
        profile = cast(bytes, image.info.get("icc_profile") or b"")
        channels = len(image.getbands())
    if not profile:
        return b""
    try:
        parsed = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        name = ImageCms.getProfileDescription(parsed)
        space = parsed.profile.xcolor_space.strip()
    except (ImageCms.PyCMSError, OSError, ValueError):
        return b""
    return b"" if "sRGB" in name or space != {1: "GRAY", 3: "RGB"}.get(channels) else profile
