"""``sohoa verify PACKAGE``: an independent check of a package, from its bytes alone."""

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from batches.verification import Verified, verify
from station.cli.common import say_json
from station.errors import UsageError
from station.words import words


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("verify", help=words("cli.door.verify"))
    parser.add_argument("package", type=Path, help=words("door.verify.package"))


def run(args: argparse.Namespace) -> int:
    """0 sound, 1 something is wrong. Raises UsageError where there is no such file."""
    if not args.package.exists():
        raise UsageError.of("no_file", path=args.package)
    result = verify(args.package)
    if args.json:
        say_json({**asdict(result), "ok": result.ok})
    else:
        _tell(result)
    return 0 if result.ok else 1


def _tell(result: Verified) -> None:
    for problem in result.problems:
        print(words(f"door.verify.problem.{problem.what}", path=problem.path, detail=problem.detail))
    counts: dict[str, Any] = {name: result.counts.get(name, 0) for name in ("files", "documents", "pages", "sheets")}
    print(words("door.verify.sound" if result.ok else "door.verify.unsound", package=result.package, **counts))
