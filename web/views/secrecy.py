"""Secrecy marks: confirmed by whoever sees one, dismissed by a supervisor; and the wall around a quarantined batch."""

from typing import Any

from flask import Blueprint, Flask, abort, g, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from batches import schema
from batches.words import BatchState, Role
from station import secrecy
from station.words import words
from web import answers, asked, identity

blueprint = Blueprint("secrecy", __name__)


@blueprint.post("/findings/<int:finding_id>/secret")
def confirm(finding_id: int) -> Response:
    secrecy.confirm(identity.house(), identity.actor(), finding_id, asked.text("note"))
    if not _supervisor():
        return answers.moved(url_for("home.index"))
    with identity.house().store.read() as connection:
        batch_id = connection.execute(select(schema.finding.c.batch_id).where(schema.finding.c.id == finding_id)).scalar()
    return answers.moved(url_for("review.desk", batch_id=batch_id))


@blueprint.post("/findings/<int:finding_id>/no-secret")
def dismiss(finding_id: int) -> Response:
    secrecy.dismiss(identity.house(), identity.actor(), finding_id, asked.text("reason"))
    return answers.done(url_for("home.index"), words("console.secrecy.did.dismissed"))


@blueprint.post("/findings/<int:finding_id>/secret-again")
def reopen(finding_id: int) -> Response:
    secrecy.reopen(identity.house(), identity.actor(), finding_id)
    return answers.done(url_for("home.index"), words("console.secrecy.did.reopened"))


def install(app: Flask) -> None:
    """Nothing of a quarantined batch is shown to operators: whatever names it, or a part of it, is refused."""
    app.before_request(_wall)


def _wall() -> Any:
    account = g.get("account")
    if account is None or account.role != Role.OPERATOR.value or not request.view_args:
        return None  # an administrator sees the journal and the release only, never a page
    batch_id = _named()
    if batch_id is None or _state(batch_id) != BatchState.QUARANTINED.value:
        return None
    if request.endpoint == "picture.show":
        abort(403)
    line = words("console.secrecy.hidden")
    if identity.wants_json():
        return {"error": line}, 403
    return render_template("error.html", line=line, status=403), 403


_PARTS = {"page_id": schema.page, "sheet_id": schema.sheet, "item_id": schema.item, "finding_id": schema.finding,
          "overlap_id": schema.overlap}  # fmt: skip


def _named() -> int | None:
    """The batch that this request is about, whatever part of it is named."""
    named = request.view_args or {}
    if "batch_id" in named:
        return int(named["batch_id"])
    for name, table in _PARTS.items():
        if name in named:
            with identity.house().store.read() as connection:
                found = connection.execute(select(table.c.batch_id).where(table.c.id == named[name])).scalar()
            return None if found is None else int(found)
    return None


def _state(batch_id: int) -> str | None:
    with identity.house().store.read() as connection:
        state: str | None = connection.execute(select(schema.batch.c.state).where(schema.batch.c.id == batch_id)).scalar()
    return state


def _supervisor() -> bool:
    return identity.role() is Role.SUPERVISOR
