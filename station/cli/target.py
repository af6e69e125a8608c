"""``sohoa target``: the target sheet to print, and what the picture of one tells."""

import argparse
import json
from pathlib import Path
from typing import Any

from imaging import load
from imaging.target import TargetMeasure, TargetNotFound, measure
from qc import target as judge
from qc.limits import Limits
from station.cli.common import settings_of
from station.errors import SohoaError, UsageError
from station.target_sheet import write_sheet
from station.words import words


def add_parser(subparsers: "argparse._SubParsersAction[Any]") -> None:
    parser = subparsers.add_parser("target", description=words("health.target.cli.description"))
    parser.add_argument(
        "files", nargs="*", type=Path, metavar=words("convert.file_metavar"), help=words("health.target.cli.files")
    )
    parser.add_argument("-o", "--output", type=Path, metavar="PDF", help=words("health.target.cli.output"))


def run(args: argparse.Namespace) -> int:
    """0: written, or every picture is within its limits; 1: one is not, or shows no target."""
    settings = settings_of(args)
    if not args.files and args.output is None:
        raise UsageError.of("target_nothing")
    if args.output is not None:
        write_sheet(args.output)
        if not args.json:
            print(words("health.target.cli.written", path=args.output))
    limits = Limits.from_mapping(settings.qc.limits)
    return max([0, *(_tell(path, limits, as_json=args.json) for path in args.files)])


def _tell(path: Path, limits: Limits, *, as_json: bool) -> int:
    status = 0
    for page in load.pages(path):
        if isinstance(page, load.BadPage):
            raise page.error
        try:
            seen = measure(page.raster)
        except TargetNotFound as error:
            raise SohoaError.of("target_not_found", reason=words(f"health.target.reason.{error.reason}")) from error
        lines = judge.judge(seen, None, limits)
        good = judge.passed(lines)
        status |= int(not good)
        told = {"file": str(path), "page": page.number, "passed": good, **seen.to_json()}
        print(json.dumps(told, ensure_ascii=False) if as_json else _table(path, page.number, seen, lines, good), flush=True)
    return status


def _table(path: Path, number: int, seen: TargetMeasure, lines: list[judge.Line], good: bool) -> str:
    head = words("health.target.cli.head", file=path, page=number, face=words(f"health.side.{seen.face}"), turn=seen.turn)
    rows = [head]
    for line in lines:
        if line.value is not None:
            mark = "✓" if line.passed else "✗"
            value = words(f"health.target.line.{line.name}.value", value=line.value, limit=line.limit)
            rows.append(f"  {mark} {words(f'health.target.line.{line.name}.name')}: {value}")
    return "\n".join([*rows, words(f"health.target.{'good' if good else 'bad'}")])
