"""Slips on paper: an A4 page a document with a large QR code and what a person reads, and plain dividers with a patch code.

Drawn at 300 dpi in black and white and put into a PDF as they are; nothing outside is asked."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import img2pdf
import segno
from PIL import Image, ImageDraw, ImageFont

from batches import holdings
from batches.clock import VIETNAM
from batches.errors import Invalid
from imaging.practice import fonts
from imaging.practice.model import FontMissing
from station.errors import SohoaError
from station.house import House
from station.slip_code import Slip, encode
from station.words import words

DPI = 300
MOST = 200
"""Slips in one PDF."""
_WIDTH, _HEIGHT = 2480, 3508  # A4, px
_QR_MM, _QR_TOP_MM = 95, 62
_QUIET = 4
_PATCH_T = "0101"
_NARROW, _WIDE = round(0.08 * DPI), round(0.2 * DPI)
_PATCH_MM, _PATCH_TOP_MM = 150, 18
_MARGIN_MM = 22


@dataclass(frozen=True, slots=True)
class Order:
    """What to print: slips of documents ``first`` … for these counts of sheets (None = written in by hand), and dividers."""

    first: int = 1
    sheets: tuple[int | None, ...] = ()
    dividers: int = 0


def make(house: House, file_id: int, order: Order) -> bytes:
    """A PDF, one slip a page. Raises Invalid for an order that cannot be, NotFound, SohoaError where no font is installed."""
    wanted = len(order.sheets) + order.dividers
    if not 0 < wanted <= MOST:
        raise Invalid(what="slips", value=wanted)
    if order.first < 1 or any(count is not None and not 0 < count < 100_000 for count in order.sheets):
        raise Invalid(what="slips", value=order.first)
    with house.store.read() as connection:
        place = holdings.place(connection, file_id)
    try:
        pages = [_png(page) for page in _pages(place, order)]
    except FontMissing as error:
        raise SohoaError.of("no_font", detail=str(error)) from error
    a4 = img2pdf.get_layout_fun((img2pdf.mm_to_pt(210), img2pdf.mm_to_pt(297)))
    now = datetime.now(VIETNAM)
    made = img2pdf.convert(pages, layout_fun=a4, title=words("slips.title"), creationdate=now, moddate=now)
    assert made is not None
    return bytes(made)


def _pages(place: holdings.Place, order: Order) -> Iterator[Image.Image]:
    for at, sheets in enumerate(order.sheets):
        slip = Slip(place.fonds_code, place.catalogue_code, place.file_code, order.first + at, sheets)
        yield document(slip, place)
    for _ in range(order.dividers):
        yield divider()


def document(slip: Slip, place: holdings.Place) -> Image.Image:
    """The slip that is laid before one document."""
    page = _Page()
    page.centred(words("slips.heading"), 26, "b", 18)
    page.centred(words("slips.do_not_deliver"), 13, "i", 33)
    page.paste(_qr(encode(slip)), _QR_TOP_MM)
    page.centred(words("slips.document", number=slip.number), 40, "b", 168)
    page.centred(words("slips.sheets", count=slip.sheets) if slip.sheets else words("slips.sheets_by_hand"), 24, "r", 190)
    lines = (
        words("slips.fonds", code=place.fonds_code, name=place.fonds_name),
        words("slips.catalogue", code=place.catalogue_code, name=place.catalogue_name),
        words("slips.file", code=place.file_code),
        place.file_title,
    )
    page.block(lines, 15, 212)
    page.block([words("slips.how")], 12, 262)
    page.centred(encode(slip), 9, "r", 284)
    return page.image


def divider() -> Image.Image:
    """A sheet between documents without a slip: Patch T at the head, and turned round at the foot, so that either end leads."""
    page = _Page()
    patch = _patch()
    page.image.paste(patch, ((_WIDTH - patch.width) // 2, _mm(_PATCH_TOP_MM)))
    page.image.paste(patch.rotate(180), ((_WIDTH - patch.width) // 2, _HEIGHT - _mm(_PATCH_TOP_MM) - patch.height))
    page.centred(words("slips.divider"), 48, "b", 120)
    page.centred(words("slips.do_not_deliver"), 16, "i", 150)
    page.block([words("slips.divider_how")], 14, 175)
    return page.image


class _Page:
    """White A4 with a pen."""

    def __init__(self) -> None:
        self.image = Image.new("1", (_WIDTH, _HEIGHT), 1)
        self._pen = ImageDraw.Draw(self.image)
        self._faces = fonts.find()

    def centred(self, text: str, points: int, style: str, top_mm: float) -> None:
        font = self._font(points, style)
        while font.getlength(text) > _WIDTH - 2 * _mm(_MARGIN_MM) and points > 6:  # a long code is set smaller, never cut
            points -= 1
            font = self._font(points, style)
        self._pen.text(((_WIDTH - font.getlength(text)) / 2, _mm(top_mm)), text, 0, font)

    def block(self, lines: list[str] | tuple[str, ...], points: int, top_mm: float) -> None:
        font, y = self._font(points, "r"), _mm(top_mm)
        for line in lines:
            for part in _wrapped(line, font, _WIDTH - 2 * _mm(_MARGIN_MM)):
                self._pen.text((_mm(_MARGIN_MM), y), part, 0, font)
                y += round(points / 72 * DPI * 1.45)

    def paste(self, image: Image.Image, top_mm: float) -> None:
        self.image.paste(image, ((_WIDTH - image.width) // 2, _mm(top_mm)))

    def _font(self, points: int, style: str) -> ImageFont.FreeTypeFont:
        return self._faces.at(style, round(points / 72 * DPI))


def _wrapped(text: str, font: ImageFont.FreeTypeFont, width: int) -> Iterator[str]:
    line = ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and font.getlength(longer) > width:
            yield line
            longer = word
        line = longer
    yield line


def _qr(text: str) -> Image.Image:
    """As large as its place allows in whole px a module, with its quiet zone."""
    code = segno.make(text, error="q", micro=False)
    across = code.symbol_size(scale=1, border=_QUIET)[0]
    out = io.BytesIO()
    code.save(out, kind="png", scale=_mm(_QR_MM) // across, border=_QUIET)
    return Image.open(out).convert("1")


def _patch() -> Image.Image:
    bars = [_WIDE if one == "1" else _NARROW for one in _PATCH_T]
    height = sum(bars) + _NARROW * (len(bars) - 1)
    image = Image.new("1", (_mm(_PATCH_MM), height), 1)
    pen, y = ImageDraw.Draw(image), 0
    for bar in bars:
        pen.rectangle((0, y, image.width, y + bar - 1), 0)
        y += bar + _NARROW
    return image


def _mm(length: float) -> int:
    return round(length / 25.4 * DPI)


def _png(page: Image.Image) -> bytes:
    out = io.BytesIO()
    page.save(out, "PNG", dpi=(DPI, DPI))
    return out.getvalue()
