"""``sohoa``: the dispatcher of the doors.

A door is a module ``station.cli.<door>`` with ``add_parser(subparsers)``, which makes its parser, and ``run(args) -> int``,
which returns the exit status. Only the door asked for is imported. A door that needs long to get going has ``begin()``, which
is called before a word of the command line is read. Every door understands ``--json`` and ``--config FILE``
(``args.json: bool``, ``args.config: Path | None``); they are added here."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from contextvars import copy_context
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

from station.errors import SohoaError, UsageError, translate
from station.words import catalogue, language, words
from station.words.catalogue import read_file

DOORS = ("serve", "demo", "devices", "scan", "import", "simulate", "inspect", "convert", "verify", "journal", "backup",
         "restore", "doctor", "user", "migrate", "target", "slips")  # fmt: skip
INTERRUPTED = 130  # 128 + SIGINT, what a shell expects
BROKEN_PIPE = 141  # 128 + SIGPIPE


class _Parser(argparse.ArgumentParser):
    """Wrong usage is one line, like every other refusal."""

    def error(self, message: str) -> NoReturn:
        _say(words("cli.wrong_usage", message=message, prog=self.prog))
        self.exit(2)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one door. Returns its status; every error becomes one line on standard error (a traceback with SOHOA_DEBUG=1).

    Runs in a context of its own: the language a door takes from its configuration ends with it."""
    return copy_context().run(_guarded, sys.argv[1:] if argv is None else list(argv))


def _guarded(argv: list[str]) -> int:
    _speak_utf8()
    try:
        status = _run(argv)
        sys.stdout.flush()
        return status
    except SystemExit as left:  # argparse: help was shown, or the usage was wrong
        return int(left.code or 0)
    except KeyboardInterrupt:
        _say(words("cli.interrupted"))
        return INTERRUPTED
    except BrokenPipeError:
        _close_stdout()
        return BROKEN_PIPE
    except Exception as error:  # noqa: BLE001 - the border: a person reads this
        return _explain(error)


def _run(argv: list[str]) -> int:
    doors = [door for door in DOORS if find_spec(f"station.cli.{door}")]
    asked = _asked_for(argv)
    if asked is not None and asked not in doors:
        raise _no_such_door(asked, doors)
    if asked is not None and not {"-h", "--help"} & set(argv):
        _begin(asked)
    _translate_argparse()
    args = _parser(doors, asked).parse_args(argv)
    run: Callable[[argparse.Namespace], int] = args.run
    return run(args)


def _begin(door: str) -> None:
    begin: Callable[[], None] | None = getattr(import_module(f"station.cli.{door}"), "begin", None)
    if begin is not None:
        begin()


def _explain(error: Exception) -> int:
    if os.environ.get("SOHOA_DEBUG"):
        raise error
    told: SohoaError = translate(error)
    for line in told.lines():
        _say(words("cli.error", line=line))
    return told.status


def _no_such_door(asked: str, doors: Sequence[str]) -> UsageError:
    import difflib  # noqa: PLC0415

    near = difflib.get_close_matches(asked, doors, n=1)
    hint = words("error.config.did_you_mean", name=near[0]) if near else ""
    return UsageError(words("cli.unknown_door", door=asked) + hint, next=words("cli.see_help"))


def _parser(existing: Sequence[str], asked: str | None) -> argparse.ArgumentParser:
    """The whole parser. Doors not asked for stand in it with their name and one line only."""
    parser = _Parser("sohoa", description=words("cli.description"), epilog=words("cli.epilog"),
                     formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)  # fmt: skip
    parser.add_argument("--version", action=_Version, nargs=0, help=words("cli.option.version"))
    _add_common(parser, json=False, config=None)
    doors = parser.add_subparsers(title=words("cli.doors"), metavar=words("cli.door_metavar"), required=True, dest="door")
    for door in existing:
        if door == asked:
            _open_door(door, doors)
        else:
            doors.add_parser(door, help=words(f"cli.door.{door}"))
    return parser


def _open_door(door: str, doors: "argparse._SubParsersAction[Any]") -> None:
    module = import_module(f"station.cli.{door}")
    module.add_parser(doors)
    parser = doors.choices[door]
    parser.set_defaults(run=module.run)
    parser.description = parser.description or words(f"cli.door.{door}").capitalize() + "."
    for leaf in _family(parser):
        _add_common(leaf, json=argparse.SUPPRESS, config=argparse.SUPPRESS)
    for action in doors._choices_actions:
        if action.dest == door:
            action.help = action.help or words(f"cli.door.{door}")


def _family(parser: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    """A parser and the parsers of its own sub-commands."""
    found = [parser]
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for child in action.choices.values():
                found += _family(child)
    return found


def _add_common(parser: argparse.ArgumentParser, **defaults: Any) -> None:
    known = parser._option_string_actions
    if "--json" not in known:
        parser.add_argument("--json", action="store_true", default=defaults["json"], help=words("cli.option.json"))
    if "--config" not in known:
        parser.add_argument("--config", type=Path, default=defaults["config"], metavar=words("cli.option.config_metavar"),
                            help=words("cli.option.config"))  # fmt: skip


def _asked_for(argv: list[str]) -> str | None:
    """The door named in ``argv``: the first word that is neither an option nor the value of ``--config``."""
    rest = iter(argv)
    for word in rest:
        if word == "--config":
            next(rest, None)
        elif not word.startswith("-"):
            return word
    return None


def _translate_argparse() -> None:
    """argparse has no door for another language but its two gettext names; its phrases are matched by their English."""
    phrases: dict[str, str] = {}
    if language() != "en":
        english, ours = read_file("en", "cli"), catalogue(language()).under("cli.argparse")
        phrases = {english[f"cli.argparse.{key}"]: text for key, text in ours.items()}
    vars(argparse)["_"] = lambda phrase: phrases.get(phrase, phrase)
    vars(argparse)["ngettext"] = lambda one, many, count: phrases.get(one if count == 1 else many, one if count == 1 else many)


class _Version(argparse.Action):
    """Looked up only when asked for: it takes as long as all the rest of a command's start."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from importlib import metadata  # noqa: PLC0415

        try:
            print(f"sohoa {metadata.version('sohoa')}")
        except metadata.PackageNotFoundError:
            print("sohoa ?")
        parser.exit()


def _speak_utf8() -> None:
    """A terminal that cannot show a letter shows its number instead of ending the work."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")


def _say(line: str) -> None:
    try:
        print(line, file=sys.stderr, flush=True)
    except BrokenPipeError:
        _close_stdout()


def _close_stdout() -> None:
    """Nobody reads any more: what is still buffered goes nowhere instead of failing again at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
