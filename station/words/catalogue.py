"""Reads the word files of a language and fills placeholders the language's way."""

import logging
import os
import re
import string
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = ("vi", "en")
_HERE = Path(__file__).parent
_DECIMALS = re.compile(r"^\.(\d)[f]?$")
_DATES = {"vi": ("dd/MM/yyyy", "HH:mm dd/MM/yyyy"), "en": ("d MMM yyyy", "d MMM yyyy HH:mm")}
_log = logging.getLogger(__name__)


class MissingWords(KeyError):
    """A key without words, a placeholder without a value, or a word file that cannot be used."""


class Catalogue(string.Formatter):
    """The words of one language: a mapping of dotted keys with a voice."""

    def __init__(self, lang: str, entries: Mapping[str, str], fallback: "Catalogue | None" = None) -> None:
        self.lang = lang
        self.entries = dict(entries)
        self._fallback = fallback
        self._told: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self.entries

    def raw(self, key: str) -> str:
        """The words as written, placeholders and all."""
        return self.entries[key]

    def under(self, prefix: str) -> dict[str, str]:
        """All entries below ``prefix``, keyed by what follows it."""
        return {key[len(prefix) + 1 :]: text for key, text in self.entries.items() if key.startswith(prefix + ".")}

    def say(self, key: str, values: Mapping[str, Any]) -> str:
        text = self.entries.get(key)
        if text is None:
            self._miss(f"{self.lang}: {key}")
            return self._fallback.say(key, values) if self._fallback else key
        return self.vformat(text, (), values)

    def get_value(self, key: int | str, args: Any, kwargs: Mapping[str, Any]) -> Any:
        if key not in kwargs:
            self._miss(f"{self.lang}: {{{key}}}")
            return "?"
        return kwargs[str(key)]

    def format_field(self, value: Any, format_spec: str) -> str:
        return self.format(value, format_spec)

    def format(self, value: Any, format_spec: str = "") -> str:  # type: ignore[override]
        """One value as this language writes it. ``format_spec``: '' | 'raw' | '.1f' (decimals) | '%' | 'date' | 'time'."""
        if format_spec == "raw" or value is None or isinstance(value, str | bool):
            return str(value)
        if isinstance(value, int | float):
            return self._number(value, format_spec)
        if isinstance(value, date):
            return self._date(value, format_spec)
        return str(value)

    def _number(self, value: float, spec: str) -> str:
        from babel.numbers import format_decimal, format_percent  # noqa: PLC0415 - 50 ms that most commands need not spend

        if spec == "%":
            return format_percent(value, "#,##0.#%", locale=self.lang)
        decimals = _DECIMALS.match(spec)
        tail = "." + "0" * int(decimals[1]) if decimals and decimals[1] != "0" else "" if decimals else ".###"
        return format_decimal(value, "#,##0" + tail, locale=self.lang)

    def _date(self, value: date, spec: str) -> str:
        from babel.dates import format_date, format_datetime  # noqa: PLC0415 - as above

        day, moment = _DATES[self.lang]
        if spec == "time" and isinstance(value, datetime):
            return format_datetime(value, "HH:mm", tzinfo=value.tzinfo, locale=self.lang)
        if isinstance(value, datetime) and spec != "date":
            return format_datetime(value, moment, tzinfo=value.tzinfo, locale=self.lang)
        return format_date(value, day, locale=self.lang)

    def _miss(self, what: str) -> None:
        if os.environ.get("SOHOA_STRICT_WORDS") == "1":
            raise MissingWords(what)
        if what not in self._told:
            self._told.add(what)
            _log.warning("no words for %s", what)


@cache
def catalogue(lang: str) -> Catalogue:
    """The catalogue of a language, read once."""
    if lang not in LANGUAGES:
        raise MissingWords(f"no such language: {lang}")
    fallback = None if lang == LANGUAGES[0] else catalogue(LANGUAGES[0])
    return Catalogue(lang, read_folder(_HERE / lang), fallback)


def read_file(lang: str, name: str) -> dict[str, str]:
    """The words of one file of a language, where the whole catalogue is not needed."""
    return dict(_flatten(_read(_HERE / lang / f"{name}.yaml"), ""))


def read_folder(folder: Path) -> dict[str, str]:
    """All YAML files of a folder merged into dotted keys; a key in two files raises `MissingWords` naming both."""
    entries: dict[str, str] = {}
    origin: dict[str, str] = {}
    for path in sorted(folder.glob("*.yaml")):
        for key, text in _flatten(_read(path), ""):
            if key in entries:
                raise MissingWords(f"{key} stands in {origin[key]} and in {path.name}")
            entries[key], origin[key] = text, path.name
    return entries


def _read(path: Path) -> dict[str, Any]:
    from station import strict_yaml  # noqa: PLC0415 - a worker, or a command before it says anything, need not load it

    document = strict_yaml.read(path)
    if document.problems:
        first = document.problems[0]
        raise MissingWords(f"{path.name}:{first.line}: {first.kind}: {first.text}")
    return document.data


def _flatten(data: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for key, value in data.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value)
