"""``sohoa serve``: the station. Two processes under one hand: the engine (scanners, pages, packages) and the console.

Either is started again when it dies; both stop when this one does."""

import argparse
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import IO, Any

from station import profiles
from station.cli.common import house_of, say_json
from station.config import Settings
from station.errors import SohoaError
from station.house import House
from station.words import words

log = logging.getLogger(__name__)

_STOP_SECONDS = 30.0
_QUICK_DEATH = 5.0
"""A part that dies sooner than this after its start is not started again at once."""
_MOST_QUICK_DEATHS = 3
_START_SECONDS = 120.0


def add_parser(subparsers: Any) -> None:
    subparsers.add_parser("serve", help=words("cli.door.serve"))


def run(args: argparse.Namespace) -> int:
    """Serve until Ctrl-C or SIGTERM. Raises UsageError where the port is taken, DatabaseOld before ``sohoa migrate``."""
    house = house_of(args)
    profiles.require_default(house)
    _require_port(house.settings)
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    config = ["--config", str(args.config)] if args.config else []
    parts = [_Part("engine", ["-m", "station.engine", *config]), _Part("console", ["-m", "web", *config])]
    if house.settings.archive.port is not None:
        parts.append(_Part("archive", ["-m", "web", "--archive", *config]))
    with _log_file(house) as out:
        return _supervise(house, parts, over, out, as_json=args.json)


@dataclass(slots=True)
class _Part:
    name: str
    command: Sequence[str]
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    quick_deaths: int = field(default=0)

    def start(self, out: IO[bytes]) -> None:
        # its own process group: a Ctrl-C at the terminal reaches this process only, which then stops the parts in order
        self.process = subprocess.Popen([sys.executable, *self.command], stdout=out, stderr=out, start_new_session=True)
        self.started = time.monotonic()

    @property
    def dead(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def revive(self, out: IO[bytes]) -> None:
        """Start again. Raises SohoaError where it keeps dying at once."""
        self.quick_deaths = self.quick_deaths + 1 if time.monotonic() - self.started < _QUICK_DEATH else 0
        status = self.process.returncode if self.process else None
        if self.quick_deaths >= _MOST_QUICK_DEATHS:
            raise SohoaError.of("part_keeps_dying", part=self.name, status=status, log=out.name)
        log.warning("%s ended with %s; started again", self.name, status)
        time.sleep(0.2 * self.quick_deaths)
        self.start(out)

    def stop(self) -> None:
        if self.process is None or self.dead:
            return
        self.process.terminate()
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _supervise(house: House, parts: list[_Part], over: threading.Event, out: IO[bytes], *, as_json: bool) -> int:
    try:
        for part in parts:
            part.start(out)
        _wait_until_open(house.settings, parts, over, out)
        if not over.is_set():
            _tell(house.settings, as_json=as_json)
        while not over.wait(0.3):
            for part in parts:
                if part.dead:
                    part.revive(out)
    finally:
        for part in reversed(parts):  # the console first, so that nobody asks what nobody will do
            part.stop()
    if not as_json:
        print(words("door.serve.stopped"), flush=True)
    return 0


def _wait_until_open(settings: Settings, parts: list[_Part], over: threading.Event, out: IO[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not over.is_set() and time.monotonic() < deadline:
        if _answers(settings):
            return
        for part in parts:
            if part.dead:
                part.revive(out)
        over.wait(0.1)


def _tell(settings: Settings, *, as_json: bool) -> None:
    address = f"{'https' if settings.server.tls_certificate else 'http'}://{settings.server.host}:{settings.server.port}/"
    if as_json:
        say_json({"event": "ready", "url": address, "pid": os.getpid()})
        return
    print(words("door.serve.open", url=address), flush=True)
    print(words("door.serve.press"), flush=True)


def _answers(settings: Settings) -> bool:
    try:
        with socket.create_connection((settings.server.host, settings.server.port), timeout=0.5):
            return True
    except OSError:
        return False


def _require_port(settings: Settings) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((settings.server.host, settings.server.port))


def _log_file(house: House) -> IO[bytes]:
    folder = house.folders.root / "log"
    folder.mkdir(parents=True, exist_ok=True)
    return (folder / "station.log").open("ab")
