# ruff: noqa: N999 - a door bears its command's name, and is imported by it
"""``sohoa import``: files from outside into a batch, in the order shown; works with the station running or not."""

import argparse
import logging
import threading
import time
from pathlib import Path
from typing import Any

from batches import batch as batch_records
from batches import runs
from batches.words import Role, RunState
from station import importing, importing_view
from station.cli.common import house_of, say_json
from station.engine import only_one
from station.errors import SohoaError
from station.house import Actor, House
from station.importing_plan import Choice, Entry, kept, look
from station.importing_view import ImportView
from station.recovery import recover
from station.words import has_words, words

_LOOK_SECONDS = 0.3


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("import", help=words("cli.door.import"))
    parser.add_argument("files", type=Path, nargs="+", help=words("door.import.files"))
    parser.add_argument("--batch", type=int, required=True, metavar="N", help=words("door.import.batch"))
    parser.add_argument("--faces", choices=("single", "pairs"), default="single", help=words("door.import.faces"))
    parser.add_argument("--documents", choices=("whole", "file"), default="whole", help=words("door.import.documents"))
    parser.add_argument("--dpi", type=float, metavar="DPI", help=words("door.import.dpi"))
    parser.add_argument("--again", action="store_true", help=words("door.import.again"))
    parser.add_argument("--flat", action="store_true", help=words("door.import.flat"))
    parser.add_argument("--dry-run", action="store_true", help=words("door.import.dry"))
    parser.add_argument("--actor", default="quet", metavar="LOGIN", help=words("door.import.actor"))


def run(args: argparse.Namespace) -> int:
    """0 when every file was stored or was there already, 1 when one was refused or the import stopped.

    Raises NotAllowed, SohoaError."""
    logging.getLogger("station").setLevel(logging.ERROR)  # what happened is told below, in words
    house = house_of(args)
    choice = Choice(args.faces, args.documents, args.dpi, args.again)
    entries = look([path.absolute() for path in args.files], deep=not args.flat)
    if not entries:
        raise SohoaError.of("import_nothing")
    if args.dry_run:
        _tell_order(entries, as_json=args.json)
        return 0
    with house.store.read() as connection:
        batch_id = int(batch_records.by_number(connection, args.batch).id)
    seen = _import(house, Actor(args.actor, Role.OPERATOR), batch_id, entries, choice, quiet=args.json)
    _tell(seen, as_json=args.json)
    sound = seen.run.state == RunState.FINISHED.value and seen.refused == seen.duplicates and not seen.bad_pages
    return 0 if sound else 1


def _import(house: House, actor: Actor, batch_id: int, entries: list[Entry], choice: Choice, *, quiet: bool) -> ImportView:
    """By this process, or by the station where it runs."""
    try:
        with only_one(house):
            recover(house)
            run_id = _open_run(house, batch_id, entries) or importing.request(
                house, actor, batch_id, entries, choice, "command"
            )
            importing.carry_out(house, run_id, threading.Event())
            return importing_view.view(house, run_id)
    except SohoaError as error:
        if error.what != SohoaError.of("engine_running", folder=house.folders.root).what:
            raise
    if not quiet:
        print(words("door.import.waiting"), flush=True)
    run_id = importing.request(house, actor, batch_id, entries, choice, "command")
    while True:
        with house.store.read() as connection:
            state = RunState(runs.get(connection, run_id).state)
        if state in (RunState.FINISHED, RunState.PAUSED):
            return importing_view.view(house, run_id)
        time.sleep(_LOOK_SECONDS)


def _open_run(house: House, batch_id: int, entries: list[Entry]) -> int | None:
    """An import of the very same files that was cut off is gone on with. Its plan stands for what was chosen then."""
    with house.store.write() as connection:
        found = runs.active(connection, batch_id)
        if found is None or found.device != importing.FILES:
            return None
        if [entry.path for entry in kept(house, found.settings["plan"])] != [entry.path for entry in entries]:
            return None
        if found.state == RunState.PAUSED.value:
            runs.resume(connection, found.operator, found.id)
    return int(found.id)


def _tell_order(entries: list[Entry], *, as_json: bool) -> None:
    if as_json:
        say_json({"files": [{"name": one.name, "bytes": one.bytes, "refused": one.reason or None} for one in entries]})
        return
    good = [entry for entry in entries if not entry.reason]
    for number, entry in enumerate(good, start=1):
        print(words("door.import.order", number=number, name=entry.name))
    for entry in entries:
        if entry.reason:
            print(words("door.import.order_refused", name=entry.name, why=importing_view.why(entry.reason)))


def _tell(seen: ImportView, *, as_json: bool) -> None:
    if as_json:
        listed = [
            {"name": one.name, "state": one.state, "pages": one.pages, "reason": one.reason or None} for one in seen.listed
        ]
        say_json({"run": seen.run.state, "fault": seen.run.fault, **seen.as_dict(), "listed": listed})
        return
    for one in seen.listed:
        if one.line:
            key = "door.import.refused" if one.state == "refused" else "door.import.noted"
            print(words(key, name=one.name, why=one.line))
    if seen.run.state != RunState.FINISHED.value:
        name = f"console.card.importing.{seen.run.fault}.safe"
        print(words("door.import.stopped", why=words(name) if has_words(name) else seen.run.fault or "?"))
    broken = seen.refused - seen.duplicates
    print(
        words(
            "door.import.done", seen=seen.seen, stored=seen.stored, pages=seen.pages, duplicates=seen.duplicates, broken=broken
        )
    )
