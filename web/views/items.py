"""Documents of a batch: where each begins, and its fields. Proposals stay proposals until a person confirms them."""

from typing import Any

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from station import desk, desk_view, separating
from station.words import words
from web import answers, identity
from web.item_fields import FIELDS, proposed, read_fields
from web.showing import page_data

blueprint = Blueprint("items", __name__)


@blueprint.get("/batches/<int:batch_id>/items")
def show(batch_id: int) -> str:
    view = desk_view.view(identity.house(), batch_id)
    shown = {page.id: page_data(page) for page in view.pages}
    with identity.house().store.read() as connection:
        slips = separating.of_batch(connection, batch_id)
    return render_template(
        "items.html",
        view=view,
        batch=view.batch,
        place=view.place,
        items=view.items,
        shown=shown,
        slips=slips,
        fields=FIELDS,
        proposed=proposed,
    )


@blueprint.post("/pages/<int:page_id>/split")
def split(page_id: int) -> Response:
    desk.split_item(identity.house(), identity.actor(), page_id)
    return _done("split")


@blueprint.post("/items/<int:item_id>/join")
def join(item_id: int) -> Response:
    desk.join_item(identity.house(), identity.actor(), item_id)
    return _done("joined")


@blueprint.post("/items/<int:item_id>/fields")
def fields(item_id: int) -> Response:
    """All fields of one document; an empty field is left out."""
    said: dict[str, Any] = read_fields(request.form)
    desk.set_item_fields(identity.house(), identity.actor(), item_id, said)
    return _done("fields")


def _done(what: str) -> Response:
    return answers.done(request.referrer or url_for("home.index"), words(f"console.did.{what}"))
