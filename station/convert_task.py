"""What a conversion asks of its workers, and what they leave. Who asks loads neither engine nor images: whatever is heavy is
imported by the worker that is asked."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from multiprocessing import parent_process
from pathlib import Path
from time import sleep
from typing import Any

QUALITY, PAGE_SECONDS = 50, 120.0
"""``imaging.pdfa.ACCESS_QUALITY``, and the time limit of one attempt at a page."""
WAYS = 4
"""``imaging.ocr.preparations()``: how many ways there are to prepare a page for reading."""
LOOK_SECONDS = 0.005
"""Between two looks for a page that is not there yet."""
WITHOUT_TEXT, AS_IT_IS = -1, -2
"""Last resorts after every preparation: corrected but not read; neither corrected nor read."""


@dataclass(frozen=True, slots=True)
class Options:
    """``dpi``: pages finer than this are brought down to it; None keeps each page's own. ``language`` None: no text.
    ``jobs``: pages at a time. ``seconds``: time limit of one attempt at a page."""

    quality: int = QUALITY
    dpi: float | None = None
    language: str | None = "vie"
    jobs: int = 0
    seconds: float = PAGE_SECONDS
    title: str = ""
    compact: bool = False


class TryAgain(Exception):
    """This preparation of the page came to nothing; the next may do. ``args[0]``: why, as in PageText.note."""


class GivenUp(Exception):
    """Nobody waits for the file any more."""


class Refused(Exception):
    """The file would not conform. ``args[0]``: what the validator found."""


@dataclass(frozen=True, slots=True)
class PageTask:
    """``name``: the page's key in ``folder``. ``attempt``: rung of the ladder of preparations, or a last resort.
    ``dpi``: pages finer than this are brought down to it; None keeps the master's."""

    source: str
    number: int
    folder: str
    name: str
    quality: int = QUALITY
    dpi: float | None = None
    language: str | None = "vie"
    seconds: float = PAGE_SECONDS
    attempt: int = 0
    compact: bool = False
    """Layers where they are proved to show as much; see station/copy_guard.py."""


@dataclass(frozen=True, slots=True)
class BindTask:
    folder: str
    names: tuple[str, ...]
    out: str
    title: str
    created: datetime
    wanted: str
    """A path that stands as long as anybody waits for the file."""


@dataclass(frozen=True, slots=True)
class Bound:
    """The file that was made."""

    pages: int
    words: int
    bytes: int
    sha256: str
    conformance: str


def ladder(language: str | None) -> tuple[int, ...]:
    """Attempts in order."""
    rungs = tuple(range(WAYS)) if language else ()
    return (*rungs, WITHOUT_TEXT, AS_IT_IS)


def count(file: Path) -> tuple[int, str]:
    """Pages of a file and the SHA-256 of its bytes. Raises LoadError, OSError."""
    from imaging import load  # noqa: PLC0415

    pages = load.count(file)
    with file.open("rb") as stream:
        return pages, hashlib.file_digest(stream, "sha256").hexdigest()


def work(task: PageTask) -> None:
    """See ``station.convert_page.work``."""
    from station import convert_page  # noqa: PLC0415

    convert_page.work(task)


def bind(task: BindTask) -> Bound:
    """Pages to the file, the last of them as they are finished; in a worker, because the validator counts the whole process's
    warnings. Raises Refused, GivenUp, OSError."""
    from imaging import pdfa  # noqa: PLC0415
    from station.convert_page import pdf_page  # noqa: PLC0415

    pdfa.get_ready()
    folder = Path(task.folder)
    pages = (pdf_page(folder, _finished(task, name)) for name in task.names)
    stated = pdfa.PdfMetadata(task.title, task.created, tool="sohoa")
    try:
        made = pdfa.write(pages, Path(task.out), metadata=stated, scratch=folder)
    except pdfa.PdfRefused as refusal:
        raise Refused(tuple(refusal.findings)) from refusal
    return Bound(made.pages, made.words, made.bytes, made.sha256, made.conformance)


def _finished(task: BindTask, name: str) -> str:
    """``name``, once that page is there. Raises GivenUp."""
    asker = parent_process()
    while stored(Path(task.folder), name) is None:
        if not Path(task.wanted).exists() or not (asker is None or asker.is_alive()):
            raise GivenUp
        sleep(LOOK_SECONDS)
    return name


def stored(folder: Path, name: str) -> dict[str, Any] | None:
    """The record of a finished page, None where it is not finished (or damaged: then it is done again)."""
    try:
        record: dict[str, Any] = json.loads((folder / f"{name}.json").read_bytes())
        return record if (folder / f"{name}.img").is_file() and "status" in record else None
    except (OSError, ValueError):
        return None
