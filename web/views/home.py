"""The batches, and for each the one thing this person does next."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request, url_for
from sqlalchemy import Row

from batches import batch as batch_records
from batches.words import BatchState, Role
from web import identity

blueprint = Blueprint("home", __name__)
_S = BatchState


@dataclass(frozen=True, slots=True)
class Step:
    """Where a person goes with a batch. ``urgent``: it waits for this person."""

    key: str
    endpoint: str
    urgent: bool


_STEPS: dict[Role, dict[BatchState, Step]] = {
    Role.OPERATOR: {
        _S.OPEN: Step("scan", "scan.desk", True),
        _S.CAPTURING: Step("scan_on", "scan.desk", True),
        _S.REJECTED: Step("mend", "scan.desk", True),
        _S.CAPTURED: Step("look", "scan.desk", False),
        _S.PROCESSED: Step("look", "scan.desk", False),
    },
    Role.SUPERVISOR: {
        _S.PROCESSED: Step("review", "review.desk", True),
        _S.ACCEPTED: Step("release", "release.show", True),
        _S.OPEN: Step("look", "scan.desk", False),
        _S.CAPTURING: Step("watch", "review.desk", False),
        _S.CAPTURED: Step("look", "scan.desk", False),
        _S.REJECTED: Step("look", "review.desk", False),
        _S.QUARANTINED: Step("look", "review.desk", False),
    },
    Role.ADMINISTRATOR: {},
}


def step_of(role: Role, state: BatchState) -> Step:
    if state in (_S.SEALED, _S.ACKNOWLEDGED):
        return Step("package", "release.show", False)
    return _STEPS[role].get(state, Step("journal", "journal.show", False))


@blueprint.get("/")
def index() -> str:
    wanted = [state for state in BatchState if state.value == request.args.get("state")]
    house = identity.house()
    with house.store.read() as connection:
        rows = batch_records.listing(connection, *wanted)
        everything = rows if not wanted else batch_records.listing(connection)
    role = identity.actor().role
    lines = [(row, step_of(role, BatchState(row.state))) for row in rows]
    lines.sort(key=lambda line: not line[1].urgent)  # what waits for this person stands first; newest first within
    return render_template("home.html", lines=lines, counts=_counts(everything), wanted=request.args.get("state", ""))


@blueprint.get("/keys")
def keys() -> str:
    return render_template("keys.html", home=url_for("home.index"))


def _counts(rows: list[Row[Any]]) -> dict[str, int]:
    counted = {state.value: 0 for state in BatchState}
    for row in rows:
        counted[row.state] += 1
    return {state: number for state, number in counted.items() if number}
