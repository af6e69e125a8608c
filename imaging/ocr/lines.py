"""Where the lines of an ordinary page stand: its letters chained to their neighbours, marks given to the nearest line.

For the picture the engine reads: upright, straightened, paper white. Lengths are in the line's x-heights unless they say
otherwise. A page that does not look ordinary (text that runs up or down, two columns of running text, a drawing, hardly any
text) is told by None: its layout is another's business."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imaging.ocr.pieces import (
    CAPITAL,
    LONE,
    RULE,
    SMALL_SHARE,
    Flags,
    Ink,
    Ints,
    UnusualPage,
    allow,
    chains,
    count_stacked,
    find_letters,
    find_pieces,
    neighbours,
    solid_pieces,
)
from imaging.ocr.strips import Place
from imaging.values import Pixels

Reals = NDArray[np.floating]

MOST_ROWS = 250
"""Four times a full page's: more are noise or a picture."""
STACKED = 8
"""More letters that follow one another downwards are text that runs up or down: up to 4 on real pages, 18 of a note of
thirty."""
FEET = 0.25, 0.2
"""How near to their line feet stand that tell where it runs: at first, and once its slope is known."""
SLOPING = (8, 12.0)
"""Letters and length from which a line has a slope of its own."""
CAPITALS = 1.2
"""A line whose tall letters are less than so many times as high as its small ones is of capitals."""
ABOVE, BELOW = 2.4, 0.65
"""Where the middle of a piece may lie that belongs to a line: two marks on a capital, the foot of a g."""
ROOM = (1.6, 0.2)
"""Within so much above and below the baseline a piece is surely the line's own."""
BESIDE, BEHIND = 1.2, 3.0
"""How far beyond a line's letters its marks stand; the same for dashes and points level with its letters."""
TALLEST, LONGEST = 2.9, 30.0
"""What is higher or longer is no mark."""
STRAIGHT = 1.5
"""What is thin and longer is a mark only level with the letters, a dash; else it is a rule under the line or the one above."""
BAND = 0.4
"""A piece that fills so much of the height of a line's letters, where the line is, is that line's."""
AMID = 0.8
"""Share of a chain's length within another's from which it may be a piece of it."""
NONE, ACROSS = -1, -2
"""Instead of a row's place: see ``_with_marks``."""
MARKS = 4
"""A chain of no more pieces can be the marks of one line."""
FEW = 3
"""A chain of no more letters may be specks, a seal's letters, a pen's."""
STROKE = (2.6, 2.0)
"""Height in the page's usual x-heights, and width of each piece in heights, from which a few pieces are strokes of a pen."""
CROWDED, NEAR = 0.5, 8.0
"""Of their own ink, other ink around a few letters from which they are no line, unless a line level with them is nearer."""
JOIN = 5.0
"""Across no wider gap two pieces of one row are one line, where other ink stands between them: a pen's stroke hides letters;
nearer than an x-height they always are. Across blank paper the network reads the pieces better each by itself."""
LEAST, OUTSIDE, UNREAD = 12, 0.15, 0.3
"""Letters in lines at least; letters in none, of those, and ink in none, of all ink, at most. Pages of real papers: hundreds,
0.03, 0.08; backs of sheets through which a seal shines: five, 3, 0.5."""
LONG, COLUMNS = 15, 8
"""Letters of a line in a column of running text; rows of such lines side by side, more than in any heading or foot."""
SAME_ROW, SAME_LINE = 0.75, 0.3
"""How much pieces of one row, and of one line, differ in their baselines."""


class Row(NamedTuple):
    """Letters side by side. ``base``: the baseline's y at the left edge; ``x_height`` px; ``letters``: how many."""

    box: tuple[float, float, float, float]
    base: float
    slope: float
    x_height: float
    letters: int

    @property
    def middle(self) -> float:
        return self.base + self.slope * (self.box[2] - self.box[0]) / 2


