"""Routes under /api/v1. Every request brings its archive's token; what is not that archive's does not exist for it."""

import base64
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, g, jsonify, request, send_file
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Row
from werkzeug.exceptions import HTTPException, NotFound

from batches import packages, people
from batches.bag import PackedFile
from batches.errors import Exists, Invalid, NotAllowed, RecordsError
from batches.errors import NotFound as NoRecord
from batches.virtual_zip import VirtualZip
from station.house import House
from web.archive.ranges import ranged

blueprint = Blueprint("archive", __name__, url_prefix="/api/v1")

_MOST = 200
_SHA256_HEX = r"^[0-9a-fA-F]{64}$"


class Receipt(BaseModel):
    """What an archive says of a package."""

    model_config = ConfigDict(extra="forbid", strict=True)

    status: str = Field(max_length=20)
    manifest_sha256: str = Field(pattern=_SHA256_HEX)
    archive_id: str = Field(default="", max_length=200)
    errors: list[str] = Field(default_factory=list, max_length=1000)


@blueprint.before_request
def _who() -> Response | None:
    """The archive server this token belongs to."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    with _house().store.read() as connection:
        archive = people.archive_by_token(connection, token.strip()) if scheme.lower() == "bearer" else None
    if archive is None:
        answer = _problem(401, "a valid token is needed: Authorization: Bearer TOKEN")
        answer.headers["WWW-Authenticate"] = 'Bearer realm="sohoa"'
        return answer
    g.archive = archive
    return None


@blueprint.get("/batches")
def feed() -> Response:
    """Packages offered to this archive, oldest first; ``after`` = the ``seq`` of the last one seen."""
    after, limit = _number("after", 0), min(_number("limit", 100), _MOST)
    state = request.args.get("state", "")
    with _house().store.read() as connection:
        rows = packages.for_archive(connection, g.archive.id, after=after, limit=limit)
    wanted = [row for row in rows if state in ("", "released", row.state)]
    return jsonify({"batches": [_line(row) for row in wanted], "next": rows[-1].id if rows else after})


@blueprint.get("/batches/<uid>")
def one(uid: str) -> Response:
    return jsonify(_line(_package(uid)))


@blueprint.get("/batches/<uid>/manifest.json")
def manifest(uid: str) -> Response:
    """Exactly the bytes whose SHA-256 the feed names."""
    package = _package(uid)
    path = _root(package).parent / "manifest.json"
    return _file(path, package.manifest_sha256, "application/json")


@blueprint.get("/batches/<uid>/files/<path:path>")
def file(uid: str, path: str) -> Response:
    """One file, with Range, If-Range, ETag and digest. The path is looked up, never joined."""
    package = _package(uid)
    found = next((one for one in _files(package) if one.path == path), None)
    if found is None:
        raise NotFound
    return _file(_root(package) / found.path, found.sha256, found.mime)


@blueprint.get("/batches/<uid>.zip")
def whole(uid: str) -> Response:
    """The package as one ZIP, the same bytes every time, any range of them."""
    package = _package(uid)
    root = _root(package)
    packed = VirtualZip(root, root.name, _files(package))
    answer = ranged(packed.read, packed.size, etag=f"zip-{package.manifest_sha256}", mime="application/zip")
    answer.headers["Content-Disposition"] = f'attachment; filename="{root.name}.zip"'
    return answer


@blueprint.post("/batches/<uid>/receipts")
def receipt(uid: str) -> Response:
    """Keep a receipt; the same Idempotency-Key gets the same answer again."""
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        return _problem(400, "the header Idempotency-Key is missing")
    try:
        said = Receipt.model_validate_json(request.get_data(cache=False) or b"null")
    except ValidationError as error:
        return _problem(422, "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()))
    with _house().store.write() as connection:
        answer = packages.receive(
            connection,
            g.archive,
            packages.get_for(connection, g.archive.id, uid),
            idempotency_key=key,
            status=said.status,
            manifest_sha256=said.manifest_sha256,
            body=said.model_dump(),
        )
    response = jsonify(answer)
    response.status_code = 200 if answer["matched"] else 409
    return response


@blueprint.errorhandler(RecordsError)
def _refused(error: RecordsError) -> Response:
    if isinstance(error, NoRecord):
        return _problem(404, "there is no such package for this archive")
    if isinstance(error, Exists):
        return _problem(409, "this Idempotency-Key was used for another receipt")
    if isinstance(error, Invalid):
        return _problem(422, f"status must be one of {', '.join(packages.STATUSES)}")
    if isinstance(error, NotAllowed):
        return _problem(409, "the batch is in a state that takes no receipt")
    answer = _problem(503, "the records are busy; try again")
    answer.headers["Retry-After"] = "5"
    return answer


@blueprint.errorhandler(HTTPException)
def _http(error: HTTPException) -> Response:
    return _problem(error.code or 500, error.description or "")


def _problem(status: int, detail: str) -> Response:
    """RFC 9457, in English: programs read it."""
    answer = jsonify({"status": status, "detail": detail})
    answer.status_code = status
    answer.mimetype = "application/problem+json"
    return answer


def _house() -> House:
    house: House = current_app.extensions["sohoa.house"]
    return house


def _package(uid: str) -> Row[Any]:
    with _house().store.read() as connection:
        return packages.get_for(connection, g.archive.id, uid)


def _files(package: Row[Any]) -> list[PackedFile]:
    with _house().store.read() as connection:
        return packages.files(connection, package.id)


def _root(package: Row[Any]) -> Path:
    folder: str = package.folder
    return _house().folders.root / folder


def _file(path: Path, sha256: str, mime: str) -> Response:
    answer = send_file(path, mimetype=mime, conditional=True, etag=sha256, download_name=path.name, max_age=0)
    digest = base64.b64encode(bytes.fromhex(sha256)).decode()
    answer.headers["Repr-Digest"] = f"sha-256=:{digest}:"  # RFC 9530: of the whole file, also with a range
    return answer


def _line(package: Row[Any]) -> dict[str, Any]:
    return {
        "id": package.uid,
        "seq": package.id,
        "state": package.state,
        "released_at": package.released_at,
        "bytes": package.bytes,
        "files": package.files,
        "manifest_sha256": package.manifest_sha256,
        "manifest": f"/api/v1/batches/{package.uid}/manifest.json",
        "zip": f"/api/v1/batches/{package.uid}.zip",
    }


def _number(name: str, default: int) -> int:
    text = request.args.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else default
