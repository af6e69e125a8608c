"""One side of paper → the bytes the client asked for.

A file that already is what was asked (format, colour, dpi, inside the window) goes out byte for byte; anything else is
resampled to the paper's true size (pixels / dpi of the file). Only one page is in memory at a time."""

import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps

from scanner.escl.messages import UNITS_PER_INCH, Region, ScanRequest
from scanner.escl.tray import Sheet
from scanner.model import ColorMode, Face, Source

ASSUMED_DPI = 300.0
"""For files that do not say, or say nonsense."""
_CREDIBLE_DPI = (50.0, 1200.0)
_WINDOW_GRACE = UNITS_PER_INCH // 25
"""A page up to 1 mm larger than the window is not cut: feeders overscan and clients crop."""
_PIL_MODES = {ColorMode.COLOR: "RGB", ColorMode.GRAY: "L"}
_PIL_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG"}
_ORIENTATION = 0x0112  # EXIF tag


@dataclass(frozen=True, slots=True)
class Picture:
    """``body`` is bytes made here or the path of a file to send unchanged."""

    body: bytes | Path
    size: int

    def read(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else self.body.read_bytes()


def render(sheet: Sheet, face: Face, request: ScanRequest, *, stretch: float = 1.0, keep: float = 1.0) -> Picture:
    """The picture of one side. ``stretch`` > 1: the page seems longer (two sheets overlapping); ``keep`` < 1: the lower part
    is missing (short page). Raises OSError for a page file that went away or is broken."""
    path = sheet.front if face is Face.FRONT else sheet.back
    if path is None:
        return _encode(_blank(sheet.front, request), request)
    with Image.open(path) as image:
        if stretch == keep == 1.0 and _is_as_asked(image, request):
            return Picture(path, path.stat().st_size)
        page = _resample(image, request)
    return _encode(_lengthened(page, stretch, keep), request)


def dpi_of(image: Image.Image) -> tuple[float, float]:
    """The file's own dpi (x, y), or ASSUMED_DPI where it has none that can be true."""
    low, high = _CREDIBLE_DPI
    x, y = (float(value) for value in image.info.get("dpi", (0, 0)))
    return (x, y) if low <= x <= high and low <= y <= high else (ASSUMED_DPI, ASSUMED_DPI)


def _is_as_asked(image: Image.Image, request: ScanRequest) -> bool:
    same_dpi = all(abs(have - asked) < 0.5 for have, asked in zip(dpi_of(image), request.dpi, strict=True))
    same_kind = image.format == _PIL_FORMATS[request.format] and image.mode == _PIL_MODES[request.mode]
    return same_dpi and same_kind and _is_upright(image) and _fits_window(image.size, request)


def _is_upright(image: Image.Image) -> bool:
    """Pillow would decode a whole PNG to look for the tag; where there is one it is in ``info`` already."""
    return "exif" not in image.info or image.getexif().get(_ORIENTATION, 1) == 1


def _fits_window(size: tuple[int, int], request: ScanRequest) -> bool:
    width, height = (pixels / dpi * UNITS_PER_INCH for pixels, dpi in zip(size, request.dpi, strict=True))
    region = request.region
    if region.x or region.y:
        return False
    if request.source is Source.FLATBED:  # the glass is scanned whole, page or no page
        return abs(width - region.width) <= 1 and abs(height - region.height) <= 1
    return width <= region.width + _WINDOW_GRACE and height <= region.height + _WINDOW_GRACE


def _resample(image: Image.Image, request: ScanRequest) -> Image.Image:
    """The window of the page at the asked dpi and colour. The feeder ends where the paper ends; the glass is white beyond."""
    have = dpi_of(image)
    if request.mode is ColorMode.GRAY:
        image.draft("L", image.size)  # a JPEG's luminance needs no colour to be decoded
    upright = _eight_bit(ImageOps.exif_transpose(image)).convert(_PIL_MODES[request.mode])
    true_size = tuple(max(1, round(n * ask / own)) for n, own, ask in zip(upright.size, have, request.dpi, strict=True))
    page = upright if true_size == upright.size else upright.resize((true_size[0], true_size[1]), reducing_gap=2.0)
    if _fits_window(page.size, request):
        return page
    left, top, right, bottom = _pixels(request.region, request.dpi)
    if request.source is not Source.FLATBED:
        right, bottom = max(left + 1, min(right, page.width)), max(top + 1, min(bottom, page.height))
    return _window(page, (left, top, right, bottom))


def _eight_bit(image: Image.Image) -> Image.Image:
    """16-bit grey scaled down: Pillow's own conversion clips at 255."""
    if not image.mode.startswith("I"):
        return image
    return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")


def _window(page: Image.Image, box: tuple[int, int, int, int]) -> Image.Image:
    view = Image.new(page.mode, (box[2] - box[0], box[3] - box[1]), "white")
    view.paste(page, (-box[0], -box[1]))
    return view


def _pixels(region: Region, dpi: tuple[int, int]) -> tuple[int, int, int, int]:
    x, y = (value / UNITS_PER_INCH for value in dpi)
    return (
        round(region.x * x), round(region.y * y), round((region.x + region.width) * x), round((region.y + region.height) * y),
    )


def _blank(front: Path, request: ScanRequest) -> Image.Image:
    with Image.open(front) as image:
        size = tuple(max(1, round(n * ask / own)) for n, own, ask in zip(image.size, dpi_of(image), request.dpi, strict=True))
    _, _, width, height = _pixels(Region(0, 0, request.region.width, request.region.height), request.dpi)
    return Image.new(_PIL_MODES[request.mode], (min(size[0], width), min(size[1], height)), "white")


def _lengthened(page: Image.Image, stretch: float, keep: float) -> Image.Image:
    if stretch == keep == 1.0:
        return page
    length = max(1, round(page.height * stretch * keep))
    return _window(page, (0, 0, page.width, length))


def _encode(page: Image.Image, request: ScanRequest) -> Picture:
    out = io.BytesIO()
    if request.format == "image/png":
        page.save(out, "PNG", dpi=request.dpi, compress_level=1)
    else:
        page.save(out, "JPEG", dpi=request.dpi, quality=92)
    return Picture(out.getvalue(), out.tell())
