"""One page: looked at closely, and mended as values beside its master."""

from typing import Any

from flask import Blueprint, abort, render_template, url_for
from werkzeug.wrappers import Response

from batches import jobs
from batches import pages as page_records
from batches.errors import Invalid
from batches.words import JobKind, JobState, SheetState
from station import desk, desk_view, spreads
from station.words import words
from web import answers, asked, identity
from web.settings_said import scanned_with
from web.showing import page_data

blueprint = Blueprint("page", __name__)


@blueprint.get("/pages/<int:page_id>")
def show(page_id: int) -> str:
    house = identity.house()
    with house.store.read() as connection:
        row = page_records.get(connection, page_id)
        versions = page_records.versions(connection, row.sheet_id)
        looked = jobs.of_page(connection, page_id).get(JobKind.LIVE.value)
    view = desk_view.view(house, row.batch_id)
    ids = [page.id for page in view.pages]
    if page_id not in ids:
        abort(410 if row.state == "superseded" else 404)
    where = ids.index(page_id)
    return render_template(
        "page.html",
        view=view,
        batch=view.batch,
        place=view.place,
        page=view.pages[where],
        data=page_data(view.pages[where]),
        before=ids[where - 1] if where else None,
        after=ids[where + 1] if where + 1 < len(ids) else None,
        where=where + 1,
        total=len(ids),
        sheets=_sheets(view.pages),
        versions=[one for one in versions if one.face == row.face],
        states=list(SheetState),
        scanned=scanned_with(row.facts or {}),
        # a picture that is being made anew is waited for, not shown as it was
        ready=view.pages[where].ready and (looked is None or looked.state in (JobState.DONE.value, JobState.FAILED.value)),
    )


@blueprint.post("/pages/<int:page_id>/turn")
def turn(page_id: int) -> Response:
    degrees = asked.whole("degrees")
    if degrees not in (90, -90, 180):
        raise Invalid(what="degrees", value=degrees)
    desk.turn(identity.house(), identity.actor(), page_id, degrees)
    return _done(page_id, "turned")


@blueprint.post("/pages/<int:page_id>/crop")
def crop(page_id: int) -> Response:
    """Fractions of the upright, uncropped picture; empty leaves it to the machine again."""
    desk.set_crop(identity.house(), identity.actor(), page_id, asked.box())
    return _done(page_id, "cropped")


@blueprint.post("/pages/<int:page_id>/straighten")
def straighten(page_id: int) -> Response:
    desk.straighten(identity.house(), identity.actor(), page_id, asked.number("degrees"))
    return _done(page_id, "straightened")


@blueprint.get("/pages/<int:page_id>/gutter")
def gutter(page_id: int) -> dict[str, float]:
    """Where two facing pages seem to part, as a fraction of the picture's width."""
    at, confidence = spreads.suggest(identity.house(), page_id)
    return {"at": at, "confidence": confidence}


@blueprint.post("/pages/<int:page_id>/gutter")
def split(page_id: int) -> Response:
    """``at``: fraction of the picture's width; empty makes it one page again."""
    at = asked.number("at")
    spreads.set_gutter(identity.house(), identity.actor(), page_id, at)
    return answers.done(
        url_for("page.show", page_id=page_id), words(f"console.spread.did.{'joined' if at is None else 'split'}")
    )


@blueprint.post("/pages/<int:page_id>/blank")
def blank(page_id: int) -> Response:
    """``blank``: yes, no, or empty for the machine's opinion."""
    said = {"yes": True, "no": False}.get(asked.text("blank"))
    desk.mark_blank(identity.house(), identity.actor(), page_id, said)
    return _done(page_id, {True: "blank", False: "not_blank", None: "blank_by_machine"}[said])


@blueprint.post("/findings/<int:finding_id>/original")
def original(finding_id: int) -> Response:
    undo = asked.flag("undo")
    desk.original_is_so(identity.house(), identity.actor(), finding_id, undo=undo)
    return answers.done(url_for("home.index"), words("console.did.reopened" if undo else "console.did.original"))


@blueprint.post("/sheets/<int:sheet_id>/state")
def sheet_state(sheet_id: int) -> Response:
    try:
        state = SheetState(asked.text("state"))
    except ValueError:
        raise Invalid(what="sheet_state", value=asked.text("state")) from None
    desk.set_sheet_state(identity.house(), identity.actor(), sheet_id, state)
    return answers.done(url_for("home.index"), words(f"console.sheet_state.did.{state.value}"))


@blueprint.post("/sheets/<int:sheet_id>/move")
def move_sheet(sheet_id: int) -> Response:
    """After the sheet ``after``; to the front where it is empty."""
    desk.move_sheet(identity.house(), identity.actor(), sheet_id, asked.whole("after"))
    return answers.done(url_for("home.index"), words("console.did.moved"))


def _done(page_id: int, said: str) -> Response:
    return answers.done(url_for("page.show", page_id=page_id), words(f"console.did.{said}"))


def _sheets(pages: tuple[Any, ...]) -> list[tuple[int, str]]:
    """Sheets in the order of the paper: (id, label)."""
    return list({page.sheet_id: page.sheet_label for page in pages}.items())
