"""Slips to print, and whether blank sheets part documents in this batch."""

import re

from flask import Blueprint, Response, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from batches import batch as batch_records
from batches import holdings
from batches.errors import Invalid
from batches.words import BatchState
from station import separating, slips
from station.release import ascii_name
from station.words import words
from web import answers, asked, identity

blueprint = Blueprint("slips", __name__)
_MENDABLE = (BatchState.OPEN, BatchState.CAPTURING, BatchState.CAPTURED, BatchState.PROCESSED, BatchState.REJECTED)


@blueprint.get("/batches/<int:batch_id>/slips")
def show(batch_id: int) -> str:
    with identity.house().store.read() as connection:
        batch = batch_records.get(connection, batch_id)
        return render_template(
            "slips.html",
            batch=batch,
            place=holdings.place(connection, batch.archive_file_id),
            seen=separating.of_batch(connection, batch_id),
            pairs=separating.blank_pairs(connection, batch_id),
            open=batch.state in {state.value for state in _MENDABLE},
        )


@blueprint.post("/batches/<int:batch_id>/slips.pdf")
def pdf(batch_id: int) -> Response:
    """One page a document: ``sheets`` is "4 2 ?"; then ``dividers`` plain ones."""
    with identity.house().store.read() as connection:
        file_id = int(batch_records.get(connection, batch_id).archive_file_id)
        code = holdings.place(connection, file_id).file_code
    order = slips.Order(asked.whole("first") or 1, _counts(asked.text("sheets")), asked.whole("dividers") or 0)
    made = slips.make(identity.house(), file_id, order)
    answer = Response(made, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="phieu-{ascii_name(code)}.pdf"'
    return answer


@blueprint.post("/batches/<int:batch_id>/blank-pairs")
def blank_pairs(batch_id: int) -> AnyResponse:
    on = asked.flag("on")
    separating.set_blank_pairs(identity.house(), identity.actor(), batch_id, on)
    return answers.done(
        url_for("slips.show", batch_id=batch_id), words(f"console.slips.did.blank_pairs_{'on' if on else 'off'}")
    )


def _counts(text: str) -> tuple[int | None, ...]:
    parts = [part for part in re.split(r"[\s,;]+", text) if part]
    if not all(part == "?" or part.isdecimal() for part in parts):
        raise Invalid(what="slips", value=text[:50])
    return tuple(None if part == "?" else int(part) for part in parts)