def find_lines(picture: Pixels, dpi: float) -> list[list[Place]] | None:
    """Rows from the top, each with its lines from left to right; None for a page that is not ordinary.

    ``picture``: grey, dark on white."""
    try:
        ink = find_pieces(picture, dpi / 25.4)
        rows, owner = _rows(ink, find_letters(ink, dpi / 25.4))
        return _in_order(ink, rows, owner)
    except UnusualPage:
        return None


def _rows(ink: Ink, letters: Ints) -> tuple[list[Row], Ints]:
    """The page's rows, and each piece's row (``_with_marks``)."""
    ends, near = neighbours(ink.boxes[letters], ink.body)
    allow(count_stacked(ink.boxes[letters], near, ink.body), STACKED)
    groups = chains(letters, ends)
    chained = [group for group in groups if len(group) > 1]
    allow(len(chained), MOST_ROWS)
    rows, owner = _with_marks(_without_marks([_row(ink.boxes[group]) for group in chained]), ink.boxes)
    alone = np.array([group[0] for group in groups if len(group) == 1], int)
    return rows + _lone(ink, alone[owner[alone] == NONE]), owner


def _in_order(ink: Ink, rows: Sequence[Row], owner: Ints) -> list[list[Place]]:
    """The rows from the top, without what is no line. Raises ``UnusualPage`` where too much is none, or two columns run."""
    unread = float(ink.areas[(owner < 0) & solid_pieces(ink)].sum() / ink.areas.sum())
    inside = sum(row.letters for row in rows if row.letters > FEW)
    outside = sum(row.letters for row in rows if row.letters <= FEW)
    if inside < LEAST or outside > OUTSIDE * inside or unread > UNREAD:
        raise UnusualPage
    lines = np.array([row.letters > FEW for row in rows])
    loose = (owner < 0) | ~lines[owner]
    order = [_without_crumbs(beside, ink, loose) for beside in _ordered([row for row in rows if not _is_stroke(row, ink.body)])]
    allow(sum(sum(row.letters >= LONG for row in beside) > 1 for beside in order), COLUMNS)
    other = ink.boxes[owner < 0]
    return [[_place(row) for row in _joined(beside, other)] for beside in order if beside]


