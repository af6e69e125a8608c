"""Other ways for paper to come: fronts and then backs, and sheets on the glass one after the other."""

from typing import Any

from flask import Blueprint, request, url_for
from werkzeug.wrappers import Response

from batches.errors import Invalid
from station import manual_duplex, series
from station.words import words
from web import answers, asked, identity
from web.scan_form import asked_scanner

blueprint = Blueprint("ways", __name__)


@blueprint.post("/batches/<int:batch_id>/fronts")
def fronts(batch_id: int) -> Response:
    """The first pass: only fronts, the backs follow."""
    manual_duplex.start(identity.house(), identity.actor(), batch_id, asked_scanner())
    return _done(batch_id, "started")


@blueprint.post("/batches/<int:batch_id>/backs")
def backs(batch_id: int) -> Response:
    """The turned stack lies in the feeder."""
    manual_duplex.scan_backs(identity.house(), identity.actor(), batch_id)
    return _done(batch_id, "started")


@blueprint.post("/batches/<int:batch_id>/backs/pair")
def pair(batch_id: int) -> Response:
    """Join, in the order the person chose by the pictures; ``without``: sheets that have no back."""
    without = tuple(int(one) for one in request.values.getlist("without") if one.isdecimal())
    count = manual_duplex.pair(identity.house(), identity.actor(), batch_id, asked.text("order"), without)
    return _done(batch_id, "paired", count=count)


@blueprint.post("/batches/<int:batch_id>/backs/drop")
def drop(batch_id: int) -> Response:
    """Feed the backs anew; with ``fronts`` everything."""
    everything = asked.flag("fronts")
    manual_duplex.drop(identity.house(), identity.actor(), batch_id, fronts=everything)
    return _done(batch_id, "dropped_all" if everything else "dropped")


@blueprint.post("/batches/<int:batch_id>/backs/none")
def one_sided(batch_id: int) -> Response:
    manual_duplex.one_sided(identity.house(), identity.actor(), batch_id)
    return _done(batch_id, "one_sided")


@blueprint.post("/batches/<int:batch_id>/series")
def start_series(batch_id: int) -> Response:
    seconds = asked.whole("seconds")
    series.start(
        identity.house(),
        identity.actor(),
        batch_id,
        asked_scanner(),
        seconds=series.SECONDS if seconds is None else seconds,
        two_sided=asked.flag("two_sided"),
    )
    return _done(batch_id, "started")


@blueprint.post("/batches/<int:batch_id>/series/next")
def next_side(batch_id: int) -> Response:
    series.go_on(identity.house(), identity.actor(), batch_id, _after())
    return _done(batch_id, "started")


@blueprint.post("/batches/<int:batch_id>/series/again")
def again(batch_id: int) -> Response:
    series.again(identity.house(), identity.actor(), batch_id, _after())
    return _done(batch_id, "started")


@blueprint.post("/batches/<int:batch_id>/series/change")
def change(batch_id: int) -> Response:
    state = asked.text("state")
    series.change(identity.house(), identity.actor(), batch_id, _after(), state=state, seconds=asked.whole("seconds"))
    return _done(batch_id, f"series_{state}" if state else "series_seconds")


def _after() -> int:
    run = asked.whole("run")
    if run is None:
        raise Invalid(what="run", value="")
    return run


def _done(batch_id: int, said: str, **values: Any) -> Response:
    key = f"desk.did.{said}" if said != "started" else "console.did.started"
    return answers.done(url_for("scan.desk", batch_id=batch_id), words(key, **values))
