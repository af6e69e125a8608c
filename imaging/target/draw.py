"""The target sheet as a vector PDF of two pages, front and back, to be printed at its own size on one sheet of paper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pikepdf
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.ttLib import TTFont
from numpy.typing import NDArray

from imaging.target import layout

POINTS = 72 / 25.4
CAPTION_PT = 9.0


def write_pdf(path: Path, captions: Sequence[Sequence[str]] = ((), ()), font: Path | None = None) -> None:
    """Write the sheet: page 1 its front, page 2 its back. ``captions``: lines of words a page, drawn as outlines of
    ``font``; without a font there are none. Raises OSError."""
    with pikepdf.new() as document:
        for face, lines in enumerate(captions):
            page = document.add_blank_page()
            page.MediaBox = pikepdf.Array([0, 0, *(round(side * POINTS, 4) for side in layout.PAGE_MM)])
            operators = [*_drawing(face), *_caption(lines, font)]
            page.Contents = document.make_stream("\n".join(operators).encode("ascii"))
        document.save(path, deterministic_id=True)


def _drawing(face: int) -> Iterator[str]:
    yield "0 g"
    for place in range(len(layout.MARKERS)):
        yield from _marker(place, face * len(layout.MARKERS) + place)
    for name in layout.SQUARES:
        yield _polygon(layout.square_corners(name))
    for (x, y), gray in layout.PATCHES.values():
        yield f"{gray:g} g"
        yield _rectangle(x - layout.PATCH_MM / 2, y - layout.PATCH_MM / 2, layout.PATCH_MM, layout.PATCH_MM)
    yield "0 g"
    yield from _rulers()


def _marker(place: int, number: int) -> Iterator[str]:
    """A black square with white cells upon it: no hair lines between neighbours."""
    x, y = (float(side) for side in layout.marker_corners(place)[0])
    cell = layout.MARKER_MM / 6
    yield _rectangle(x, y, layout.MARKER_MM, layout.MARKER_MM)
    yield "1 g"
    for row, column in np.argwhere(layout.marker_bits(number)):
        yield _rectangle(x + column * cell, y + row * cell, cell, cell)
    yield "0 g"


def _rulers() -> Iterator[str]:
    x0, x1, y = layout.RULER_X
    yield _rectangle(x0, y, x1 - x0, 0.15)
    yield from (_rectangle(float(x) - 0.075, y - 1.5, 0.15, 1.5) for x in np.arange(x0, x1 + 0.1, 10))
    y0, y1, x = layout.RULER_Y
    yield _rectangle(x, y0, 0.15, y1 - y0)
    yield from (_rectangle(x - 1.5, float(y) - 0.075, 1.5, 0.15) for y in np.arange(y0, y1 + 0.1, 10))


def _rectangle(x: float, y: float, wide: float, high: float) -> str:
    return _polygon(np.array([(x, y), (x + wide, y), (x + wide, y + high), (x, y + high)]))


def _polygon(corners: NDArray[np.float64]) -> str:
    places = [(x * POINTS, (layout.PAGE_MM[1] - y) * POINTS) for x, y in corners]
    (x, y), *rest = places
    return f"{x:.4f} {y:.4f} m " + " ".join(f"{x:.4f} {y:.4f} l" for x, y in rest) + " h f"


def _caption(lines: Sequence[str], path: Path | None) -> Iterator[str]:
    """Words as outlines: nothing to embed, every mark of Vietnamese drawn."""
    if path is None or not lines:
        return
    with TTFont(path, lazy=True) as font:
        glyphs, names = font.getGlyphSet(), font.getBestCmap()
        scale = CAPTION_PT / font["head"].unitsPerEm
        for number, line in enumerate(lines):
            shown = [names[ord(letter)] for letter in line if ord(letter) in names]
            wide = sum(glyphs[name].width for name in shown) * scale
            x = layout.CAPTION[0] * POINTS - wide / 2
            y = (layout.PAGE_MM[1] - layout.CAPTION[1]) * POINTS - number * 1.4 * CAPTION_PT
            for name in shown:
                yield from _outline(glyphs, name, x, y, scale)
                x += glyphs[name].width * scale


def _outline(glyphs: Any, name: str, x: float, y: float, scale: float) -> Iterator[str]:
    pen = DecomposingRecordingPen(glyphs)
    glyphs[name].draw(pen)
    here = (0.0, 0.0)
    drawn = False

    def at(point: tuple[float, float]) -> str:
        return f"{x + point[0] * scale:.3f} {y + point[1] * scale:.3f}"

    for verb, points in pen.value:
        if verb == "moveTo":
            yield f"{at(points[0])} m"
        elif verb == "lineTo":
            yield f"{at(points[0])} l"
        elif verb == "qCurveTo":
            for control, end in _quadratics(points):
                first, second = _third(here, control), _third(end, control)
                yield f"{at(first)} {at(second)} {at(end)} c"
                here = end
        elif verb == "curveTo":
            yield " ".join(at(point) for point in points) + " c"
        else:
            yield "h"
        if points:
            here, drawn = points[-1], True
    if drawn:
        yield "f"


def _quadratics(points: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
    """TrueType's run of off-curve points as (control, end) pairs."""
    *controls, last = points
    for number, control in enumerate(controls):
        after = controls[number + 1] if number + 1 < len(controls) else None
        yield control, last if after is None else ((control[0] + after[0]) / 2, (control[1] + after[1]) / 2)


def _third(end: Any, control: Any) -> tuple[float, float]:
    """A quadratic's control raised to a cubic's."""
    return end[0] + 2 / 3 * (control[0] - end[0]), end[1] + 2 / 3 * (control[1] - end[1])
