"""The paper: a stack of sheets made of image files. Sheets are numbered 1… from the top of the stack as it was loaded."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

TRAY_CODES = ("tray_missing", "tray_not_folder", "tray_no_images", "tray_unreadable")
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff"})

_FACE = re.compile(r"^(?P<sheet>.+)[-_. ](?P<face>front|back)$", re.IGNORECASE)


class PageTrayError(ValueError):
    """The pages cannot become paper. ``code`` is a stable id, one of TRAY_CODES."""

    def __init__(self, code: str, path: Path, detail: str = "") -> None:
        super().__init__(f"{code}: {path}{': ' + detail if detail else ''}")
        self.code = code
        self.path = path
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Sheet:
    """One piece of paper. ``back`` None = nothing printed on it: scanned duplex gives a white page of the front's size."""

    front: Path
    back: Path | None = None


class PageTray:
    """A stack of sheets and the place of the feeder in it. Not thread-safe: the machine that owns it holds a lock.

    ``images`` in reading order. ``two_sided`` True: they are front, back, front, back…; False: each is the front of its own
    sheet; None: the first job on an untouched stack decides (duplex = pairs), and what it decided holds until the next load.
    A folder with names ending in ``-front``/``-back`` is paired by name whatever is asked."""

    def __init__(self, sheets: Sequence[Sheet], *, images: Sequence[Path] = ()) -> None:
        self._sheets = tuple(sheets)
        self._images = tuple(images)
        self._next = 0

    @classmethod
    def from_images(cls, images: Sequence[Path], *, two_sided: bool | None = None) -> "PageTray":
        if two_sided is None:
            return cls(_singles(images), images=images)
        return cls(_pairs(images) if two_sided else _singles(images))

    @classmethod
    def from_folder(cls, folder: Path, *, two_sided: bool | None = None) -> "PageTray":
        """The folder's JPEG, PNG and TIFF files in natural name order (2 before 10). Raises PageTrayError."""
        images = list_images(folder)
        named = _pairs_by_name(images)
        return cls(named) if named else cls.from_images(images, two_sided=two_sided)

    def arrange(self, *, duplex: bool) -> None:
        """An untouched stack of undecided paper becomes pairs for a duplex job, single sides otherwise."""
        if self._images and self._next == 0:
            self._sheets = _pairs(self._images) if duplex else _singles(self._images)

    def __len__(self) -> int:
        return len(self._sheets)

    @property
    def left(self) -> int:
        return len(self._sheets) - self._next

    @property
    def next_number(self) -> int:
        """Number of the sheet on top; ``len(tray) + 1`` when none is left."""
        return self._next + 1

    def sheet(self, number: int) -> Sheet:
        return self._sheets[number - 1]

    def feed(self, count: int = 1) -> None:
        """``count`` sheets leave the stack."""
        self._next = min(len(self._sheets), self._next + count)

    def put_back_from(self, number: int) -> None:
        """Sheet ``number`` and all after it lie in the tray again, in order. Raises ValueError outside 1…len+1."""
        if not 1 <= number <= len(self._sheets) + 1:
            raise ValueError(f"the stack has sheets 1 to {len(self._sheets)}, not {number}")
        self._next = number - 1

    def formats(self) -> frozenset[str]:
        """File name endings in the stack, lower case."""
        paths = self._images or [path for sheet in self._sheets for path in (sheet.front, sheet.back) if path]
        return frozenset(path.suffix.lower() for path in paths)


def list_images(folder: Path) -> list[Path]:
    """Image files of ``folder`` in natural name order, each header read once. Raises PageTrayError."""
    if not folder.exists():
        raise PageTrayError("tray_missing", folder)
    if not folder.is_dir():
        raise PageTrayError("tray_not_folder", folder)
    images = sorted((path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES), key=_natural)
    if not images:
        raise PageTrayError("tray_no_images", folder)
    for path in images:
        _check_header(path)
    return images


def _check_header(path: Path) -> None:
    try:
        with Image.open(path) as image:
            image.size  # noqa: B018 (reading the header is the check)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise PageTrayError("tray_unreadable", path, type(error).__name__) from error


def _natural(path: Path) -> list[tuple[int, int, str]]:
    parts = re.split(r"(\d+)", path.name.lower())
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts if part]


def _singles(images: Sequence[Path]) -> tuple[Sheet, ...]:
    return tuple(Sheet(path) for path in images)


def _pairs(images: Sequence[Path]) -> tuple[Sheet, ...]:
    backs: list[Path | None] = [*images[1::2]]
    if len(images) % 2:
        backs.append(None)
    return tuple(Sheet(front, back) for front, back in zip(images[::2], backs, strict=True))


def _pairs_by_name(images: Sequence[Path]) -> tuple[Sheet, ...]:
    """Sheets when every file says front or back in its name and each back has its front; else nothing."""
    faces: dict[str, dict[str, Path]] = {}
    for path in images:
        match = _FACE.match(path.stem)
        if match is None:
            return ()
        faces.setdefault(match["sheet"], {})[match["face"].lower()] = path
    if any("front" not in pair for pair in faces.values()):
        return ()
    return tuple(Sheet(pair["front"], pair.get("back")) for pair in faces.values())
