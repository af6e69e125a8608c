"""All figures on one page: docs/benchmarks.md out of what the single benchmarks wrote to docs/bench/*.json.

python -m bench.summary [--report docs/benchmarks.md]
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from bench.report import FOLDER

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
SAID = {True: "yes", False: "**no**", None: "not said by this run"}
HEAD = """# Benchmarks

Every figure with its target, as the last run of each benchmark left it. Made by `bin/bench summary`; the single pages tell how
each was measured. A figure from a busy machine is marked: its times are too long for everybody.
"""


def main() -> int:
    """Writes the page. 1 where a target is not reached or not measured."""
    parser = argparse.ArgumentParser(prog="python -m bench.summary")
    parser.add_argument("--report", type=Path, default=PAGE)
    options = parser.parse_args()
    runs = [as_run(path.stem, json.loads(path.read_text(encoding="utf-8"))) for path in sorted(FOLDER.glob("*.json"))]
    options.report.write_text(page(runs), encoding="utf-8")
    print(options.report)
    return int(any(figure["reached"] is not True for run in runs for figure in run["figures"]))


def as_run(name: str, content: dict[str, Any]) -> dict[str, Any]:
    """A run in the shape of ``bench.report``; benchmarks that write their own may call things otherwise."""
    raw = content.get("figures", [])
    listed = [{"figure": key, **one} for key, one in raw.items()] if isinstance(raw, dict) else raw
    figures = [
        {
            "figure": " · ".join(str(one[key]) for key in ("figure", "name", "of") if one.get(key)),
            "target": one.get("target", ""),
            "value": one.get("value", ""),
            "reached": one.get("reached", one.get("met")),
            "note": one.get("note", ""),
        }
        for one in listed
    ]
    known = {key: content.get(key, "") for key in ("machine", "command", "split")}
    when = content.get("when") or content.get("made") or content.get("date", "")
    return known | {"name": name, "when": when, "versions": content.get("versions", []), "quiet": content.get("quiet"),
                    "figures": figures}  # fmt: skip


def page(runs: list[dict[str, Any]]) -> str:
    """The page in Markdown."""
    lines = [HEAD, "| figure | target | measured | reached | from |", "|---|---|---|---|---|"]
    for run in runs:
        busy = " (busy machine)" if run["quiet"] is False else ""
        for one in run["figures"]:
            note = f"; {one['note']}" if one["note"] else ""
            lines.append(
                f"| {one['figure']} | {one['target']} | {one['value']}{note}{busy} | {SAID[one['reached']]} | {run['name']} |"
            )
    lines += ["", "## Runs", ""]
    for run in runs:
        versions = "; ".join(str(one) for one in (run["machine"], *run["versions"]) if one)
        lines += [f"- **{run['name']}**, {run['when']}: `{run['command']}`. {versions}. {run['split']}"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
