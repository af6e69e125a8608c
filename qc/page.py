"""Judges one page. Never raises, never fixes; a check that cannot measure says ``page.not_measured`` and the next one runs."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from time import perf_counter

import cv2

from imaging.prepare import Prepared
from imaging.values import Blank, Geometry, Raster
from qc.checks import edge, frame, glass, quality, state
from qc.finding import Finding, Level
from qc.limits import Limits
from qc.look import Expected, FileFacts, Look

Check = Callable[[Look], list[Finding]]

INSTANT: dict[str, Check] = {
    "truncated": frame.truncated,
    "resolution": frame.resolution,
    "colour": frame.colour,
    "size": frame.size,
    "blank": state.blank,
    "streak": glass.streak,
    "cut": edge.cut,
    "black_border": edge.black_border,
}
"""While the sheet is still in the tray: is the image whole, of the right kind, blank, streaked, cut off?"""

ALL: dict[str, Check] = {
    **INSTANT,
    "letter_size": frame.letter_size,
    "skew": state.skew,
    "orientation": state.orientation,
    "blur": quality.blur,
    "exposure": quality.exposure,
    "faint": quality.faint,
    "noise": quality.grain,
    "colour_cast": quality.colour_cast,
    "show_through": quality.show_through,
    "jpeg": quality.compression,
    "fold": quality.fold,
    "foreign_object": quality.foreign_object,
    "moire": quality.beat,
}


def check_page(  # noqa: PLR0913 - what is known of a page comes from six places; each may be missing
    raster: Raster,
    prepared: Prepared,
    geometry: Geometry,
    blank: Blank,
    *,
    limits: Limits | None = None,
    expected: Expected | None = None,
    partner: Prepared | None = None,
    file_facts: FileFacts | None = None,
    checks: dict[str, Check] = ALL,
    timings: MutableMapping[str, float] | None = None,
) -> list[Finding]:
    """Findings of one page, gravest first. ``raster``: the master as given; boxes are in its px. ``partner``: the sheet's
    other side. ``checks``: ``INSTANT`` or ``ALL``. ``timings``, if given, receives ms per check."""
    look = Look(
        raster, prepared, geometry, blank, limits or Limits(), expected or Expected(), partner, file_facts or FileFacts()
    )
    return check_look(look, checks=checks, timings=timings)


def check_look(
    look: Look, *, checks: dict[str, Check] = ALL, timings: MutableMapping[str, float] | None = None
) -> list[Finding]:
    """:func:`check_page` of a look made by the caller, who may ask it afterwards for what was measured."""
    found = [finding for name, check in checks.items() for finding in _run(name, check, look, timings)]
    return sorted(found, key=lambda finding: GRAVITY[finding.level])


GRAVITY = {Level.ERROR: 0, Level.WARNING: 1, Level.INFO: 2}


def _run(name: str, check: Check, look: Look, timings: MutableMapping[str, float] | None) -> list[Finding]:
    start = perf_counter()
    try:
        return check(look)
    except (ArithmeticError, LookupError, ValueError, cv2.error):
        return [Finding("page.not_measured", Level.INFO, None, None, None, name)]
    finally:
        if timings is not None:
            timings[name] = (perf_counter() - start) * 1000
