"""The gaps of a heading that a pen fills in: ``Số: 12 /QĐ-UBND``, ``ngày 05 tháng 3 năm 2020``.

Where a gap lies follows from the printed words around it; words that swallowed a gap (``Số:280``, ``ngày15``) are cut by the
known widths of their printed letters. Printed figures are the engine's business and stay as they are."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import cast

import cv2
import numpy as np

from imaging.language import fold
from imaging.ocr.penned import Penned, ink_of, read_figures
from imaging.ocr.prepare_ocr import flatten_paper
from imaging.values import Box, Line, Pixels, Raster, Word

UPPER = 0.42
"""Share of the page's height above which a heading ends."""
SURE_PRINT = 0.85
"""From this confidence on, level figures of the engine's are print."""
PLAIN = {
    **dict.fromkeys("ijlt:/", 0.28), **dict.fromkeys("frI-", 0.33), **dict.fromkeys("ce", 0.44),
    **dict.fromkeys(".,; ", 0.25), **dict.fromkeys("SPF", 0.56), **dict.fromkeys("ELTZ", 0.61), **dict.fromkeys("BCR", 0.67),
    "s": 0.39, "z": 0.44, "J": 0.39, "m": 0.78, "w": 0.72, "M": 0.89, "W": 0.94, "–": 0.5,
}  # fmt: skip
"""Widths of letters in ems, of the Times designs every office prints in; marks add nothing."""
CAPITAL, SMALL = 0.72, 0.5
TAIL = re.compile(r"[/\-–]\s?[A-ZĐƯÔ]")
STUCK = re.compile(r"\d{1,5}[a-zđ]?$")
STUCK_SURE = 0.6
"""Figures that touch their notation are print, unless the engine doubts what it read."""
MARKS = ("ngay", "thang", "nam")
FEW_BEFORE = 6
"""Words a place may have where its comma was not read."""
AGREED = (0.7, 0.5)
"""Confidences of the engine and of the recogniser from which the same reading of both counts as print's."""
FIGURE = 0.76
"""Height of a printed figure, of the height from a tall letter's head to a long one's foot."""
MARGIN = 0.9
"""Of a line's height, looked at above and below it: pens write taller than print."""


@dataclass(frozen=True, slots=True)
class Gap:
    """``box`` in px of the page; ``words``: places in the line that it covers wholly or partly."""

    box: Box
    line: int
    first: int
    last: int
    fits: Callable[[str], bool]


def read_gaps(raster: Raster, lines: Sequence[Line]) -> tuple[Line, ...]:
    """The lines with the handwritten figures of the heading in their gaps, marked ``hand``; other words as they were."""
    done = list(lines)
    finders: tuple[Callable[[Sequence[Line], int], Gap | None], ...] = (_number_gap, _day_gap, _month_gap)
    for find in finders:
        gap = find(done, raster.height)
        if gap is not None:
            done[gap.line] = _filled(raster, done[gap.line], gap)
    return tuple(done)


# --- where ----------------------------------------------------------------------------------------------------------


def _number_gap(lines: Sequence[Line], page_height: int) -> Gap | None:
    found = number_line(lines, page_height)
    if found is None:
        return None
    row, tail = found
    return _between_head_and_tail(lines[row], row, _head_of(lines[row]) or 0, tail)


def number_line(lines: Sequence[Line], page_height: int) -> tuple[int, int] | None:
    """The line of a heading that begins with ``Số``, and the place of the word with its notation."""
    for row, line in enumerate(lines):
        place = _head_of(line) if line.box[1] <= UPPER * page_height else None
        if place is not None:
            behind = range(place, min(len(line.words), place + 5))
            tail = next((at for at in behind if notation_of(line.words[at].text)), None)
            if tail is not None:
                return row, tail
    return None


def _head_of(line: Line) -> int | None:
    return next((at for at, word in enumerate(line.words) if _is_head(word.text, line.words[at + 1 : at + 4])), None)


def _is_head(text: str, following: Sequence[Word]) -> bool:
    plain = fold(text)
    glued = re.match(r"^s[o0][:;.]", plain) is not None
    return glued or (plain in ("so", "s0") and any(notation_of(word.text) for word in following))


def notation_of(text: str) -> str:
    """From the stroke before the notation on; empty where there is none."""
    found = TAIL.search(text)
    return text[found.start() :] if found else ""


