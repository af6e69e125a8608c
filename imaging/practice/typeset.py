"""A document to scanned pages with their truth: set, print, sign, seal, age, scan."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from imaging.practice import ink, paper
from imaging.practice.fonts import Faces, find
from imaging.practice.forms import SetPage, set_document
from imaging.practice.model import Document, PageTruth, PracticePage, TrueField
from imaging.practice.sheet import DPI, HEIGHT, WIDTH, mm
from imaging.values import Box, Line, PageText, Raster, Word

MAX_SKEW = 0.9
"""Degrees: what a feeder in fair order does."""

Side = tuple[NDArray[np.uint8] | None, PageTruth]


def typeset(document: Document, seed: int = 1, *, versos: bool = False, first_sheet: int = 0) -> list[PracticePage]:
    """Pages in reading order, printed on one side of the paper; ``versos``: each is followed by its back, blank but
    for what shows through. ``first_sheet`` > 0: sheets carry pencil numbers from there on. Raises FontMissing."""
    faces, rng = find(), np.random.default_rng(seed)
    handwritten = bool(rng.random() < 0.6)
    done: list[PracticePage] = []
    for index, page in enumerate(set_document(document, faces, handwritten)):
        number = str(first_sheet + index) if first_sheet else ""
        done += _sheet(document, page, index + 1, faces, rng, versos, number)
    return done


def _sheet(document: Document, page: SetPage, number: int, faces: Faces, rng: np.random.Generator, versos: bool,
           pencil: str) -> list[PracticePage]:  # fmt: skip
    stock = paper.choose(rng)
    front = paper.printed(paper.sheet(stock, rng), page.sheet.pixels(), stock, rng)
    truth = _coloured(front, document, page, number, faces, rng, pencil)
    sides = [_scan(front, truth, stock, rng)]
    if versos:
        back = paper.sheet(stock, rng)
        paper.through(back, front, stock)
        sides.append(_scan(back, replace(truth, blank=True, fields={}, seals=(), signatures=(), pencil=None,
                                         text=replace(truth.text, lines=())), stock, rng))  # fmt: skip
    return sides


def _coloured(front: NDArray[np.uint8], document: Document, page: SetPage, number: int, faces: Faces,
              rng: np.random.Generator, pencil: str) -> PageTruth:  # fmt: skip
    """Lay the coloured inks on the printed page; what is true of it, before it is turned."""
    if page.number_at:
        cover = ink.handwriting(document.number, faces, 15, rng)
        x, y = page.number_at
        ink.lay(front, cover, (x - mm(2), y - cover.shape[0] + mm(2.5)), ink.PEN_INK)
    seals, signatures = _signed(front, page, faces, rng)
    text = PageText(tuple(page.sheet.lines), (WIDTH, HEIGHT), float(DPI), "practice")
    marked = _pencil(front, pencil, faces, rng)
    fields = dict(page.sheet.fields)
    return PageTruth(text, 0.0, False, fields, seals, signatures, marked, document.regime, page=number)


def _signed(
    front: NDArray[np.uint8], page: SetPage, faces: Faces, rng: np.random.Generator
) -> tuple[tuple[Box, ...], tuple[Box, ...]]:
    """The signature, and the seal over its left third (NĐ 30/2020, appendix I)."""
    if page.sign_box is None:
        return (), ()
    x0, y0, x1, y1 = page.sign_box
    stroke = ink.signature(x1 - x0, y1 - y0, rng)
    signed = ink.lay(front, stroke, (x0, y0), ink.PEN_INK)
    stamp = ink.seal(faces, rng)
    at = (
        round(x0 + (x1 - x0) / 3 - stamp.shape[1] * 0.72),
        round((y0 + y1) / 2 - stamp.shape[0] / 2 + rng.uniform(-mm(3), mm(3))),
    )
    stamped = ink.lay(front, stamp, at, ink.SEAL_INK)
    return ((stamped,) if stamped else ()), ((signed,) if signed else ())


def _pencil(front: NDArray[np.uint8], number: str, faces: Faces, rng: np.random.Generator) -> TrueField | None:
    if not number:
        return None
    cover = ink.handwriting(number, faces, 17, rng) * np.float32(0.75)
    box = ink.lay(front, cover, (WIDTH - mm(16) - cover.shape[1] // 2, mm(5)), ink.PENCIL_INK)
    return TrueField(number, box) if box else None


def _scan(front: NDArray[np.uint8], truth: PageTruth, stock: paper.Stock, rng: np.random.Generator) -> PracticePage:
    degrees = round(float(np.clip(rng.normal(0, 0.35), -MAX_SKEW, MAX_SKEW)), 2)
    pixels = paper.scanned(front, degrees, stock, rng)
    return PracticePage(Raster(pixels, (float(DPI), float(DPI)), "color"), _turned(truth, degrees))


# --- truth follows the paper ---------------------------------------------------------------------------------------


def _turned(truth: PageTruth, degrees: float) -> PageTruth:
    matrix = paper.turn_matrix(degrees)
    lines = tuple(_turned_line(line, matrix) for line in truth.text.lines)
    fields: Mapping[str, TrueField] = {k: replace(f, box=_turned_box(f.box, matrix)) for k, f in truth.fields.items()}
    return replace(
        truth, skew=degrees, fields=fields, text=replace(truth.text, lines=lines),
        seals=tuple(_turned_box(b, matrix) for b in truth.seals),
        signatures=tuple(_turned_box(b, matrix) for b in truth.signatures),
        pencil=replace(truth.pencil, box=_turned_box(truth.pencil.box, matrix)) if truth.pencil else None,
    )  # fmt: skip


def _turned_line(line: Line, matrix: NDArray[np.float64]) -> Line:
    words = tuple(Word(w.text, _turned_box(w.box, matrix), w.confidence) for w in line.words)
    box = _turned_box(line.box, matrix)
    left, right = (matrix @ (x, line.baseline[0], 1.0) for x in (line.box[0], line.box[2]))
    slope = float((right[1] - left[1]) / (right[0] - left[0]))
    return Line(words, box, (float(left[1] + slope * (box[0] - left[0])), slope))


def _turned_box(box: Box, matrix: NDArray[np.float64]) -> Box:
    """Box of the turned middle lines, not of the corners: at these angles ink does not reach into the corners."""
    x0, y0, x1, y1 = box
    middle = ((x0, (y0 + y1) / 2), (x1, (y0 + y1) / 2), ((x0 + x1) / 2, y0), ((x0 + x1) / 2, y1))
    points = np.array([matrix @ (x, y, 1.0) for x, y in middle])
    (ax, ay), (bx, by) = points.min(0), points.max(0)
    return round(ax), round(ay), round(bx), round(by)
