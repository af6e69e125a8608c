"""The console's server process: ``python -m web [--config FILE]``. One process, so that streams are counted in one place."""

import argparse
import ssl
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask

from station.config import Settings, load
from station.errors import SohoaError, translate
from station.house import open_house
from station.words import words
from web.app import create_app, create_archive_app


@dataclass(frozen=True, slots=True)
class Door:
    """Where to listen. ``client_ca``: a client without a certificate of this CA is refused."""

    host: str
    port: int
    threads: int
    certificate: Path | None
    key: Path | None
    client_ca: Path | None = None


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m web")
    parser.add_argument("--config", type=Path, default=None)
    parser.add_argument("--archive", action="store_true", help="only the archive's interface, on archive.port")
    asked = parser.parse_args(arguments)
    try:
        settings = load(asked.config)
        house = open_house(settings)
        if asked.archive:
            serve(create_archive_app(house, settings), archive_door(settings))
        else:
            serve(create_app(house, settings), console_door(settings))
    except Exception as error:  # noqa: BLE001 - the process's border: one line, no traceback
        print("sohoa: " + " ".join(translate(error).lines()), file=sys.stderr)
        return 1
    return 0


def console_door(settings: Settings) -> Door:
    server = settings.server
    return Door(server.host, server.port, server.threads, server.tls_certificate, server.tls_key)


def archive_door(settings: Settings) -> Door:
    """Raises SohoaError where the archive's interface has no port of its own."""
    archive = settings.archive
    if archive.port is None:
        raise SohoaError(words("console.no_archive_port"))
    return Door(archive.host, archive.port, 8, archive.tls_certificate, archive.tls_key, archive.client_ca)


def serve(app: Flask, door: Door) -> None:
    """Serve until told to stop: gunicorn's threads, or waitress where there is no gunicorn (Windows)."""
    if sys.platform == "win32":
        _serve_waitress(app, door)
    else:
        _serve_gunicorn(app, door)


def gunicorn_options(door: Door) -> dict[str, Any]:
    options = {
        "bind": f"{door.host}:{door.port}",
        "workers": 1,
        "threads": door.threads,
        "worker_class": "gthread",
        "timeout": 120,
        "graceful_timeout": 5,  # open streams need no longer farewell
        "keepalive": 5,
        "loglevel": "warning",
        "certfile": str(door.certificate) if door.certificate else None,
        "keyfile": str(door.key) if door.key else None,
        "ca_certs": str(door.client_ca) if door.client_ca else None,
        "cert_reqs": ssl.CERT_REQUIRED if door.client_ca else None,
    }
    return {name: value for name, value in options.items() if value is not None}


def _serve_gunicorn(app: Flask, door: Door) -> None:
    from gunicorn.app.base import BaseApplication  # noqa: PLC0415 - absent on Windows

    class Console(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            for name, value in gunicorn_options(door).items():
                self.cfg.set(name, value)

        def load(self) -> Flask:
            return app

    Console().run()


def _serve_waitress(app: Flask, door: Door) -> None:
    import waitress  # noqa: PLC0415

    waitress.serve(app, host=door.host, port=door.port, threads=door.threads, ident=None)


if __name__ == "__main__":
    sys.exit(main())
