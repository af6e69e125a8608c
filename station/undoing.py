"""Taking back: a person's own last mending in a batch, one act after the other."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from batches import backs, jobs, journal, overlaps, pages, runs, sheets, states
from batches.words import BatchState, JobKind, SheetState
from station import separating
from station.house import Actor, House

CAPTURABLE = (BatchState.OPEN, BatchState.CAPTURING, BatchState.REJECTED)
"""Where backs are joined to their fronts, and parted from them: never under a reviewer's eyes."""
MENDABLE = (BatchState.OPEN, BatchState.CAPTURING, BatchState.CAPTURED, BatchState.PROCESSED, BatchState.REJECTED)


def say(connection: Connection, actor: Actor, page_id: int, name: str, value: Any) -> None:
    """A person's value; the page is looked at anew."""
    pages.set_person_value(connection, actor.login, page_id, name, value)
    jobs.queue(connection, page_id, JobKind.LIVE)


_UNDOABLE = frozenset(
    {
        "page.orientation",
        "page.skew",
        "page.crop",
        "page.blank",
        "page.spread",
        "sheet.state",
        "sheet.moved",
        "overlap.decided",
        "backs.paired",
    }
)


def undo(house: House, actor: Actor, batch_id: int) -> str:
    """Take back this person's last mending in this batch; returns its action, "" when there is nothing to take back."""
    with house.store.write() as connection:
        states.require(connection, batch_id, *MENDABLE)
        entry = _last_undoable(connection, actor.login, batch_id)
        if entry is None:
            return ""
        _take_back(connection, replace(actor, login=actor.login), entry)
        journal.append(connection, actor.login, "undo", entry.subject, None, entry.seq)
        return entry.action


def _last_undoable(connection: Connection, login: str, batch_id: int) -> journal.Entry | None:
    """The newest of this person's mendings that was not taken back and is not itself the trace of a taking back."""
    taken_back: set[int] = set()
    skip = False
    for entry in journal.entries(connection, f"batch:{batch_id}"):
        if entry.actor != login or entry.detail.get("reason") in (overlaps.REASON, backs.REASON):
            continue  # a part of a decision, undone with it
        if entry.action == "undo":
            taken_back.add(int(entry.detail["after"]))
            skip = True
        elif skip and entry.action in _UNDOABLE:  # the mending that carried the undo out
            skip = False
        elif entry.action in _UNDOABLE and entry.seq not in taken_back:
            return entry
    return None


def _take_back(connection: Connection, actor: Actor, entry: journal.Entry) -> None:
    subject_id = int(entry.subject.rsplit(":", 1)[1])
    before: Any = entry.detail.get("before")
    if entry.action == "sheet.state":
        separating.set_state(connection, actor, subject_id, SheetState(before))
    elif entry.action == "overlap.decided":
        overlaps.reopen(connection, actor.login, subject_id, entry.detail)
    elif entry.action == "backs.paired":
        states.require(connection, runs.get(connection, subject_id).batch_id, *CAPTURABLE)
        backs.unpair(connection, actor.login, subject_id, entry.detail["moved"])
    elif entry.action == "sheet.moved":
        _move_back(connection, actor, subject_id, int(before))
    else:
        say(connection, actor, subject_id, entry.action.removeprefix("page."), before)


def _move_back(connection: Connection, actor: Actor, sheet_id: int, position: int) -> None:
    batch_id = sheets.get(connection, sheet_id).batch_id
    others = [row.id for row in sheets.listing(connection, batch_id) if row.id != sheet_id]
    sheets.move(connection, actor.login, sheet_id, others[position - 2] if position > 1 else None)
