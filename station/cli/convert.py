"""``sohoa convert``: images and PDFs to one searchable PDF/A-2b."""

import argparse
import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from tqdm import tqdm

from imaging import pdfa
from station.convert import PAGE_SECONDS, Options, Outcome, convert, write_report
from station.words import words


def add_parser(subparsers: "argparse._SubParsersAction[Any]") -> None:
    parser = subparsers.add_parser("convert")
    file, number, text = (words(f"convert.{name}_metavar") for name in ("file", "number", "text"))
    parser.add_argument("files", nargs="+", type=Path, metavar=file, help=words("convert.files"))
    parser.add_argument("-o", "--output", type=Path, required=True, metavar=file, help=words("convert.out"))
    parser.add_argument("--text", type=Path, metavar=file, help=words("convert.text"))
    parser.add_argument("--report", type=Path, metavar=file, help=words("convert.report"))
    parser.add_argument("-j", "--jobs", type=_count, default=0, metavar=number, help=words("convert.jobs"))
    parser.add_argument("--title", default="", metavar=text, help=words("convert.title"))
    parser.add_argument("--no-ocr", action="store_true", help=words("convert.no_ocr"))
    parser.add_argument("--compact", action="store_true", help=words("compact.help"))
    parser.add_argument("--quality", type=_quality, default=pdfa.ACCESS_QUALITY, metavar=number,
                        help=words("convert.quality", default=pdfa.ACCESS_QUALITY))  # fmt: skip
    parser.add_argument("--dpi", type=_dpi, metavar=number, help=words("convert.dpi"))
    parser.add_argument("--page-seconds", type=_seconds, default=PAGE_SECONDS, metavar=number,
                        help=words("convert.seconds", default=int(PAGE_SECONDS)))  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """0: every page is there, read; 1: some page is a placeholder or without its text."""
    options = Options(args.quality, args.dpi, None if args.no_ocr else "vie", args.jobs, args.page_seconds, args.title,
                      args.compact)  # fmt: skip
    with _Bar(hidden=args.json) as bar:
        outcome = convert(args.files, args.output, options, progress=bar.show, text=args.text)
    if args.report:
        write_report(args.report, outcome.report)
    if args.json:
        print(json.dumps(outcome.report, ensure_ascii=False))
    else:
        _tell(outcome)
    return 0 if outcome.ok else 1


def _tell(outcome: Outcome) -> None:
    report, out = outcome.report, outcome.report["output"]
    if report["resumed"]:
        print(words("convert.resumed", pages=report["resumed"]), file=sys.stderr)
    print(words("convert.done", out=out["file"], pages=out["pages"], words=out["words"], kilobytes=round(out["bytes"] / 1024),
                conformance=out["conformance"], seconds=report["seconds"]))  # fmt: skip
    _tell_compact(report["pages"])
    if report["problems"]:
        print(words("convert.trouble", count=len(report["problems"])), file=sys.stderr)
    for problem in report["problems"]:
        print(words("convert.trouble_line", **problem), file=sys.stderr)


def _tell_compact(pages: list[dict[str, Any]]) -> None:
    asked = [page["image"] for page in pages if "compact" in page.get("image", {})]
    if not asked:
        return
    kept = Counter(image["why"] for image in asked if image["why"])
    print(words("compact.done", pages=len(asked) - kept.total()), file=sys.stderr)
    for why, count in kept.items():
        print(words("compact.kept", pages=count, why=words(f"compact.why.{why}")), file=sys.stderr)


class _Bar:
    """A progress bar on a terminal, nothing elsewhere."""

    def __init__(self, hidden: bool) -> None:
        off = hidden or not sys.stderr.isatty()
        self._bar = tqdm(
            disable=off, desc=words("convert.progress"), unit=f" {words('convert.page_unit')}", file=sys.stderr, leave=False
        )

    def __enter__(self) -> "_Bar":
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def show(self, done: int, every: int) -> None:
        if self._bar.disable:
            return
        self._bar.total = every
        self._bar.n = done
        self._bar.refresh()


def _count(text: str) -> int:
    return _within(text, 1, 4 * (os.cpu_count() or 1) + 64)


def _quality(text: str) -> int:
    return _within(text, 1, 100)


def _dpi(text: str) -> int:
    return _within(text, 200, 1200)  # TT 05/2025/TT-BNV: a delivered copy has 200 dpi or more


def _seconds(text: str) -> int:
    return _within(text, 1, 86400)


def _within(text: str, low: int, high: int) -> int:
    value = int(text)
    if not low <= value <= high:
        raise argparse.ArgumentTypeError(f"{low} … {high}")
    return value
