"""Who is signed in: the account behind the session, checked anew at every request, and the roles' table applied."""

from typing import Any

from flask import Flask, Response, abort, current_app, g, redirect, request, session, url_for
from sqlalchemy import Row
from werkzeug.wrappers import Response as AnyResponse

from batches import people
from batches.words import Role
from station.house import Actor, House
from web.access import Open, allowed

_BEFORE_CHANGE = ("login.password", "login.change", "login.leave", "static")


def house() -> House:
    """The house this application was made for."""
    found: House = current_app.extensions["sohoa.house"]
    return found


def install(app: Flask) -> None:
    app.before_request(_guard)


def sign_in(account: Row[Any]) -> None:
    """A fresh session for this account; whatever stood in the old one is gone."""
    session.clear()
    session.permanent = True
    session["account"] = account.id
    session["generation"] = account.generation


def sign_out() -> None:
    session.clear()


def actor() -> Actor:
    """The person who acts, for the journal and the rules."""
    return Actor(g.account.login, Role(g.account.role))


def role() -> Role | None:
    account = g.get("account")
    return Role(account.role) if account is not None else None


def signed_in() -> Row[Any] | None:
    """The account of this session: none once it is closed, or its password was changed elsewhere."""
    if "account" not in session:
        return None
    with house().store.read() as connection:
        account = people.account_by_id(connection, session["account"])
    if account is None or not account.active or account.generation != session.get("generation"):
        session.clear()
        return None
    return account


def _guard() -> AnyResponse | None:
    if request.endpoint is None:
        return None  # no such page: Flask answers 404
    who = allowed(request.endpoint)
    if isinstance(who, Open) and who is Open.TOKEN:
        return None
    g.account = signed_in() if request.endpoint != "static" else None
    if isinstance(who, Open):
        return None
    if g.account is None:
        return _ask_to_sign_in()
    if g.account.must_change and request.endpoint not in _BEFORE_CHANGE:
        return redirect(url_for("login.password"))
    if Role(g.account.role) not in who:
        abort(403)
    return None


def _ask_to_sign_in() -> AnyResponse:
    if request.method != "GET" or wants_json():
        return Response(status=401)
    return redirect(url_for("login.show", next=request.full_path.rstrip("?")))


def wants_json() -> bool:
    """Our own scripts ask for JSON; a plain form or a link asks for a page."""
    return request.accept_mimetypes.best == "application/json"
