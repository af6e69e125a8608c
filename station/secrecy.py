"""Secrecy marks: the machine raises an alarm, a person decides. A confirmed mark puts the whole batch into quarantine."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Row, select

from batches import devices, findings, journal, pages, runs, schema, states, wishes
from batches.errors import Invalid, NotAllowed, NotFound
from batches.pages import Value
from batches.text_mends import LEARN
from batches.words import BatchState, FindingState, Role, RunState
from imaging import render
from imaging.fields import Proposal, marks_on
from imaging.values import PageText
from qc.finding import Finding, Level
from station.geometry import geometry_of
from station.house import Actor, House
from station.looking import finding_row

CHECK, STAGE = "page.secrecy", "secrecy"
_DECIDABLE = (
    BatchState.OPEN,
    BatchState.CAPTURING,
    BatchState.CAPTURED,
    BatchState.PROCESSED,
    BatchState.REJECTED,
    BatchState.ACCEPTED,
)


def marks_of(text: PageText) -> list[Proposal]:
    """The secrecy marks that were read on a page; urgency is no secret."""
    return [mark for mark in marks_on(text) if mark.name == "secrecy"]


def raise_alarm(connection: Connection, page: Row[Any], values: Mapping[str, Value], marks: Iterable[Proposal]) -> None:
    """One error a kind of mark on the page, at its place on the master; what a person decided about it stays decided."""
    best: dict[str, Proposal] = {}
    for mark in sorted(marks, key=lambda mark: mark.confidence):
        best[mark.value] = mark
    found = [_finding(page, values, mark) for mark in best.values()]
    findings.replace(connection, page.batch_id, page.id, STAGE, [finding_row(one) for one in found])


def _finding(page: Row[Any], values: Mapping[str, Value], mark: Proposal) -> Finding:
    size = (page.width, page.height)
    box = mark.box and render.box_to_master(geometry_of(size, values), size, mark.box, (page.dpi_x, page.dpi_y))
    return Finding(CHECK, Level.ERROR, round(mark.confidence, 3), None, box, mark.value)


def undecided(connection: Connection, batch_id: int) -> list[Row[Any]]:
    """The pages of a batch whose mark waits for a supervisor, in the order of the paper."""
    rows = pages.listing(connection, batch_id)
    found = findings.of_pages(connection, [row.id for row in rows])
    return [row for row in rows if any(is_alarm(one) and one.state == FindingState.OPEN.value for one in found[row.id])]


def is_alarm(finding: Row[Any]) -> bool:
    return bool(finding.check_id == CHECK)


def require_decided(connection: Connection, batch_id: int) -> None:
    """Raises NotAllowed naming the sheets whose mark nobody has decided about."""
    waiting = undecided(connection, batch_id)
    if waiting:
        raise NotAllowed(what="secrecy", state=", ".join(dict.fromkeys(row.sheet_label for row in waiting)))


def refuse_plain_word(connection: Connection, finding_id: int) -> None:
    """A mark is not settled by "the original is so". Raises NotAllowed."""
    f = schema.finding
    if connection.execute(select(f.c.check_id).where(f.c.id == finding_id)).scalar() == CHECK:
        raise NotAllowed(what="secrecy_plain", state="")


def confirm(house: House, actor: Actor, finding_id: int, note: str = "") -> None:
    """There is a secrecy mark: the batch is quarantined at once, its paper stops. Raises NotAllowed, NotFound."""
    with house.store.write() as connection:
        row = _alarm(connection, finding_id)
        page = pages.get(connection, row.page_id)
        reason = f"{row.hint}: {page.sheet_label} {page.face}" + (f"; {note.strip()}" if note.strip() else "")
        states.move(connection, row.batch_id, BatchState.QUARANTINED, actor.login, role=actor.role, reason=reason)
        _journal(connection, actor, row, "secrecy.confirmed", note)
        _stop_paper(connection, actor.login, row.batch_id)
        wishes.want(connection, LEARN)  # nothing of it is kept in the vocabulary


def dismiss(house: House, actor: Actor, finding_id: int, reason: str) -> None:
    """It is no secrecy mark, in a supervisor's words. Raises NotAllowed, Invalid without a reason, NotFound."""
    if actor.role is not Role.SUPERVISOR:
        raise NotAllowed(what="role", state=actor.role.value, to="secrecy")
    if not reason.strip():
        raise Invalid(what="reason", value="")
    with house.store.write() as connection:
        row = _alarm(connection, finding_id)
        states.require(connection, row.batch_id, *_DECIDABLE)
        _journal(connection, actor, row, "secrecy.dismissed", reason)
        findings.original_is_so(connection, actor.login, finding_id)


def reopen(house: House, actor: Actor, finding_id: int) -> None:
    """The supervisor takes "no mark" back; the batch waits again."""
    if actor.role is not Role.SUPERVISOR:
        raise NotAllowed(what="role", state=actor.role.value, to="secrecy")
    with house.store.write() as connection:
        row = _alarm(connection, finding_id)
        states.require(connection, row.batch_id, *_DECIDABLE)
        _journal(connection, actor, row, "secrecy.reopened", "")
        findings.original_is_so(connection, actor.login, finding_id, undo=True)


def tidy(house: House) -> None:
    """Runs that were stopped by a quarantine are closed, so that the scanner is free for others."""
    r, b = schema.capture_run, schema.batch
    query = select(r.c.id).join(b, b.c.id == r.c.batch_id).where(b.c.state == BatchState.QUARANTINED.value)
    waiting = query.where(r.c.state.in_([RunState.PAUSED.value, RunState.REQUESTED.value]))
    with house.store.read() as connection:
        found = list(connection.execute(waiting).scalars())
    for run_id in found:
        with house.store.write() as connection:
            _close(connection, house.machine.login, runs.get(connection, run_id))


def _alarm(connection: Connection, finding_id: int) -> Row[Any]:
    row = connection.execute(select(schema.finding).where(schema.finding.c.id == finding_id)).first()
    if row is None or row.check_id != CHECK:
        raise NotFound(what="finding", id=finding_id)
    return row


def _journal(connection: Connection, actor: Actor, row: Row[Any], action: str, reason: str) -> None:
    subject = f"batch:{row.batch_id}/page:{row.page_id}"
    journal.append(connection, actor.login, action, subject, None, row.hint, reason=reason.strip() or None)


def _stop_paper(connection: Connection, actor: str, batch_id: int) -> None:
    run = runs.active(connection, batch_id)
    if run is None:
        return
    if run.state == RunState.RUNNING.value:
        runs.ask_stop(connection, actor, run.id)
    else:
        _close(connection, actor, run)


def _close(connection: Connection, actor: str, run: Row[Any]) -> None:
    runs.give_up(connection, actor, run.id)
    devices.release(connection, run.device, run.uid)


def alarms(page: Any) -> tuple[Any, ...]:
    """The alarms among a PageView's findings."""
    return tuple(one for one in page.findings if one.check == CHECK)


__all__ = ["CHECK", "alarms", "confirm", "dismiss", "marks_of", "raise_alarm", "reopen", "require_decided", "tidy", "undecided"]
