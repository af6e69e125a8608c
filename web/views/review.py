"""The review desk: pages in order of doubt, a verdict on each, then on the batch."""

from typing import Any

from flask import Blueprint, render_template, url_for
from werkzeug.wrappers import Response

from batches.errors import Invalid
from batches.review import REASONS
from batches.words import Verdict
from station import review_desk, secrecy
from station.words import words
from web import answers, asked, identity, places
from web.showing import batch_finding, page_data

blueprint = Blueprint("review", __name__)
_REASON_OF = {
    "page.blur": "blur",
    "page.skew": "skew",
    "page.cut_text": "cut_text",
    "page.streak": "dirty_glass",
    "page.exposure": "colour",
    "page.colour_cast": "colour",
    "page.not_colour": "colour",
    "page.orientation": "orientation",
    "page.fold": "fold",
}


@blueprint.get("/batches/<int:batch_id>/review")
def desk(batch_id: int) -> str:
    view = review_desk.view(identity.house(), batch_id)
    return render_template("review.html", reasons=REASONS, **_parts(view))


@blueprint.get("/batches/<int:batch_id>/review/changes")
def changes(batch_id: int) -> dict[str, Any]:
    """The desk after a deed: the batch's side column, and the thumbnails anew."""
    parts = _parts(review_desk.view(identity.house(), batch_id))
    return {
        "html": {name: render_template(f"parts/{name}.html", **parts) for name in ("review_batch", "review_status")},
        "pages": [
            {"id": data["id"], "gone": False, "html": render_template("parts/thumb.html", page=data)} for data in parts["pages"]
        ],
        "whole": True,
    }


@blueprint.post("/pages/<int:page_id>/verdict")
def decide(page_id: int) -> Response:
    try:
        verdict = Verdict(asked.text("verdict"))
    except ValueError:
        raise Invalid(what="verdict", value=asked.text("verdict")) from None
    review_desk.decide(
        identity.house(),
        identity.actor(),
        page_id,
        verdict,
        reason=asked.text("reason"),
        note=asked.text("note"),
        box=_on_master(page_id, asked.box()),
    )
    return answers.done(url_for("home.index"), words(f"console.verdict.did.{verdict.value}"))


@blueprint.post("/pages/<int:page_id>/verdict/undo")
def undo(page_id: int) -> Response:
    review_desk.undo(identity.house(), identity.actor(), page_id)
    return answers.done(url_for("home.index"), words("console.verdict.did.undone"))


@blueprint.post("/batches/<int:batch_id>/accept")
def accept(batch_id: int) -> Response:
    review_desk.accept(identity.house(), identity.actor(), batch_id)
    return answers.moved(url_for("release.show", batch_id=batch_id))


@blueprint.post("/batches/<int:batch_id>/reject")
def reject(batch_id: int) -> Response:
    review_desk.reject(identity.house(), identity.actor(), batch_id, asked.text("reason"))
    return answers.moved(url_for("home.index"))


@blueprint.post("/batches/<int:batch_id>/explain")
def explain(batch_id: int) -> Response:
    review_desk.explain(identity.house(), identity.actor(), batch_id, asked.text("reason"))
    return answers.done(url_for("review.desk", batch_id=batch_id), words("console.did.explained"))


@blueprint.post("/batches/<int:batch_id>/withdraw")
def withdraw(batch_id: int) -> Response:
    review_desk.withdraw(identity.house(), identity.actor(), batch_id, asked.text("reason"))
    return answers.moved(url_for("home.index"))


def _likely_reason(findings: list[dict[str, Any]]) -> str:
    """The reason for a return that the worst open finding suggests; a person may choose another."""
    open_ones = [one["check"] for one in findings if not one["decided"] and one["level"] != "info"]
    return next((_REASON_OF[check] for check in open_ones if check in _REASON_OF), "")


def _on_master(page_id: int, box: places.Fractions | None) -> places.Box | None:
    if box is None:
        return None
    with identity.house().store.read() as connection:
        return places.on_master(connection, page_id, box)


def _parts(view: Any) -> dict[str, Any]:
    listed = []
    for one in view.pages:
        page = one.page
        data = page_data(page)
        data["why"] = one.why
        data["reason"] = _likely_reason(data["findings"])
        data["verdict"] = page.verdict.verdict if page.verdict is not None else ""
        listed.append(data)
    listed.sort(key=lambda data: data["why"] == "rest")  # what wants a verdict first, each part in order of doubt
    return {
        "view": view,
        "batch": view.batch,
        "place": view.place,
        "ledger": view.ledger,
        "sample": view.sample,
        "pages": listed,
        "batch_findings": [batch_finding(finding) for finding in view.batch_findings],
        "wanted": sum(data["why"] != "rest" for data in listed),
        "labels": {data["id"]: data["label"] for data in listed},
        "secret_pages": [one.page.id for one in view.pages if any(f.state == "open" for f in secrecy.alarms(one.page))],
    }
