"""WIA's error codes and property numbers (learn.microsoft.com: "Error Codes (WIA)", "WIA Scanner Constants")."""

from enum import IntEnum, IntFlag
from typing import Any

from scanner.model import FaultKind, Phase, ScanFault
from scanner.worker.timeouts import PHASES

PAPER_EMPTY = 0x80210003
DISP_E_EXCEPTION = 0x80020009
ERRORS: dict[int, FaultKind] = {
    0x80210001: FaultKind.IO_ERROR,  # general error
    0x80210002: FaultKind.JAM,
    PAPER_EMPTY: FaultKind.FEEDER_EMPTY,
    0x80210004: FaultKind.JAM,  # paper problem
    0x80210005: FaultKind.OFFLINE,
    0x80210006: FaultKind.BUSY,
    0x80210007: FaultKind.BUSY,  # warming up
    0x80210008: FaultKind.OPERATOR_STOP,  # user intervention
    0x80210009: FaultKind.OFFLINE,  # the item, that is the device, was removed
    0x8021000A: FaultKind.IO_ERROR,  # device communication
    0x8021000B: FaultKind.UNSUPPORTED,  # invalid command
    0x8021000C: FaultKind.BAD_SETTING,  # incorrect hardware setting
    0x8021000D: FaultKind.BUSY,  # device locked
    0x8021000E: FaultKind.CRASHED,  # exception in the driver
    0x80210015: FaultKind.OFFLINE,  # no device available
    0x80210016: FaultKind.COVER_OPEN,
    0x80210017: FaultKind.IO_ERROR,  # lamp off
    0x80210020: FaultKind.DOUBLE_FEED,
    0x80210064: FaultKind.OPERATOR_STOP,  # cancelled at the device
    0x80070005: FaultKind.ACCESS_DENIED,
    0x8007000E: FaultKind.NO_MEMORY,
    0x80070057: FaultKind.BAD_SETTING,  # invalid argument
}


class Property(IntEnum):
    """Numbers of the properties this driver uses."""

    NAME = 7
    MANUFACTURER = 3
    PNP_ID = 16
    DATA_TYPE = 4103
    DEPTH = 4104
    BED_WIDTH = 3074
    BED_HEIGHT = 3075
    FEED_WIDTH = 3076
    FEED_HEIGHT = 3077
    HANDLING_CAPABILITIES = 3086
    HANDLING_STATUS = 3087
    HANDLING_SELECT = 3088
    PAGES = 3096
    X_RESOLUTION = 6147
    Y_RESOLUTION = 6148
    X_POSITION = 6149
    Y_POSITION = 6150
    X_EXTENT = 6151
    Y_EXTENT = 6152
    BRIGHTNESS = 6154
    CONTRAST = 6155
    THRESHOLD = 6159


class Can(IntFlag):
    """HANDLING_CAPABILITIES"""

    FEED = 0x01
    FLAT = 0x02
    DUPLEX = 0x04
    DETECT_FEED = 0x20


class Select(IntFlag):
    """HANDLING_SELECT"""

    FEEDER = 0x001
    FLATBED = 0x002
    DUPLEX = 0x004
    FRONT_FIRST = 0x008
    FRONT_ONLY = 0x020
    BACK_ONLY = 0x040


class Status(IntFlag):
    """HANDLING_STATUS"""

    FEED_READY = 0x01
    FLAT_COVER_UP = 0x08
    PATH_COVER_UP = 0x10
    PAPER_JAM = 0x20


BMP = "{B96B3CAB-0728-11D3-9D7B-0000F81EF32E}"
JPEG = "{B96B3CAE-0728-11D3-9D7B-0000F81EF32E}"


def code_of(error: Exception) -> int:
    """The WIA code inside a COM error: pywin32's late binding hides it in ``excepinfo[5]``, comtypes gives ``hresult``."""
    info: Any = getattr(error, "excepinfo", None)
    code = info[5] if info and len(info) > 5 and info[5] else getattr(error, "hresult", 0)
    return int(code or 0) & 0xFFFFFFFF


def fault_of(error: Exception, phase: str) -> ScanFault:
    """Translate a COM error met in ``phase``. Unknown codes are IO_ERROR, with the number kept."""
    code, where = code_of(error), PHASES.get(phase, Phase.OPEN)
    return ScanFault(ERRORS.get(code, FaultKind.IO_ERROR), where, f"0x{code:08X} {error}"[:400])
