"""The image as a thing: complete, fine enough, in colour, of the paper's size."""

from __future__ import annotations

import numpy as np

from imaging.measures.truncation import tail
from imaging.values import Pixels
from qc.finding import Finding, Level
from qc.look import PAPERS, Look, Size, above, judged


def truncated(look: Look) -> list[Finding]:
    """page.truncated: rows promised that the file does not hold, or that hold a decoder's fill. Value: mm lost."""
    facts, limit = look.facts, look.limits.truncated_error
    mm_per_row = 25.4 / look.raster.dpi[1]
    if facts.declared_rows and facts.received_rows is not None and facts.received_rows < facts.declared_rows:
        lost = (facts.declared_rows - facts.received_rows) * mm_per_row
        return [Finding("page.truncated", Level.ERROR, round(lost, 2), limit, None, "rows_missing")]
    end = tail(look.raster)
    if end is not None and end.mm > limit:
        box = (0, look.raster.height - end.rows, look.raster.width, look.raster.height)
        return [Finding("page.truncated", Level.ERROR, round(end.mm, 2), limit, box, f"fill_{end.fill}")]
    return [Finding("page.truncated", Level.ERROR, None, None, None, "no_end_marker")] if facts.complete is False else []


def resolution(look: Look) -> list[Finding]:
    """page.resolution: too coarse for the archive, other than ordered, or unequal along x and y. Value: dpi."""
    (x, y), limits, ordered = look.raster.dpi, look.limits, look.expected.dpi
    least = min(x, y)
    found = []
    if least < limits.dpi_error * (1 - limits.dpi_unequal_warn):
        found.append(Finding("page.resolution", Level.ERROR, round(least, 1), limits.dpi_error, None, "too_coarse"))
    if ordered and abs(least / ordered - 1) > limits.dpi_off_error:
        found.append(Finding("page.resolution", Level.ERROR, round(least, 1), ordered, None, "not_as_ordered"))
    if abs(x / y - 1) > limits.dpi_unequal_warn:
        found.append(Finding("page.resolution", Level.WARNING, round(x, 1), round(y, 1), None, "unequal"))
    return found


def letter_size(look: Look) -> list[Finding]:
    """page.resolution again: letters of an impossible size mean that the stated resolution is false. Value: mm."""
    stats, mm = look.prepared.components.stats[1:], look.prepared.px_per_mm
    high = stats[:, 3] / mm
    letters = high[(high > 0.5) & (high < 12) & (stats[:, 2] > 0.3 * stats[:, 3]) & (stats[:, 2] < 3 * stats[:, 3])]
    if letters.size < 150:
        return []
    typical, limits = float(np.median(letters)), look.limits
    outside = typical < limits.x_height_least or typical > limits.x_height_most
    limit = limits.x_height_least if typical < limits.x_height_least else limits.x_height_most
    return judged("page.resolution", typical, Level.WARNING if outside else None, limit, hint="letters_wrong_size")


def colour(look: Look) -> list[Finding]:
    """page.not_colour: grey or bitonal where colour is due. An error only where the profile ordered colour and another came."""
    ordered, mode = look.expected.mode, look.raster.mode
    if mode != "color":
        level = Level.ERROR if ordered == "color" else Level.INFO if ordered == mode else Level.WARNING
        return [Finding("page.not_colour", level, None, None, None, mode)]
    sample = look.prepared.half[::2, ::2]
    if _without_colour(sample[::32]) and _without_colour(sample):
        level = Level.INFO if look.blank.value else Level.WARNING
        return [Finding("page.not_colour", level, None, None, None, "gray_in_colour")]
    return []


def _without_colour(pixels: Pixels) -> bool:
    return np.array_equal(pixels[:, :, :2], pixels[:, :, 1:])


def size(look: Look) -> list[Finding]:
    """page.size: the sheet against the ordered paper, else against the usual papers. Value: mm off, on the worse axis."""
    sheet, limits = look.sheet_mm, look.limits
    if min(sheet) < limits.size_least_error:
        return [Finding("page.size", Level.ERROR, round(min(sheet), 1), limits.size_least_error, None, "tiny")]
    if look.expected.paper is not None:
        off = _off(sheet, look.expected.paper)
        level = above(off, limits.size_off_warn, limits.size_off_error)
        return judged("page.size", off, level, limits.size_off_warn, hint="not_as_ordered")
    off = min(_off(sheet, paper) for paper in PAPERS.values())
    unusual = Level.INFO if off > limits.size_off_warn else None
    return judged("page.size", off, unusual, limits.size_off_warn, hint="unusual")


def _off(sheet: Size, paper: Size) -> float:
    """Largest difference of a side, mm, the paper laid the better way."""
    return min(max(abs(sheet[0] - w), abs(sheet[1] - h)) for w, h in (paper, paper[::-1]))
