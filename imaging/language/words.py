"""Cuts text into what the model counts: words, numbers, signs, ends of sentences. The same cut for building and for reading."""

import re
from collections.abc import Iterator

from imaging.language.letters import nfc, one_placement

PIECE = re.compile(r"[^\W\d_]+|[.,;:!?…]+")
SIGNS = {",": ",", ";": ";", ":": ":"}
"""Any other sign between words that is cut out here ends a sentence."""


def sign(run: str) -> str:
    """What a run of signs counts as: its last one, ``<s>`` for the end of a sentence."""
    return SIGNS.get(run[-1], "<s>")


def pieces(text: str) -> Iterator[str]:
    """Lower-case words in look-up spelling, ``<n>`` for a token with a digit, signs, ``<s>`` for the end of a sentence."""
    for token in nfc(text).split():
        if any(one.isdigit() for one in token):
            yield "<n>"
            if token[-1] in ".,;:":
                yield sign(token[-1])
            continue
        for found in PIECE.findall(token):
            yield sign(found) if not found[0].isalpha() else one_placement(found.lower())
