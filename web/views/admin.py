"""The administrator's pages: accounts, archive servers, scanners."""

from flask import Blueprint, render_template, url_for
from werkzeug.wrappers import Response

from batches import holdings, people
from batches.errors import Invalid
from batches.words import Role
from station import devices
from station.words import words
from web import answers, asked, identity

blueprint = Blueprint("admin", __name__, url_prefix="/admin")


@blueprint.get("/accounts")
def accounts() -> str:
    return _accounts()


@blueprint.post("/accounts")
def add_account() -> str:
    """The one-time password is shown once, on the page that answers."""
    login, password = asked.text("login").lower(), people.one_time_password()
    try:
        role = Role(asked.text("role"))
    except ValueError:
        raise Invalid(what="role", value=asked.text("role")) from None
    with identity.house().store.write() as connection:
        people.add_account(connection, identity.actor().login, login, asked.text("name"), role, password)
    return _accounts(secret=(login, password))


@blueprint.post("/accounts/<login>/password")
def reset_password(login: str) -> str:
    password = people.one_time_password()
    with identity.house().store.write() as connection:
        people.set_password(connection, identity.actor().login, login, password, must_change=True)
    return _accounts(secret=(login, password))


@blueprint.post("/accounts/<login>/active")
def set_active(login: str) -> Response:
    active = asked.flag("active")
    if login == identity.actor().login and not active:
        raise Invalid(what="own_account", value=login)
    with identity.house().store.write() as connection:
        people.set_active(connection, identity.actor().login, login, active)
    said = "account_opened" if active else "account_closed"
    return answers.done(url_for("admin.accounts"), words(f"console.did.{said}", login=login))


@blueprint.get("/archives")
def archives() -> str:
    return _archives()


@blueprint.post("/archives")
def add_archive() -> str:
    """The token is shown once, on the page that answers."""
    name = asked.text("name")
    if not name:
        raise Invalid(what="archive_name", value="")
    with identity.house().store.write() as connection:
        _, token = people.add_archive(connection, identity.actor().login, name)
    return _archives(secret=(name, token))


@blueprint.post("/archives/token")
def renew_token() -> str:
    name = asked.text("name")
    with identity.house().store.write() as connection:
        token = people.renew_token(connection, identity.actor().login, name)
    return _archives(secret=(name, token))


@blueprint.post("/fonds/<int:fonds_id>/archive")
def set_archive(fonds_id: int) -> Response:
    archive_id = asked.whole("archive")
    with identity.house().store.write() as connection:
        if archive_id is None or archive_id not in [row.id for row in people.archives(connection)]:
            raise Invalid(what="archive", value=archive_id)
        holdings.set_archive(connection, identity.actor().login, fonds_id, archive_id)
    return answers.done(url_for("admin.archives"), words("console.did.archive_set"))


@blueprint.get("/devices", endpoint="devices")
def show_devices() -> str:
    return render_template("devices.html", listed=devices.listing(identity.house()))


@blueprint.post("/devices/rename")
def rename_device() -> Response:
    alias = asked.text("alias")
    if not alias:
        raise Invalid(what="alias", value="")
    devices.rename(identity.house(), identity.actor(), asked.text("identity"), alias)
    return answers.done(url_for("admin.devices"), words("console.did.renamed"))


def _accounts(secret: tuple[str, str] | None = None) -> str:
    with identity.house().store.read() as connection:
        rows = people.accounts(connection)
    return render_template("accounts.html", rows=rows, roles=list(Role), secret=secret)


def _archives(secret: tuple[str, str] | None = None) -> str:
    with identity.house().store.read() as connection:
        rows, fonds = people.archives(connection), holdings.fonds_list(connection)
    return render_template("archives.html", rows=rows, fonds=fonds, secret=secret)
