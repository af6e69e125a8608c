"""Ruled tables: found by their lines, read cell by cell in the table's own direction, row by row.

Laid out by the engine a table comes as lines across its columns, its rules become letters, and one turned a quarter makes
the whole page unreadable to it. So tables are taken out of the picture the engine lays out, and their cells read alone."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import cast

import cv2
import numpy as np

from imaging.ocr.engine import Engine, EngineFault, ReadLine, ReadWord
from imaging.ocr.noise import around, drop_noise
from imaging.values import Box, Pixels, Turn

Known = Callable[[str], bool]

DARK = 185
SHORTEST_MM = (9.0, 5.0)
"""Rules across and down that count: longer than any stroke of a letter."""
LEAST_MM = (40.0, 9.0)
"""Width and height of a table, either way round."""
CELL_MM = 2.6
"""Shortest side of a cell that can hold text."""
LEAST_CELLS = 4
GAP_MM = 1.3
"""Breaks in a rule that are bridged."""
MOST_CELLS = 400
"""A grid of more cells is squared paper or a plan, not a table of words."""
INK = 0.0025
"""Ink share of a cell below which it is empty."""
PAPER = 215
"""Lighter than this is paper: at the edge of a cut it would look like a frame."""
BETWEEN = 0.7
"""White between two cells, in usual heights of their text."""
TURNED = 0.85
"""Shapes left when letters are joined up and down, of those left when they are joined sideways: less where text stands."""
SECONDS = 30.0
FRAME = 14


@dataclass(frozen=True, slots=True)
class Table:
    """``box`` and ``cells`` in px of the picture; cells row by row, from left to right."""

    box: Box
    cells: tuple[Box, ...]


def find_tables(picture: Pixels, dpi: float) -> tuple[Table, ...]:
    """Tables of closed cells on an upright page, from the top. ``picture``: grey, dark on white."""
    mm = dpi / 25.4
    grid = _rules(picture, mm)
    if grid is None:
        return ()
    _, _, stats, _ = cv2.connectedComponentsWithStats(grid, connectivity=8)
    found = []
    for x, y, w, h, _ in (tuple(int(one) for one in row) for row in stats[1:]):
        if max(w, h) >= LEAST_MM[0] * mm and min(w, h) >= LEAST_MM[1] * mm:
            cells = _cells(grid[y : y + h, x : x + w], (x, y), mm)
            if LEAST_CELLS <= len(cells) <= MOST_CELLS and len(_rows(cells)) > 1 and len(_columns(cells)) > 1:
                found.append(Table((x, y, x + w, y + h), cells))
    return tuple(sorted(found, key=lambda table: table.box[1]))


def _rules(picture: Pixels, mm: float) -> Pixels | None:
    """The long straight strokes, 255; None where there are hardly any (most pages: 4 ms)."""
    ink = cv2.threshold(picture, DARK, 255, cv2.THRESH_BINARY_INV)[1]
    across, down = (max(3, round(length * mm)) for length in SHORTEST_MM)
    standing = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((down, 1), np.uint8))
    if np.count_nonzero(standing) < 2 * LEAST_MM[1] * mm:
        return None
    lying = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, across), np.uint8))
    if np.count_nonzero(lying) < 2 * LEAST_MM[0] * mm:
        return None
    gap = max(3, round(GAP_MM * mm)) | 1
    lying = cv2.morphologyEx(cv2.dilate(lying, np.ones((3, 1), np.uint8)), cv2.MORPH_CLOSE, np.ones((1, gap), np.uint8))
    standing = cv2.morphologyEx(cv2.dilate(standing, np.ones((1, 3), np.uint8)), cv2.MORPH_CLOSE, np.ones((gap, 1), np.uint8))
    return cast(Pixels, cv2.dilate(cv2.max(lying, standing), np.ones((3, 3), np.uint8)))


def _cells(grid: Pixels, corner: tuple[int, int], mm: float) -> tuple[Box, ...]:
    """The closed areas between the rules, in reading order."""
    height, width = grid.shape
    _, _, stats, _ = cv2.connectedComponentsWithStats(cv2.bitwise_not(grid), connectivity=4)
    boxes = []
    for x, y, w, h, area in (tuple(int(one) for one in row) for row in stats[1:]):
        outside = x == 0 or y == 0 or x + w == width or y + h == height
        if not outside and min(w, h) >= CELL_MM * mm and area > 0.6 * w * h:
            boxes.append((x + corner[0], y + corner[1], x + w + corner[0], y + h + corner[1]))
    return tuple(box for row in _rows(boxes) for box in sorted(row))


def _rows(cells: Sequence[Box]) -> list[list[Box]]:
    """Cells whose upper edges stand level. A cell over several rows belongs to its first."""
    rows: list[list[Box]] = []
    slack = 0.4 * min((box[3] - box[1] for box in cells), default=0)
    for box in sorted(cells, key=lambda one: one[1]):
        if rows and box[1] - rows[-1][0][1] <= slack:
            rows[-1].append(box)
        else:
            rows.append([box])
    return rows


def _columns(cells: Sequence[Box]) -> list[list[Box]]:
    return _rows([(y0, x0, y1, x1) for x0, y0, x1, y1 in cells])


def without_tables(picture: Pixels, tables: Sequence[Table]) -> Pixels:
    """The picture with the tables white, for the engine to lay out the rest."""
    if not tables:
        return picture
    rest = picture.copy()
    for table in tables:
        x0, y0, x1, y1 = table.box
        rest[y0:y1, x0:x1] = 255
    return rest


def read_table(picture: Pixels, dpi: float, table: Table, engine: Engine, known: Known) -> tuple[ReadLine, ...]:
    """The table's lines cell by cell, boxes in px of ``picture``; those of a turned table stand upright on the page."""
    inked = [box for box in table.cells if _has_ink(_inside(picture, box))]
    turn = _turn(picture, dpi, inked, engine, known)
    order = inked if turn == 0 else _turned_order(inked, turn)
    out = []
    for box, lines in zip(order, _read_cells(picture, dpi, order, turn, engine), strict=True):
        out += [_placed(line, box, turn) for line in drop_noise(lines, known)]
    return tuple(out)


