"""What every benchmark writes beside its page: figures with their targets as JSON, for ``bench.summary`` to gather.

A benchmark calls ``save("convert", command, figures, split=…, quiet=…)``; the file is docs/bench/NAME.json."""

import json
import os
import platform
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "docs" / "bench"


@dataclass(frozen=True)
class Figure:
    """``figure``: what is measured, in the issue's words. ``value`` and ``target``: as people read them.
    ``reached``: None where this run does not say (no peer, a busy machine, too few pages)."""

    figure: str
    target: str
    value: str
    reached: bool | None
    note: str = ""


def machine() -> str:
    """Processor, cores, memory and system."""
    model = platform.machine()
    with suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return f"{os.cpu_count()} cores, {model}, {platform.system()} {platform.release()}, Python {platform.python_version()}"


def version(program: str, *options: str) -> str:
    """First line a program says of itself, or that it is not here."""
    if not shutil.which(program):
        return f"{program}: not here"
    said = subprocess.run([program, *(options or ("--version",))], capture_output=True, text=True, check=False)
    first = next(iter((said.stdout or said.stderr).splitlines()), "")
    return first if program in first else f"{program} {first}"


def none_of(name: str, count: int, note: str = "") -> Figure:
    """What must not happen even once."""
    return Figure(name, "0", str(count), count == 0, note)


def at_most(name: str, value: float, limit: float, note: str = "") -> Figure:
    """A measure with an upper limit, both as they are written: 1.04 against 1.10, 279 against 400."""
    places = 2 if limit < 100 else 0
    return Figure(name, f"≤ {limit:.{places}f}", f"{value:.{places}f}", value <= limit, note)


def save(name: str, command: str, figures: Sequence[Figure], *, split: str, versions: Sequence[str] = (),
         quiet: bool | None = None) -> Path:  # fmt: skip
    """Write docs/bench/NAME.json. ``split``: what was tuned on which pages. ``quiet``: whether nothing else ran."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}.json"
    content = {
        "name": name, "when": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", "machine": machine(), "versions": list(versions),
        "command": command, "quiet": quiet, "split": split, "figures": [asdict(figure) for figure in figures],
    }  # fmt: skip
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path
