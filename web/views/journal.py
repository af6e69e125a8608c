"""What happened to a batch: who, when, what, before, after."""

import json
from typing import Any

from flask import Blueprint, render_template

from batches import batch as batch_records
from batches import holdings
from batches import journal as records
from station.words import has_words, words
from web import identity

blueprint = Blueprint("journal", __name__)
_MOST = 500


@blueprint.get("/batches/<int:batch_id>/journal")
def show(batch_id: int) -> str:
    with identity.house().store.read() as connection:
        batch = batch_records.get(connection, batch_id)
        place = holdings.place(connection, batch.archive_file_id)
        entries = [_line(entry) for entry in records.entries(connection, f"batch:{batch_id}", _MOST)]
    return render_template("journal.html", batch=batch, place=place, entries=entries, most=_MOST)


def _line(entry: records.Entry) -> dict[str, Any]:
    key = f"console.action.{entry.action}"
    return {
        "seq": entry.seq,
        "at": entry.at,
        "actor": entry.actor,
        "action": words(key) if has_words(key) else entry.action,
        "subject": _where(entry.subject),
        "before": _short(entry.detail.get("before")),
        "after": _short(entry.detail.get("after")),
        "reason": entry.detail.get("reason") or "",
        "hash": entry.hash,
    }


def _where(subject: str) -> str:
    """batch:1/page:16 → mặt 16."""
    kind, _, number = subject.rpartition("/")[2].partition(":")
    key = f"console.subject.{kind}"
    return words(key, id=number) if has_words(key) else ""


def _short(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str) and has_words(f"state.{value}.name"):
        return words(f"state.{value}.name")
    if isinstance(value, dict) and "sha256" in value:
        return words("console.stored", size=value.get("bytes", 0) / 2**20, digest=value["sha256"][:12])
    if isinstance(value, dict) and {"source", "mode", "resolution"} <= value.keys():
        source, mode = words(f"source.{value['source']}"), words(f"color.{value['mode']}")
        return words("console.journal.settings", source=source, mode=mode, resolution=value["resolution"])
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else text[:117] + "…"
