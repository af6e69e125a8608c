"""A scanner's health, read from the pages it makes: values in, judgements out.

Dirt on the glass stands at the same column page after page; print and paper do not. Slow changes are told from other paper
by three means: colour and noise are compared between the two sides of the same sheet, where the paper cancels; length only
where the width says it is a sheet of known size; and every trend must show in each of the last two batches by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.values import Crop, Geometry
from qc.finding import Finding, Level
from qc.limits import Limits
from qc.look import Look, above

SAME_MM = 0.1
"""Columns this close are the same place: one pixel at 300 dpi."""
SURE_SIDE = 0.6
A4_MM = (210.0, 297.0)
A4_WIDTH_MM = 1.5
A4_LENGTH = 0.03
BATCHES = 2
BATCH_PAGES = 10
"""A batch with fewer measured pages says nothing of its own."""
BASE_LEAST = 50
BASE_MOST = 200
SURE = 3.0
"""Standard errors that a shift must exceed."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Mark:
    """A streak on one page. ``mm``: its middle from the left of the scan as the scanner gave it. ``wide``: mm.
    ``amplitude``: share of the paper's brightness, below 0 = darker. ``reach``: share of the page's height."""

    mm: float
    wide: float
    amplitude: float
    reach: float

    def same_place(self, mm: float, wide: float) -> bool:
        return abs(self.mm - mm) <= SAME_MM + max(self.wide, wide) / 2 and abs(self.mm - mm) <= 1.0


@dataclass(frozen=True, slots=True)
class Sample:
    """What one page says of the machine; None = not to be told on this page. ``scan``: width and height of the scan, mm.
    ``skew``: degrees. ``sheet``: width and height of the paper, mm. ``paper``: L*, a*, b*. ``noise``: L*."""

    scan: tuple[float, float]
    marks: tuple[Mark, ...] | None = None
    skew: float | None = None
    sheet: tuple[float, float] | None = None
    paper: tuple[float, float, float] | None = None
    noise: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Compact: a few hundred bytes, two thousand times a side."""
        marks = None if self.marks is None else [[one.mm, one.wide, one.amplitude, one.reach] for one in self.marks]
        pairs = {"scan": self.scan, "sheet": self.sheet, "paper": self.paper}
        listed = {name: list(value) if value else None for name, value in pairs.items()}
        whole = {**listed, "marks": marks, "skew": self.skew, "noise": self.noise}
        return {name: value for name, value in whole.items() if value is not None}

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> Sample:
        marks, sheet, paper = told.get("marks"), told.get("sheet"), told.get("paper")
        return cls(
            scan=(told["scan"][0], told["scan"][1]),
            marks=None if marks is None else tuple(Mark(*one) for one in marks),
            skew=told.get("skew"),
            sheet=(sheet[0], sheet[1]) if sheet else None,
            paper=(paper[0], paper[1], paper[2]) if paper else None,
            noise=told.get("noise"),
        )


def sample(look: Look, measured: Geometry) -> Sample | None:
    """From what the checks of the page have measured already; None where that failed. ``measured``: the machine's own
    geometry, no person's."""
    try:
        return _sampled(look, measured)
    except (ArithmeticError, LookupError, ValueError, cv2.error):
        return None


def _sampled(look: Look, measured: Geometry) -> Sample:
    raster, shades = look.raster, look.raster.mode != "bitonal"
    x_mm, y_mm = 25.4 / raster.dpi[0], 25.4 / raster.dpi[1]
    light = look.light
    color = raster.mode == "color" and light.paper_share > 0.2
    return Sample(
        scan=(round(raster.width * x_mm, 2), round(raster.height * y_mm, 2)),
        marks=_marks(look, x_mm) if shades else None,
        skew=round(measured.skew.degrees, 3) if measured.skew.confidence > 0 else None,
        sheet=_sheet(measured.crop, x_mm, y_mm),
        paper=(round(light.paper, 2), round(light.tint[0], 2), round(light.tint[1], 2)) if color else None,
        noise=round(look.noise, 3) if shades and look.noise is not None else None,
    )


