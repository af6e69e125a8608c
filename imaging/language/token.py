"""What the language stage looks at: a word as an engine saw it, with the engine's second thoughts."""

from dataclasses import dataclass
from math import inf

Choices = tuple[tuple[str, float], ...]
"""The readings an engine weighed for one character, best first: (character, cost in nats)."""


@dataclass(frozen=True, slots=True)
class Token:
    """One word. ``choices`` has one entry for each character of ``text``, or is empty where the engine told none.
    ``clear``: cost in nats from which on a reading is one the engine saw not to be there; an engine whose costs come out of a
    search through a dictionary sets none."""

    text: str
    confidence: float = 1.0
    choices: tuple[Choices, ...] = ()
    clear: float = inf
