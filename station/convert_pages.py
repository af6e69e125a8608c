"""What goes into a conversion: files and folders, as pages in order, each under the name its result will have."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from station import convert_task
from station.convert_task import Options
from station.errors import SohoaError
from station.workers import Executor, WorkerLost

COUNT_SECONDS = 3600.0
VERSION = 4
"""Of what a worker makes of a page: results of another version in a work folder are not taken up."""


@dataclass(slots=True)
class Page:
    """A page to come. ``error``: its file cannot be had at all."""

    source: Path
    number: int
    name: str
    error: Exception | None = None
    rung: int = 0


def find_pages(inputs: Sequence[Path], out: Path, options: Options, crew: Executor) -> list[Page]:
    """Every page to come, counted by the workers. Raises SohoaError where there is none."""
    asked = [(file, crew.submit(convert_task.count, file, COUNT_SECONDS)) for file in _files(inputs, out)]
    pages = [page for file, counted in asked for page in _pages_of(file, counted, options)]
    if not pages:
        raise SohoaError.of("convert.no_pages")
    return pages


def _files(inputs: Sequence[Path], out: Path) -> Iterator[Path]:
    """Files as named, folders' files in natural order (2 before 10), deep first; hidden ones and ``out`` left out."""
    for given in inputs:
        if not given.is_dir():
            yield given
            continue
        from station.arrivals import listing  # noqa: PLC0415

        yield from (path for path in listing(given, deep=True) if path.absolute() != out.absolute())


def _pages_of(file: Path, counted: "Future[tuple[int, str]]", options: Options) -> list[Page]:
    """A file that cannot be opened is one bad page: its place is kept."""
    try:
        pages, content = counted.result()
    except (TimeoutError, WorkerLost) as error:
        return [_bad_file(file, error)]
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001 - the border of a job: what the file did to its worker
        return [_bad_file(file, error)]
    digest = _digest(content, options)
    return [Page(file, number, f"{digest}-{number:05d}") for number in range(1, pages + 1)]


def _bad_file(file: Path, error: Exception) -> Page:
    from imaging.load import Damaged, LoadError  # noqa: PLC0415

    named = error if isinstance(error, LoadError) else Damaged(file, type(error).__name__)
    return Page(file, 1, hashlib.sha256(str(file).encode()).hexdigest()[:24], named)


def _digest(content: str, options: Options) -> str:
    """What a page's result depends on: the file's bytes, the options that change pixels or words, and the version."""
    chosen = json.dumps([content, options.quality, options.dpi, options.language, options.compact, VERSION])
    return hashlib.sha256(chosen.encode()).hexdigest()[:24]
