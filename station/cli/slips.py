"""``sohoa slips``: slips for the documents of an archive file, as a PDF to print."""

import argparse
from pathlib import Path
from typing import Any

from batches import batch as batch_records
from station import slips
from station.cli.common import house_of, say_json
from station.errors import UsageError
from station.words import words


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("slips", help=words("cli.door.slips"))
    parser.add_argument("--batch", type=int, required=True, metavar="N", help=words("door.slips.batch"))
    parser.add_argument("--sheets", nargs="*", default=[], metavar="N|?", help=words("door.slips.sheets"))
    parser.add_argument("--first", type=int, default=1, metavar="N", help=words("door.slips.first"))
    parser.add_argument("--dividers", type=int, default=0, metavar="N", help=words("door.slips.dividers"))
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="PDF", help=words("door.slips.output"))


def run(args: argparse.Namespace) -> int:
    """Raises Invalid, NotFound, UsageError for a count that is no number, OSError."""
    house = house_of(args)
    with house.store.read() as connection:
        file_id = int(batch_records.by_number(connection, args.batch).archive_file_id)
    order = slips.Order(args.first, tuple(_count(one) for one in args.sheets), args.dividers)
    data = slips.make(house, file_id, order)
    args.output.write_bytes(data)
    pages = len(order.sheets) + order.dividers
    if args.json:
        say_json({"file": str(args.output), "pages": pages, "bytes": len(data)})
    else:
        print(words("door.slips.made", pages=pages, path=str(args.output)))
    return 0


def _count(text: str) -> int | None:
    if text == "?":
        return None
    if not text.isdecimal():
        raise UsageError(words("door.slips.no_count", value=text))
    return int(text)
