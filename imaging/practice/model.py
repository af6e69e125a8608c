"""What a practice page is: a picture and everything that is true of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from imaging.values import Box, PageText, Raster

Regime = Literal["state", "party"]


class FontMissing(Exception):
    """No serif font with all Vietnamese letters on this machine: install fonts-croscore or fonts-dejavu."""


@dataclass(frozen=True, slots=True)
class TrueField:
    """A field of the document's form as a person would enter it, and where it stands on this page."""

    value: str
    box: Box


@dataclass(frozen=True, slots=True)
class PageTruth:
    """``text``: printed words, boxes and baselines in px of the raster, skew included. ``skew``: degrees, + = text falls
    to the right. ``fields``: number, notation, place, date, type, subject, issuer, signer, as far as they stand here.
    ``seals``: boxes of red seals. ``pencil``: the sheet number in the upper right corner, where there is one."""

    text: PageText
    skew: float
    blank: bool = False
    fields: Mapping[str, TrueField] = field(default_factory=dict)
    seals: tuple[Box, ...] = ()
    signatures: tuple[Box, ...] = ()
    pencil: TrueField | None = None
    regime: Regime = "state"
    document: int = 0
    page: int = 1


@dataclass(frozen=True, slots=True)
class PracticePage:
    raster: Raster
    truth: PageTruth


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Words of one style run after another: (text, style), style one of r, b, i, bi."""

    runs: tuple[tuple[str, str], ...]
    align: Literal["justify", "center", "left"] = "justify"
    size_pt: float = 14.0
    indent_mm: float = 10.0
    after_mm: float = 2.0
    name: str = ""
    """Field of the form that this paragraph is, e.g. ``type``, ``subject``."""


@dataclass(frozen=True, slots=True)
class Document:
    """An invented administrative document, ready to be set."""

    regime: Regime
    issuer: tuple[str, str]
    """Superior body and issuing body, as printed."""
    number: str
    notation: str
    place: str
    date: tuple[int, int, int]
    """Day, month, year."""
    type_name: str
    subject: str
    body: tuple[Paragraph, ...]
    authority: tuple[str, ...]
    """Lines above the signature: TM./KT. …, post."""
    signer: str
    recipients: tuple[str, ...]
    letter: bool = False
    """Official letters carry ``V/v`` under the number instead of a type in the middle."""
    addressee: tuple[str, ...] = ()
