"""Pictures of a page: thumbnail, proof, whole, full. Private, and asked for once a change of the page."""

import time
from pathlib import Path

from flask import Blueprint, abort, request, send_file
from werkzeug.wrappers import Response

from batches import batch as batch_records
from batches import pages as page_records
from batches.words import BatchState, Role
from station import pictures
from web import identity

blueprint = Blueprint("picture", __name__)
_MADE = ("thumb", "proof", "whole")
_YEAR = 365 * 24 * 3600
_MOMENT_SECONDS = 1.5


@blueprint.get("/pages/<int:page_id>/<any(thumb,proof,whole,full):kind>.jpg")
def show(page_id: int, kind: str) -> Response:
    house = identity.house()
    with house.store.read() as connection:
        page = page_records.get(connection, page_id)
        batch = batch_records.get(connection, page.batch_id)
    if batch.state == BatchState.QUARANTINED and identity.role() is not Role.SUPERVISOR:
        abort(403)  # its pictures are hidden from every desk but the one that has to decide
    path = house.folders.page(batch.uid, page.uid) / f"{kind}.jpg" if kind in _MADE else pictures.full(house, page_id)
    if not _there(path):
        abort(404)
    return _sent(path, f"{page.uid}-{kind}-{page.revision}-{path.stat().st_mtime_ns}", page.revision)


def _there(path: Path) -> bool:
    """A page's copies are written one after the other: the next is there within a moment of the first."""
    deadline = time.monotonic() + _MOMENT_SECONDS
    while not path.is_file():
        if not path.parent.is_dir() or time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _sent(path: Path, tag: str, revision: int) -> Response:
    """An address that names the page's revision never changes its picture; any other is asked again."""
    named = request.args.get("v") == str(revision)
    response = send_file(path, mimetype="image/jpeg", conditional=False, etag=False, max_age=None)
    response.set_etag(tag)
    response.headers["Cache-Control"] = f"private, max-age={_YEAR}, immutable" if named else "private, no-cache"
    return response.make_conditional(request)
