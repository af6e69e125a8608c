"""``sohoa demo``: the whole way on a temporary station; 0 only if every count agrees."""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from imaging.practice import write_tray
from station import demo
from station.cli.common import say_json
from station.errors import UsageError
from station.words import words

_PRACTICE_SHEETS = 6


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("demo", help=words("cli.door.demo"))
    parser.add_argument("--pages", type=Path, metavar="DIR", help=words("door.demo.pages"))
    parser.add_argument("--keep", type=Path, metavar="DIR", help=words("door.demo.keep"))
    parser.add_argument("--ipm", type=float, default=0.0, metavar="N", help=words("door.demo.ipm"))


def run(args: argparse.Namespace) -> int:
    """Raises UsageError for a folder that is not there."""
    if args.pages is not None and not args.pages.is_dir():
        raise UsageError.of("no_file", path=args.pages)
    if args.keep is not None:
        args.keep.mkdir(parents=True, exist_ok=True)
        return _demonstrate(args, args.keep)
    with tempfile.TemporaryDirectory(prefix="sohoa-demo-") as folder:
        return _demonstrate(args, Path(folder))


def _demonstrate(args: argparse.Namespace, work: Path) -> int:
    pages = args.pages or _practice(work)
    ledger = demo.run(pages, work, lambda stage, facts: None if args.json else _tell(stage, facts), args.ipm)
    if args.json:
        say_json(ledger.as_dict())
    else:
        print(words("door.demo.ledger", **ledger.as_dict()))
        print(words("door.demo.agrees" if ledger.agrees else "door.demo.differs"))
    return 0 if ledger.agrees else 1


def _practice(work: Path) -> Path:
    write_tray(work / "pages", sheets=_PRACTICE_SHEETS)
    return work / "pages"


def _tell(stage: str, facts: dict[str, Any]) -> None:
    print(words(f"door.demo.stage.{stage}", **facts), flush=True)
