"""A page in layers: soft background, ink through a sharp mask, and patches that stay continuous-tone.

The layers travel as one byte string (a line of JSON, then the codestreams), so that a layered page is kept, counted and
handed on like any coded page. Each codestream is deflated, in there and in the file: fax codes of a page of print repeat
themselves by a twentieth, the heads of small JPEGs by half."""

import json
import zlib
from dataclasses import dataclass
from typing import Literal, cast

import cv2
import numpy as np
import pikepdf
import simplejpeg
from pikepdf import Array, Dictionary, Name

from imaging.pdfa.coding import g4_pixels
from imaging.pdfa.values import PageImage
from imaging.values import Box, Pixels


@dataclass(frozen=True, slots=True)
class Layers:
    """``background``: JPEG of the page without its ink, coarser than the page. ``ink``: JPEG of the ink's colour, coarser
    still. ``mask``: CCITT G4 of the page's own size, black where ink shows. ``patches``: (box in px of the page, JPEG) that
    lie over all that. All JPEGs are three-channel."""

    background: bytes
    ink: bytes
    mask: bytes
    patches: tuple[tuple[Box, bytes], ...]


def packed(layers: Layers, size: tuple[int, int], dpi: tuple[float, float]) -> PageImage:
    """The layers as a page's picture. ``size``: (width, height) px of the page."""
    parts = [_deflated(one) for one in (layers.background, layers.ink, layers.mask, *(data for _, data in layers.patches))]
    head = {"lengths": [len(part) for part in parts], "boxes": [list(box) for box, _ in layers.patches]}
    data = json.dumps(head).encode() + b"\n" + b"".join(parts)
    return PageImage(data, "layers", size[0], size[1], dpi, 3)


def _deflated(data: bytes) -> bytes:
    return zlib.compress(data, 9)


def unpacked(image: PageImage) -> Layers:
    """The layers of a page's picture. Raises ValueError where they are not whole."""
    line, _, rest = image.data.partition(b"\n")
    head = json.loads(line)
    if sum(head["lengths"]) != len(rest):
        raise ValueError(f"layers of {len(rest)} bytes, {sum(head['lengths'])} expected")
    parts = []
    for length in head["lengths"]:
        parts.append(_inflated(rest[:length]))
        rest = rest[length:]
    boxes = [cast(Box, tuple(box)) for box in head["boxes"]]
    return Layers(parts[0], parts[1], parts[2], tuple(zip(boxes, parts[3:], strict=True)))


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompress(data)
    except zlib.error as broken:
        raise ValueError(f"layers: a codestream of {len(data)} bytes is broken: {broken}") from broken


def composed(image: PageImage) -> Pixels:
    """The page as a reader shows it, uint8 BGR at its own size."""
    layers, size = unpacked(image), (image.width, image.height)
    page = enlarged(layers.background, size)
    inked = g4_pixels(layers.mask, size) == 0
    np.copyto(page, enlarged(layers.ink, size), where=inked[..., None])
    for (x0, y0, x1, y1), data in layers.patches:
        page[y0:y1, x0:x1] = enlarged(data, (x1 - x0, y1 - y0))
    return page


def enlarged(data: bytes, size: tuple[int, int]) -> Pixels:
    """A coarse layer at ``size`` (width, height), as readers enlarge it."""
    return cast(Pixels, cv2.resize(simplejpeg.decode_jpeg(data, "BGR"), size, interpolation=cv2.INTER_LINEAR))


def form(pdf: pikepdf.Pdf, image: PageImage) -> pikepdf.Object:
    """A form of the unit square that draws the layers as an image of that square would be drawn."""
    layers, (wide, high) = unpacked(image), (image.width, image.height)
    mask = pdf.make_stream(
        _deflated(layers.mask), Type=Name.XObject, Subtype=Name.Image,
        Width=wide, Height=high, BitsPerComponent=1, ImageMask=True,
        Filter=Array([Name.FlateDecode, Name.CCITTFaxDecode]),
        DecodeParms=Array([Dictionary(), Dictionary(K=-1, Columns=wide, Rows=high)]),
    )  # fmt: skip
    ink = _jpeg(pdf, layers.ink)
    ink.Mask = mask
    drawn = Dictionary(B=_jpeg(pdf, layers.background), I=ink)
    steps = ["/B Do", "/I Do"]
    for number, ((x0, y0, x1, y1), data) in enumerate(layers.patches):
        drawn[f"/P{number}"] = _jpeg(pdf, data)
        place = f"{(x1 - x0) / wide:.8f} 0 0 {(y1 - y0) / high:.8f} {x0 / wide:.8f} {1 - y1 / high:.8f}"
        steps.append(f"q {place} cm /P{number} Do Q")
    return pdf.make_stream(
        "\n".join(steps).encode(), Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 1, 1],
        Resources=Dictionary(XObject=drawn),
    )  # fmt: skip


def _jpeg(pdf: pikepdf.Pdf, data: bytes) -> pikepdf.Stream:
    height, width, colours, _ = simplejpeg.decode_jpeg_header(data)
    channels: Literal[1, 3] = 1 if colours.upper() == "GRAY" else 3
    return pdf.make_stream(
        _deflated(data), Type=Name.XObject, Subtype=Name.Image, Width=width, Height=height, BitsPerComponent=8,
        ColorSpace=Name.DeviceRGB if channels == 3 else Name.DeviceGray, Filter=Array([Name.FlateDecode, Name.DCTDecode]),
    )  # fmt: skip
