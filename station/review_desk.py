"""The supervisor's desk: pages in order of doubt, a drawn sample, verdicts, the batch's fate."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row

from batches import backs, findings, holdings, ledger, overlaps, pages, review, states
from batches import batch as batch_records
from batches.errors import NotAllowed
from batches.ledger import Ledger
from batches.words import BatchState, FindingState, Role, Verdict
from imaging.values import Blank
from qc import doubt, sampling
from qc.finding import Finding, Level
from station import secrecy
from station.desk_view import PageView, page_views
from station.geometry import geometry_of
from station.house import Actor, House

_REVIEWED = (BatchState.PROCESSED, BatchState.ACCEPTED, BatchState.REJECTED)


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """``why``: random (the drawn sample, which decides), flagged, doubt, or rest."""

    page: PageView
    doubt: float
    why: str


@dataclass(frozen=True, slots=True)
class SampleView:
    """``n`` pages drawn of ``lot``; up to ``accept`` defective ones are accepted. ``seen`` and ``defects`` count the drawn
    ones. ``decision``: accept, reject, undecided."""

    lot: int
    n: int
    accept: int
    reject: int
    seen: int
    defects: int
    decision: str


@dataclass(frozen=True, slots=True)
class ReviewView:
    batch: Row[Any]
    place: holdings.Place
    ledger: Ledger
    pages: tuple[ReviewPage, ...]
    sample: SampleView
    batch_findings: tuple[Row[Any], ...]
    to_see: int
    """pages that want a verdict and have none: the sample, the flagged and the doubtful"""
    returned: int


def view(house: House, batch_id: int) -> ReviewView:
    """The review desk of a batch, worst pages first. Raises NotFound."""
    with house.store.read() as connection:
        return _view(connection, house, batch_id)


def decide(
    house: House,
    actor: Actor,
    page_id: int,
    verdict: Verdict,
    reason: str = "",
    note: str = "",
    box: tuple[int, int, int, int] | None = None,
) -> None:
    """A verdict on a page; ``box`` in px of the master. Raises NotAllowed unless a supervisor reviews a processed batch."""
    _supervisor(actor)
    with house.store.write() as connection:
        states.require(connection, pages.get(connection, page_id).batch_id, BatchState.PROCESSED)
        review.decide(connection, actor.login, page_id, verdict, reason=reason, note=note, box=box)
        if verdict is Verdict.ORIGINAL:
            _original_is_so(connection, actor, page_id)


def undo(house: House, actor: Actor, page_id: int) -> None:
    """Take the verdict on a page back."""
    _supervisor(actor)
    with house.store.write() as connection:
        states.require(connection, pages.get(connection, page_id).batch_id, BatchState.PROCESSED)
        review.undo(connection, actor.login, page_id)


def accept(house: House, actor: Actor, batch_id: int) -> None:
    """Raises NotAllowed while pages of the sample are unseen, returns are open, counts are unexplained, backs are not joined,
    or a sheet that seems to have come twice waits for a person's word."""
    with house.store.write() as connection:
        states.require(connection, batch_id, BatchState.PROCESSED)
        _require_seen(_view(connection, house, batch_id))
        secrecy.require_decided(connection, batch_id)
        backs.require_joined(connection, batch_id)
        overlaps.require_answered(connection, batch_id)
        states.move(connection, batch_id, BatchState.ACCEPTED, actor.login, role=actor.role)


def _require_seen(seen: ReviewView) -> None:
    if seen.to_see:
        raise NotAllowed(what="unseen", state=str(seen.to_see))
    if seen.returned:
        raise NotAllowed(what="returned", state=str(seen.returned))
    if not seen.ledger.may_close:
        raise NotAllowed(what="ledger", state=str(seen.ledger.difference))


def reject(house: House, actor: Actor, batch_id: int, reason: str) -> None:
    """Back to the operator with a reason; the returned pages say where."""
    with house.store.write() as connection:
        states.move(connection, batch_id, BatchState.REJECTED, actor.login, role=actor.role, reason=reason)
        batch_records.set_return_reason(connection, batch_id, reason)


def withdraw(house: House, actor: Actor, batch_id: int, reason: str) -> None:
    """Take a batch out of the work, with a reason; its records and masters stay."""
    with house.store.write() as connection:
        states.move(connection, batch_id, BatchState.WITHDRAWN, actor.login, role=actor.role, reason=reason)


