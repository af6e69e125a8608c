"""The scan desk: the page, its live changes, and the operator's deeds with paper."""

from typing import Any

from flask import Blueprint, current_app, render_template, request, url_for
from werkzeug.wrappers import Response

from batches import batch as batch_records
from batches import devices as device_records
from batches import pages as page_records
from batches import runs
from batches.errors import Invalid
from batches.words import BatchState, OverlapState, Role, RunState, WaitFor
from station import desk, desk_view, devices
from station.desk_view import DeskView
from station.words import has_words, words
from web import answers, asked, identity, live, places
from web.cards import card_of, has_open
from web.cards_guided import overlap_question
from web.cards_ways import ways_card
from web.choices import Choice, choice_of, fitting
from web.health_cards import desk_health
from web.scan_form import asked_scanner
from web.showing import page_data

blueprint = Blueprint("scan", __name__)
_PARTS = ("card", "overlap", "health", "ledger", "profile", "status")


@blueprint.get("/batches/<int:batch_id>/scan", endpoint="desk")
def show(batch_id: int) -> str:
    house = identity.house()
    view = desk_view.view(house, batch_id)
    return render_template("scan.html", pages=_pages(view), **_parts(view))


@blueprint.get("/batches/<int:batch_id>/scan/changes")
def changes(batch_id: int) -> dict[str, Any]:
    """What changed since ``after``; -1 asks for everything."""
    return _patch(batch_id, int(request.args.get("after", -1)))


@blueprint.get("/batches/<int:batch_id>/scan/live", endpoint="live")
def stream(batch_id: int) -> Any:
    """The same changes as they happen."""
    last = int(request.args.get("after", -1))

    def patch() -> dict[str, Any]:
        nonlocal last
        found = _patch(batch_id, last)
        last = found["revision"]
        return found

    streams = current_app.extensions["sohoa.streams"]
    return live.stream(streams, lambda: _pulse(batch_id), patch)


@blueprint.post("/batches/<int:batch_id>/start")
def start(batch_id: int) -> Response:
    scan = asked_scanner()
    wait_for = _wait_for()
    desk.start_run(
        identity.house(), identity.actor(), batch_id, scan.device, scan.settings, wait_for=wait_for, noted=scan.noted
    )
    return _done(batch_id, "started") if wait_for is None else answers.done(_desk(batch_id), words("guided.wait.did"))


@blueprint.post("/batches/<int:batch_id>/begin")
def begin(batch_id: int) -> Response:
    """Now, without the scanner's button that the run waits for."""
    desk.start_waiting(identity.house(), identity.actor(), _run_of(batch_id))
    return _done(batch_id, "started")


@blueprint.post("/overlaps/<int:overlap_id>")
def overlap(overlap_id: int) -> Response:
    """Which picture of a sheet that seems to have come twice is kept."""
    try:
        keep = OverlapState(asked.text("keep"))
    except ValueError:
        raise Invalid(what="overlap", value=asked.text("keep")) from None
    desk.decide_overlap(identity.house(), identity.actor(), overlap_id, keep)
    return answers.done(url_for("home.index"), words(f"guided.overlap.did.{keep.value}"))


@blueprint.post("/pages/<int:page_id>/rescan")
def rescan(page_id: int) -> Response:
    scan = asked_scanner()
    desk.rescan(identity.house(), identity.actor(), page_id, scan.device, scan.settings, noted=scan.noted)
    return answers.done(url_for("home.index"), words("console.did.started"))


@blueprint.post("/batches/<int:batch_id>/insert")
def insert(batch_id: int) -> Response:
    """After ``sheet``; before the first where it is empty."""
    scan = asked_scanner()
    after = asked.whole("sheet")
    desk.insert_after(identity.house(), identity.actor(), batch_id, after, scan.device, scan.settings, noted=scan.noted)
    return _done(batch_id, "started")


@blueprint.post("/batches/<int:batch_id>/stop")
def stop(batch_id: int) -> Response:
    desk.stop_run(identity.house(), identity.actor(), _run_of(batch_id))
    return _done(batch_id, "stopping")


@blueprint.post("/batches/<int:batch_id>/resume")
def resume(batch_id: int) -> Response:
    desk.resume_run(identity.house(), identity.actor(), _run_of(batch_id))
    return _done(batch_id, "started")


@blueprint.post("/batches/<int:batch_id>/give-up")
def give_up(batch_id: int) -> Response:
    desk.give_up_run(identity.house(), identity.actor(), _run_of(batch_id))
    return _done(batch_id, "closed_run")


@blueprint.post("/devices/refresh")
def refresh_devices() -> Response:
    devices.ask_refresh(identity.house())
    return answers.done(url_for("home.index"), words("console.did.looking"))