def _marks(look: Look, x_mm: float) -> tuple[Mark, ...]:
    return tuple(
        Mark(round((one.x + one.width / 2) * x_mm, 2), round(one.width * x_mm, 2), round(one.amplitude, 4), round(one.reach, 2))
        for one in look.streaks[:8]
    )


def _sheet(crop: Crop, x_mm: float, y_mm: float) -> tuple[float, float] | None:
    """Width and length of the paper between its own edges, mm; None unless all four were seen."""
    if len(crop.corners) != 4 or min(crop.sides) < SURE_SIDE:
        return None
    tl, tr, br, bl = (np.array(corner) * (x_mm, y_mm) for corner in crop.corners)
    wide = (np.linalg.norm(tr - tl) + np.linalg.norm(br - bl)) / 2
    high = (np.linalg.norm(bl - tl) + np.linalg.norm(br - tr)) / 2
    return round(float(wide), 2), round(float(high), 2)


@dataclass(frozen=True, slots=True)
class Seen:
    """A sample with the page, sheet and batch it comes from. Pages are counted in the order they were captured."""

    page: int
    sheet: int
    batch: int
    sample: Sample


# -- dirt ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Dirt:
    """A streak that stands. ``mm`` and ``scan``: its place and the width of the scan, mm. ``amplitude``: signed median.
    ``pages``: how many in a row showed it; ``since``: the first of them; ``last``: the newest."""

    mm: float
    wide: float
    scan: float
    amplitude: float
    pages: int
    since: int
    last: int
    level: Level

    @property
    def hint(self) -> str:
        return "dark" if self.amplitude < 0 else "light"

    def finding(self, limits: Limits) -> Finding:
        return Finding("device.streak", self.level, abs(self.amplitude), limits.device_streak_warn, None, self.hint)


@dataclass
class _Track:
    since: int
    seen: list[Mark] = field(default_factory=list)
    scan: float = 0.0
    missed: int = 0
    stands: bool = False
    last: int = 0

    @property
    def mm(self) -> float:
        return float(np.median([mark.mm for mark in self.seen]))

    @property
    def amplitude(self) -> float:
        return float(np.median([mark.amplitude for mark in self.seen]))

    def takes(self, mark: Mark) -> bool:
        wide = float(np.median([one.wide for one in self.seen]))
        return (mark.amplitude < 0) == (self.seen[0].amplitude < 0) and mark.same_place(self.mm, wide)


def dirt(pages: Iterable[Seen], limits: Limits) -> list[Dirt]:
    """Streaks that stand on the glass of one side, strongest first. ``pages``: since its last cleaning, oldest first.

    One stands once as many pages in a row showed it as the limit says, and until as many in a row have not."""
    tracks: list[_Track] = []
    for seen in pages:
        if seen.sample.marks is not None:
            tracks = _followed(tracks, seen, limits)
    found = [_as_dirt(track, limits) for track in tracks if track.stands]
    return sorted((one for one in found if one is not None), key=lambda one: -abs(one.amplitude))


def _followed(tracks: list[_Track], seen: Seen, limits: Limits) -> list[_Track]:
    free = list(seen.sample.marks or ())
    for track in tracks:
        mark = next((one for one in free if track.takes(one)), None)
        if mark is None:
            track.missed += 1
            continue
        free.remove(mark)
        track.seen.append(mark)
        track.last, track.scan, track.missed = seen.page, seen.sample.scan[0], 0
        track.stands |= len(track.seen) >= limits.device_streak_pages
    kept = [track for track in tracks if track.missed == 0 or (track.stands and track.missed < limits.device_streak_gone)]
    return kept + [_Track(seen.page, [mark], seen.sample.scan[0], 0, False, seen.page) for mark in free]


