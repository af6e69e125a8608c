"""What a check of a page gets to see, and what it may be told to expect."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from imaging.measures.jpeg import JpegFacts
from imaging.measures.light import Light, light, noise
from imaging.measures.streaks import Streak, streaks
from imaging.prepare import Prepared
from imaging.values import Blank, Box, Geometry, Mode, Raster
from qc.finding import Finding, Level
from qc.limits import Limits

Size = tuple[float, float]
"""Width and height of a sheet, mm."""

PAPERS: dict[str, Size] = {
    "a3": (297, 420), "a4": (210, 297), "a5": (148, 210), "a6": (105, 148), "f4": (210, 330),
    "letter": (215.9, 279.4), "legal": (215.9, 355.6),
}  # fmt: skip
"""Paper in Vietnamese files; either way up."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the capture profile ordered and what the batch has shown so far; None = nothing to compare with.

    ``batch_*``: medians of the same scanner, side and stock: edge width (px at 300 dpi), paper tint (a*, b*)."""

    dpi: float | None = None
    mode: Mode | None = None
    paper: Size | None = None
    batch_edge_width: float | None = None
    batch_tint: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What the file and the scanner said. ``complete``: the data end where they should; None = unknown."""

    complete: bool | None = None
    declared_rows: int | None = None
    received_rows: int | None = None
    claims_lossless: bool = False
    jpeg: JpegFacts | None = None


@dataclass(frozen=True)
class Look:
    """One page before its checks. ``raster`` is the master as given; boxes of findings are in its px."""

    raster: Raster
    prepared: Prepared
    geometry: Geometry
    blank: Blank
    limits: Limits = field(default_factory=Limits)
    expected: Expected = field(default_factory=Expected)
    partner: Prepared | None = None
    facts: FileFacts = field(default_factory=FileFacts)

    @cached_property
    def sheet(self) -> Box:
        """The sheet in the master, px: the crop where it is trusted, else the whole image."""
        whole = (0, 0, self.raster.width, self.raster.height)
        x0, y0, x1, y1 = self.geometry.crop.box
        box = max(0, x0), max(0, y0), min(whole[2], x1), min(whole[3], y1)
        trusted = self.geometry.crop.confidence > 0 and box[2] - box[0] > 16 and box[3] - box[1] > 16
        return box if trusted else whole

    @cached_property
    def working_sheet(self) -> Box:
        """The sheet in working px."""
        (sx, sy), (width, height) = self.prepared.scale, self.prepared.size
        x0, y0, x1, y1 = self.sheet
        return round(x0 * sx), round(y0 * sy), max(1, min(width, round(x1 * sx))), max(1, min(height, round(y1 * sy)))

    @cached_property
    def light(self) -> Light:
        """Exposure and tint, measured once."""
        return light(self.prepared)

    @cached_property
    def noise(self) -> float | None:
        """Noise of the paper, L*, measured once; None without paper."""
        return noise(self.prepared)

    @cached_property
    def streaks(self) -> tuple[Streak, ...]:
        """Streaks, strongest first, measured once."""
        return tuple(streaks(self.prepared, self.limits.streak_least))

    @property
    def sheet_mm(self) -> Size:
        """Width and height of the sheet, mm."""
        x0, y0, x1, y1 = self.sheet
        return (x1 - x0) / self.raster.dpi[0] * 25.4, (y1 - y0) / self.raster.dpi[1] * 25.4

    def place(self, working: Box | None) -> Box | None:
        """A box of working px in px of the master."""
        return None if working is None else self.prepared.to_master(working)


def above(value: float, warn: float, error: float | None = None) -> Level | None:
    """The level of a value that should stay small; None = within its limits."""
    if error is not None and value > error:
        return Level.ERROR
    return Level.WARNING if value > warn else None


def below(value: float, warn: float, error: float | None = None) -> Level | None:
    """The level of a value that should stay large; None = within its limits."""
    if error is not None and value < error:
        return Level.ERROR
    return Level.WARNING if value < warn else None


def judged(
    check: str, value: float, level: Level | None, limit: float, *, box: Box | None = None, hint: str = ""
) -> list[Finding]:
    """One finding, or none when the value is within its limits."""
    return [] if level is None else [Finding(check, level, round(float(value), 4), limit, box, hint)]
