"""The examination of a machine: small checks, each yielding what it found and the exact line to type.

A check is a function of the `Patient` that yields `Result`s; its words stand under ``doctor.<id>``. Checks look through the
patient only (a root folder, a program runner), so that tests can lay any machine on the table."""

import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from station.config import Settings
from station.words import words


class Verdict(StrEnum):
    GOOD = "good"
    NOTE = "note"
    """Works, but a person should know."""
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Result:
    """``id``: stable, e.g. ``scanner.no_driver``; its words are ``doctor.<id>`` filled with ``facts``.

    ``type``: the lines to type, in order."""

    id: str
    verdict: Verdict
    facts: Mapping[str, Any] = field(default_factory=dict)
    type: tuple[str, ...] = ()

    def text(self) -> str:
        return words(f"doctor.{self.id}", **self.facts)


@dataclass(frozen=True, slots=True)
class Said:
    """What a program answered. ``status`` 127 = there is no such program."""

    status: int
    text: str


def run_program(command: list[str], seconds: float = 20.0) -> Said:
    """Standard output of a program; never raises."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=seconds, check=False)
    except FileNotFoundError:
        return Said(127, "")
    except (subprocess.TimeoutExpired, OSError):
        return Said(124, "")
    return Said(done.returncode, done.stdout)


@dataclass(frozen=True, slots=True)
class Patient:
    """The machine as checks see it."""

    settings: Settings
    root: Path = Path("/")
    run: Callable[[list[str]], Said] = run_program

    def at(self, path: str) -> Path:
        """A system path below ``root``."""
        return self.root / path.lstrip("/")


Check = Callable[[Patient], Iterator[Result]]


def good(id: str, /, **facts: Any) -> Result:
    return Result(id, Verdict.GOOD, facts)


def note(id: str, /, *lines: str, **facts: Any) -> Result:
    return Result(id, Verdict.NOTE, facts, lines)


def wrong(id: str, /, *lines: str, **facts: Any) -> Result:
    return Result(id, Verdict.WRONG, facts, lines)


def examine(patient: Patient, checks: Mapping[str, Check]) -> Iterator[Result]:
    """Every check's results in order. A check that itself fails is a finding, not the end of the examination."""
    for name, check in checks.items():
        try:
            yield from check(patient)
        except Exception as error:  # noqa: BLE001 - the border of one check: the others still run
            yield wrong("check_failed", check=name, detail=f"{type(error).__name__}: {error}")


def apt_line(*packages: str) -> str:
    return f"sudo apt-get install -y --no-install-recommends {' '.join(packages)}"
