"""Sheets that separate: QR codes of cover slips, Code 128, Code 39, and the Patch T of scanner makers.

Nothing is ever thrown away on a code's word: values go out, the station decides and keeps the sheet."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, cast

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray

from imaging.prepare import Prepared
from imaging.values import Box, Pixels, Raster

Kind = Literal["qr", "code128", "code39", "patch"]

FORMATS = {
    zxingcpp.BarcodeFormat.QRCode: "qr",
    zxingcpp.BarcodeFormat.Code128: "code128",
    zxingcpp.BarcodeFormat.Code39: "code39",
}
WANTED = zxingcpp.barcode_formats_from_str("QRCode|Code128|Code39")
QUICK = zxingcpp.barcode_formats_from_str("QRCode")
PROBE_DPI = 150.0
"""A QR module of a printed slip is 0.5 mm or more: 3 px at this resolution."""
CELL_MM, CODE_INK = 5.0, (0.25, 0.75)
"""A cell that may be of a code: its side in mm and the share of ink in it."""
QR_CELLS, QR_EDGES = 80, 0.45
"""Such cells side by side in a printed slip's QR code, 80 mm wide or more (256; the blackest of 41 real pages has 39), and the
most edges per mm its coarse squares have; print has more."""
BAR_EDGES, BAR_SHARE, BAR_CELLS = 0.5, 0.2, 5
"""Bars: edges per mm across them, the share of edges along them, and how many such cells touch each other."""
SHORTEST = 3
"""Linear codes with fewer characters are ruled lines of a form, not codes."""

PATCHES = {"1100": "1", "1001": "2", "1010": "3", "0110": "4", "0011": "6", "0101": "T"}
"""The four bars of the patch codes from the leading edge, 1 = wide (0.2 inch), 0 = narrow (0.08 inch, like the spaces).
Fed the other way round T reads as 3 and 1 as 6: a station that separates at T takes 3 as well."""
NARROW_INCH, WIDE_INCH = 0.08, 0.2
STRIP_MM = 30.0
"""Patches are 2 to 3 inches long; strips of this breadth across the page each hold a whole cut through one."""


@dataclass(frozen=True, slots=True)
class Separator:
    """A code found on a page. ``value``: its text, for a patch its letter; ``box``: px of the raster given."""

    kind: Kind
    value: str
    box: Box
    confidence: float
    """1 for codes with a check of their own, less for those without (Code 39, patches)."""


def find_separators(raster: Raster) -> tuple[Separator, ...]:
    """All codes on a page in any of the four turns, each once. An empty page costs 0.1 s at 300 dpi."""
    grey, scale = _probe(raster)
    for picture in _pictures(grey, raster):
        zoom = scale if picture.shape == grey.shape else 1.0
        found = tuple(_codes(picture, zoom))
        if found:
            return _once(found)
    return tuple(_patch(grey, scale, max(raster.dpi) * scale))


def find_on(prepared: Prepared) -> tuple[Separator, ...]:
    """The same at a live path's price: nothing is read where no part of the page looks like a code; a slip's large QR code
    or a patch is read on the much reduced page; the dear ways are left to what could not be read so."""
    if not _plausible(prepared):
        return ()
    grey, scale = _quarter(prepared)
    quick = _once(tuple(_codes(grey, scale, QUICK, turning=False))) or tuple(_patch(grey, scale, prepared.dpi / 2))
    return quick or find_separators(prepared.raster)


def _quarter(prepared: Prepared) -> tuple[Pixels, float]:
    grey = prepared.half_gray
    size = (max(1, grey.shape[1] // 2), max(1, grey.shape[0] // 2))
    return cast(Pixels, cv2.resize(grey, size, interpolation=cv2.INTER_AREA)), prepared.scale[0] / 2


def _plausible(prepared: Prepared) -> bool:
    """Whether a large square of the page is half ink, as a QR code of a slip, or a strip of it has many edges across and hardly
    any along, as bars have. Print, tables, seals and signatures have edges both ways, and less ink over such a breadth."""
    ink = np.ascontiguousarray(prepared.strong[::2, ::2])
    px_per_mm = prepared.px_per_mm / 2
    cell = max(4, round(CELL_MM * px_per_mm))
    size = (max(1, ink.shape[1] // cell), max(1, ink.shape[0] // cell))
    share = _share(ink, size)
    across, down = (_share(cast(Pixels, cv2.absdiff(one, other)), size) * px_per_mm for one, other in (
        (ink[:, 1:], ink[:, :-1]), (ink[1:], ink[:-1])))  # fmt: skip
    few, many = np.minimum(across, down), np.maximum(across, down)
    half = (share > CODE_INK[0]) & (share < CODE_INK[1])
    bars = half & (many > BAR_EDGES) & (few < many * BAR_SHARE)
    coarse = half & (many < QR_EDGES)
    return _largest(coarse) >= QR_CELLS or _largest(bars) >= BAR_CELLS


def _share(mask: Pixels, size: tuple[int, int]) -> NDArray[np.float32]:
    return cast(NDArray[np.float32], cv2.resize(mask, size, interpolation=cv2.INTER_AREA).astype(np.float32) / np.float32(255))


def _largest(cells: NDArray[np.bool_]) -> int:
    """Cells of the largest group of neighbours."""
    found = cv2.connectedComponentsWithStats(cells.astype(np.uint8), connectivity=4)[2][1:, cv2.CC_STAT_AREA]
    return int(found.max()) if len(found) else 0


def _probe(raster: Raster) -> tuple[Pixels, float]:
    grey = raster.pixels if raster.pixels.ndim == 2 else cast(Pixels, cv2.cvtColor(raster.pixels, cv2.COLOR_BGR2GRAY))
    scale = min(1.0, PROBE_DPI / max(raster.dpi))
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    return cast(Pixels, cv2.resize(grey, size, interpolation=cv2.INTER_AREA)), scale


def _pictures(grey: Pixels, raster: Raster) -> Iterator[Pixels]:
    """From cheap to dear: as probed; paper made even; broken strokes closed; full size where there may be a code."""
    yield grey
    even = _even(grey)
    yield even
    yield cast(Pixels, cv2.morphologyEx(even, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)))
    if max(raster.dpi) > PROBE_DPI and _striped(grey):
        full = raster.pixels if raster.pixels.ndim == 2 else cast(Pixels, cv2.cvtColor(raster.pixels, cv2.COLOR_BGR2GRAY))
        yield full
        yield cast(Pixels, cv2.GaussianBlur(full, (0, 0), 1.2))


def _even(grey: Pixels) -> Pixels:
    paper = cv2.GaussianBlur(cv2.dilate(grey, np.ones((9, 9), np.uint8)), (0, 0), 15)
    flat = cv2.divide(grey, cv2.max(paper, 1), scale=255)  # type: ignore[call-overload]
    return cast(Pixels, cv2.normalize(flat, None, 0, 255, cv2.NORM_MINMAX))  # type: ignore[call-overload]


def _striped(grey: Pixels) -> bool:
    """Whether some 8 mm square has the strong edges of a code, several times over."""
    edges = cv2.convertScaleAbs(cv2.Sobel(grey, cv2.CV_16S, 1, 0)) > 120
    cell = max(8, round(PROBE_DPI * 8 / 25.4))
    size = (max(1, grey.shape[1] // cell), max(1, grey.shape[0] // cell))
    density = cv2.resize(edges.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return bool(density.max() > 0.3)


def _codes(
    picture: Pixels, scale: float, formats: zxingcpp.BarcodeFormats = WANTED, *, turning: bool = True
) -> Iterator[Separator]:
    read = zxingcpp.read_barcodes(picture, formats=formats, try_rotate=turning, try_downscale=turning, try_invert=False)
    for code in read:
        kind = cast(Kind, FORMATS[code.format])
        text = code.text.strip()
        if text and (kind == "qr" or len(text) >= SHORTEST):
            yield Separator(kind, text, _box(code.position, scale), 0.7 if kind == "code39" else 1.0)


def _box(position: zxingcpp.Position, scale: float) -> Box:
    corners = (position.top_left, position.top_right, position.bottom_right, position.bottom_left)
    xs, ys = [corner.x / scale for corner in corners], [corner.y / scale for corner in corners]
    return round(min(xs)), round(min(ys)), round(max(xs)) + 1, round(max(ys)) + 1


def _once(found: tuple[Separator, ...]) -> tuple[Separator, ...]:
    """One of each value, in the order down the page."""
    first: dict[tuple[str, str], Separator] = {}
    for one in sorted(found, key=lambda code: (code.box[1], code.box[0])):
        first.setdefault((one.kind, one.value), one)
    return tuple(first.values())


def _patch(grey: Pixels, scale: float, dpi: float) -> Iterator[Separator]:
    """The first patch along the leading edge, else along the sides."""
    for turned in (False, True):
        picture = np.ascontiguousarray(grey.T) if turned else grey
        for x0, x1, y0, y1, letter in _patches(picture, dpi):
            box = (y0, x0, y1, x1) if turned else (x0, y0, x1, y1)
            left, top, right, bottom = (round(one / scale) for one in box)
            yield Separator("patch", letter, (left, top, right, bottom), 0.8)
            return


def _patches(picture: Pixels, dpi: float) -> Iterator[tuple[int, int, int, int, str]]:
    strip = max(4, round(STRIP_MM / 25.4 * dpi))
    dark = (picture < 128).astype(np.uint8)
    for x0 in range(0, max(1, dark.shape[1] - strip), strip // 2):
        rows = dark[:, x0 : x0 + strip].mean(axis=1) > 0.85
        for y0, y1, letter in _bars(rows, dpi):
            yield x0, x0 + strip, y0, y1, letter


def _bars(rows: NDArray[np.bool_], dpi: float) -> Iterator[tuple[int, int, str]]:
    """Four bars with narrow spaces between them and white before and after: (start, end, letter)."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], rows.astype(np.int8), [0]))))
    starts, ends = edges[::2], edges[1::2]
    narrow, wide = NARROW_INCH * dpi, WIDE_INCH * dpi
    for first in range(len(starts) - 3):
        bars = ends[first : first + 4] - starts[first : first + 4]
        gaps = starts[first + 1 : first + 4] - ends[first : first + 3]
        if abs(gaps - narrow).max() > 0.5 * narrow or bars.min() < 0.5 * narrow or bars.max() > 1.4 * wide:
            continue
        letter = PATCHES.get("".join("1" if bar > (narrow + wide) / 2 else "0" for bar in bars))
        if letter:
            yield int(starts[first]), int(ends[first + 3]), letter