def _inside(picture: Pixels, box: Box) -> Pixels:
    x0, y0, x1, y1 = box
    return picture[y0 + 1 : y1 - 1, x0 + 1 : x1 - 1]


def _has_ink(cell: Pixels) -> bool:
    return cell.size > 0 and int(np.count_nonzero(cell < DARK - 35)) > max(6, INK * cell.size)


# --- which way up ---------------------------------------------------------------------------------------------------


def _turn(picture: Pixels, dpi: float, cells: Sequence[Box], engine: Engine, known: Known) -> Turn:
    """The clockwise turn that makes the table's text upright."""
    if not stands(picture, cells):
        return 0
    longest = sorted(cells, key=lambda box: box[1] - box[3])[:3]
    turns: tuple[Turn, ...] = (90, 270)
    scores = {turn: _sense(_read_cells(picture, dpi, longest, turn, engine), known) for turn in turns}
    return max(turns, key=lambda turn: scores[turn])


def stands(picture: Pixels, cells: Sequence[Box]) -> bool:
    """Whether the text of the cells runs up or down the page: its letters touch above and below before they do at the side."""
    lying = standing = 0
    for box in cells:
        letters, size = _letters(_inside(picture, box))
        if size:
            reach = max(3, round(0.4 * size)) | 1
            lying += _shapes(cv2.morphologyEx(letters, cv2.MORPH_CLOSE, np.ones((1, reach), np.uint8)))
            standing += _shapes(cv2.morphologyEx(letters, cv2.MORPH_CLOSE, np.ones((reach, 1), np.uint8)))
    return standing < TURNED * lying


def _letters(cell: Pixels) -> tuple[Pixels, float]:
    """The cell's letters without marks and points, 255, and their usual size, px."""
    ink = np.where(cell < DARK - 35, 255, 0).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    sizes = np.maximum(stats[:, 2], stats[:, 3])
    if len(sizes) < 4:
        return ink, 0.0
    usual = float(np.quantile(sizes[1:], 0.75))
    keep = sizes >= 0.6 * usual
    keep[0] = False
    return np.where(keep[labels], 255, 0).astype(np.uint8), usual


def _shapes(ink: "cv2.typing.MatLike") -> int:
    return cv2.connectedComponents(ink, connectivity=8)[0] - 1


def _sense(cells: Sequence[Sequence[ReadLine]], known: Known) -> float:
    words = [word.token for lines in cells for line in lines for word in line.words]
    return sum(len(word.text) * word.confidence * known(word.text) for word in words)


