"""What a deed answers: JSON to our scripts, a redirect to a plain form. Failures become one clear line in place."""

import json
import logging
from typing import Any

from flask import Flask, Response, flash, jsonify, redirect, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from batches.errors import RecordsError
from scanner.model import ScanFault
from scanner.profile import ProfileError
from station.errors import SohoaError, translate
from station.words import has_words, words
from web.identity import wants_json

_log = logging.getLogger(__name__)
_STATUS = {"not_found": 404, "invalid": 422, "exists": 422, "database_busy": 503, "database_unreachable": 503}


def done(go: str, say: str = "", **more: Any) -> AnyResponse:
    """A deed is done. ``go``: where a plain form continues; a script stays where it is and shows ``say``."""
    if wants_json():
        return jsonify({"say": say, **more})
    if say:
        flash(say)
    return redirect(go, code=303)


def moved(go: str) -> AnyResponse:
    """A deed is done and the work goes on elsewhere, for scripts too."""
    return jsonify({"go": go}) if wants_json() else redirect(go, code=303)


def install(app: Flask) -> None:
    for kind in (RecordsError, ScanFault, ProfileError, SohoaError, OSError):
        app.register_error_handler(kind, _refused)
    app.register_error_handler(CSRFError, _expired)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def line_of(error: Exception) -> str:
    """One line: what, why, what next. The console's own words for a refusal stand before the general ones."""
    if isinstance(error, RecordsError):
        key = f"console.refused.{error.key}.{error.facts.get('what', '')}"
        if has_words(key):
            return words(key, **_said(error.facts))
    return " ".join(translate(error).lines())


def _said(facts: dict[str, Any]) -> dict[str, Any]:
    """Facts as a person reads them: states by their names."""
    said = dict(facts)
    for name in ("state", "to"):
        key = f"state.{facts.get(name)}.name"
        if has_words(key):
            said[name] = words(key)
    return said


def _refused(error: Exception) -> AnyResponse:
    status = _STATUS.get(error.key, 409) if isinstance(error, RecordsError) else 409
    return _say(line_of(error), status)


def _expired(_: CSRFError) -> AnyResponse:
    return _say(words("console.http.expired"), 400)


def _http(error: HTTPException) -> AnyResponse:
    if error.response is not None:
        return error.response  # type: ignore[return-value]
    status = error.code or 500
    key = f"console.http.{status}"
    return _say(words(key if has_words(key) else "console.http.other"), status)


def _unexpected(error: Exception) -> AnyResponse:
    _log.exception("%s %s", request.method, request.path)
    return _say(line_of(translate(error)), 500)


def _say(line: str, status: int) -> AnyResponse:
    if wants_json():
        return Response(json.dumps({"error": line}, ensure_ascii=False), status, mimetype="application/json")
    return Response(render_template("error.html", line=line, status=status), status)
