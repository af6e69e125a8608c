"""The console as a Flask application, made around a house that is handed in."""

from pathlib import Path

from flask import Flask
from flask_wtf.csrf import CSRFProtect

from station.config import Settings
from station.errors import SohoaError
from station.house import House
from station.words import speak, words
from web import answers, identity, saying, security
from web.archive import blueprint as archive_interface
from web.live import Streams
from web.views import (
    admin,
    device_health,
    home,
    imports,
    intake,
    items,
    journal,
    login,
    page,
    picture,
    profiles,
    release,
    review,
    scan,
    secrecy,
    slips,
    text,
    ways,
)

_VENDOR = Path(__file__).parent / "static" / "vendor"
_PARTS = (
    login,
    home,
    intake,
    scan,
    imports,
    page,
    picture,
    text,
    secrecy,
    slips,
    items,
    review,
    release,
    journal,
    profiles,
    ways,
    device_health,
    admin,
)


def create_app(house: House, settings: Settings) -> Flask:
    """The console over this house; the archive's interface too, unless that has a port of its own.

    Raises SohoaError in one clear line when the browser side was not installed."""
    require_assets(_VENDOR)
    app = Flask(__name__)
    app.extensions["sohoa.house"] = house
    app.extensions["sohoa.settings"] = settings
    app.extensions["sohoa.streams"] = Streams()
    security.prepare(app, settings, house.folders.root)
    app.before_request(lambda: speak(settings.station.language))
    identity.install(app)
    secrecy.install(app)
    imports.install(app)
    # after the roles' table: a stranger is told to log in, not that a form is stale
    CSRFProtect(app).exempt(archive_interface)  # programs with a token, no forms
    answers.install(app)
    saying.install(app)
    for part in _PARTS:
        app.register_blueprint(part.blueprint)
    if settings.archive.port is None:
        app.register_blueprint(archive_interface)
    return app


def create_archive_app(house: House, settings: Settings) -> Flask:
    """The archive's interface alone, for a port and certificates of its own."""
    app = Flask(__name__, static_folder=None)
    app.extensions["sohoa.house"] = house
    app.extensions["sohoa.settings"] = settings
    app.register_blueprint(archive_interface)
    app.after_request(security.dress)
    return app


def require_assets(vendor: Path) -> None:
    """Raises SohoaError where the scripts and fonts of the console are missing."""
    if not (vendor / "htmx.min.js").is_file():
        raise SohoaError(words("console.assets_missing", path=str(vendor)))
