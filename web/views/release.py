"""Release: what it waits for, how far it is, where the package is, who has received it."""

from flask import Blueprint, render_template, url_for
from werkzeug.wrappers import Response

from batches import batch as batch_records
from batches import holdings, ledger
from station import release
from station.words import words
from web import answers, identity

blueprint = Blueprint("release", __name__)


@blueprint.get("/batches/<int:batch_id>/release")
def show(batch_id: int) -> str:
    return _page("release.html", batch_id)


@blueprint.get("/batches/<int:batch_id>/release/status")
def status(batch_id: int) -> str:
    """The moving part of the page, asked again while the work goes on."""
    return _page("parts/release_status.html", batch_id)


@blueprint.post("/batches/<int:batch_id>/release", endpoint="request")
def ask(batch_id: int) -> Response:
    release.request(identity.house(), identity.actor(), batch_id)
    return answers.done(url_for("release.show", batch_id=batch_id), words("console.did.releasing"))


def _page(template: str, batch_id: int) -> str:
    house = identity.house()
    view = release.status(house, batch_id)
    with house.store.read() as connection:
        batch = batch_records.get(connection, batch_id)
        place = holdings.place(connection, batch.archive_file_id)
        count = ledger.of(connection, batch_id)
    return render_template(template, view=view, batch=batch, place=place, ledger=count)