@blueprint.post("/batches/<int:batch_id>/prepared")
def prepared(batch_id: int) -> Response:
    count = asked.whole("sheets_prepared")
    if count is None:
        raise Invalid(what="sheets", value="")
    desk.set_prepared(identity.house(), identity.actor(), batch_id, count)
    return _done(batch_id, "counted")


@blueprint.post("/batches/<int:batch_id>/undo")
def undo(batch_id: int) -> Response:
    taken_back = desk.undo(identity.house(), identity.actor(), batch_id)
    key = f"console.undone.{taken_back}" if taken_back else "console.undone.nothing"
    say = words(key if has_words(key) else "console.undone.other")
    return answers.done(url_for("scan.desk", batch_id=batch_id), say)


@blueprint.post("/batches/<int:batch_id>/hand-over")
def hand_over(batch_id: int) -> Response:
    desk.hand_over(identity.house(), identity.actor(), batch_id)
    return _done(batch_id, "handed_over")


def _done(batch_id: int, said: str) -> Response:
    return answers.done(url_for("scan.desk", batch_id=batch_id), words(f"console.did.{said}"))


def _desk(batch_id: int) -> str:
    return url_for("scan.desk", batch_id=batch_id)


def _wait_for() -> WaitFor | None:
    try:
        return WaitFor(asked.text("wait")) if asked.text("wait") else None
    except ValueError:
        raise Invalid(what="wait", value=asked.text("wait")) from None


def _run_of(batch_id: int) -> int:
    """The run the person saw; it must be this batch's."""
    run_id = asked.whole("run")
    with identity.house().store.read() as connection:
        run = runs.get(connection, run_id or 0)
    if run.batch_id != batch_id:
        raise Invalid(what="run", value=run_id)
    return int(run.id)


def _pulse(batch_id: int) -> Any:
    """A few numbers read in one short transaction: they differ once the desk would look different."""
    if identity.signed_in() is None:
        return None
    with identity.house().store.read() as connection:
        batch = batch_records.get(connection, batch_id)
        if batch.state == BatchState.QUARANTINED and identity.role() is not Role.SUPERVISOR:
            return None
        revision = batch.revision
        run = runs.latest(connection, batch_id)
        scanners = [(row.identity, row.present) for row in device_records.listing(connection)]
    return revision, run and (run.state, run.request, run.phase, run.sides_stored), scanners


def _patch(batch_id: int, after: int) -> dict[str, Any]:
    """The desk's parts as they are now, and the thumbnails that changed since ``after``."""
    view = desk_view.view(identity.house(), batch_id)
    parts = _parts(view)
    changed = [{"id": data["id"], "gone": False, "html": render_template("parts/thumb.html", page=data)}
               for page, data in zip(view.pages, _pages(view), strict=True) if page.revision > after]  # fmt: skip
    return {
        "revision": view.revision,
        "whole": after < 0,
        "html": {name: render_template(f"parts/{name}.html", **parts) for name in _PARTS},
        "pages": [*_gone(view, after), *changed],
    }


def _gone(view: DeskView, after: int) -> list[dict[str, Any]]:
    """Sides that were replaced or set aside since ``after``."""
    if after < 0:
        return []
    shown = {page.id for page in view.pages}
    with identity.house().store.read() as connection:
        rows = page_records.listing(connection, view.batch.id, after_revision=after)
    return [{"id": row.id, "gone": True, "html": ""} for row in rows if row.id not in shown]


def _pages(view: DeskView) -> list[dict[str, Any]]:
    """The pages for the strip; a returned one with the region its reviewer drew."""
    with identity.house().store.read() as connection:
        regions = {row.page_id: list(places.on_proof(connection, row.page_id, row.box)) for row in view.returned if row.box}
    return [{**page_data(page), "region": regions.get(page.id)} for page in view.pages]


def _parts(view: DeskView) -> dict[str, Any]:
    """What the desk's parts are drawn from."""
    scanners = fitting(devices.listing(identity.house()), practice=bool(view.batch.practice))
    choice: Choice = choice_of(identity.house(), view, scanners)
    running = view.run is not None and view.run.state in (RunState.REQUESTED, RunState.RUNNING)
    way = ways_card(identity.house(), view)
    return {
        "view": view,
        "batch": view.batch,
        "place": view.place,
        "ledger": view.ledger,
        "card": way or card_of(view, len(scanners)),
        "choice": choice,
        "overlap": overlap_question(view) if way is None else None,  # one question at a time: backs are joined first
        "running": running,
        "health": desk_health(identity.house(), choice.device.identity if choice.device else None),
        "flags": sum(has_open(page, "error") or has_open(page, "warning") for page in view.pages),
    }
