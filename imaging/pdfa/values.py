"""What goes into a PDF/A file and what comes back."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from imaging.values import PageText, Turn

Codec = Literal["jpeg", "g4", "layers"]
"""``layers``: several codestreams, see imaging/pdfa/layers.py."""


@dataclass(frozen=True, slots=True)
class PageImage:
    """One page's picture, already coded. ``width``, ``height`` in px and ``dpi`` (x, y) as stored in ``data``; the page
    shows it turned clockwise by ``turn``. ``colours``: 3 sRGB, 1 grey (and bitonal). ``icc``: a profile to keep."""

    data: bytes
    codec: Codec
    width: int
    height: int
    dpi: tuple[float, float]
    colours: Literal[1, 3]
    turn: Turn = 0
    icc: bytes = b""

    @property
    def size_pt(self) -> tuple[float, float]:
        """Width and height of the page as shown, in points: the paper's true size."""
        x, y = self.width / self.dpi[0] * 72, self.height / self.dpi[1] * 72
        return (y, x) if self.turn in (90, 270) else (x, y)


@dataclass(frozen=True, slots=True)
class PdfPage:
    """A picture and what was read on it. ``text.size`` spans the page as shown; None or no lines: no text layer."""

    image: PageImage
    text: PageText | None = None


@dataclass(frozen=True, slots=True)
class PdfMetadata:
    """XMP and document information. ``created`` must carry its time zone; it is the only clock the file knows, so the
    same pages and metadata give the same bytes."""

    title: str
    created: datetime
    language: str = "vi"
    creators: tuple[str, ...] = ()
    subject: str = ""
    keywords: str = ""
    tool: str = "sohoa"


@dataclass(frozen=True, slots=True)
class PdfReport:
    """What was written. ``sha256`` lower-case hex of the file. ``words``: words in the text layer."""

    path: Path
    pages: int
    words: int
    bytes: int
    sha256: str
    conformance: str = "PDF/A-2b"
    findings: tuple[str, ...] = field(default=())


class PdfRefused(Exception):
    """The file would not be PDF/A-2b, so nothing was written. ``findings``: the broken rules, in English, for logs."""

    def __init__(self, path: Path, findings: tuple[str, ...]) -> None:
        super().__init__(f"{path}: {'; '.join(findings[:5])}")
        self.path, self.findings = path, findings

    def __reduce__(self) -> tuple[type["PdfRefused"], tuple[Path, tuple[str, ...]]]:
        return type(self), (self.path, self.findings)


class NotOurPdf(PdfRefused):
    """A text layer can be replaced only in a file that this module wrote."""
