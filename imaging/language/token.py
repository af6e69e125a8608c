"""What the language stage looks at: a word as an engine saw it, with the engine's second thoughts."""

from dataclasses import dataclass

Choices = tuple[tuple[str, float], ...]
"""The readings an engine weighed for one character, best first: (character, cost in nats)."""


@dataclass(frozen=True, slots=True)
class Token:
    """One word. ``choices`` has one entry for each character of ``text``, or is empty where the engine told none."""

    text: str
    confidence: float = 1.0
    choices: tuple[Choices, ...] = ()
