"""Sampling by ISO 2859-1: the table, the draw, the decision, and what it really proves."""

import pytest

from imaging.values import Blank, Crop, Geometry, Orientation, Skew
from qc.doubt import Judged, for_sampling, order, score
from qc.finding import Finding, Level
from qc.sampling import AQLS, BadPlan, Decision, Doubtful, binomial_passing, decide, draw, guarantee, passing, plan


@pytest.mark.parametrize(
    ("lot", "aql", "code", "n", "accept"),
    [(1000, 0.65, "J", 80, 1), (1000, 2.5, "J", 80, 5), (40, 1.0, "D", 13, 0), (300, 1.5, "H", 50, 2), (5000, 1.0, "L", 200, 5),
     (10, 0.65, "B", 10, 0), (13, 1.0, "B", 13, 0), (8, 2.5, "A", 5, 0), (20000, 2.5, "M", 315, 14)],
)  # fmt: skip
def test_the_plan_of_a_lot(lot: int, aql: float, code: str, n: int, accept: int) -> None:
    chosen = plan(lot, aql)
    assert (chosen.code, chosen.n, chosen.accept, chosen.reject) == (code, n, accept, accept + 1)


@pytest.mark.parametrize("aql", AQLS)
@pytest.mark.parametrize("lot", [8, 15, 25, 50, 90, 150, 280, 500, 1200, 3200, 10000, 35000])
def test_a_lot_as_good_as_its_aql_is_mostly_accepted(lot: int, aql: float) -> None:
    """The operating characteristic that every cell of the standard's table has: 0.86 to 0.99 at the AQL."""
    chosen = plan(lot, aql)
    if not chosen.whole_lot:
        assert 0.86 <= binomial_passing(chosen, aql / 100) <= 0.995


def test_what_a_plan_proves_is_told_honestly() -> None:
    """QUALITY 1.7: n=80, Ac=1 passes a batch with 3 % bad 30 % of the time and has LQ10 4.8 %; n=200, Ac=3: 3.3 %."""
    worth = guarantee(plan(1000, 0.65))
    assert worth.passes_at[0.03] == pytest.approx(0.30, abs=0.01) and worth.lq10 == pytest.approx(0.048, abs=0.001)
    assert guarantee(plan(5000, 0.65)).lq10 == pytest.approx(0.033, abs=0.001)
    assert worth.clean_below == pytest.approx(1 - 0.05 ** (1 / 80))
    whole = guarantee(plan(10, 0.65))
    assert (whole.lq10, whole.clean_below, set(whole.passes_at.values())) == (0.0, 0.0, {0.0})


def test_a_finite_lot_passes_less_often_than_an_endless_one() -> None:
    chosen = plan(100, 2.5)
    assert passing(chosen, 0.05) < binomial_passing(chosen, 0.05) + 0.02
    assert passing(chosen, 0.0) == 1.0


@pytest.mark.parametrize(("lot", "aql"), [(0, 1.0), (50000, 1.0), (100, 3.0)])
def test_what_is_not_on_offer_is_refused(lot: int, aql: float) -> None:
    with pytest.raises(BadPlan):
        plan(lot, aql)


def test_the_draw_repeats_with_its_seed_and_flags_do_not_bend_it() -> None:
    pages = [Doubtful(at, score=at / 400, flagged=at % 25 == 0) for at in range(400)]
    sample = draw(pages, plan(400), seed=9)
    assert sample == draw(pages, plan(400), seed=9) != draw(pages, plan(400), seed=10)
    assert len(sample.random) == 80 and set(sample.flagged) | set(sample.random) >= set(range(0, 400, 25))
    assert sample.random == draw([Doubtful(at, 0, flagged=False) for at in range(400)], plan(400), seed=9).random
    assert {at for at in range(361, 400) if at % 25} <= set(sample.pages)


def test_only_random_pages_decide() -> None:
    sample = draw([Doubtful(at, 0, flagged=at < 50) for at in range(400)], plan(400), seed=1)
    good = dict.fromkeys(sample.random, False)
    assert decide(sample, good | dict.fromkeys(sample.flagged, True)) is Decision.ACCEPT
    assert decide(sample, {sample.random[0]: False}) is Decision.UNDECIDED
    assert decide(sample, good | dict.fromkeys(sample.random[:1], True)) is Decision.ACCEPT
    assert decide(sample, dict.fromkeys(sample.random[:2], True)) is Decision.REJECT


def finding(check: str, level: Level) -> Finding:
    return Finding(check, level)


def test_doubt_grows_with_what_was_found_and_with_what_is_unsure() -> None:
    sure = Geometry(Orientation(0, 1.0), Skew(0.0, 1.0), Crop((0, 0, 9, 9), 1.0))
    lost = Geometry(Orientation(0, 0.0), Skew(0.0, 0.0), Crop((0, 0, 9, 9), 1.0))
    pages = [
        Judged(1, [], sure, Blank(False, 0.1), 0.97),
        Judged(2, [finding("page.streak", Level.WARNING)], sure, Blank(False, 0.1), 0.97),
        Judged(3, [finding("page.cut_text", Level.ERROR)], sure),
        Judged(4, [], lost),
        Judged(5, [], lost, Blank(True, 0.0, 1.0)),
        Judged(6, [finding("page.blank", Level.INFO)], sure),
    ]
    assert [page for page, _ in order(pages)] == [3, 4, 2, 6, 1, 5]
    assert score(pages[4]) == 0.0 and all(0 <= doubt <= 1 for _, doubt in order(pages))
    assert [one.page for one in for_sampling(pages) if one.flagged] == [2, 3]
