"""Every word an operator reads, in one place: ``words("fault.jam.title", sheet=47)``.

Vietnamese is the default; English is the switch (``station.language`` in config.yaml, or ``SOHOA_LANGUAGE``). Each folder
(``vi``, ``en``) holds YAML files that are merged; nested keys are joined with dots. Numbers and dates given as values are
written the language's way (1.234,5 and 05/01/2020); ``{port:raw}`` leaves a number alone, ``{value:.1f}`` fixes decimals.

A missing key never stops an operator: the Vietnamese stands in for the English, the key itself for the Vietnamese, and the
log is told once. Under ``SOHOA_STRICT_WORDS=1`` (all tests) it raises `MissingWords` instead."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from station.words.catalogue import LANGUAGES, Catalogue, MissingWords, catalogue

__all__ = ["LANGUAGES", "Catalogue", "MissingWords", "catalogue", "has_words", "language", "number"]
__all__ += ["speak", "speaking", "words"]

_spoken: ContextVar[str | None] = ContextVar("sohoa_language", default=None)


def language() -> str:
    """The language in force: set by `speak`, else ``SOHOA_LANGUAGE``, else Vietnamese."""
    chosen = _spoken.get() or os.environ.get("SOHOA_LANGUAGE", "vi")
    return chosen if chosen in LANGUAGES else "vi"


def speak(lang: str) -> None:
    """Set the language of this thread or task from here on."""
    _spoken.set(lang)


@contextmanager
def speaking(lang: str) -> Iterator[None]:
    """The language inside the block."""
    token = _spoken.set(lang)
    try:
        yield
    finally:
        _spoken.reset(token)


def words(key: str, /, *, lang: str | None = None, **values: Any) -> str:
    """The words under ``key`` with their placeholders filled."""
    return catalogue(lang or language()).say(key, values)


def has_words(key: str, lang: str | None = None) -> bool:
    """Whether ``key`` has words of its own in that language."""
    return key in catalogue(lang or language())


def number(value: float, decimals: int | None = None, lang: str | None = None) -> str:
    """A number the language's way: 1.234,5."""
    return catalogue(lang or language()).format(value, "" if decimals is None else f".{decimals}f")
