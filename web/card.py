"""A card of the scan desk: one sentence on what is safe, one next step, quieter ways beside it."""

from dataclasses import dataclass, field
from typing import Any

from station.words import words


@dataclass(frozen=True, slots=True)
class Button:
    """``deed``: what the desk's script does; it names an endpoint of the scan desk or an act of the page on screen."""

    deed: str
    label: str
    key: str = ""
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Card:
    """``tone``: step, busy, fault or done. The first button is the next step."""

    name: str
    tone: str
    safe: str
    title: str
    text: str
    buttons: tuple[Button, ...] = ()
    note: str = ""
    facts: tuple[str, ...] = ()
    """What the scanner itself says, a line each."""
    sheet: int | None = None
    """The sheet whose front and back are shown with it."""
    sheet_said: str = ""
    part: str = ""
    """A template of its own below the words (``parts/way_<part>.html``), with its own buttons."""
    data: Any = None


def said(name: str, tone: str, buttons: tuple[Button, ...], **values: Any) -> Card:
    key = f"console.card.{name}"
    safe, title, text = (words(f"{key}.{part}", **values) for part in ("safe", "title", "text"))
    return Card(name, tone, safe, title, text, buttons)
