"""The practice scanner: a virtual device with typeset pages, offered beside the real ones. Its batches cannot be released."""

import logging
import shutil
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from batches import sheets
from batches.words import RunPurpose
from imaging.practice import write_tray
from scanner.escl import PageTray, VirtualScanner, write_sane_config
from scanner.model import Source
from scanner.sane.backend import SaneBackend
from station.devices import PRACTICE
from station.house import House

log = logging.getLogger(__name__)

NAME = "Sohoa Practice"
"""ASCII: SANE device names travel as latin-1. The console shows its alias."""
_SHEETS = 8
_IPM = 120.0
"""As fast as an office feeder: practice should feel like work."""


class PracticeScanner:
    """Serves while open; lays the paper an operator would lay before each run."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._pages = PageTray.from_folder(_pages(house))
        self.scanner = VirtualScanner(self._pages, name=NAME, ipm=_IPM)
        self.scanner.start()
        folder = house.folders.scanner_config / PRACTICE
        write_sane_config(folder, self.scanner)
        self.backend = SaneBackend(folder)

    def close(self) -> None:
        self.scanner.close()

    def lay_paper(self, run: Row[Any], first_sheet: int) -> None:
        """What the hands of the operator do with a real scanner: a fresh stack, the rest of one after a fault, or the one
        sheet that is scanned again."""
        self.scanner.clear()
        if run.purpose == RunPurpose.CAPTURE.value:
            self.scanner.load(PageTray.from_folder(_pages(self._house)))
            if first_sheet > 1:
                self.scanner.reload_from(min(first_sheet, len(self._pages)))
            return
        number = self._target(run)
        if run.settings["source"] == Source.FLATBED.value:
            self.scanner.load(PageTray.from_folder(_pages(self._house)))
            self.scanner.place(number)
        else:
            self.scanner.load(PageTray([self._pages.sheet(number)]))

    def _target(self, run: Row[Any]) -> int:
        with self._house.store.read() as connection:
            number = sheets.get(connection, run.target_sheet_id).number if run.target_sheet_id else 1
        return (int(number) - 1) % len(self._pages) + 1


def _pages(house: House) -> Path:
    """The folder of practice pages, typeset at the first start."""
    chosen = house.settings.scanning.practice_pages
    if chosen is not None:
        return chosen
    folder = house.folders.practice
    if not folder.is_dir() or not any(folder.iterdir()):
        part = folder.with_name(folder.name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        write_tray(part, sheets=_SHEETS)
        folder.parent.mkdir(parents=True, exist_ok=True)
        part.rename(folder)
        log.info("typeset %s practice sheets", _SHEETS)
    return folder
