"""One process per device on this computer. The lock belongs to the child, so a killed child frees it at once."""

import hashlib
import os
import sys
import tempfile
from pathlib import Path

from scanner.model import FaultKind, Phase, ScanFault


class DeviceLock:
    """Held until the process ends. Devices of different private configurations are different devices."""

    def __init__(self, address: str) -> None:
        key = hashlib.sha256(f"{os.environ.get('SANE_CONFIG_DIR', '')}|{address}".encode()).hexdigest()[:24]
        self.path = Path(tempfile.gettempdir()) / f"sohoa-device-{key}.lock"
        self._address = address

    def hold(self) -> None:
        """Raises ScanFault BUSY when another process has the device."""
        if sys.platform == "win32":  # WIA itself opens a device for one program only
            return
        import fcntl  # noqa: PLC0415 - not on Windows

        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(handle)
            raise ScanFault(FaultKind.BUSY, Phase.OPEN, f"another process has {self._address}") from error
