"""``sohoa journal``: verify the chain, or read one thing's story."""

import argparse
import json
from dataclasses import asdict
from typing import Any

from batches import journal
from station.cli.common import house_of, say_json
from station.words import words


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("journal", help=words("cli.door.journal"))
    acts = parser.add_subparsers(required=True, dest="act", metavar=words("door.journal.act"))
    acts.add_parser("verify", help=words("door.journal.verify"))
    show = acts.add_parser("show", help=words("door.journal.show"))
    show.add_argument("subject", nargs="?", help=words("door.journal.subject"))
    show.add_argument("--limit", type=int, default=50, help=words("door.journal.limit"))


def run(args: argparse.Namespace) -> int:
    """Raises JournalBroken."""
    house = house_of(args)
    with house.store.read() as connection:
        if args.act == "verify":
            count = journal.verify(connection)
            head = journal.head(connection)[1]
            say_json({"entries": count, "head": head}) if args.json else print(
                words("door.journal.sound", count=count, head=head)
            )
            return 0
        for entry in journal.entries(connection, args.subject, args.limit):
            _tell(entry, as_json=args.json)
    return 0


def _tell(entry: journal.Entry, *, as_json: bool) -> None:
    if as_json:
        say_json(asdict(entry))
    else:
        detail = json.dumps(entry.detail, ensure_ascii=False)
        print(f"{entry.seq:>6}  {entry.at}  {entry.actor:<12} {entry.action:<22} {entry.subject:<24} {detail}")
