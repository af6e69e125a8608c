"""ISO 2859-1 single normal sampling, general level II, and what such a sample really proves.

Code letters and sample sizes as in ISO 2859-1; acceptance numbers checked by their operating characteristic (QUALITY 1.7).
Only pages drawn at random decide; flagged and doubtful pages are looked at besides, because chance would miss them.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, comb

AQLS = (0.65, 1.0, 1.5, 2.5)
"""Acceptance quality limits on offer, % of defective pages."""

_TABLE: tuple[tuple[int, str, tuple[tuple[int, int], ...]], ...] = (
    # largest lot, code letter, (n, Ac) per AQL; n of 0 = every page
    (8, "A", ((0, 0), (0, 0), (0, 0), (5, 0))),
    (15, "B", ((0, 0), (13, 0), (8, 0), (5, 0))),
    (25, "C", ((20, 0), (13, 0), (8, 0), (5, 0))),
    (50, "D", ((20, 0), (13, 0), (8, 0), (5, 0))),
    (90, "E", ((20, 0), (13, 0), (8, 0), (20, 1))),
    (150, "F", ((20, 0), (13, 0), (32, 1), (20, 1))),
    (280, "G", ((20, 0), (50, 1), (32, 1), (32, 2))),
    (500, "H", ((80, 1), (50, 1), (50, 2), (50, 3))),
    (1200, "J", ((80, 1), (80, 2), (80, 3), (80, 5))),
    (3200, "K", ((125, 2), (125, 3), (125, 5), (125, 7))),
    (10000, "L", ((200, 3), (200, 5), (200, 7), (200, 10))),
    (35000, "M", ((315, 5), (315, 7), (315, 10), (315, 14))),
)


class BadPlan(ValueError):
    """An AQL that is not on offer, or a lot without pages or above 35,000."""


class Decision(StrEnum):
    ACCEPT = "accept"
    REJECT = "reject"
    UNDECIDED = "undecided"
    """Not all random pages have been judged, and the defects found so far do not settle it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """``n`` pages of a lot of ``lot`` are drawn at random; up to ``accept`` defective ones are accepted, ``reject`` reject."""

    lot: int
    code: str
    aql: float
    n: int
    accept: int

    @property
    def reject(self) -> int:
        """Re = Ac + 1."""
        return self.accept + 1

    @property
    def whole_lot(self) -> bool:
        """Every page is looked at."""
        return self.n == self.lot


@dataclass(frozen=True, slots=True)
class Guarantee:
    """What accepting means. ``lq10``: the share of defective pages that would still pass one time in ten.
    ``passes_at``: chance of passing at 1, 2, 3, 5 % defective. ``clean_below``: with no defect found, the share that is
    excluded with 95 % confidence. All shares 0..1."""

    lq10: float
    passes_at: Mapping[float, float]
    clean_below: float


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A page as sampling sees it. ``score``: 0 clean .. 1 surely bad; ``flagged``: has a finding above information."""

    page: int
    score: float
    flagged: bool


@dataclass(frozen=True, slots=True)
class Sample:
    """Pages to look at. ``random`` decides; ``flagged`` and ``doubtful`` (lowest decile) are looked at besides.
    A page drawn at random stays in ``random`` even where it is flagged: else the draw would not be random."""

    plan: Plan
    random: tuple[int, ...]
    flagged: tuple[int, ...]
    doubtful: tuple[int, ...]

    @property
    def pages(self) -> tuple[int, ...]:
        """Every page to look at, once, in ascending order."""
        return tuple(sorted({*self.random, *self.flagged, *self.doubtful}))


def plan(lot: int, aql: float = 0.65) -> Plan:
    """The single normal plan of a lot. Raises BadPlan."""
    if aql not in AQLS:
        raise BadPlan(f"AQL {aql} is not on offer; choose one of {', '.join(map(str, AQLS))}")
    for largest, code, cells in _TABLE:
        if 0 < lot <= largest:
            n, accept = cells[AQLS.index(aql)]
            return Plan(lot, code, aql, lot, 0) if not n or n >= lot else Plan(lot, code, aql, n, accept)
    raise BadPlan(f"a lot of {lot} pages has no plan; 1 to {_TABLE[-1][0]} pages")


def draw(pages: Sequence[Doubtful], chosen: Plan, seed: int) -> Sample:
    """The stratified sample; the same ``seed`` draws the same pages, so that a record can be checked."""
    every = sorted(one.page for one in pages)
    drawn = tuple(sorted(random.Random(seed).sample(every, min(chosen.n, len(every)))))  # noqa: S311 - a lot, not a secret
    flagged = {one.page for one in pages if one.flagged}
    rest = sorted((one for one in pages if not one.flagged), key=lambda one: (-one.score, one.page))
    decile = rest[: ceil(len(rest) / 10)]
    doubtful = {one.page for one in decile if one.score > 0}
    return Sample(chosen, drawn, tuple(sorted(flagged - set(drawn))), tuple(sorted(doubtful - set(drawn))))


def decide(sample: Sample, verdicts: Mapping[int, bool]) -> Decision:
    """``verdicts``: page to True where it is defective. Only random pages count; without all of them none is accepted."""
    bad = sum(1 for page in sample.random if verdicts.get(page))
    if bad >= sample.plan.reject:
        return Decision.REJECT
    return Decision.ACCEPT if all(page in verdicts for page in sample.random) else Decision.UNDECIDED


def passing(chosen: Plan, share: float) -> float:
    """Chance that a lot with this share of defective pages is accepted: hypergeometric, the lot is finite."""
    bad = round(share * chosen.lot)
    ways = comb(chosen.lot, chosen.n)
    return sum(comb(bad, k) * comb(chosen.lot - bad, chosen.n - k) for k in range(chosen.accept + 1)) / ways


def binomial_passing(chosen: Plan, share: float) -> float:
    """The same for an endless lot: what the plan proves of the process that made it."""
    return sum(comb(chosen.n, k) * share**k * (1 - share) ** (chosen.n - k) for k in range(chosen.accept + 1))


def guarantee(chosen: Plan) -> Guarantee:
    """What an acceptance by this plan is worth, by the binomial law (the process, not only this lot)."""
    shares = (0.01, 0.02, 0.03, 0.05)
    if chosen.whole_lot:
        return Guarantee(0.0, dict.fromkeys(shares, 0.0), 0.0)
    return Guarantee(
        lq10=_share_passing(chosen, 0.10),
        passes_at={share: round(binomial_passing(chosen, share), 4) for share in shares},
        clean_below=1 - 0.05 ** (1 / chosen.n),
    )


def _share_passing(chosen: Plan, chance: float) -> float:
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if binomial_passing(chosen, middle) > chance else (low, middle)
    return round(high, 4)
