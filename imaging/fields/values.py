"""What the machine proposes about a document: values a person confirms, never facts."""

from dataclasses import dataclass, field
from typing import Literal

from imaging.values import Box

Name = Literal[
    "regime", "issuer", "number", "notation", "place", "date", "type", "type_name", "subject", "signer", "signer_title",
    "secrecy", "urgency",
]  # fmt: skip
Regime = Literal["state", "party", "state_1945", "party_1951"]
Mark = Literal["mat", "toi_mat", "tuyet_mat", "khan", "thuong_khan", "hoa_toc"]

SURE = 0.6
"""From this confidence on a value is shown as read; below it is flagged and a person looks."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """``value``: see the field's finder; empty = sought and not found. ``page``: index into the pages given."""

    name: Name
    value: str
    confidence: float
    page: int = 0
    box: Box | None = None

    @property
    def sure(self) -> bool:
        """Whether the value may be shown without a flag."""
        return bool(self.value) and self.confidence >= SURE


@dataclass(frozen=True, slots=True)
class PageMark:
    """A number written on a page: the paper's own page number, or the archive's sheet number (``15``, ``15a``)."""

    kind: Literal["page", "sheet"]
    value: str
    confidence: float
    page: int
    box: Box


@dataclass(frozen=True, slots=True)
class Proposals:
    """Everything proposed for one document, in the order of the form."""

    fields: tuple[Proposal, ...]
    numbers: tuple[PageMark, ...] = field(default=())

    def get(self, name: Name) -> Proposal:
        """The proposal of that name; an empty one with confidence 0 where nothing was found."""
        return next((one for one in self.fields if one.name == name), Proposal(name, "", 0.0))


@dataclass(frozen=True, slots=True)
class DocumentSpan:
    """One document within a bundle: ``first`` to ``last`` page, both included; ``confidence`` that it begins there."""

    first: int
    last: int
    confidence: float
