"""One page of A4 at 300 dpi: black ink on white, and where every word stands."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from imaging.practice.fonts import Faces
from imaging.practice.model import Paragraph, TrueField
from imaging.values import Box, Line, Word

DPI = 300
WIDTH, HEIGHT = 2480, 3508
LEADING = 1.32
"""Line pitch in font sizes: NĐ 30 allows single to one and a half."""

Placed = tuple[str, str, float]
"""Word, style, x."""


def mm(length: float) -> int:
    return round(length * DPI / 25.4)


def px(size_pt: float) -> int:
    return round(size_pt * DPI / 72)


def union(boxes: list[Box]) -> Box:
    return min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)


@dataclass
class Sheet:
    """``ink``: 255 = paper, 0 = black. ``lines`` and ``fields`` grow as words are set."""

    faces: Faces
    ink: Image.Image = field(default_factory=lambda: Image.new("L", (WIDTH, HEIGHT), 255))
    lines: list[Line] = field(default_factory=list)
    fields: dict[str, TrueField] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._draw = ImageDraw.Draw(self.ink)

    def width(self, text: str, style: str, size_pt: float) -> float:
        return self.faces.at(style, px(size_pt)).getlength(text)

    def line(self, words: list[Placed], baseline: int, size_pt: float) -> Box:
        """Set words of one line at their x; returns the line's ink box."""
        done = []
        for text, style, x in words:
            font = self.faces.at(style, px(size_pt))
            self._draw.text((x, baseline), text, font=font, fill=0, anchor="ls")
            x0, y0, x1, y1 = self._draw.textbbox((x, baseline), text, font=font, anchor="ls")
            done.append(Word(text, (int(x0), int(y0), int(np.ceil(x1)), int(np.ceil(y1))), 1.0))
        box = union([word.box for word in done])
        self.lines.append(Line(tuple(done), box, (float(baseline), 0.0)))
        return box

    def centred(self, text: str, style: str, size_pt: float, centre: int, baseline: int) -> Box:
        """One line around ``centre`` px."""
        space = self.width(" ", style, size_pt)
        widths = [self.width(word, style, size_pt) for word in text.split()]
        x = centre - (sum(widths) + space * (len(widths) - 1)) / 2
        words: list[Placed] = []
        for word, width in zip(text.split(), widths, strict=True):
            words.append((word, style, x))
            x += width + space
        return self.line(words, baseline, size_pt)

    def flush(self, text: str, style: str, size_pt: float, left: float, baseline: int) -> Box:
        """One line from ``left`` px."""
        words: list[Placed] = []
        for word in text.split():
            words.append((word, style, left))
            left += self.width(word + " ", style, size_pt)
        return self.line(words, baseline, size_pt)

    def rule(self, x0: float, x1: float, y: float, width: int = 3) -> None:
        self._draw.line([(x0, y), (x1, y)], fill=0, width=width)

    def name(self, key: str, value: str, box: Box) -> None:
        self.fields[key] = TrueField(value, box)

    def pixels(self) -> NDArray[np.uint8]:
        return np.array(self.ink)


def broken(sheet: Sheet, paragraph: Paragraph, width: int) -> list[list[tuple[str, str, float]]]:
    """Greedy lines of (word, style, width); the first line is shorter by the indent."""
    words = [(word, style) for text, style in paragraph.runs for word in text.split()]
    lines: list[list[tuple[str, str, float]]] = [[]]
    room = float(width - mm(paragraph.indent_mm))
    space = sheet.width(" ", "r", paragraph.size_pt)
    for word, style in words:
        size = sheet.width(word, style, paragraph.size_pt)
        if lines[-1] and size > room:
            lines.append([])
            room = float(width)
        lines[-1].append((word, style, size))
        room -= size + space
    return lines


def set_line(sheet: Sheet, paragraph: Paragraph, words: list[tuple[str, str, float]], number: int, last: bool,
             left: int, right: int, baseline: int) -> Box:  # fmt: skip
    """Place one broken line by the paragraph's alignment."""
    start = left + (mm(paragraph.indent_mm) if number == 0 and paragraph.align != "center" else 0)
    space = sheet.width(" ", "r", paragraph.size_pt)
    natural = sum(w for *_, w in words)
    if paragraph.align == "justify" and not last and len(words) > 1:
        space = (right - start - natural) / (len(words) - 1)
    x = float(start)
    if paragraph.align == "center":
        x = (left + right) / 2 - (natural + space * (len(words) - 1)) / 2
    placed: list[Placed] = []
    for word, style, width in words:
        placed.append((word, style, x))
        x += width + space
    return sheet.line(placed, baseline, paragraph.size_pt)
