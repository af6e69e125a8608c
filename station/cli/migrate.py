"""``sohoa migrate``: make the records' tables, or bring them to this version."""

import argparse
from typing import Any

from batches.database import Store
from station.cli.common import say_json, settings_of
from station.words import words


def add_parser(subparsers: Any) -> None:
    subparsers.add_parser("migrate", help=words("cli.door.migrate"))


def run(args: argparse.Namespace) -> int:
    """Raises DatabaseNewer, DatabaseUnreachable."""
    settings = settings_of(args)
    store = Store(settings.database_url)
    before = store.revision()
    after = store.migrate()
    if args.json:
        say_json({"before": before, "after": after})
    elif before != after:
        print(words("door.migrate.done", revision=after))
    return 0
