"""The one face of every OCR engine, and the choice between them."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from imaging.language.token import Token
from imaging.ocr.tessdata import EngineFault, LanguageMissing
from imaging.values import Box, Pixels, Turn

Layout = Literal["page", "block", "line", "sparse"]
"""What the picture shows: a whole page in any arrangement, one column of text, one line, words scattered anywhere."""

Kind = Literal["batched", "tesserocr", "pytesseract"]
"""The lines of a page together; a line at a time; one process a page."""

__all__ = ["Engine", "EngineFault", "Kind", "LanguageMissing", "Layout", "ReadLine", "ReadWord", "open_engine"]


@dataclass(frozen=True, slots=True)
class ReadWord:
    """A word where it stands: ``box`` in px of the picture handed to the engine."""

    token: Token
    box: Box


@dataclass(frozen=True, slots=True)
class ReadLine:
    """Words from left to right; ``baseline``: y at the box's left edge (px) and slope (px per px)."""

    words: tuple[ReadWord, ...]
    box: Box
    baseline: tuple[float, float]


class Engine(Protocol):
    """Grey pixels in, lines out. An engine belongs to the thread that opened it."""

    @property
    def name(self) -> str:
        """Engine, version and language, for the page's record."""

    def recognise(self, picture: Pixels, dpi: float, layout: Layout, seconds: float) -> tuple[ReadLine, ...]:
        """Lines in reading order. Raises ``EngineFault`` when the engine fails, ``EngineTimeout`` after ``seconds``."""

    def recognise_lines(self, pictures: Sequence[Pixels], dpi: float, seconds: float) -> Sequence[Sequence[ReadLine]]:
        """Several pictures of one line each; as ``recognise`` with layout ``line``, ``seconds`` for each."""

    def orientation(self, picture: Pixels, dpi: float) -> tuple[Turn, float]:
        """The clockwise turn that makes the page upright and the engine's own figure of confidence (no unit, 0 = none)."""

    def close(self) -> None:
        """Gives the model's memory back."""


class EngineTimeout(EngineFault):
    """The engine did not finish in its time."""


def open_engine(kind: Kind | None = None, *, language: str = "vie") -> Engine:
    """The quickest engine this machine has: the resident library with its lines read together, the library alone where the
    language's network is of another kind, else one process a page. All read with the same language file.

    Raises ``LanguageMissing`` naming what to install, ``EngineFault`` where neither library is there."""
    os.environ["OMP_THREAD_LIMIT"] = "1"
    if kind != "pytesseract":
        try:
            return _resident(kind, language)
        except ImportError as missing:
            if kind is not None:
                raise EngineFault("tesserocr is not installed; install it or choose pytesseract") from missing
    from imaging.ocr.spawned import Spawned  # noqa: PLC0415

    return Spawned(language)


def _resident(kind: Kind | None, language: str) -> Engine:
    from imaging.ocr.batched import Batched, NotReadable  # noqa: PLC0415  its wheel does not exist on every platform
    from imaging.ocr.resident import Resident  # noqa: PLC0415

    if kind == "tesserocr":
        return Resident(language)
    try:
        return Batched(language)
    except NotReadable:
        return Resident(language)
