"""``sohoa inspect``: geometry and checks of images and PDFs, one object a page."""

import argparse
import json
from pathlib import Path
from typing import Any

from station.inspecting import inspect
from station.words import has_words, words


def add_parser(subparsers: "argparse._SubParsersAction[Any]") -> None:
    parser = subparsers.add_parser("inspect")
    parser.add_argument("files", nargs="+", type=Path, metavar=words("convert.file_metavar"), help=words("inspect.files"))


def run(args: argparse.Namespace) -> int:
    """0: every page was measured; 1: some file or page cannot be read. Findings do not change the status."""
    status = 0
    for path in args.files:
        for page in inspect(path):
            status |= int("error" in page)
            print(json.dumps(page, ensure_ascii=False) if args.json else _told(page), flush=True)
    return status


def _told(page: dict[str, Any]) -> str:
    head = words("inspect.page", file=page["file"], page=page["page"])
    if "error" in page:
        return f"{head}\n  ✗ {page['message']}"
    lines = [head, "  " + " · ".join(_summary(page))]
    lines += [f"  {_mark(found['level'])} {_finding(found)}" for found in page["findings"]]
    return "\n".join(lines if page["findings"] else [*lines, f"  ✓ {words('inspect.clean')}"])


def _summary(page: dict[str, Any]) -> list[str]:
    turn, skew = page["orientation"], page["skew"]
    dpi = " × ".join(f"{dots:g}" for dots in dict.fromkeys(page["dpi"]))
    mode = words(f"inspect.mode.{page['mode']}")
    said = [words("inspect.size", width=page["width"], height=page["height"], dpi=dpi, mode=mode)]
    if turn["confidence"] == 0:
        said.append(words("inspect.unsure"))
    else:
        said.append(words("inspect.turn", degrees=turn["degrees"]) if turn["degrees"] else words("inspect.upright"))
    said.append(words("inspect.skew", degrees=skew["degrees"]) if skew["confidence"] else words("inspect.straight"))
    said += [words("inspect.blank")] if page["blank"]["value"] else []
    return said + ([words("inspect.seals", count=len(page["seals"]))] if page["seals"] else [])


def _mark(level: str) -> str:
    return {"error": "✗", "warning": "!", "info": "·"}[level]


def _finding(found: dict[str, Any]) -> str:
    """The finding's own words where the catalogue has them, its figure and limit."""
    key = f"finding.{found['check']}.title"
    name = words(key) if has_words(key) else found["check"]
    figure = "" if found["value"] is None else f" {found['value']:g}"
    return name + figure + (f" / {found['limit']:g}" if found["limit"] is not None and figure else "")
