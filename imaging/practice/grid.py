"""A page with a ruled table of known cells, upright or turned a quarter on the upright page, as annexes have them."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from imaging.practice import paper
from imaging.practice.content import COMMUNES, FAMILY, GIVEN, MATTERS, MIDDLE
from imaging.practice.fonts import find
from imaging.practice.sheet import DPI, HEIGHT, LEADING, WIDTH, Sheet, mm, px
from imaging.values import Raster

HEADS = ("STT", "Họ và tên", "Đơn vị", "Nội dung công việc", "Số tiền (đồng)", "Ghi chú")
WIDTHS_MM = (12, 36, 32, 52, 30, 20)
SIZE_PT = 12.0
PAD_MM = 1.6


@dataclass(frozen=True)
class TablePage:
    """``cells``: rows of cell texts, the head row first. ``above``, ``below``: the lines around the table."""

    raster: Raster
    cells: tuple[tuple[str, ...], ...]
    above: str
    below: str
    turned: bool


def table_page(seed: int, *, turned: bool = False, rows: int = 8) -> TablePage:
    """The same seed gives the same page. Raises FontMissing. ``turned``: the table reads from bottom to top."""
    rng = np.random.default_rng(seed)
    cells = (HEADS, *(_row(number + 1, rng) for number in range(rows)))
    plate = _drawn(cells)
    if turned:
        plate = plate.rotate(90, expand=True, fillcolor=255)
    sheet = Sheet(find())
    above, below = "PHỤ LỤC KÈM THEO QUYẾT ĐỊNH", "Danh sách này có giá trị kể từ ngày ký."
    sheet.centred(above, "b", 13, WIDTH // 2, mm(24))
    top = mm(32)
    sheet.ink.paste(plate, ((WIDTH - plate.width) // 2, top))
    sheet.flush(below, "r", 13, mm(30), top + plate.height + mm(10))
    stock = paper.choose(rng)
    front = paper.printed(paper.sheet(stock, rng), sheet.pixels(), stock, rng)
    pixels = paper.scanned(front, 0.0, stock, rng)
    return TablePage(Raster(pixels, (float(DPI), float(DPI)), "color"), cells, above, below, turned)


def _row(number: int, rng: np.random.Generator) -> tuple[str, ...]:
    def one(of: tuple[str, ...]) -> str:
        return str(of[int(rng.integers(len(of)))])

    money = f"{int(rng.integers(1, 99))}.{int(rng.integers(100, 999))}.000"
    note = one(("", "Đã chi", "Còn nợ", "Đợt 2"))
    return str(number), f"{one(FAMILY)} {one(MIDDLE)} {one(GIVEN)}", f"UBND xã {one(COMMUNES)}", one(MATTERS), money, note


def _drawn(cells: tuple[tuple[str, ...], ...]) -> Image.Image:
    font, bold = (find().at(style, px(SIZE_PT)) for style in ("r", "b"))
    widths = [mm(width) for width in WIDTHS_MM]
    pitch = round(px(SIZE_PT) * LEADING)
    broken = [[_broken(text, bold if row == 0 else font, widths[column] - 2 * mm(PAD_MM)) for column, text in enumerate(line)]
              for row, line in enumerate(cells)]  # fmt: skip
    heights = [max(1, *(len(lines) for lines in row)) * pitch + mm(PAD_MM) * 2 for row in broken]
    plate = Image.new("L", (sum(widths) + 6, sum(heights) + 6), 255)
    draw, y = ImageDraw.Draw(plate), 3
    for number, row in enumerate(broken):
        x = 3
        for column, lines in enumerate(row):
            draw.rectangle([x, y, x + widths[column], y + heights[number]], outline=0, width=3)
            for place, text in enumerate(lines):
                at = (x + mm(PAD_MM), y + mm(PAD_MM) + place * pitch + round(px(SIZE_PT)))
                draw.text(at, text, font=bold if number == 0 else font, fill=0, anchor="ls")
            x += widths[column]
        y += heights[number]
    return plate


def _broken(text: str, font: "object", width: int) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= width:  # type: ignore[attr-defined]
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


__all__ = ["HEIGHT", "TablePage", "table_page"]
