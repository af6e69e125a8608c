"""``sohoa doctor``: examine this machine; says what is wrong and the exact line to type. Status 1 where something is wrong."""

import argparse
import json
from typing import Any

from station.config import Settings, load
from station.config_problems import ConfigError
from station.doctor import CHECKS, Patient, Result, Verdict, examine
from station.doctor.model import wrong
from station.words import speak, words


def add_parser(subparsers: Any) -> None:
    subparsers.add_parser("doctor", help=words("cli.door.doctor"))


def run(args: argparse.Namespace) -> int:
    show = _show_json if args.json else _show
    results: list[Result] = []
    settings = _settings(args, results)
    speak(settings.station.language)
    for result in results:
        show(result)
    for result in examine(Patient(settings), CHECKS):
        show(result)
        results.append(result)
    return _close(results, as_json=args.json)


def _settings(args: argparse.Namespace, results: list[Result]) -> Settings:
    """The configuration; a wrong one is a finding, and the rest is examined with the defaults."""
    try:
        return load(args.config)
    except ConfigError as error:
        results += [wrong("config", detail=line) for line in error.problems]
        return Settings()


def _show(result: Result) -> None:
    print(f"{words(f'doctor.verdict.{result.verdict}')}  {result.text()}")
    for line in result.type:
        print(f"        {words('doctor.type')} {line}", flush=True)


def _show_json(result: Result) -> None:
    """One object a line."""
    print(json.dumps({"check": result.id, "verdict": result.verdict, "text": result.text(), "type": list(result.type)},
                     ensure_ascii=False), flush=True)  # fmt: skip


def _close(results: list[Result], *, as_json: bool) -> int:
    count = sum(result.verdict is Verdict.WRONG for result in results)
    if not as_json:
        print()
        print(words("doctor.some_wrong", count=count) if count else words("doctor.all_good"))
    return 1 if count else 0
