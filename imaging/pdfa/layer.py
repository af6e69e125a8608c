"""The invisible text of one page as a content stream: word by word, each at the height of its line's baseline there.

Words of a sloping line climb in steps and are not turned: poppler begins a new word wherever the baseline moves by
more than half a point, so a turned word of 15 pt at 2 degrees comes out in pieces, while its box differs by less than
that half point."""

import unicodedata
from statistics import median

from imaging.pdfa.font import ASCENT, DESCENT, InvisibleFont
from imaging.values import Line, PageText, Word

FONT_NAME = "SohoaText"
SMALLEST_PT, LARGEST_SLOPE = 1.0, 0.5
APART = 0.12
"""Of the size, between two words: below a tenth poppler makes one word of them."""
NARROWEST = 50.0
"""Least horizontal stretch, per cent. A longer text for the same box is set smaller instead: where letters stand much closer
than their size allows, poppler makes pieces of the word."""


def text_stream(text: PageText, size_pt: tuple[float, float], font: InvisibleFont) -> tuple[bytes, int]:
    """Content stream and number of words. ``size_pt``: the page that ``text.size`` px are spread over."""
    scale = size_pt[0] / text.size[0], size_pt[1] / text.size[1]
    parts, words = ["BT", "3 Tr"], 0
    for line in text.lines:
        drawn = _line(line, scale, size_pt[1], font)
        parts += drawn
        words += sum(1 for operator in drawn if operator.endswith("Tj"))
    return "\n".join([*parts, "ET"]).encode("ascii"), words


def _line(line: Line, scale: tuple[float, float], page_height: float, font: InvisibleFont) -> list[str]:
    words = [word for word in line.words if _shown(word.text)]
    if not words:
        return []
    base, slope = _baseline(line)
    size = max(SMALLEST_PT, _size_px(words, line, base, slope) * scale[1])
    out, at = list[str](), 0.0
    for word, following in zip(words, [*words[1:], None], strict=True):
        text = _shown(word.text)
        x0, _, x1, _ = word.box
        if following is not None and following.box[0] > x0:  # apart, however near
            x1 = max((x0 + x1) // 2, min(x1, round(following.box[0] - APART * size / scale[0])))
        wanted = 100_000 * max(1, x1 - x0) * scale[0] / font.width(text)  # stretch times size
        own = max(SMALLEST_PT, min(size, wanted / NARROWEST))
        if own != at:
            out.append(f"/{FONT_NAME} {own:.3f} Tf")
            at = own
        stretch = wanted / own
        y = page_height - (base + slope * ((x0 + x1) / 2 - line.box[0])) * scale[1]
        out.append(f"{stretch:.2f} Tz 1 0 0 1 {x0 * scale[0]:.3f} {y:.3f} Tm")
        # The space after each word: without it poppler glues words that begin with a combining shape.
        out.append(f"<{font.encode(text + ' ').hex()}> Tj")
    return out


def _shown(text: str) -> str:
    """NFC, without what no text layer can hold: control characters and lone surrogates."""
    clean = "".join(c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c) not in ("Cc", "Cs", "Cn"))
    return " ".join(clean.split())


def _baseline(line: Line) -> tuple[float, float]:
    """The engine's baseline where it lies within the line, else the box's lower fifth."""
    base, slope = line.baseline
    height = line.box[3] - line.box[1]
    if abs(slope) <= LARGEST_SLOPE and line.box[1] < base <= line.box[3] + 0.3 * height:
        return base, slope
    return line.box[3] - 0.2 * height, 0.0


def _size_px(words: list[Word], line: Line, base: float, slope: float) -> float:
    """Size whose ascent and descent fit the line's words: by their heights where they have both parts, in the median."""
    heights = []
    for word in words:
        y = base + slope * ((word.box[0] + word.box[2]) / 2 - line.box[0])
        above, below = y - word.box[1], word.box[3] - y
        heights.append(max(above * 1000 / ASCENT, (above + max(0.0, below)) * 1000 / (ASCENT - DESCENT)))
    return max(1.0, float(median(heights)))
