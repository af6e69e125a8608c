"""Tesseract's network, the lines of a page read together (decision record: the line network); lines of anything but an
ordinary page are found by Tesseract's layout."""

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

import cv2
import numpy as np
import tesserocr
from tesserocr import PT, RIL

from imaging.ocr.decoding import decode
from imaging.ocr.engine import EngineFault, EngineTimeout, Layout, ReadLine
from imaging.ocr.lines import find_lines
from imaging.ocr.net_file import NotReadable, load_network
from imaging.ocr.network import LateError, one_thread, recognise
from imaging.ocr.noise import around
from imaging.ocr.resident import MODES, Resident, show
from imaging.ocr.strips import Place, Strip, cut, ink_level, parted, whole
from imaging.ocr.tessdata import known_folder
from imaging.values import Pixels

LAYOUT_DPI = 150.0
"""Enough to find lines; a third less time than at 200 dpi, and not one line more or less on 20 real pages in 21."""
UPRIGHT = frozenset(
    {PT.FLOWING_TEXT, PT.HEADING_TEXT, PT.PULLOUT_TEXT, PT.EQUATION, PT.INLINE_EQUATION, PT.TABLE, PT.CAPTION_TEXT}
)


class _TurnedText(Exception):
    """Lines that run up or down the page."""


class Batched(Resident):
    """Tesseract reads itself what has lines of another direction. Not shared between threads."""

    def __init__(self, language: str = "vie") -> None:
        """Raises ``NotReadable`` where the language file holds another kind of network."""
        one_thread()
        self._network = load_network(known_folder((language,)) / f"{language}.traineddata")
        super().__init__(language)
        self.name = self.name.replace("(tesserocr)", "(tesserocr, lines together)")

    def recognise(self, picture: Pixels, dpi: float, layout: Layout, seconds: float) -> tuple[ReadLine, ...]:
        """See ``Engine``."""
        late = _limit(seconds)
        if layout == "line":
            return self._read([whole(picture, self._network.height)], late, seconds)
        try:
            rows = self._rows(picture, dpi, layout)
        except _TurnedText:
            return super().recognise(picture, dpi, layout, seconds)
        pieces = [(number, piece) for number, row in enumerate(rows) for piece in row]
        strips = cut(picture, [piece for _, piece in pieces], self._network.height)
        read = self._decoded(strips, late, seconds)
        return tuple(_joined([(number, line) for (number, _), line in zip(pieces, read, strict=True) if line is not None]))

    def recognise_lines(self, pictures: Sequence[Pixels], dpi: float, seconds: float) -> tuple[tuple[ReadLine, ...], ...]:
        """See ``Engine``. All together, whatever their resolution."""
        strips = [whole(picture, self._network.height) for picture in pictures]
        return tuple((line,) if line else () for line in self._decoded(strips, _limit(seconds), seconds))

    def _read(self, strips: Sequence[Strip], late: Callable[[], bool], seconds: float) -> tuple[ReadLine, ...]:
        return tuple(line for line in self._decoded(strips, late, seconds) if line is not None)

    def _decoded(self, strips: Sequence[Strip], late: Callable[[], bool], seconds: float) -> list[ReadLine | None]:
        try:
            scores = recognise(self._network, [strip.pixels for strip in strips], late)
        except LateError as slow:
            raise EngineTimeout(f"no result in {seconds:.1f} s") from slow
        return [decode(self._network, strip, one) for strip, one in zip(strips, scores, strict=True)]

    def _rows(self, picture: Pixels, dpi: float, layout: Layout) -> list[list[Place]]:
        """Lines from the top, each with its pieces from left to right. Tesseract finds what is not an ordinary page's."""
        rows = find_lines(picture, dpi) if layout == "page" else None
        if rows is None:
            limit = ink_level(picture)
            rows = [parted(picture, place, limit) for place in self._lines(picture, dpi, layout)]
        return rows

    def _lines(self, picture: Pixels, dpi: float, layout: Layout) -> list[Place]:
        zoom = min(1.0, LAYOUT_DPI / dpi)
        small = picture
        if zoom < 1:
            small = np.asarray(cv2.resize(picture, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA), np.uint8)
        self._api.SetPageSegMode(MODES[layout])
        show(self._api, small, dpi * zoom)
        try:
            walker = self._api.AnalyseLayout()
            return list(_places(walker, zoom)) if walker is not None else []
        except RuntimeError as failure:
            raise EngineFault(str(failure)) from failure
        finally:
            self._api.Clear()


def _joined(pieces: Sequence[tuple[int, ReadLine]]) -> Iterator[ReadLine]:
    """Pieces of one line as one line again."""
    for _, group in groupby(pieces, key=lambda piece: piece[0]):
        lines = [line for _, line in group]
        words = tuple(word for line in lines for word in line.words)
        yield ReadLine(words, around(words), lines[0].baseline) if len(lines) > 1 else lines[0]


def _limit(seconds: float) -> Callable[[], bool]:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end


def _places(walker: tesserocr.PyPageIterator, zoom: float) -> Iterator[Place]:
    for step in tesserocr.iterate_level(walker, RIL.TEXTLINE):
        kind = step.BlockType()
        if kind == PT.VERTICAL_TEXT:
            raise _TurnedText
        box, line = step.BoundingBox(RIL.TEXTLINE), step.Baseline(RIL.TEXTLINE)
        if kind in UPRIGHT and box and line:
            yield _place(box, line, zoom)


def _place(box: tuple[int, ...], line: tuple[tuple[int, int], tuple[int, int]], zoom: float) -> Place:
    (left, base), (right, end) = line
    slope = (end - base) / max(1, right - left)
    x0, y0, x1, y1 = (round(side / zoom) for side in box)
    return Place((x0, y0, x1, y1), ((base + (box[0] - left) * slope) / zoom, slope))


__all__ = ["Batched", "NotReadable"]
