"""Every limit a check judges by: its value, its unit, and where it comes from. Nothing else in qc holds a limit of its own.

A profile or the configuration hands in a mapping of the names to change (``Limits.from_mapping``); the rest keep the defaults.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any


class BadLimit(ValueError):
    """A name that is no limit, or a value that is no number of 0 or more."""


@dataclass(frozen=True, slots=True)
class LimitLine:
    """One limit for a settings page or the documentation."""

    name: str
    value: float
    unit: str
    source: str


def _limit(default: float, unit: str, source: str) -> Any:
    return field(default=default, metadata={"unit": unit, "source": source})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of all checks. ``*_warn`` and ``*_error`` name the level they raise."""

    # the frame: what the image is
    dpi_error: float = _limit(200, "dpi", "TT 05/2025/TT-BNV Điều 8: administrative paper at 200 dpi or more")
    dpi_off_error: float = _limit(0.03, "share", "FADGI 2023 two stars: 3 % off the ordered resolution")
    dpi_unequal_warn: float = _limit(0.01, "share", "FADGI 2023 four stars: scale accuracy 1 %")
    size_off_warn: float = _limit(3.0, "mm", "paper class or batch mode within 3 mm")
    size_off_error: float = _limit(15.0, "mm", "half a finger: another paper, a sheet cut short, or a false resolution")
    size_least_error: float = _limit(30.0, "mm", "no sheet of a file is narrower")
    x_height_least: float = _limit(0.9, "mm", "smallest print in use; below it the stated resolution is suspect")
    x_height_most: float = _limit(4.0, "mm", "largest running text; above it the stated resolution is suspect")
    truncated_error: float = _limit(0.5, "mm", "measured: no clean page ends in decoder fill of half a millimetre")

    # the edge of the sheet
    cut_glyphs_warn: float = _limit(2, "marks", "measured: clean pages have none")
    cut_glyphs_error: float = _limit(4, "marks", "measured: a cut of 1 mm into text leaves six or more")
    cut_lines_warn: float = _limit(5, "lines", "five lines within 2.5 mm of the edge: margin collapsed")
    border_warn: float = _limit(1.5, "mm", "dark band beside the sheet deeper than a deliberate margin of the cut")
    border_left_warn: float = _limit(2.0, "mm", "dark band that the proposed cut leaves in: FADGI allows a 2 to 3 mm surround")

    # dirty glass
    streak_least: float = _limit(0.008, "share of paper brightness", "measured on twelve stocks without false alarm")
    streak_warn: float = _limit(0.012, "share of paper brightness", "visible at full size on white paper")
    streak_error: float = _limit(0.06, "share of paper brightness", "reaches the depth of faded ink; reads as a rule")

    # focus
    blur_warn: float = _limit(3.7, "px at 300 dpi, edge width", "measured: clean print 2.2 to 3.1, soft typewriter to 3.7")
    blur_error: float = _limit(4.2, "px at 300 dpi, edge width", "0.36 mm: a Gaussian of 1.5 px; small marks over vowels merge")
    blur_batch_ratio_warn: float = _limit(1.25, "times the batch's median", "carbon copies are soft by nature")
    local_blur_warn: float = _limit(1.3, "times the page's median", "measured: clean 1.01 to 1.05, a lifted band 1.42 to 1.89")
    motion_warn: float = _limit(1.30, "ratio of edge widths", "feed vibration smears one direction only")
    blur_least_edges: float = _limit(400, "px", "fewer edges cannot be judged")

    # light and ink
    clipped_warn: float = _limit(0.995, "share of paper px", "office scanners whiten paper on purpose; nearly all is loss")
    paper_dark_warn: float = _limit(70.0, "L*", "below it the paper itself is underexposed")
    paper_dark_error: float = _limit(45.0, "L*", "ink on such paper has no room left")
    black_clip_warn: float = _limit(0.9, "share of ink px", "strokes filled to solid black: small counters close")
    contrast_warn: float = _limit(0.35, "share of paper brightness", "nine tenths of the ink is paler than this: faded")
    contrast_error: float = _limit(0.14, "share of paper brightness", "recognition and reading fail")
    cast_warn: float = _limit(8.0, "dE a*b*", "without a batch to compare with only a gross tint is a cast")
    cast_batch_warn: float = _limit(4.0, "dE a*b*", "step against the batch's median: lamp or calibration drifted")
    noise_warn: float = _limit(4.0, "L*", "FADGI 2023 one star: noise under 4 L*")
    noise_error: float = _limit(8.0, "L*", "twice the weakest grade anybody accepts")

    # geometry
    skew_info: float = _limit(1.0, "degrees", "FADGI: shot to within one degree; the access copy is straightened")
    skew_warn: float = _limit(3.0, "degrees", "a sheet fed this crooked is often cut or creased")
    skew_error: float = _limit(10.0, "degrees", "beyond what is straightened without a person's look")
    turn_confidence: float = _limit(0.5, "0..1", "below it the page is left as it is and shown")

    # the sheet itself
    show_through_warn: float = _limit(0.08, "share of the other side's ink", "measured: 6 % veil reads 0.07 to 0.10")
    show_through_correlation: float = _limit(0.25, "correlation", "below it the faint marks are not the other side's")
    show_through_error: float = _limit(0.30, "share of the other side's ink", "print of both sides mingles")
    corner_warn: float = _limit(12.0, "mm2", "a dog-ear of 5 mm")
    corner_error: float = _limit(50.0, "mm2", "a dog-ear of 10 mm reaches into the margin's notes")
    foreign_warn: float = _limit(80.0, "mm2", "a finger tip")
    moire_warn: float = _limit(0.05, "share of windows", "regular beat over more than 5 % of the half-tone")
    jpeg_quality_warn: float = _limit(80, "IJG quality", "below it ringing stands around small diacritics")
    jpeg_quality_error: float = _limit(50, "IJG quality", "blocks are seen at full size")
    jpeg_grid_warn: float = _limit(1.05, "ratio", "measured: never compressed 1.00 to 1.02, quality 95 1.07 to 1.12")

    # text
    text_confidence_warn: float = _limit(0.75, "0..1", "mean word confidence")
    text_confidence_error: float = _limit(0.50, "0..1", "mean word confidence; most words are wrong")
    diacritics_warn: float = _limit(0.08, "share of letters", "Vietnamese prose marks a fifth to a third of its letters")

    # the batch
    duplicate_error: float = _limit(0.93, "correlation", "measured: the same sheet again 0.97 or more")
    duplicate_info: float = _limit(0.86, "correlation", "measured: the same form with other words 0.86 or less")
    duplicate_bits: float = _limit(64, "bits of 256", "measured: the same sheet again 34 or fewer")
    length_off_warn: float = _limit(5.0, "mm", "two overlapping sheets are longer than one")

    # the scanner itself, from the pages it makes
    device_streak_pages: float = _limit(3, "pages", "the same column on three pages in a row is dirt on the glass, not print")
    device_streak_gone: float = _limit(5, "pages", "as many clean pages in a row: it has fallen off by itself")
    device_streak_warn: float = _limit(0.01, "share of paper brightness", "1 %: clean the glass")
    device_streak_error: float = _limit(0.02, "share of paper brightness", "2 %: stop production until it is clean")
    device_skew_warn: float = _limit(0.3, "degrees", "sheets used to come straighter: rollers or guides")
    device_length_warn: float = _limit(0.005, "share", "half the scale error FADGI allows four stars")
    device_length_error: float = _limit(0.01, "share", "FADGI 2023 four stars: scale accuracy 1 %")
    device_colour_warn: float = _limit(2.0, "dE", "between the two sides of a sheet, against the first pages")
    device_colour_error: float = _limit(4.0, "dE", "a step anybody sees: lamp or calibration drifted")
    device_noise_warn: float = _limit(0.5, "L*", "one side grainier than the other, against the first pages")

    # the scanner itself, from its target sheet
    target_scale_error: float = _limit(0.01, "share", "FADGI 2023 four stars: scale accuracy 1 %")
    target_scale_drift_error: float = _limit(0.005, "share", "against the scanner's own baseline")
    target_ratio_error: float = _limit(0.003, "share", "length against width, against the baseline")
    target_square_error: float = _limit(0.1, "degrees", "feed against sensor row")
    target_sharpness_error: float = _limit(0.85, "share of the baseline", "MTF10 at each edge, and worst against best edge")
    target_modulation_error: float = _limit(1.05, "ratio", "sharpening: FADGI 2023 four stars")
    target_registration_error: float = _limit(0.5, "px", "red, green and blue edges apart")
    target_uniform_error: float = _limit(0.02, "share", "spread of the white over the sheet")
    target_noise_error: float = _limit(2.0, "L*", "noise of the white")
    target_white_error: float = _limit(2.0, "dE a*b*", "white balance against the baseline")
    target_level_error: float = _limit(3.0, "L*", "white, middle and black patch against the baseline")
    target_streak_error: float = _limit(0.01, "share of paper brightness", "a column that deviates over the whole sheet")

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
                raise BadLimit(f"limit {one.name}: {value!r} is no number of 0 or more")

    @classmethod
    def from_mapping(cls, changed: Mapping[str, float]) -> Limits:
        """The defaults with ``changed`` laid over them. Raises BadLimit for an unknown name or a value that is no number."""
        known = {one.name for one in fields(cls)}
        for name in changed:
            if name not in known:
                raise BadLimit(f"no limit is called {name!r}; known: {', '.join(sorted(known))}")
        return replace(cls(), **changed)

    @classmethod
    def describe(cls, limits: Limits | None = None) -> Iterator[LimitLine]:
        """Every limit with its unit and source, in the order above."""
        of = limits or cls()
        for one in fields(cls):
            yield LimitLine(one.name, float(getattr(of, one.name)), one.metadata["unit"], one.metadata["source"])
