"""A new batch: where the paper belongs and how many sheets lie on the table."""

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from batches import holdings
from station import desk
from station.words import words
from web import answers, asked, identity

blueprint = Blueprint("intake", __name__)


@blueprint.get("/batches/new")
def new() -> str:
    with identity.house().store.read() as connection:
        known = holdings.fonds_list(connection)
    return render_template("new_batch.html", fonds=known, practice=request.args.get("practice") == "1")


@blueprint.get("/holdings/catalogues")
def catalogues() -> str:
    """Options for the catalogue field once the fonds is named."""
    with identity.house().store.read() as connection:
        fonds = next((row for row in holdings.fonds_list(connection) if row.code == request.args.get("fonds_code")), None)
        found = holdings.catalogues(connection, fonds.id) if fonds else []
    return render_template("parts/options.html", rows=[(row.code, row.name) for row in found], name=fonds.name if fonds else "")


@blueprint.get("/holdings/files")
def files() -> str:
    """Options for the file field once the catalogue is named."""
    with identity.house().store.read() as connection:
        fonds = next((row for row in holdings.fonds_list(connection) if row.code == request.args.get("fonds_code")), None)
        known = holdings.catalogues(connection, fonds.id) if fonds else []
        catalogue = next((row for row in known if row.code == request.args.get("catalogue_code")), None)
        found = holdings.files(connection, catalogue.id) if catalogue else []
    name = catalogue.name if catalogue else ""
    return render_template("parts/options.html", rows=[(row.code, row.title) for row in found], name=name)


@blueprint.post("/batches")
def create() -> Response:
    practice = asked.flag("practice")
    batch_id = desk.new_batch(
        identity.house(),
        identity.actor(),
        fonds_code=asked.text("fonds_code"),
        fonds_name=asked.text("fonds_name"),
        catalogue_code=asked.text("catalogue_code"),
        catalogue_name=asked.text("catalogue_name"),
        file_code=asked.text("file_code"),
        file_title=asked.text("file_title") or (words("console.new.practice_title") if practice else ""),
        box_code=asked.text("box_code"),
        declared_sheets=asked.whole("declared_sheets"),
        sheets_prepared=asked.whole("sheets_prepared"),
        practice=practice,
    )
    return answers.moved(url_for("scan.desk", batch_id=batch_id))
