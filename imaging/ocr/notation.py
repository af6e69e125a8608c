"""The notation of a heading (``/QĐ-UBND``) read again where the first reading was unsure: closer, and in several pictures.

No vocabulary holds codes, so agreement decides: of the readings, and of a reading's width with the letters' known widths."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from imaging.language.lookalikes import plain_letters
from imaging.ocr.engine import Engine, EngineFault
from imaging.ocr.gaps import em_of, em_width, notation_of, number_line
from imaging.ocr.prepare_ocr import Preparation, prepare_ocr
from imaging.values import Line, Raster, Word

DOUBTED = 0.75
WAYS = (Preparation("near", dpi=300.0), Preparation("nearer", dpi=400.0), Preparation("sharp", ink="sharp", dpi=300.0))
WHOLE = re.compile(r"^[/\-–][A-ZĐƯÔÂĂÊƠ]{1,6}[rg]?[A-ZĐƯÔ\d]*([-/–][A-ZĐƯÔÂ][\wĐđ]*)*$")
SECONDS = 3.0
WIDTH_OFF = 0.12
"""Share by which a reading may be wider or narrower than its letters."""
AGREED = 0.86
"""Confidence of a reading that two pictures and the width bear out."""


def read_notation(raster: Raster, engine: Engine, lines: Sequence[Line]) -> tuple[Line, ...]:
    """The lines with an unsure notation replaced by what most pictures show; anything else as it was."""
    done = list(lines)
    found = number_line(done, raster.height)
    if found is None:
        return tuple(done)
    row, place = found
    line, word = done[row], done[row].words[place]
    if notation_of(word.text) == word.text and word.confidence < DOUBTED:
        better = _vote(raster, engine, word, em_of(line))
        done[row] = replace(line, words=(*line.words[:place], better, *line.words[place + 1 :]))
    return tuple(done)


def _vote(raster: Raster, engine: Engine, word: Word, em: float) -> Word:
    readings: dict[str, list[float]] = {word.text: [word.confidence]}
    for text, sure in _readings(raster, engine, word):
        readings.setdefault(text, []).append(sure)
    whole = {text: sures for text, sures in readings.items() if WHOLE.match(text) and _fits(text, word, em)}
    if not whole:
        return word
    best = max(whole, key=lambda text: (len(whole[text]), max(whole[text])))
    sure = AGREED if len(whole[best]) > 1 else min(max(whole[best]), 0.55)
    return replace(word, text=best, confidence=max(sure, word.confidence if best == word.text else 0.0),
                   raw=word.raw or (word.text if best != word.text else ""))  # fmt: skip


def _fits(text: str, word: Word, em: float) -> bool:
    wide = word.box[2] - word.box[0]
    return abs(em_width(text) * em - wide) <= WIDTH_OFF * wide


def _readings(raster: Raster, engine: Engine, word: Word) -> Iterator[tuple[str, float]]:
    x0, y0, x1, y1 = word.box
    edge = round(0.25 * (y1 - y0))
    side = round(0.12 * (y1 - y0))  # less than the blank to the pen's figures
    cut = raster.pixels[max(0, y0 - edge) : y1 + edge, max(0, x0 - side) : x1 + edge]
    part = Raster(np.ascontiguousarray(cut), raster.dpi, raster.mode)
    for way in WAYS:
        prepared = prepare_ocr(part, way)
        framed = np.pad(prepared.picture, 20, constant_values=255)
        try:
            lines = engine.recognise(framed, prepared.dpi, "line", SECONDS)
        except EngineFault:
            continue
        words = [one.token for line in lines for one in line.words]
        text = re.sub(r"^[^/\-–]*(?=[/\-–])", "", plain_letters("".join(token.text for token in words))).rstrip(".,;:")
        if words:
            yield text, min(token.confidence for token in words)