def _between_head_and_tail(line: Line, row: int, place: int, tail: int) -> Gap | None:
    head, end = line.words[place], line.words[tail]
    printed = notation_of(end.text)
    em = em_of(line, line.words[tail : tail + 1] if end.text == printed else ())
    left = min(head.box[2], round(head.box[0] + em_width("Số:") * em + 0.06 * em))
    right = end.box[0] if end.text == printed else max(end.box[0], round(end.box[2] - em_width(printed) * em))
    if STUCK.search(end.text.removesuffix(printed)) and end.confidence >= STUCK_SURE:
        return None  # 15/QĐ-BNV in one print
    return Gap((left, line.box[1], right, line.box[3]), row, place, tail, _is_number) if right - left > 0.3 * em else None


def _is_number(text: str) -> bool:
    return 1 <= len(text) <= 5


def _day_gap(lines: Sequence[Line], page_height: int) -> Gap | None:
    return _date_gap(
        lines, page_height, "ngay", "thang", lambda text: len(text) <= 2 and text.isdigit() and 1 <= int(text) <= 31
    )


def _month_gap(lines: Sequence[Line], page_height: int) -> Gap | None:
    return _date_gap(
        lines, page_height, "thang", "nam", lambda text: len(text) <= 2 and text.isdigit() and 1 <= int(text) <= 12
    )


def _date_gap(lines: Sequence[Line], page_height: int, one: str, two: str, fits: Callable[[str], bool]) -> Gap | None:
    for row, line in enumerate(lines):
        if line.box[1] > UPPER * page_height:
            continue
        plain = [fold(word.text) for word in line.words]
        first = next((at for at, text in enumerate(plain) if text.startswith(one)), None)
        behind = range(first + 1, min(len(plain), first + 5)) if first is not None else range(0)
        second = next((at for at in behind if plain[at].startswith(two) or plain[at].endswith(two)), None)
        if first is None or second is None or not is_dated(plain):
            continue
        gap = _between(line, first, second, (one, two))
        if gap is not None:
            return Gap((gap[0], line.box[1], gap[1], line.box[3]), row, first, second, fits)
    return None


def _between(line: Line, first: int, second: int, names: tuple[str, str]) -> tuple[int, int] | None:
    """The blank between two printed words, as wide as their letters: what a box holds beyond them is the pen's."""
    head, end = line.words[first], line.words[second]
    date = [word for word in line.words[max(0, first - 4) :] if word.confidence > SURE_PRINT and word.text.isalpha()]
    em = em_of(line, date)
    if not em:
        return None
    left = min(head.box[2], round(head.box[0] + (em_width(names[0]) + 0.05) * em))
    right = (
        max(end.box[0], round(end.box[2] - em_width(names[1]) * 1.06 * em)) if fold(end.text).endswith(names[1]) else end.box[0]
    )
    return (left, right) if right - left > 0.3 * em else None


def is_dated(plain: Sequence[str]) -> bool:
    """A heading's date, not a sentence with one: a place and a comma before the day, nothing but a year behind it."""
    at = {head: next((n for n, text in enumerate(plain) if text.startswith(head) or text.endswith(head)), -1) for head in MARKS}
    day, month, year = (at[head] for head in MARKS)
    if not 0 <= day < month < year or len(plain) - year > 3:
        return False
    return day <= FEW_BEFORE or plain[day - 1].endswith((",", "."))


def em_width(text: str) -> float:
    """Ems a printed text takes."""
    total = 0.0
    for letter in text:
        base = fold(letter)
        base = base.upper() if letter.isupper() else base
        total += PLAIN.get(base, CAPITAL if letter.isupper() else SMALL)
    return total


def em_of(line: Line, words: Sequence[Word] = ()) -> float:
    """Px of an em: from the words given, else from all sure words of the line."""
    chosen = [word for word in words if word.text] or [w for w in line.words if w.confidence > 0.9 and len(w.text) > 2]
    ems = [(word.box[2] - word.box[0]) / em_width(word.text) for word in chosen]
    return float(median(ems)) if ems else 1.15 * (line.box[3] - line.box[1])


# --- what -----------------------------------------------------------------------------------------------------------


def _filled(raster: Raster, line: Line, gap: Gap) -> Line:
    inside = [word for word in line.words[gap.first : gap.last + 1] if _mostly_in(word.box, gap.box)]
    if _printed(inside, line):
        return line
    height = _letter_height(line)
    ink, corner = _gap_ink(raster, gap.box, height)
    found = read_figures(ink, height, gap.fits)
    if found is None:
        return line
    x, y = corner
    box = (found.box[0] + x, found.box[1] + y, found.box[2] + x, found.box[3] + y)
    told = " ".join(word.text for word in inside)
    if not found.text:
        return line
    if len(inside) == 1 and _agree(inside[0], found):
        sure = replace(inside[0], confidence=max(inside[0].confidence, SURE_PRINT))
        return replace(line, words=tuple(sure if word is inside[0] else word for word in line.words))
    pen = Word(found.text, box, round(found.confidence, 3), told if told != found.text else "", hand=True)
    return _with(line, gap, inside, pen)