def _as_dirt(track: _Track, limits: Limits) -> Dirt | None:
    level = above(abs(track.amplitude), limits.device_streak_warn, limits.device_streak_error)
    if level is None:
        return None
    wide = float(np.median([mark.wide for mark in track.seen]))
    return Dirt(
        round(track.mm, 1), wide, track.scan, round(track.amplitude, 4), len(track.seen), track.since, track.last, level
    )


@dataclass(frozen=True, slots=True)
class Proof:
    """What the pages after a cleaning say of a streak that stood before. ``state``: waiting, gone, still.
    ``after``: its amplitude now (0 once gone). ``pages``: how many have been seen since."""

    mm: float
    before: float
    after: float
    state: str
    pages: int


def proof(mm: float, wide: float, before: float, pages: Sequence[Seen], limits: Limits) -> Proof:
    """``pages``: of the same side since the cleaning, oldest first; the first few of them decide."""
    wanted = round(limits.device_streak_pages)
    marks = [seen.sample.marks for seen in pages if seen.sample.marks is not None][:wanted]
    hits = [mark.amplitude for found in marks for mark in found if mark.same_place(mm, wide)]
    if 2 * len(hits) > wanted:
        return Proof(mm, before, float(np.median(hits)), "still", len(marks))
    return Proof(mm, before, 0.0, "gone" if len(marks) >= wanted else "waiting", len(marks))


# -- slow change ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Trend:
    """``check``: device.skew, device.length, device.colour or device.noise. ``value``: how far the last batches have moved
    from the first pages, None while there are too few. ``level``: None = within its limits. ``pages``: measured in all."""

    check: str
    value: float | None
    limit: float
    level: Level | None
    hint: str
    pages: int

    def finding(self) -> Finding:
        assert self.level is not None
        return Finding(self.check, self.level, self.value, self.limit, None, self.hint)


@dataclass(frozen=True, slots=True)
class _Series:
    """Values (n, k) of n pages in order of capture, with their batches."""

    batches: NDArray[np.int64]
    values: Floats


def trends(front: Sequence[Seen], back: Sequence[Seen], limits: Limits) -> list[Trend]:
    """Every slow change of a feeder. ``front``, ``back``: pages since its last service, oldest first: at least the first two
    hundred and the last few batches; ``back`` may be empty."""
    return [
        _skew(front, limits),
        _skew_spread(front, limits),
        _length(front, limits),
        _colour(front, back, limits),
        _noise(front, back, limits),
    ]


def _skew(pages: Sequence[Seen], limits: Limits) -> Trend:
    series = _series((seen, (seen.sample.skew,)) for seen in pages if seen.sample.skew is not None)
    moved = _moved(series, _middle)
    value = None if moved is None else float(np.linalg.norm(moved))
    level = None if value is None else above(value, limits.device_skew_warn)
    return Trend("device.skew", value, limits.device_skew_warn, level, "", len(series.values))


def _skew_spread(pages: Sequence[Seen], limits: Limits) -> Trend:
    series = _series((seen, (seen.sample.skew,)) for seen in pages if seen.sample.skew is not None)
    moved = _moved(series, _spread)
    value = None if moved is None else max(0.0, float(moved[0]))
    level = None if value is None else above(value, limits.device_skew_warn)
    return Trend("device.skew", value, limits.device_skew_warn, level, "spread", len(series.values))


def _length(pages: Sequence[Seen], limits: Limits) -> Trend:
    stretched = ((seen, _stretch(seen.sample.sheet)) for seen in pages)
    series = _series((seen, (value,)) for seen, value in stretched if value is not None)
    moved = _moved(series, _middle)
    signed = None if moved is None else float(moved[0])
    level = None if signed is None else above(abs(signed), limits.device_length_warn, limits.device_length_error)
    hint = "short" if signed is not None and signed < 0 else "long"
    return Trend(
        "device.length", None if signed is None else abs(signed), limits.device_length_warn, level, hint, len(series.values)
    )


