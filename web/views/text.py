"""A page's words: shown over the picture, put right one by one; and what the house learned from it."""

from typing import Any

from flask import Blueprint, render_template, url_for
from werkzeug.wrappers import Response

from batches import pages as page_records
from batches.errors import Invalid
from station import desk_view, mending_text, vocabulary
from station.words import words
from web import answers, asked, identity
from web.showing import page_data

blueprint = Blueprint("text", __name__)


@blueprint.get("/pages/<int:page_id>/text")
def show(page_id: int) -> str:
    house = identity.house()
    with house.store.read() as connection:
        batch_id = page_records.get(connection, page_id).batch_id
    view = desk_view.view(house, batch_id)
    page = desk_view.page(house, page_id)
    ids = [one.id for one in view.pages]
    where = ids.index(page_id) if page_id in ids else 0
    return render_template(
        "text.html",
        batch=view.batch,
        page=page,
        data=page_data(page),
        words_data=_words(page_id),
        before=ids[where - 1] if where else None,
        after=ids[where + 1] if where + 1 < len(ids) else None,
        open=view.batch.state in {state.value for state in mending_text.MENDABLE},
    )


@blueprint.get("/pages/<int:page_id>/words", endpoint="words")
def listed(page_id: int) -> dict[str, Any]:
    """The words as they stand now, for the page's script."""
    return _words(page_id)


@blueprint.post("/pages/<int:page_id>/words", endpoint="mend")
def mend(page_id: int) -> Response:
    """``box``: px of the page as read, "x0,y0,x1,y1"; ``before``: the word seen there; ``after``: the word on the paper."""
    before, after = asked.text("before"), asked.text("after")
    mending_text.mend(identity.house(), identity.actor(), page_id, _box(), before, after)
    said = "confirmed" if after == before else "mended" if after else "removed"
    return _done(page_id, words(f"console.text_page.did.{said}", after=after))


@blueprint.post("/pages/<int:page_id>/words/add", endpoint="add")
def add(page_id: int) -> Response:
    """``box``: px of the page as read, drawn by a person; ``after``: the word on the paper that the machine did not see."""
    mending_text.add(identity.house(), identity.actor(), page_id, _box(), asked.text("after"))
    return _done(page_id, words("console.text_page.did.added", after=asked.text("after")))


@blueprint.post("/pages/<int:page_id>/words/undo", endpoint="undo")
def undo(page_id: int) -> Response:
    taken = mending_text.undo(identity.house(), identity.actor(), page_id)
    return _done(page_id, words(f"console.text_page.did.{'nothing' if taken is None else 'undone'}"))


@blueprint.get("/admin/vocabulary", endpoint="vocabulary")
def learned() -> str:
    return render_template("vocabulary.html", view=vocabulary.view(identity.house()))


@blueprint.post("/admin/vocabulary", endpoint="forget")
def forget() -> Response:
    again = asked.flag("undo")
    vocabulary.forget(identity.house(), identity.actor(), asked.text("before"), asked.text("after"), undo=again)
    said = "taken_in" if again else "forgotten"
    return answers.done(url_for("text.vocabulary"), words(f"console.vocabulary.did.{said}"))


def _done(page_id: int, said: str) -> Response:
    return answers.done(url_for("text.show", page_id=page_id), said, words=_words(page_id))


def _box() -> tuple[int, int, int, int]:
    parts = asked.text("box").split(",")
    if len(parts) != 4 or not all(part.lstrip("-").isdecimal() for part in parts):
        raise Invalid(what="box", value=asked.text("box")[:50])
    x0, y0, x1, y1 = (int(part) for part in parts)
    return x0, y0, x1, y1


def _words(page_id: int) -> dict[str, Any]:
    """Every word of the page, and who has seen it; places as fractions of the page as read and as px."""
    view = mending_text.view(identity.house(), page_id)
    width, height = view.size
    return {
        "ready": view.ready,
        "size": [width, height],
        "words": [
            {
                "text": word.text,
                "raw": word.raw,
                "by": word.by,
                "unsure": word.unsure,
                "sure": words("console.text_page.sure", sure=word.confidence),
                "px": list(word.box),
                "at": [word.box[0] / width, word.box[1] / height, word.box[2] / width, word.box[3] / height],
            }
            for word in view.words
        ],
    }
