"""How values look on a page: words, moments, numbers, marks. Templates get these and nothing of the records' insides."""

from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Flask, current_app, g, url_for

from batches.clock import VIETNAM
from batches.words import Role
from station.words import catalogue, has_words, language, number, words
from web.access import may
from web.identity import role

MARKS = {"error": "✕", "warning": "▲", "info": "·"}
"""A level is a shape and a word, never a colour alone."""


def install(app: Flask) -> None:
    app.jinja_env.globals.update(
        w=words, has_words=has_words, moment=moment, day=day, number=number, asset=asset, may_call=may_call, marks=MARKS
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.context_processor(_common)


def moment(iso: str | None) -> str:
    """07:30 05/01/2020."""
    return _written(iso, "")


def day(iso: str | None) -> str:
    """05/01/2020."""
    return _written(iso, "date")


def _written(iso: str | None, spec: str) -> str:
    if not iso:
        return "—"
    return catalogue(language()).format(datetime.fromisoformat(iso).astimezone(VIETNAM), spec)


def asset(name: str) -> str:
    """A static file's address, renewed when the file changes."""
    folder = current_app.static_folder
    assert folder is not None
    stamps: dict[str, int] = current_app.extensions.setdefault("sohoa.stamps", {})
    if name not in stamps:
        stamps[name] = int((Path(folder) / name).stat().st_mtime)
    return url_for("static", filename=name, v=stamps[name])


def may_call(endpoint: str) -> bool:
    """Whether the person signed in may do this."""
    who = role()
    return who is not None and may(who, endpoint)


def _common() -> dict[str, Any]:
    account = g.get("account")
    station = current_app.extensions["sohoa.settings"].station
    return {"me": account, "my_role": Role(account.role) if account else None, "station": station, "lang": language()}