def _stretch(sheet: tuple[float, float] | None) -> float | None:
    """Length against width of a sheet that is A4 across, as a share above 1: the feed moves it, trimming both ways does not."""
    if sheet is None:
        return None
    for wide, high in (A4_MM, A4_MM[::-1]):
        if abs(sheet[0] - wide) <= A4_WIDTH_MM and abs(sheet[1] / high - 1) <= A4_LENGTH:
            return (sheet[1] / high) / (sheet[0] / wide) - 1
    return None


def _colour(front: Sequence[Seen], back: Sequence[Seen], limits: Limits) -> Trend:
    series = _pairs(front, back, lambda one: one.paper)
    moved = _moved(series, _middle)
    value = None if moved is None else float(np.linalg.norm(moved))
    level = None if value is None else above(value, limits.device_colour_warn, limits.device_colour_error)
    return Trend("device.colour", value, limits.device_colour_warn, level, "", len(series.values))


def _noise(front: Sequence[Seen], back: Sequence[Seen], limits: Limits) -> Trend:
    series = _pairs(front, back, lambda one: None if one.noise is None else (one.noise,))
    moved = _moved(series, _middle)
    signed = None if moved is None else float(moved[0])
    level = None if signed is None else above(abs(signed), limits.device_noise_warn)
    hint = "back" if signed is not None and signed < 0 else "front"
    return Trend(
        "device.noise", None if signed is None else abs(signed), limits.device_noise_warn, level, hint, len(series.values)
    )


def _pairs(front: Sequence[Seen], back: Sequence[Seen], of: Callable[[Sample], tuple[float, ...] | None]) -> _Series:
    """Front less back of the same sheet: the paper cancels."""
    behind = {seen.sheet: of(seen.sample) for seen in back}
    found = ((seen, of(seen.sample), behind.get(seen.sheet)) for seen in front)
    return _series((seen, tuple(a - b for a, b in zip(one, other, strict=True))) for seen, one, other in found if one and other)


def _series(rows: Iterable[tuple[Seen, tuple[float | None, ...]]]) -> _Series:
    kept = list(rows)
    values = np.array([value for _, value in kept], np.float64)
    batches = np.array([seen.batch for seen, _ in kept], np.int64)
    return _Series(batches, values.reshape(len(kept), -1) if kept else values.reshape(0, 1))


def _middle(values: Floats) -> Floats:
    return np.asarray(np.median(values, axis=0), np.float64)


def _spread(values: Floats) -> Floats:
    """Robust standard deviation."""
    return np.asarray(1.4826 * np.median(np.abs(values - np.median(values, axis=0)), axis=0), np.float64)


def _moved(series: _Series, statistic: Callable[[Floats], Floats]) -> Floats | None:
    """How far each of the last batches has moved from the first pages, at least: the smallest move of them all, zero where
    they do not agree or where chance explains it. None while there are too few pages or batches."""
    recent = _last_batches(series.batches)
    if len(recent) < BATCHES:
        return None
    begin = int(np.flatnonzero(np.isin(series.batches, recent))[0])
    base = series.values[: min(begin, BASE_MOST)]
    if len(base) < BASE_LEAST:
        return None
    moves = [statistic(series.values[series.batches == batch]) - statistic(base) for batch in recent]
    spread = np.linalg.norm(_spread(base))
    chance = SURE * 1.2533 * max(float(spread), 1e-9) / np.sqrt(min((series.batches == batch).sum() for batch in recent))
    least = min(moves, key=lambda move: float(np.linalg.norm(move)))
    agree = all(float(move @ least) > 0 for move in moves)
    return least if agree and float(np.linalg.norm(least)) > chance else np.zeros_like(least)


def _last_batches(batches: NDArray[np.int64]) -> list[int]:
    """The newest batches with enough pages, newest first."""
    found: list[int] = []
    for batch in dict.fromkeys(batches[::-1].tolist()):
        if int((batches == batch).sum()) >= BATCH_PAGES:
            found.append(int(batch))
        if len(found) == BATCHES:
            break
    return found
