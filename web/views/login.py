"""Signing in and out, and changing one's password."""

from urllib.parse import urlsplit

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from batches import people
from batches.errors import Invalid
from station.words import words
from web import asked, identity

blueprint = Blueprint("login", __name__)


@blueprint.get("/login")
def show() -> str | Response:
    if g.account is not None:
        return redirect(url_for("home.index"))
    return render_template("login.html", login="", line="", next=request.args.get("next", ""))


@blueprint.post("/login")
def enter() -> str | Response | tuple[str, int]:
    """One answer for a wrong name, a wrong password, a closed and a locked account."""
    login = asked.text("login").lower()
    with identity.house().store.write() as connection:
        account = people.check_password(connection, login, request.form.get("password", ""))
    if account is None:
        page = render_template("login.html", login=login, line=words("console.login.wrong"), next=asked.text("next"))
        return page, 401
    identity.sign_in(account)
    return redirect(_inside(asked.text("next")), code=303)


@blueprint.post("/logout")
def leave() -> Response:
    identity.sign_out()
    return redirect(url_for("login.show"), code=303)


@blueprint.get("/password")
def password() -> str:
    return render_template("password.html", line="")


@blueprint.post("/password")
def change() -> str | Response | tuple[str, int]:
    """The old password once more, the new one twice. Every other log-in of the account ends; this one goes on."""
    old, new = request.form.get("old", ""), request.form.get("new", "")
    line = ""
    with identity.house().store.write() as connection:
        account = people.check_password(connection, g.account.login, old)
        if account is None:
            line = words("console.password.wrong")
        elif new != request.form.get("again", ""):
            line = words("console.password.differ")
        elif new == old:
            line = words("console.password.same")
        else:
            line = _set(connection, new)
        account = people.account_by_id(connection, g.account.id)
    if line:
        return render_template("password.html", line=line), 422
    assert account is not None
    identity.sign_in(account)
    flash(words("console.password.changed"))
    return redirect(url_for("home.index"), code=303)


def _set(connection: Connection, new: str) -> str:
    try:
        people.set_password(connection, g.account.login, g.account.login, new, must_change=False)
    except Invalid:
        return words("console.password.short")
    return ""


def _inside(address: str) -> str:
    """An address of ours, or home: a log-in never sends anyone elsewhere."""
    parts = urlsplit(address.replace("\\", "/"))
    good = address.startswith("/") and not address.startswith("//") and not parts.scheme and not parts.netloc
    return address if good else url_for("home.index")