def _agree(word: Word, found: Penned) -> bool:
    """Whether the engine and the recogniser of handwriting, which were taught differently, read the same figures surely."""
    return word.text.strip(".,") == found.text and word.confidence >= AGREED[0] and found.confidence >= AGREED[1]


def _printed(inside: Sequence[Word], line: Line) -> bool:
    """Figures the engine is sure of, as high as the other printed words and on their foot."""
    if len(inside) != 1 or not re.fullmatch(r"\d{1,5}[a-zđ]?[.,]?", inside[0].text) or inside[0].confidence < SURE_PRINT:
        return False
    word = inside[0]
    standing = [other.box[3] for other in line.words if other.text.isdigit() or fold(other.text) in ("so:", "nam")]
    tall = word.box[3] - word.box[1]
    height = _letter_height(line)
    return abs(tall - FIGURE * height) < 0.14 * height and abs(word.box[3] - median(standing)) < 0.3 * height


def _letter_height(line: Line) -> float:
    """Px from the top of a tall letter to the foot of a long one, by the line's printed words."""
    heights = [
        word.box[3] - word.box[1] for word in line.words if word.confidence > 0.8 and len(word.text) > 2 and not word.hand
    ]
    return float(median(heights)) if heights else float(line.box[3] - line.box[1])


def _mostly_in(box: Box, gap: Box) -> bool:
    over = min(box[2], gap[2]) - max(box[0], gap[0])
    return over > 0.6 * (box[2] - box[0])


def _gap_ink(raster: Raster, box: Box, height: float) -> tuple[Pixels, tuple[int, int]]:
    """The gap's ink and its corner on the page. Other lines' ink and the printed letters at its ends are left out."""
    reach = round(MARGIN * height)
    x0, y0, x1, y1 = (
        max(0, box[0] - 2),
        max(0, box[1] - reach),
        min(raster.width, box[2] + 2),
        min(raster.height, box[3] + reach),
    )
    wide = round(3 * height)
    left, right = max(0, x0 - wide), min(raster.width, x1 + wide)
    cut = np.ascontiguousarray(raster.pixels[y0:y1, left:right])
    grey = cut if cut.ndim == 2 else cast(Pixels, cut.max(axis=2))
    ink = ink_of(flatten_paper(grey, raster.px_per_mm() * 25.4) if raster.mode != "bitonal" else grey)
    ink = ink[:, x0 - left : x1 - left].copy()
    band = (box[1] - y0 - 0.2 * height, box[3] - y0 + 0.2 * height)
    return _own_ink(ink, band), (x0, y0)


def _own_ink(ink: Pixels, band: tuple[float, float]) -> Pixels:
    """Without what has its middle outside the line, and without slivers of the neighbouring letters."""
    count, labels, stats, centres = cv2.connectedComponentsWithStats(ink, connectivity=8)
    for number in range(1, count):
        x, _, w, h, _ = (int(one) for one in stats[number])
        outside = not band[0] <= centres[number][1] <= band[1]
        sliver = (x == 0 or x + w == ink.shape[1]) and w < 0.22 * h
        if outside or sliver:
            ink[labels == number] = 0
    return ink


def _with(line: Line, gap: Gap, inside: Sequence[Word], pen: Word) -> Line:
    """The line with the pen's word in the gap; a printed word that swallowed the gap is cut back to its own letters."""
    words: list[Word] = []
    for place, word in enumerate(line.words):
        if word in inside and gap.first <= place <= gap.last:
            continue
        words += _cut_back(word, gap) if gap.first <= place <= gap.last else [word]
    words = sorted([*words, pen], key=lambda word: word.box[0])
    return replace(line, words=tuple(words))


def _cut_back(word: Word, gap: Gap) -> list[Word]:
    kept = []
    if word.box[0] < gap.box[0] - 2:
        head = re.match(r"^(s[o0][:;.]?|ngay|thang)", fold(word.text))
        text = word.text[: head.end()] if head and word.box[2] > gap.box[0] + 2 else word.text
        kept.append(replace(word, text=text, box=(word.box[0], word.box[1], min(word.box[2], gap.box[0]), word.box[3])))
    if word.box[2] > gap.box[2] + 2 and (not kept or notation_of(word.text)):
        named = re.search(r"(thang|nam)$", fold(word.text))
        tail = notation_of(word.text) or (word.text[named.start() :] if named else word.text)
        text = tail if word.box[0] < gap.box[2] - 2 else word.text
        kept.append(replace(word, text=text, box=(max(word.box[0], gap.box[2]), word.box[1], word.box[2], word.box[3])))
    return kept
