"""How much a person should doubt a page: one figure from its findings and confidences, and the order of the review desk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from imaging.values import Blank, Geometry
from qc.finding import Finding, Level
from qc.sampling import Doubtful

WEIGHT = {Level.ERROR: 0.75, Level.WARNING: 0.35, Level.INFO: 0.02}
GRAVE = frozenset({"page.truncated", "page.cut_text", "page.blur", "batch.gap", "batch.duplicate", "text.no_text"})
"""What cannot be mended from the image counts half as much again."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A page as the review desk sorts it. ``text``: mean confidence of its words, 0..1, None = not read."""

    page: int
    findings: Sequence[Finding]
    geometry: Geometry | None = None
    blank: Blank | None = None
    text: float | None = None


def score(page: Judged) -> float:
    """0 = nothing speaks against the page, 1 = surely bad. Doubts add up as if they were independent."""
    clean = 1.0
    for finding in page.findings:
        clean *= 1 - min(0.95, WEIGHT[finding.level] * (1.5 if finding.check in GRAVE else 1.0))
    for doubt in _uncertain(page):
        clean *= 1 - 0.3 * doubt
    return round(1 - clean, 4)


def _uncertain(page: Judged) -> list[float]:
    """1 - confidence of everything a machine decided on the page."""
    known = []
    if page.blank is not None:
        known.append(page.blank.confidence)
    if page.geometry is not None and not (page.blank and page.blank.value):
        known += [page.geometry.orientation.confidence, page.geometry.skew.confidence]
    if page.text is not None:
        known.append(page.text)
    return [1 - min(1.0, max(0.0, confidence)) for confidence in known]


def order(pages: Sequence[Judged]) -> list[tuple[int, float]]:
    """(page, score), most doubtful first; pages of equal doubt in their own order."""
    return sorted(((page.page, score(page)) for page in pages), key=lambda one: -one[1])


def for_sampling(pages: Sequence[Judged]) -> list[Doubtful]:
    """The same pages as ``qc.sampling.draw`` takes them."""
    return [
        Doubtful(page.page, score(page), any(finding.level is not Level.INFO for finding in page.findings)) for page in pages
    ]
