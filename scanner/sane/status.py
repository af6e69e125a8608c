"""libsane's twelve status texts. python-sane gives no number, only this English, which libsane does not translate."""

from scanner.model import FaultKind, Phase, ScanFault
from scanner.worker.timeouts import PHASES

NO_DOCS = "Document feeder out of documents"
STATUS: dict[str, FaultKind] = {
    "Operation not supported": FaultKind.UNSUPPORTED,
    "Operation was canceled": FaultKind.OPERATOR_STOP,
    "Operation was cancelled": FaultKind.OPERATOR_STOP,
    "Device busy": FaultKind.BUSY,
    "Invalid argument": FaultKind.BAD_SETTING,
    "End of file reached": FaultKind.IO_ERROR,
    "Document feeder jammed": FaultKind.JAM,
    NO_DOCS: FaultKind.FEEDER_EMPTY,
    "Scanner cover is open": FaultKind.COVER_OPEN,
    "Error during device I/O": FaultKind.IO_ERROR,
    "Out of memory": FaultKind.NO_MEMORY,
    "Access to resource has been denied": FaultKind.ACCESS_DENIED,
}
"""Status text → fault, where the phase does not change its meaning (see ``BY_PHASE``)."""

BY_PHASE: dict[tuple[str, Phase], FaultKind] = {
    # A device that is listed but does not answer: sane-airscan with the server gone, a pulled USB cable.
    ("Error during device I/O", Phase.OPEN): FaultKind.OFFLINE,
    # sane_open of a name no backend knows.
    ("Invalid argument", Phase.OPEN): FaultKind.UNKNOWN_DEVICE,
    # Settings were accepted and read back; a driver that says this while reading has lost its thread.
    ("Invalid argument", Phase.READ): FaultKind.IO_ERROR,
}


def fault_of(text: str, phase: str) -> ScanFault:
    """Translate a status text met in ``phase`` (a field of Timeouts). Unknown texts are IO_ERROR, with the text kept."""
    where = PHASES.get(phase, Phase.OPEN)
    kind = BY_PHASE.get((text, where), STATUS.get(text, FaultKind.IO_ERROR))
    return ScanFault(kind, where, text)
