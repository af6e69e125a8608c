"""The engine: recovery, the broker and the dispatcher in one process beside the console's.

The console never waits for it and it never waits for the console: they speak through the records."""

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from batches.errors import DatabaseBusy
from scanner.backend import Backend
from scanner.sane.backend import SaneBackend
from scanner.wia.backend import WiaBackend
from scanner.worker.timeouts import Timeouts
from station import config, profiles
from station.broker import Broker
from station.devices import PRACTICE
from station.dispatch import Dispatcher
from station.errors import SohoaError
from station.house import House, open_house
from station.offices import Offices
from station.practice import PracticeScanner
from station.recovery import recover
from station.workers import LocalPool

log = logging.getLogger(__name__)

_IDLE_SECONDS = 0.05


def main() -> None:
    """``python -m station.engine [--config FILE]``: runs until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path)
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    house = open_house(config.load(args.config))
    profiles.require_default(house)
    with only_one(house):
        serve(house, over)


def serve(house: House, over: threading.Event) -> None:
    """Work until ``over`` is set; then stop between sheets, end the workers, leave everything found again at the next start."""
    recover(house)
    practice = _practice(house)
    backends = backends_of(house, practice)
    broker = Broker(house, backends, practice)
    # the live path may use every core, its pages wait for an operator's eyes; reading leaves one to the scanner
    cores = os.cpu_count() or 2
    lookers, readers = min(cores, 4), house.settings.processing.workers or max(1, cores - 1)
    live, text = LocalPool(lookers), LocalPool(readers, nice=True)
    dispatcher = Dispatcher(house, live, text, at_once=(lookers + 1, readers))
    offices = Offices(house)
    broker.start()
    offices.start()
    print("ready", flush=True)
    try:
        while not over.is_set():
            if not _stepped(dispatcher):
                dispatcher.wait(_IDLE_SECONDS)
    finally:
        broker.close()
        offices.close()
        live.close()
        text.close()
        if practice is not None:
            practice.close()


def _stepped(dispatcher: Dispatcher) -> bool:
    """Records that are held by another for long stop no paper: what is done waits to be written."""
    try:
        return dispatcher.step()
    except DatabaseBusy:
        log.exception("dispatcher")
        return False


def backends_of(house: House, practice: PracticeScanner | None = None) -> dict[str, Backend]:
    """Every way to a scanner that this machine has, by the name its devices are recorded under."""
    scanning = house.settings.scanning
    timeouts = Timeouts(open=scanning.open_seconds, feed=scanning.feed_seconds, lines=scanning.read_seconds)
    backends: dict[str, Backend] = {}
    if sys.platform == "win32":
        backends["wia"] = WiaBackend(timeouts=timeouts)
    else:
        backends["sane"] = SaneBackend(scanning.sane_config_dir, timeouts=timeouts)
    if practice is not None:
        backends[PRACTICE] = practice.backend
    return backends


def _practice(house: House) -> PracticeScanner | None:
    if not house.settings.scanning.virtual_scanner:
        return None
    try:
        return PracticeScanner(house)
    except (SohoaError, OSError, ValueError):  # practice must never keep real work from starting
        log.exception("no practice scanner")
        return None


@contextmanager
def only_one(house: House) -> Iterator[None]:
    """One engine a house: a second would feed the same runs. Raises SohoaError."""
    house.folders.root.mkdir(parents=True, exist_ok=True)
    with (house.folders.root / "engine.lock").open("w") as lock:
        try:
            _lock(lock)
        except OSError as error:
            raise SohoaError.of("engine_running", folder=house.folders.root) from error
        lock.write(str(os.getpid()))
        lock.flush()
        yield
        with suppress(OSError):
            lock.truncate(0)


def _lock(file: IO[str]) -> None:
    """Ours until the file is closed or the process ends. Raises OSError where another holds it."""
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415  not elsewhere

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl  # noqa: PLC0415  not on Windows

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


if __name__ == "__main__":
    main()
