"""Lays an engine's second thoughts beside the characters of a word."""

import unicodedata
from collections.abc import Sequence

from imaging.language.token import Choices

Weighed = Sequence[Sequence[tuple[str, float]]]
"""One entry a symbol: its readings with their cost in nats, best first."""


def align(text: str, weighed: Weighed) -> tuple[Choices, ...]:
    """Each character of ``text`` with the readings weighed for it; empty where the two cannot be laid side by side.

    The engine's list begins with a blank or holds one more symbol than the word; the word's own character is in nearly
    every entry, not always first (the decoder weighs whole words)."""
    entries: Weighed = [entry for entry in weighed if entry and entry[0][0].strip()]
    if len(entries) != len(text):
        entries = _drop_strangers(text, weighed)
    if len(entries) != len(text):
        return ()
    return tuple(tuple((unicodedata.normalize("NFC", one), cost) for one, cost in entry) for entry in entries)


def _drop_strangers(text: str, weighed: Weighed) -> Weighed:
    """Walks both and keeps, for each character, the first later entry that knows it."""
    kept: list[Sequence[tuple[str, float]]] = []
    for entry in weighed:
        if len(kept) < len(text) and any(one == text[len(kept)] for one, _ in entry):
            kept.append(entry)
    return kept
