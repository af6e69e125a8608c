"""A page's way from pixels to text: prepare, recognise, drop noise, read weak lines again, mend, place."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import fmean

from imaging.language import Learned, known, mend, nfc
from imaging.ocr.again import read_again
from imaging.ocr.engine import Engine, EngineFault, EngineTimeout, ReadLine
from imaging.ocr.gaps import read_gaps
from imaging.ocr.handwriting import tell_handwriting
from imaging.ocr.joining import join_codes, join_syllables, part_words
from imaging.ocr.noise import drop_noise
from imaging.ocr.notation import read_notation
from imaging.ocr.prepare_ocr import PREPARATIONS, Preparation, Prepared, ink_share, prepare_ocr
from imaging.ocr.stamps import read_stamps
from imaging.ocr.tables import Table, find_tables, put_in, read_table, without_tables
from imaging.ocr.zones import with_date_line
from imaging.values import Box, Line, PageText, Pixels, Raster, Turn, Word

SECONDS = 30.0
"""Time limit of one recognition: thirty times the usual page."""
NO_INK = 2e-5
"""Ink share below which nothing is shown to the engine: six hundredths of one character on A4."""
ALL_INK = 0.8
"""Ink share above which no writing can be told from its ground."""


def read(
    raster: Raster,
    *,
    engine: Engine,
    language: bool = True,
    preparation: Preparation = PREPARATIONS[0],
    partner: Pixels | None = None,
    seconds: float = SECONDS,
    learned: Learned | None = None,
) -> PageText:
    """Reads an upright, straightened, cropped page. Boxes and baselines in px of ``raster``; text NFC.

    ``language``: whether the model of official Vietnamese mends the reading; every change is in ``changes``.
    ``preparation``: from ``preparations()``; the station climbs that ladder when a worker hangs or dies on this page.
    ``partner``: grey px of the sheet's other side, whose show-through is subtracted before reading.
    ``learned``: words people at this station confirmed.
    Never raises on a page's account: a failure is ``note`` = ``no_text``, ``timeout`` or ``failed``."""
    prepared = prepare_ocr(raster, preparation, partner=partner)
    if not NO_INK <= ink_share(prepared.picture) <= ALL_INK:
        return _finish(raster, engine, prepared, (), language=False)
    tables = find_tables(prepared.picture, prepared.dpi)
    rest = replace(prepared, picture=without_tables(prepared.picture, tables))
    try:
        lines = engine.recognise(rest.picture, rest.dpi, "page", seconds)
    except EngineTimeout:
        return _without_text(raster, engine, "timeout")
    except EngineFault:
        return _without_text(raster, engine, "failed")
    ruled = [(table, read_table(prepared.picture, prepared.dpi, table, engine, known)) for table in tables]
    return _finish(raster, engine, rest, lines, language, learned, ruled)


def _finish(
    raster: Raster,
    engine: Engine,
    prepared: Prepared,
    lines: tuple[ReadLine, ...],
    language: bool,
    learned: Learned | None = None,
    tables: Sequence[tuple[Table, Sequence[ReadLine]]] = (),
) -> PageText:
    whole = [part_words(join_syllables(join_codes(line))) for line in drop_noise(lines, known)]
    told = tell_handwriting(prepared.picture, whole, known)
    sure = read_again(raster, engine, prepared, told.lines) if language else list(told.lines)
    sure = put_in(sure, tables)
    tokens = [[word.token for word in line.words] for line in sure]
    texts = mend(tokens, learned=learned) if language else [[nfc(token.text) for token in line] for line in tokens]
    placed = tuple(_place(line, new, prepared.scale) for line, new in zip(sure, texts, strict=True))
    if language:
        placed = read_notation(raster, engine, read_gaps(raster, with_date_line(raster, engine, placed)))
    placed = (*placed, *_stamped(raster, engine, placed))
    return PageText(
        lines=placed,
        size=(raster.width, raster.height),
        dpi=fmean(raster.dpi),
        engine=engine.name,
        note="" if placed else "no_text",
        changes=tuple((word.raw, word.text, word.box) for line in placed for word in line.words if word.raw),
        tables=tuple(_back(table.box, prepared.scale) for table, _ in tables),
        handwriting=tuple(_back(box, prepared.scale) for box in told.regions),
    )


def _stamped(raster: Raster, engine: Engine, placed: Sequence[Line]) -> Iterator[Line]:
    """Red marks that the usual picture left out, after everything else."""
    found = read_stamps(raster, engine)
    if found is None:
        return
    prepared, stamps = found
    for stamp in stamps:
        line = _place(stamp, [nfc(word.token.text) for word in stamp.words], prepared.scale)
        if not any(_covers(word.box, line.box) for other in placed for word in other.words):
            yield line


def _covers(one: Box, two: Box) -> bool:
    """Whether the middle of the second lies in the first."""
    x, y = (two[0] + two[2]) / 2, (two[1] + two[3]) / 2
    return one[0] <= x <= one[2] and one[1] <= y <= one[3]


def _without_text(raster: Raster, engine: Engine, note: str) -> PageText:
    return PageText((), (raster.width, raster.height), fmean(raster.dpi), engine.name, note)


def _place(line: ReadLine, texts: Sequence[str], scale: tuple[float, float]) -> Line:
    sx, sy = scale
    words = tuple(
        Word(text, _back(word.box, scale), word.token.confidence, "" if text == word.token.text else word.token.text)
        for word, text in zip(line.words, texts, strict=True)
    )
    y, slope = line.baseline
    return Line(words, _back(line.box, scale), (y / sy, slope * sx / sy))


def _back(box: Box, scale: tuple[float, float]) -> Box:
    sx, sy = scale
    return round(box[0] / sx), round(box[1] / sy), round(box[2] / sx), round(box[3] / sy)


def osd(raster: Raster, *, engine: Engine) -> tuple[Turn, float]:
    """The clockwise turn that makes the page upright and the engine's confidence: no unit, 0 = could not tell.

    On correct answers the figure starts near 7; 5 is a sound limit together with the neighbours (QUALITY 3.3)."""
    prepared = prepare_ocr(raster, Preparation("turn", dpi=150.0))
    try:
        return engine.orientation(prepared.picture, prepared.dpi)
    except EngineTimeout:
        return 0, 0.0