def _row(boxes: Ints) -> Row:
    """The row of these letters; its line runs where most feet stand: not those of g, p, q, y."""
    x0, y0, x1, y1 = boxes.T
    heights = np.sort(y1 - y0)
    x_height, tall = float(heights[int(SMALL_SHARE * len(heights))]), float(heights[int(0.85 * len(heights))])
    at, foot = (x0 + x1) / 2 - x0.min(), y1.astype(float)
    base, slope = float(np.sort(foot)[len(foot) // 2]), 0.0
    for slack in FEET:
        near = np.abs(foot - base - slope * at) <= slack * x_height
        if np.count_nonzero(near) >= SLOPING[0] and np.ptp(at[near]) >= SLOPING[1] * x_height:
            base, slope = _line(at[near], foot[near])
        elif near.any():
            base = float(np.sort(foot[near])[np.count_nonzero(near) // 2])
            break
    if len(boxes) > FEW and tall < CAPITALS * x_height:
        x_height /= CAPITAL
    return Row((float(x0.min()), float(y0.min()), float(x1.max()), float(y1.max())), base, slope, x_height, len(boxes))


def _line(x: Reals, y: Reals) -> tuple[float, float]:
    """Least squares: y at 0, slope."""
    apart = x - x.mean()
    slope = float(apart @ y / (apart @ apart))
    return float(y.mean() - slope * x.mean()), slope


# --- marks, points, dashes ------------------------------------------------------------------------------------------


class _Places(NamedTuple):
    """Where each piece (rows of the arrays) stands by each row (columns), in the row's x-heights: ``above``: its middle over
    the baseline; ``beside``: how far beyond the ends; ``filled``: of the letters' height."""

    above: Reals
    beside: Reals
    filled: Reals


def _by_rows(rows: Sequence[Row], boxes: Ints | Reals) -> _Places:
    """In single precision: half the room, and no page is so large that it would matter."""
    x0, y0, x1, y1 = (side[:, None] for side in boxes.T.astype(np.float32))
    left, _, right, _ = np.array([row.box for row in rows], np.float32).T
    base, slope, unit, _ = np.array([row[1:] for row in rows], np.float32).T
    line = base + slope * ((x0 + x1) / 2 - left)
    beside = np.maximum(np.maximum(left - x1, x0 - right), 0) / unit
    filled = (np.minimum(y1, line) - np.maximum(y0, line - unit)) / unit
    return _Places((line - (y0 + y1) / 2) / unit, beside, filled)


def _without_marks(rows: list[Row]) -> list[Row]:
    """The rows, without those that are marks or pieces of a longer one."""
    rows = sorted(rows, key=lambda row: -row.letters)
    if not rows:
        return rows
    boxes = np.array([row.box for row in rows])
    at = _by_rows(rows, boxes)
    unit, letters = np.array([row.x_height for row in rows]), np.array([row.letters for row in rows])
    high = (boxes[:, 3] - boxes[:, 1])[:, None] / unit
    marks = (at.above < ABOVE) & (at.above > -BELOW) & (letters <= MARKS)[:, None] & (unit[:, None] < unit)
    left, right = boxes[:, 0], boxes[:, 2]
    over = np.minimum(right[:, None], right + unit) - np.maximum(left[:, None], left - unit)
    amid = over >= AMID * (right - left)[:, None]
    pieces = (at.filled >= 0.5 * high) | ((letters < FEW)[:, None] & (at.filled > BAND))
    behind = marks & (at.filled < BAND) & (at.beside < BESIDE)  # a quotation mark; a word would fill the letters' height
    within = behind | (amid & (marks | pieces))
    return [row for place, row in enumerate(rows) if not within[place, :place].any()]


def _with_marks(rows: Sequence[Row], boxes: Ints) -> tuple[list[Row], Ints]:
    """The rows with their marks, points and dashes; each piece's row, or ``NONE``, or ``ACROSS`` where it runs through one but
    is larger than its letters."""
    if not rows:
        return [], np.full(len(boxes), NONE)
    at = _by_rows(rows, boxes)
    unit = np.array([row.x_height for row in rows])
    wide, high = ((boxes[:, side + 2] - boxes[:, side])[:, None] / unit for side in (0, 1))
    level = (at.above > 0) & (at.above < 1)
    near = (at.above < ABOVE) & (at.above > -BELOW) & (at.beside < np.where(level, BEHIND, BESIDE))
    off = np.maximum(0, at.above - ROOM[0]) + np.maximum(0, -ROOM[1] - at.above) + 0.2 * at.beside
    ruled = (high < RULE) & (wide > STRAIGHT) & ~level
    off[~near | ruled | (high > TALLEST) | (wide > LONGEST)] = np.inf
    across = ((at.filled > BAND) & (at.beside < BESIDE)).any(axis=1)
    owner = np.where(np.isfinite(off.min(axis=1)), off.argmin(axis=1), np.where(across, ACROSS, NONE))
    return [_wider(row, boxes[owner == place]) for place, row in enumerate(rows)], owner


def _wider(row: Row, marks: Ints) -> Row:
    """The row's box around what was given to it."""
    if not len(marks):
        return row
    x0, y0 = marks[:, :2].min(axis=0).tolist()
    x1, y1 = marks[:, 2:].max(axis=0).tolist()
    left = min(row.box[0], x0)
    return row._replace(box=(left, y0, max(row.box[2], x1), y1), base=row.base + row.slope * (left - row.box[0]))


# --- what stands alone ----------------------------------------------------------------------------------------------


def _lone(ink: Ink, alone: Ints) -> list[Row]:
    """Letters and figures that stand alone: a page's number."""
    high = ink.boxes[alone, 3] - ink.boxes[alone, 1]
    return [_row(ink.boxes[[one]]) for one in alone[(high >= LONE[0] * ink.body) & (high <= LONE[1] * ink.body)]]


def _is_stroke(row: Row, body: float) -> bool:
    """Whether these few pieces, high and each as broad as a word, are a pen's: signatures side by side."""
    x0, y0, x1, y1 = row.box
    return row.letters <= FEW and y1 - y0 > STROKE[0] * body and x1 - x0 > STROKE[1] * row.letters * (y1 - y0)


def _without_crumbs(beside: Sequence[Row], ink: Ink, loose: Flags) -> list[Row]:
    """The rows without a few letters in the midst of other ink, unless they stand near a line: Số: before a pen's figures."""
    lines = [row for row in beside if row.letters > FEW]
    return [row for row in beside if any(_near(row, line) for line in lines) or not _crowded(row, ink, loose)]


def _near(one: Row, two: Row) -> bool:
    return max(one.box[0], two.box[0]) - min(one.box[2], two.box[2]) <= NEAR * two.x_height


def _crowded(row: Row, ink: Ink, loose: Flags) -> bool:
    """Whether ink that is in no line stands close around these few letters."""
    x0, y0, x1, y1 = row.box
    edge = row.x_height
    left, top, right, foot = ink.boxes.T
    near = (left < x1 + edge) & (right > x0 - edge) & (top < y1 + edge) & (foot > y0 - edge)
    own = near & (left >= x0) & (right <= x1) & (top >= y0) & (foot <= y1)
    return bool(ink.areas[near & loose & ~own].sum() > CROWDED * ink.areas[own].sum())


# --- order ----------------------------------------------------------------------------------------------------------


def _ordered(rows: Sequence[Row]) -> list[list[Row]]:
    """From the top; what stands level side by side is one row, from left to right."""
    out: list[list[Row]] = []
    for row in sorted(rows, key=lambda one: one.middle):
        beside = next((other for other in out[:-7:-1] if all(_level(row, one) for one in other)), None)
        if beside is None:
            out.append([row])
        else:
            beside.append(row)
    return [sorted(side_by_side, key=lambda one: one.box[0]) for side_by_side in out]


def _level(one: Row, two: Row) -> bool:
    unit = min(one.x_height, two.x_height)
    apart = max(one.box[0], two.box[0]) >= min(one.box[2], two.box[2]) - unit
    return apart and abs(one.middle - two.middle) <= SAME_ROW * max(one.x_height, two.x_height)


def _joined(rows: Sequence[Row], other: Ints) -> list[Row]:
    """Pieces of one line as one. ``other``: boxes of the ink that is no line's."""
    out: list[Row] = []
    for row in rows:
        if out and _same_line(out[-1], row, other):
            out[-1] = _both(out[-1], row)
        else:
            out.append(row)
    return out


def _same_line(left: Row, right: Row, other: Ints) -> bool:
    unit = max(left.x_height, right.x_height)
    end = left.base + left.slope * (left.box[2] - left.box[0])
    if right.box[0] - left.box[2] > JOIN * unit or abs(end - right.base) > SAME_LINE * unit:
        return False
    if right.box[0] - left.box[2] < unit:
        return True
    between = (other[:, 0] < right.box[0]) & (other[:, 2] > left.box[2])
    return bool((between & (other[:, 1] < end) & (other[:, 3] > end - unit)).any())


def _both(left: Row, right: Row) -> Row:
    more = max(left, right, key=lambda row: row.letters)
    (a0, b0, a1, b1), (c0, d0, c1, d1) = left.box, right.box
    box = min(a0, c0), min(b0, d0), max(a1, c1), max(b1, d1)
    base = more.base - more.slope * (more.box[0] - box[0])
    return Row(box, base, more.slope, more.x_height, left.letters + right.letters)


def _place(row: Row) -> Place:
    x0, y0, x1, y1 = row.box
    return Place((int(x0), int(y0), int(x1), int(y1)), (row.base, row.slope))