def explain(house: House, actor: Actor, batch_id: int, reason: str) -> None:
    """Why the counts differ, in a supervisor's words. Raises NotAllowed once the batch was accepted."""
    _supervisor(actor)
    with house.store.write() as connection:
        states.require(connection, batch_id, BatchState.CAPTURED, BatchState.PROCESSED, BatchState.REJECTED)
        count = ledger.of(connection, batch_id)
        batch_records.explain_difference(connection, actor.login, batch_id, count.difference or 0, reason)
        batch_records.touch(connection, batch_id)


def _view(connection: Connection, house: House, batch_id: int) -> ReviewView:
    batch = batch_records.get(connection, batch_id)
    rows = pages.delivered(connection, batch_id)
    views = {view.id: view for view in page_views(connection, house, rows)}
    scores = _scores(connection, rows)
    verdicts = review.open_verdicts(connection, batch_id)
    drawn = _draw(batch, views, scores)
    why = _why(drawn)
    ordered = sorted(views.values(), key=lambda page: (-scores[page.id], page.position, page.face != "front"))
    return ReviewView(
        batch=batch,
        place=holdings.place(connection, batch.archive_file_id),
        ledger=ledger.of(connection, batch_id),
        pages=tuple(ReviewPage(page, scores[page.id], why.get(page.id, "rest")) for page in ordered),
        sample=_sample_view(drawn, verdicts),
        batch_findings=tuple(findings.of_batch(connection, batch_id)),
        to_see=sum(page_id not in verdicts for page_id in why),
        returned=len(review.returned(connection, batch_id)),
    )


def _supervisor(actor: Actor) -> None:
    if actor.role is not Role.SUPERVISOR:
        raise NotAllowed(what="role", state=actor.role.value, to="review")


def _original_is_so(connection: Connection, actor: Actor, page_id: int) -> None:
    for row in findings.of_pages(connection, [page_id])[page_id]:
        if row.state == FindingState.OPEN.value and row.level != Level.INFO.value and not secrecy.is_alarm(row):
            findings.original_is_so(connection, actor.login, row.id)


def _scores(connection: Connection, rows: Sequence[Row[Any]]) -> dict[int, float]:
    ids = [row.id for row in rows]
    found, values = findings.of_pages(connection, ids), pages.values_of(connection, ids)
    return {row.id: doubt.score(_judged(row, found[row.id], values.get(row.id, {}))) for row in rows}


def _judged(row: Row[Any], found: list[Row[Any]], values: dict[str, pages.Value]) -> doubt.Judged:
    open_ones = [
        Finding(one.check_id, Level(one.level), one.value, one.limit_value, None, one.hint)
        for one in found
        if one.state == FindingState.OPEN.value
    ]
    blank = values.get("blank")
    return doubt.Judged(
        row.id,
        open_ones,
        geometry_of((row.width, row.height), values) if values else None,
        Blank(bool(blank.value), 0.0, blank.confidence) if blank else None,
    )


def _draw(batch: Row[Any], views: dict[int, PageView], scores: dict[int, float]) -> sampling.Sample | None:
    """The same pages each time: the draw is seeded by the batch, and can be checked."""
    if not views:
        return None
    doubtful = [
        sampling.Doubtful(page.id, scores[page.id], any(f.state == "open" and f.level != "info" for f in page.findings))
        for page in views.values()
    ]
    return sampling.draw(doubtful, sampling.plan(len(doubtful)), seed=int(batch.uid[:8], 16))


def _why(drawn: sampling.Sample | None) -> dict[int, str]:
    if drawn is None:
        return {}
    return {
        **dict.fromkeys(drawn.doubtful, "doubt"),
        **dict.fromkeys(drawn.flagged, "flagged"),
        **dict.fromkeys(drawn.random, "random"),
    }


def _sample_view(drawn: sampling.Sample | None, verdicts: dict[int, Row[Any]]) -> SampleView:
    if drawn is None:
        return SampleView(0, 0, 0, 1, 0, 0, sampling.Decision.UNDECIDED.value)
    bad = {page: row.verdict == Verdict.RETURN.value for page, row in verdicts.items()}
    judged = [page for page in drawn.random if page in bad]
    return SampleView(
        lot=drawn.plan.lot,
        n=len(drawn.random),
        accept=drawn.plan.accept,
        reject=drawn.plan.reject,
        seen=len(judged),
        defects=sum(bad[page] for page in judged),
        decision=sampling.decide(drawn, bad).value,
    )