def _turned_order(cells: Sequence[Box], turn: Turn) -> list[Box]:
    """Row by row as the table reads once it is turned: from the left (90) or from the right (270)."""
    sign = 1 if turn == 90 else -1
    flat = {((-y1, x0, -y0, x1) if sign == 1 else (y0, -x1, y1, -x0)): (x0, y0, x1, y1) for x0, y0, x1, y1 in cells}
    return [flat[box] for row in _rows(list(flat)) for box in sorted(row)]


# --- the cells ------------------------------------------------------------------------------------------------------


def _read_cells(picture: Pixels, dpi: float, cells: Sequence[Box], turn: Turn, engine: Engine) -> list[list[ReadLine]]:
    """The lines of each cell, in px of the cell's own upright picture.

    The cells are set one below the other and read as one column: one call instead of fifty, and no line across two."""
    cuts = [_upright(picture, box, turn) for box in cells]
    found: list[list[ReadLine]] = [[] for _ in cuts]
    if not cuts:
        return found
    tops, column = _column(cuts)
    try:
        lines = engine.recognise(column, dpi, "block", SECONDS)
    except EngineFault:
        return found
    for line in lines:
        middle = (line.box[1] + line.box[3]) / 2
        number = max(0, bisect_right(tops, middle) - 1)
        cut = cuts[number]
        found[number].append(_moved(line, (cut.x - FRAME, cut.y - tops[number])))
    return found


@dataclass(frozen=True, slots=True)
class Cut:
    """A cell's ink: ``picture`` is cut tight, ``x`` and ``y`` are its corner in the cell's upright picture."""

    picture: Pixels
    x: int
    y: int


def _upright(picture: Pixels, box: Box, turn: Turn) -> Cut:
    cell = np.ascontiguousarray(np.rot90(_inside(picture, box), k=-(turn // 90)))
    rows, columns = np.nonzero(cell < DARK - 35)
    x0, y0 = max(0, int(columns.min()) - 2), max(0, int(rows.min()) - 2)
    tight = cell[y0 : int(rows.max()) + 3, x0 : int(columns.max()) + 3]
    return Cut(np.where(tight > PAPER, 255, tight).astype(np.uint8), x0, y0)


def _column(cuts: Sequence[Cut]) -> tuple[list[int], Pixels]:
    """The cuts one below the other on white, and the y of each."""
    gap = round(BETWEEN * median(min(cut.picture.shape) for cut in cuts))
    tops, y = [], FRAME
    for cut in cuts:
        tops.append(y)
        y += cut.picture.shape[0] + gap
    column = np.full((y + FRAME, max(cut.picture.shape[1] for cut in cuts) + 2 * FRAME), 255, np.uint8)
    for top, cut in zip(tops, cuts, strict=True):
        height, width = cut.picture.shape
        column[top : top + height, FRAME : FRAME + width] = cut.picture
    return tops, column


def _moved(line: ReadLine, by: tuple[int, int]) -> ReadLine:
    def box(one: Box) -> Box:
        return one[0] + by[0], one[1] + by[1], one[2] + by[0], one[3] + by[1]

    words = tuple(ReadWord(word.token, box(word.box)) for word in line.words)
    return ReadLine(words, box(line.box), (line.baseline[0] + by[1], line.baseline[1]))


def _placed(line: ReadLine, cell: Box, turn: Turn) -> ReadLine:
    """From the cell's upright picture to the page."""
    x0, y0, x1, y1 = cell[0] + 1, cell[1] + 1, cell[2] - 1, cell[3] - 1
    if turn == 0:
        return _moved(line, (x0, y0))

    def back(box: Box) -> Box:
        a0, b0, a1, b1 = box
        return (x0 + b0, y1 - a1, x0 + b1, y1 - a0) if turn == 90 else (x1 - b1, y0 + a0, x1 - b0, y0 + a1)

    words = tuple(ReadWord(word.token, back(word.box)) for word in line.words)
    box = around(words)
    return ReadLine(words, box, (float(box[3]), 0.0))


def put_in(lines: Sequence[ReadLine], tables: Sequence[tuple[Table, Sequence[ReadLine]]]) -> list[ReadLine]:
    """The page's lines with each table's behind the last line that ends above it."""
    out = list(lines)
    for table, cells in reversed(list(tables)):
        middle = (table.box[1] + table.box[3]) / 2
        place = next((at + 1 for at in range(len(out) - 1, -1, -1) if (out[at].box[1] + out[at].box[3]) / 2 < middle), 0)
        out[place:place] = cells
    return out
