"""``sohoa simulate``: a virtual network scanner on loopback, with paper from a folder and faults from a script."""

import argparse
import json
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from scanner.escl import FaultScript, FaultScriptError, PageTray, PageTrayError, VirtualScanner, write_sane_config
from scanner.escl.machine import Event
from station.errors import SohoaError, UsageError
from station.words import has_words, words

_LOOK = 0.2
"""Seconds between looks at the scanner's log."""
_SIDES = {"auto": None, "one": False, "two": True}


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("simulate", help=words("cli.door.simulate"), description=words("simulate.description"))
    parser.add_argument("--pages", type=Path, required=True, metavar="DIR", help=words("simulate.option.pages"))
    parser.add_argument("--faults", type=Path, metavar="FILE", help=words("simulate.option.faults"))
    parser.add_argument("--port", type=_port, default=0, metavar="N", help=words("simulate.option.port"))
    parser.add_argument("--ipm", type=_pace, default=0.0, metavar="N", help=words("simulate.option.ipm"))
    parser.add_argument("--sides", choices=tuple(_SIDES), default="auto", help=words("simulate.option.sides"))
    parser.add_argument("--name", default="Sohoa Virtual Scanner", help=words("simulate.option.name"))


def run(args: argparse.Namespace) -> int:
    """Serves until Ctrl-C or SIGTERM. Raises UsageError for pages, script or port that cannot be used."""
    with _stop_signal() as stop, tempfile.TemporaryDirectory(prefix="sohoa-simulate-") as work:
        folder = Path(work, "sane")
        with _scanner(args, Path(work, "pages")) as scanner:
            write_sane_config(folder, scanner)
            _tell_ready(scanner, folder, as_json=args.json)
            if not args.json and sys.stdin is not None and sys.stdin.isatty():
                threading.Thread(target=_listen, args=(scanner,), daemon=True).start()
            _follow(scanner, stop, as_json=args.json)
    return 0


def _scanner(args: argparse.Namespace, work: Path) -> VirtualScanner:
    try:
        tray = _tray(args.pages, _SIDES[args.sides], work)
        faults = FaultScript.load(args.faults) if args.faults else FaultScript()
        return VirtualScanner(tray, name=args.name, port=args.port, faults=faults, ipm=args.ipm)
    except PageTrayError as error:
        raise UsageError.of(error.code, path=error.path, detail=error.detail) from error
    except FaultScriptError as error:
        raise _script_refusal(error, args.faults) from error
    except UnicodeDecodeError as error:
        raise UsageError.of("script_yaml", path=args.faults, line=0, value=error.reason) from error
    except OSError as error:
        if error.filename is None:  # a socket, not a file
            raise UsageError.of("simulate_port", port=args.port, detail=error.strerror or str(error)) from error
        raise UsageError.of("no_file", path=error.filename) from error


def _tray(folder: Path, two_sided: bool | None, work: Path) -> PageTray:
    """The folder's images; with PDFs among them every page of every file, printed into ``work``, in name order."""
    if not folder.is_dir() or not any(path.suffix.lower() == ".pdf" for path in folder.iterdir()):
        return PageTray.from_folder(folder, two_sided=two_sided)
    from station.paper import print_out  # noqa: PLC0415 - PDF and OpenCV take a second that images alone do not need

    refused = print_out(folder, work).refused
    if refused:
        raise PageTrayError("tray_unreadable", folder / refused[0][0], refused[0][1])
    return PageTray.from_folder(work, two_sided=two_sided)


def _script_refusal(error: FaultScriptError, path: Path) -> SohoaError:
    refusal = UsageError.of(error.code, path=path, line=error.line, value=error.value)
    if error.nearest:
        refusal.next = words("error.script_nearest", nearest=error.nearest)
    return refusal


@contextmanager
def _stop_signal() -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set; the old handlers come back afterwards."""
    stop = threading.Event()
    old = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)


def _tell_ready(scanner: VirtualScanner, folder: Path, *, as_json: bool) -> None:
    name, sheets = scanner.identity.name, len(scanner.machine.tray)
    device = f"airscan:e0:{name}"
    if as_json:
        ready = {"event": "ready", "url": scanner.url, "control": scanner.control_url, "name": name, "device": device}
        _print_json({**ready, "sheets": sheets, "sane_config_dir": str(folder)})
        return
    for key in ("ready", "airscan", "try", "control", "stop"):
        text = words(f"simulate.{key}", name=name, url=scanner.url, sheets=sheets, device=device, folder=folder,
                     control=scanner.control_url)  # fmt: skip
        print(text, flush=True)


def _follow(scanner: VirtualScanner, stop: threading.Event, *, as_json: bool) -> None:
    """Tells what happens in the scanner until it is time to stop."""
    seen, over = 0, False
    while not over:
        over = stop.wait(_LOOK)
        seen, events = scanner.events_after(seen)
        for event in events:
            _tell(event, scanner, as_json=as_json)
    if as_json:
        _print_json({"event": "stopped", "sheets_left": scanner.sheets_left, **scanner.counters})
    else:
        print(words("simulate.stopped", fed=scanner.counters.get("fed", 0), left=scanner.sheets_left), flush=True)


def _tell(event: Event, scanner: VirtualScanner, *, as_json: bool) -> None:
    if as_json:
        _print_json({"event": event.what, **{key: value for key, value in asdict(event).items() if key != "what"}})
        return
    key = f"simulate.event.{event.what}"
    if has_words(key):
        fault = words(f"simulate.fault.{event.detail}") if event.what == "fault" else event.detail
        print(words(key, sheet=event.sheet, job=event.job, fault=fault, left=scanner.machine.tray.left), flush=True)


def _listen(scanner: VirtualScanner) -> None:
    """The operator's hands at the terminal: a sheet number and Enter lays that sheet and all after it into the tray again."""
    for line in sys.stdin:
        try:
            scanner.clear()
            scanner.reload_from(int(line))
        except ValueError:
            print(words("simulate.not_a_sheet", sheets=len(scanner.machine.tray)), flush=True)


def _print_json(value: dict[str, Any]) -> None:
    print(json.dumps(value, ensure_ascii=False), flush=True)


def _port(text: str) -> int:
    port = int(text) if text.isdecimal() else -1
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(words("simulate.bad_port", value=text))
    return port


def _pace(text: str) -> float:
    try:
        pace = float(text)
    except ValueError:
        pace = -1.0
    if not 0 <= pace <= 100_000:
        raise argparse.ArgumentTypeError(words("simulate.bad_ipm", value=text))
    return pace
