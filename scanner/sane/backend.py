"""The SANE backend as the station sees it: no libsane in this process."""

import time
from collections.abc import Callable
from pathlib import Path

from scanner.backend import MOST_SHEETS
from scanner.model import FaultKind, Phase, ScanFault, ScanSettings
from scanner.sane.usb import UsbReset, reset_usb
from scanner.worker.backend import ProcessBackend, ProcessRun
from scanner.worker.process import MEMORY_LIMIT
from scanner.worker.timeouts import Timeouts

STUCK = (FaultKind.HUNG, FaultKind.OFFLINE)
"""A listed device that does not open: what a killed driver may leave behind on a USB scanner."""
SETTLE_SECONDS = 1.0
"""A device needs a moment to be seen again after a reset."""


class SaneBackend(ProcessBackend):
    """``config_dir``: a private SANE_CONFIG_DIR for the children (see ``scanner.sane.config``), None = the system's own.

    ``library_path``: a folder with further SANE backends (``libsane-NAME.so.1``), searched before the system's.
    ``reset``: how a USB device that does not open is reset, once, before the fault is raised."""

    def __init__(
        self,
        config_dir: Path | None = None,
        *,
        timeouts: Timeouts | None = None,
        library_path: Path | None = None,
        memory: int = MEMORY_LIMIT,
        reset: Callable[[str], UsbReset] = reset_usb,
    ) -> None:
        env = {}
        if config_dir is not None:
            # No trailing colon: libsane then searches this folder only.
            env["SANE_CONFIG_DIR"] = str(config_dir)
        if library_path is not None:
            env["LD_LIBRARY_PATH"] = str(library_path)
        self._reset = reset
        super().__init__("sane", "scanner.sane.child", env=env, timeouts=timeouts, memory=memory)

    def open_run(
        self, address: str, settings: ScanSettings, spool: Path, *, first_sheet: int = 1, most_sheets: int = MOST_SHEETS
    ) -> ProcessRun:
        try:
            return super().open_run(address, settings, spool, first_sheet=first_sheet, most_sheets=most_sheets)
        except ScanFault as fault:
            if fault.phase is not Phase.OPEN or fault.kind not in STUCK:
                raise
            self._reset_or_raise(address, fault)
        time.sleep(SETTLE_SECONDS)
        return super().open_run(address, settings, spool, first_sheet=first_sheet, most_sheets=most_sheets)

    def _reset_or_raise(self, address: str, fault: ScanFault) -> None:
        """The fault says what became of the reset, for the log and the doctor."""
        outcome = self._reset(address)
        if outcome is UsbReset.NOT_USB:
            raise fault
        if outcome is not UsbReset.DONE:
            raise ScanFault(fault.kind, fault.phase, f"{fault.detail}; USB reset: {outcome}") from fault
