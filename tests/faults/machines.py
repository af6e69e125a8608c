"""The two scanners of the fault campaign, each behind real libsane: a driver in C that dies, and a network device that lies.

Both carry the same numbered paper, and have hands: paper is laid, put back, placed on the glass, a fault is scripted."""

import random
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

from scanner.escl import Fault, FaultScript, PageTray, VirtualFault, VirtualScanner
from scanner.model import Face, Source
from tests.journeys.conftest import numbered_page, write_pages
from tests.scanner.vscan import rig as vscan_rig

MOST_SHEETS = 4


@dataclass(frozen=True, slots=True)
class Trouble:
    """One fault of one run. ``silent``: no sensor can know, only the count of the paper."""

    kind: str
    sheet: int
    face: Face = Face.FRONT
    detail: str = ""
    silent: bool = False


class Machine(Protocol):
    name: str
    address: str
    kinds: ClassVar[dict[Source, tuple[str, ...]]]

    def lay(self, sheets: int, source: Source, trouble: Trouble, rng: random.Random) -> None:
        """Fresh paper, all of it, and what will go wrong with it."""

    def mend(self, sheet: int) -> None:
        """The operator's hands: clear the path, put ``sheet`` and all after it into the feeder and on the glass."""


FEEDER_ONLY = ("jam", "double_feed", "label", "stop")
EITHER = ("cover", "io", "short", "segv", "exit", "hang", "busy", "nomem", "access", "slow")
IN_MOTION = ("jam", "io", "segv", "exit", "hang")
"""Kinds that may come before a page as well as in the middle of it."""


class CruelDriver:
    """vscan."""

    name, address = "vscan", "vscan:v0"
    kinds: ClassVar[dict[Source, tuple[str, ...]]] = {
        Source.FLATBED: EITHER,
        Source.FEEDER: (*FEEDER_ONLY, *EITHER, "double_feed_passed"),
        Source.DUPLEX: (*FEEDER_ONLY, *EITHER, "double_feed_passed"),
    }

    def __init__(self, folder: Path) -> None:
        self.library = vscan_rig.build(folder)
        (self._device,) = vscan_rig.make(folder / "vscan", self.library, "v0")
        self._paper = folder / "paper"
        self._device.load([numbered_page(number) for number in range(1, 2 * MOST_SHEETS + 1)], dpi=100)
        (self._device.tray / "pages").rename(self._paper)

    @property
    def config(self) -> Path:
        return self._device.config_dir

    def lay(self, sheets: int, source: Source, trouble: Trouble, rng: random.Random) -> None:
        pages = self._device.tray / "pages"
        shutil.rmtree(pages, ignore_errors=True)
        pages.mkdir()
        duplex = source is Source.DUPLEX
        for path in sorted(self._paper.iterdir())[: sheets * (2 if duplex else 1)]:
            (pages / path.name).hardlink_to(path)
        for name in ("state", "put_back"):
            (self._device.tray / name).unlink(missing_ok=True)
        self._device.set(two_sided=int(duplex), page_dpi=100, buffer=rng.choice((0, 0, 1, 3)), chatty=rng.choice((0, 1)))
        side = 2 * trouble.sheet - (trouble.face is Face.FRONT) if duplex else trouble.sheet
        kind = "double_feed" if trouble.kind == "double_feed_passed" else trouble.kind
        self._device.faults(f"{side} {kind} {trouble.detail}")
        self._device.place(1)

    def mend(self, sheet: int) -> None:
        self._device.cover(opened=False)
        self._device.put_back_from(sheet)
        self._device.place(sheet)


SPOILT = ("drop", "truncate", "hang", "garbage", "slow", "short", "busy", "http500")


class LyingNetwork:
    """The eSCL simulator behind sane-airscan."""

    name, address = "airscan", "airscan:e0:Sim"
    kinds: ClassVar[dict[Source, tuple[str, ...]]] = {
        Source.FLATBED: SPOILT,
        Source.FEEDER: (*VirtualFault, "double_feed_unseen"),
        Source.DUPLEX: (*VirtualFault, "double_feed_unseen"),
    }

    def __init__(self, folder: Path) -> None:
        self._images = sorted(write_pages(folder / "jpeg", MOST_SHEETS).iterdir())
        self.scanner = VirtualScanner(PageTray.from_images(self._images, two_sided=True), name="Sim")
        self.scanner.start()

    def lay(self, sheets: int, source: Source, trouble: Trouble, rng: random.Random) -> None:
        duplex = source is Source.DUPLEX
        self.scanner.clear()
        self.scanner.load(PageTray.from_images(self._images[: sheets * (2 if duplex else 1)], two_sided=duplex))
        self.scanner.set_faults(FaultScript(_scripted(trouble, rng)))
        self.scanner.place(1)

    def mend(self, sheet: int) -> None:
        self.scanner.clear()
        self.scanner.reload_from(sheet)
        self.scanner.place(min(sheet, len(self.scanner.machine.tray)))

    def close(self) -> None:
        self.scanner.close()


def _scripted(trouble: Trouble, rng: random.Random) -> Sequence[Fault]:
    unseen = trouble.kind == "double_feed_unseen"
    kind = VirtualFault.DOUBLE_FEED if unseen else VirtualFault(trouble.kind)
    after = rng.choice((None, 0.3, 0.8)) if kind in (VirtualFault.DROP, VirtualFault.HANG) else None
    return [Fault(trouble.sheet, kind, side=trouble.face, after=after, seconds=1.0, detected=not unseen)]
