"""The right half of a heading read again by itself where the first reading lost the line of place and date.

A date line with a pen's figures in it is what engines lose most; it stands level with the number, or one line off."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import median

import numpy as np

from imaging.language import fold
from imaging.ocr.engine import Engine, EngineFault, Layout
from imaging.ocr.gaps import is_dated, number_line
from imaging.ocr.prepare_ocr import Preparation, prepare_ocr
from imaging.values import Box, Line, Raster, Word, meet

WAYS: tuple[tuple[Preparation, Layout], ...] = (
    (Preparation("zone", dpi=200.0), "block"),
    (Preparation("zone near", dpi=300.0), "block"),
    (Preparation("zone sharp", ink="sharp", dpi=200.0), "block"),
)
SECONDS = 3.0
FROM = 0.37
"""Share of the page's width from which the right half of a heading may begin."""
LEVEL = 1.5
"""Lines below the number line in which a date still belongs to the heading."""
REACH = 0.55
"""Of the number line's height, looked at above and below it."""


def with_date_line(raster: Raster, engine: Engine, lines: Sequence[Line]) -> tuple[Line, ...]:
    """The lines, with the date line where there is a number line and no date line was read; else as they were."""
    found = number_line(lines, raster.height)
    if found is None:
        return tuple(lines)
    row, place = found
    head = lines[row].words[: place + 1]
    below = lines[row].box[3] + LEVEL * (lines[row].box[3] - lines[row].box[1])
    if not _stands_alone(lines[row], place) or any(_is_date(line) for line in lines if line.box[1] < below):
        return tuple(lines)
    line = _read(raster, engine, _zone(raster, head))
    if line is None:
        return tuple(lines)
    kept = [word for word in lines[row].words if word in head or not meet(word.box, line.box)]
    rest = [*lines[:row], replace(lines[row], words=tuple(kept)), line, *lines[row + 1 :]]
    return tuple(rest)


def _stands_alone(line: Line, place: int) -> bool:
    """Whether the number has a column to itself, as in a heading; in running text the next word follows at once."""
    number, behind = line.words[place].box, line.words[place + 1 :]
    return not behind or behind[0].box[0] - number[2] > number[3] - number[1]


def _is_date(line: Line) -> bool:
    return is_dated([fold(word.text) for word in line.words])


def _zone(raster: Raster, head: Sequence[Word]) -> Box:
    top, foot = min(word.box[1] for word in head), max(word.box[3] for word in head)
    reach = round(REACH * (foot - top))
    left = max(round(FROM * raster.width), max(word.box[2] for word in head) + (foot - top))
    return left, max(0, top - reach), round(0.97 * raster.width), foot + reach


def _read(raster: Raster, engine: Engine, zone: Box) -> Line | None:
    x0, y0, x1, y1 = zone
    part = Raster(np.ascontiguousarray(raster.pixels[y0:y1, x0:x1]), raster.dpi, raster.mode)
    read = [line for way, layout in WAYS for line in _lines(part, engine, way, layout, (x0, y0)) if _is_date(line)]
    return max(read, key=lambda line: median(word.confidence for word in line.words), default=None)


def _lines(part: Raster, engine: Engine, way: Preparation, layout: Layout, corner: tuple[int, int]) -> Iterator[Line]:
    prepared = prepare_ocr(part, way)
    sx, sy = prepared.scale
    try:
        found = engine.recognise(prepared.picture, prepared.dpi, layout, SECONDS)
    except EngineFault:
        return

    def placed(box: Box) -> Box:
        a0, b0, a1, b1 = box
        return round(a0 / sx) + corner[0], round(b0 / sy) + corner[1], round(a1 / sx) + corner[0], round(b1 / sy) + corner[1]

    for line in found:
        words = tuple(Word(word.token.text, placed(word.box), word.token.confidence) for word in line.words)
        base, slope = line.baseline
        yield Line(words, placed(line.box), (base / sy + corner[1], slope * sx / sy))
