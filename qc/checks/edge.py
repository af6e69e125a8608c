"""The edge of the sheet: cut text, dark borders, a crop nobody should trust."""

from __future__ import annotations

from imaging.measures.edges import SIDES, Border, Cut, borders, cut_text
from qc.finding import Box, Finding, Level
from qc.look import Look


def cut(look: Look) -> list[Finding]:
    """page.cut_text, one finding a side. Value: letters that touch the edge, or lines that run up to it."""
    if look.blank.value:
        return []
    found = (_judge_cut(side, look) for side in cut_text(look.prepared, look.working_sheet))
    return [finding for finding in found if finding is not None]


def _judge_cut(side: Cut, look: Look) -> Finding | None:
    limits, box = look.limits, look.place(side.box)
    if side.glyphs >= limits.cut_glyphs_warn:
        level = Level.ERROR if side.glyphs >= limits.cut_glyphs_error else Level.WARNING
        return Finding("page.cut_text", level, side.glyphs, limits.cut_glyphs_warn, box, side.side)
    if side.lines >= limits.cut_lines_warn:
        return Finding("page.cut_text", Level.WARNING, side.lines, limits.cut_lines_warn, box, f"margin_{side.side}")
    return None


def black_border(look: Look) -> list[Finding]:
    """page.black_border, one finding a side: a warning where the proposed cut leaves it in, else information. Value: mm."""
    found = (border for border in borders(look.prepared) if border.depth > look.limits.border_warn)
    return [_judge_border(border, look) for border in found]


def _judge_border(border: Border, look: Look) -> Finding:
    left_in, limits = border.depth - _cut_off(border, look), look.limits
    level = Level.WARNING if left_in > limits.border_left_warn else Level.INFO
    return Finding("page.black_border", level, round(border.depth, 1), limits.border_warn, _band(border, look), border.side)


def _cut_off(border: Border, look: Look) -> float:
    """How much the proposed cut takes away on that side, mm."""
    x0, y0, x1, y1 = look.sheet
    x_mm, y_mm = (25.4 / dpi for dpi in look.raster.dpi)
    taken = (x0 * x_mm, y0 * y_mm, (look.raster.width - x1) * x_mm, (look.raster.height - y1) * y_mm)
    return taken[SIDES.index(border.side)]


def _band(border: Border, look: Look) -> Box:
    width, height = look.raster.width, look.raster.height
    deep_x, deep_y = (round(border.depth * dpi / 25.4) for dpi in look.raster.dpi)
    return {
        "left": (0, 0, deep_x, height),
        "top": (0, 0, width, deep_y),
        "right": (width - deep_x, 0, width, height),
        "bottom": (0, height - deep_y, width, height),
    }[border.side]
