"""``sohoa convert``: images and PDFs to one searchable PDF/A-2b, each to its own, or whatever is laid into a folder.

What is heavy is imported while the fork server loads the engine, not before: a short run is mostly waiting for that."""

import argparse
import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from station import fork_server
from station.words import number as written
from station.words import words

if TYPE_CHECKING:
    from tqdm import tqdm

    from station.convert import Options, Outcome
    from station.convert_each import Said

READY = ("station.convert_ready",)


def begin() -> None:
    """The fork server loads what the workers need while the command line is read, the words of the messages among it."""
    fork_server.begin(READY)


def add_parser(subparsers: "argparse._SubParsersAction[Any]") -> None:
    from station.convert_task import PAGE_SECONDS, QUALITY  # noqa: PLC0415

    parser = subparsers.add_parser("convert", description=words("convert.description"), epilog=words("convert.examples"),
                                   formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    file, number, text, folder = (words(f"convert.{name}_metavar") for name in ("file", "number", "text", "folder"))
    parser.add_argument("files", nargs="*", type=Path, metavar=file, help=words("convert.files"))
    parser.add_argument("-o", "--output", type=Path, required=True, metavar=file, help=words("convert.out"))
    parser.add_argument("--watch", type=Path, metavar=folder, help=words("convert.watch"))
    parser.add_argument("--text", type=Path, metavar=file, help=words("convert.text"))
    parser.add_argument("--report", type=Path, metavar=file, help=words("convert.report"))
    parser.add_argument("-j", "--jobs", type=_count, default=0, metavar=number, help=words("convert.jobs"))
    parser.add_argument("--title", default="", metavar=text, help=words("convert.title"))
    parser.add_argument("--no-ocr", action="store_true", help=words("convert.no_ocr"))
    parser.add_argument("--compact", action="store_true", help=words("compact.help"))
    parser.add_argument("--quality", type=_quality, default=QUALITY, metavar=number,
                        help=words("convert.quality", default=QUALITY))  # fmt: skip
    parser.add_argument("--dpi", type=_dpi, metavar=number, help=words("convert.dpi"))
    parser.add_argument("--page-seconds", type=_seconds, default=PAGE_SECONDS, metavar=number,
                        help=words("convert.seconds", default=PAGE_SECONDS))  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """0: every page is there, read; 1: some page is a placeholder or without its text."""
    each = args.watch is not None or _names_a_folder(args.output)
    _check(args, each)
    if each:
        return _run_each(args)
    return _run_one(args)


def _names_a_folder(out: Path) -> bool:
    return out.is_dir() or out.suffix == ""


def _check(args: argparse.Namespace, each: bool) -> None:
    from station.errors import SohoaError, UsageError  # noqa: PLC0415

    def refused(key: str) -> UsageError:
        told = SohoaError.of(key)
        return UsageError(told.what, told.why, told.next)

    if args.watch is None and not args.files:
        raise refused("convert.nothing_given")
    if args.watch is not None and args.files:
        raise refused("convert.watch_and_files")
    if each and (args.text or args.report):
        raise refused("convert.one_file_only")


def _run_one(args: argparse.Namespace) -> int:
    from station.convert import convert, write_report  # noqa: PLC0415

    written(0)  # how numbers are written is loaded while the workers load
    with _Bar(hidden=args.json) as bar:
        outcome = convert(args.files, args.output, _options(args), progress=bar.show, text=args.text)
    if args.report:
        write_report(args.report, outcome.report)
    if args.json:
        print(json.dumps(outcome.report, ensure_ascii=False))
    else:
        _tell(outcome)
    return 0 if outcome.ok else 1


def _options(args: argparse.Namespace) -> "Options":
    from station.convert import Options  # noqa: PLC0415

    return Options(args.quality, args.dpi, None if args.no_ocr else "vie", args.jobs, args.page_seconds, args.title,
                   compact=args.compact)  # fmt: skip


def _tell(outcome: "Outcome") -> None:
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


# --- into a folder ---------------------------------------------------------------------------------------------------


def _run_each(args: argparse.Namespace) -> int:
    from station import convert_each  # noqa: PLC0415
    from station.convert import workers  # noqa: PLC0415

    def tell(said: "Said") -> None:
        _tell_each(said, as_json=args.json)

    if args.watch is not None:
        convert_each.check_source(args.watch, args.output)
    folder, pool = convert_each.Folder(args.output), workers(_options(args))
    try:
        with _asked_to_stop() as asked:
            if args.watch is None:
                return 0 if convert_each.each(args.files, folder, _options(args), pool, tell=tell, stop=lambda: asked[0]) else 1
            if not args.json:
                print(words("convert.watching", folder=args.watch, out=args.output), file=sys.stderr)
            convert_each.watch(args.watch, folder, _options(args), pool, tell=tell, stop=lambda: asked[0])
    except convert_each.Stopped:
        pass
    finally:
        pool.close()
        folder.close()
    print(words("convert.watch_ended"), file=sys.stderr)
    return 0 if args.watch is not None else 1


def _tell_each(said: "Said", *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(said.to_json(), ensure_ascii=False), flush=True)
        return
    print(words(f"convert.each.{said.status}", file=said.file, out=said.out or "", pages=said.pages, words=said.words,
                seconds=said.seconds, problem=said.problem, report=said.report or ""), flush=True)  # fmt: skip


@contextmanager
def _asked_to_stop() -> Iterator[list[bool]]:
    """Set by Ctrl-C or SIGTERM, looked at between pages. A second Ctrl-C ends at once."""
    asked = [False]

    def ask(number: int, _frame: object) -> None:
        if asked[0] and number == signal.SIGINT:
            raise KeyboardInterrupt
        asked[0] = True

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Bar:
    """Pages done, pages a minute and time left, on a terminal; nothing elsewhere."""

    def __init__(self, hidden: bool) -> None:
        self._first: tuple[int, float] | None = None
        self._bar: tqdm[Any] | None = None if hidden or not sys.stderr.isatty() else self._shown()

    def _shown(self) -> "tqdm[Any]":
        from tqdm import tqdm  # noqa: PLC0415

        shown = f"{{n_fmt}}/{{total_fmt}} {words('convert.page_unit')}{{postfix}}, {words('convert.left')} {{remaining}}"
        return tqdm(desc=words("convert.progress"), file=sys.stderr, leave=False,
                    bar_format=f"{{desc}} {{percentage:3.0f}} % |{{bar}}| {shown}")  # fmt: skip

    def __enter__(self) -> "_Bar":
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def show(self, done: int, every: int) -> None:
        """``done`` of ``every`` pages; those done in an earlier run do not count as speed."""
        if self._bar is None:
            return
        now = time.monotonic()
        if self._first is None:
            self._first = (done, now)
            self._bar.initial = done
        pages, seconds = done - self._first[0], now - self._first[1]
        if pages and seconds > 0:
            self._bar.set_postfix_str(words("convert.rate", pages=round(60 * pages / seconds)), refresh=False)
        self._bar.total, self._bar.n = every, done
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
