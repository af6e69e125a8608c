"""Files from outside into a batch: where they come from, the order, how far it is, what became of each."""

from typing import Any

from flask import Blueprint, Flask, Response, jsonify, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from batches import batch as batch_records
from batches import holdings, ledger, runs
from batches.words import BatchState
from station import hot_folder, importing, importing_doors, importing_view
from station.errors import SohoaError
from station.house import House
from station.importing_plan import Choice, Entry
from station.importing_take import moment
from station.words import words
from web import answers, asked, identity

blueprint = Blueprint("imports", __name__)

_OPEN = (BatchState.OPEN, BatchState.CAPTURING, BatchState.CAPTURED, BatchState.PROCESSED, BatchState.REJECTED)
_SHOWN = 400
"""rows of a list; the rest is counted"""


def install(app: Flask) -> None:
    """A file may be larger than a form. Install before whatever reads the request."""
    app.before_request(_allow_large)


def _allow_large() -> None:
    if request.endpoint == "imports.upload":
        settings = identity.house().settings.scanning
        request.max_content_length = (settings.upload_megabytes + 1) << 20  # the exact limit has words of its own


@blueprint.get("/batches/<int:batch_id>/import")
def show(batch_id: int) -> str:
    """The ways in; with ``folder`` or ``upload``, the order of the files chosen."""
    house = identity.house()
    chosen = _chosen(house, request.args)
    return render_template("imports.html", preview=_preview(chosen), **_parts(house, batch_id))


@blueprint.get("/batches/<int:batch_id>/import/status")
def status(batch_id: int) -> str:
    """The moving part, asked again while files come in."""
    return render_template("parts/import_status.html", **_parts(identity.house(), batch_id))


@blueprint.post("/batches/<int:batch_id>/import/upload")
def upload(batch_id: int) -> Response:
    """One file as the body; answers the token under which the next ones follow."""
    house = identity.house()
    with house.store.read() as connection:
        batch_records.get(connection, batch_id)
    token = request.args.get("upload") or importing_doors.new_upload(house)
    modified = request.args.get("modified", type=int) or 0
    length = request.content_length
    if length is None:
        raise SohoaError.of("import_cut_short", name=request.args.get("name", "?")[:200])
    importing_doors.store_upload(house, token, request.args.get("name", ""), modified, length, request.stream)
    return jsonify({"upload": token})


@blueprint.post("/batches/<int:batch_id>/import/start")
def start(batch_id: int) -> AnyResponse:
    house = identity.house()
    entries = _chosen(house, request.form) or []
    good = sum(not entry.reason for entry in entries)
    if not good:
        raise SohoaError.of("import_nothing")
    if good != asked.whole("count"):
        raise SohoaError.of("import_changed")
    choice = Choice(asked.text("faces"), asked.text("documents"), asked.number("dpi"), asked.flag("again"))  # type: ignore[arg-type]
    upload_token = asked.text("upload") or None
    origin = "upload" if upload_token else "folder"
    importing.request(
        house, identity.actor(), batch_id, entries, choice, origin, token=upload_token, sheets_prepared=asked.whole("prepared")
    )
    return answers.moved(url_for("imports.show", batch_id=batch_id))


@blueprint.post("/batches/<int:batch_id>/import/receive")
def receive(batch_id: int) -> AnyResponse:
    """Let this batch take what comes into the hot folder."""
    house = identity.house()
    if house.settings.scanning.hot_folder is None:
        raise SohoaError.of("hot_folder_off")
    choice = Choice(asked.text("faces", "single"), asked.text("documents", "whole"), asked.number("dpi"))  # type: ignore[arg-type]
    importing.request_hot(house, identity.actor(), batch_id, choice)
    return answers.done(url_for("imports.show", batch_id=batch_id), words("console.imports.did.receiving"))


def _chosen(house: House, said: Any) -> list[Entry] | None:
    """The files named by a form or an address; None where none are."""
    if said.get("upload"):
        return importing_doors.of_upload(house, said["upload"])
    if "folder" in said:
        return importing_doors.of_folder(house, said["folder"], deep=said.get("deep") == "1")
    return None


def _preview(entries: list[Entry] | None) -> dict[str, Any] | None:
    if entries is None:
        return None
    good = [entry for entry in entries if not entry.reason]
    bad = [(entry.name, importing_view.why(entry.reason)) for entry in entries if entry.reason]
    return {
        "good": [(entry, moment(entry.modified_ns) or None) for entry in good[:_SHOWN]],
        "loose": 2 * sum(_is_loose(entry) for entry in good) > len(good),
        "good_count": len(good),
        "bad": bad[:_SHOWN],
        "bad_count": len(bad),
        "more": max(0, len(good) - _SHOWN) + max(0, len(bad) - _SHOWN),
        "folder": request.args.get("folder"),
        "deep": request.args.get("deep", ""),
        "upload": request.args.get("upload", ""),
    }


def _is_loose(entry: Entry) -> bool:
    """A picture is a page; a TIFF or PDF is likely a document."""
    return entry.name.lower().endswith((".jpg", ".jpeg", ".jpe", ".png"))


def _parts(house: House, batch_id: int) -> dict[str, Any]:
    with house.store.read() as connection:
        batch = batch_records.get(connection, batch_id)
        place = holdings.place(connection, batch.archive_file_id)
        may_take = batch.state in _OPEN and runs.active(connection, batch_id) is None
        count = ledger.of(connection, batch_id)
    seen = importing_view.latest(house, batch_id)
    return {
        "batch": batch,
        "place": place,
        "may_take": may_take,
        "is_open": batch.state in _OPEN,
        "seen": seen,
        "listed": [] if seen is None else _worst_first(seen),
        "most": _SHOWN,
        "moving": seen is not None and seen.run.state in ("requested", "running"),
        "hot": hot_folder.view(house),
        "folders": importing_doors.folders(house) if may_take else [],  # not walked each second while files come in
        "import_dir": house.settings.scanning.import_dir,
        "limit": house.settings.scanning.upload_megabytes,
        "ledger": count,
    }


def _worst_first(seen: importing_view.ImportView) -> list[importing_view.FileView]:
    """What wants a person's eyes stands first."""
    rank = {"refused": 0, "taking": 2, "waiting": 4, "stored": 3}
    return sorted(seen.listed, key=lambda one: 1 if one.state == "stored" and one.line else rank[one.state])
