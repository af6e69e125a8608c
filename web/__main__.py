"""The console's server process: ``python -m web [--config FILE]``. One process, so that streams are counted in one place."""

import argparse
import sys
from pathlib import Path
from typing import Any

from flask import Flask

from station.config import Settings, load
from station.errors import translate
from station.house import open_house
from web.app import create_app


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m web")
    parser.add_argument("--config", type=Path, default=None)
    asked = parser.parse_args(arguments)
    try:
        settings = load(asked.config)
        serve(create_app(open_house(settings), settings), settings)
    except Exception as error:  # noqa: BLE001 - the process's border: one line, no traceback
        print("sohoa: " + " ".join(translate(error).lines()), file=sys.stderr)
        return 1
    return 0


def serve(app: Flask, settings: Settings) -> None:
    """Serve until told to stop: gunicorn's threads, or waitress where there is no gunicorn (Windows)."""
    if sys.platform == "win32":
        _serve_waitress(app, settings)
    else:
        _serve_gunicorn(app, settings)


def _serve_gunicorn(app: Flask, settings: Settings) -> None:
    from gunicorn.app.base import BaseApplication  # noqa: PLC0415 - absent on Windows

    server = settings.server
    options: dict[str, Any] = {
        "bind": f"{server.host}:{server.port}",
        "workers": 1,
        "threads": server.threads,
        "worker_class": "gthread",
        "timeout": 120,
        "graceful_timeout": 5,  # open streams need no longer farewell
        "keepalive": 5,
        "loglevel": "warning",
        "certfile": str(server.tls_certificate) if server.tls_certificate else None,
        "keyfile": str(server.tls_key) if server.tls_key else None,
    }

    class Console(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            for name, value in options.items():
                if value is not None:
                    self.cfg.set(name, value)

        def load(self) -> Flask:
            return app

    Console().run()


def _serve_waitress(app: Flask, settings: Settings) -> None:
    import waitress  # noqa: PLC0415

    waitress.serve(app, host=settings.server.host, port=settings.server.port, threads=settings.server.threads, ident=None)


if __name__ == "__main__":
    sys.exit(main())
