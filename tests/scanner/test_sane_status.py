"""libsane's texts become our faults in one place, and the texts are libsane's own."""

import ctypes.util

import pytest

from scanner.model import FaultKind, Phase
from scanner.sane.status import STATUS, fault_of


@pytest.mark.parametrize(
    ("text", "phase", "kind"),
    [
        ("Operation not supported", "set", FaultKind.UNSUPPORTED),
        ("Operation was canceled", "lines", FaultKind.OPERATOR_STOP),
        ("Operation was cancelled", "lines", FaultKind.OPERATOR_STOP),
        ("Device busy", "open", FaultKind.BUSY),
        ("Invalid argument", "open", FaultKind.UNKNOWN_DEVICE),
        ("Invalid argument", "set", FaultKind.BAD_SETTING),
        ("Invalid argument", "feed", FaultKind.BAD_SETTING),
        ("Invalid argument", "lines", FaultKind.IO_ERROR),
        ("End of file reached", "feed", FaultKind.IO_ERROR),
        ("Document feeder jammed", "feed", FaultKind.JAM),
        ("Document feeder out of documents", "feed", FaultKind.FEEDER_EMPTY),
        ("Scanner cover is open", "feed", FaultKind.COVER_OPEN),
        ("Error during device I/O", "open", FaultKind.OFFLINE),
        ("Error during device I/O", "lines", FaultKind.IO_ERROR),
        ("Out of memory", "feed", FaultKind.NO_MEMORY),
        ("Access to resource has been denied", "open", FaultKind.ACCESS_DENIED),
        ("Unknown SANE status code 77", "feed", FaultKind.IO_ERROR),
    ],
)
def test_each_status_has_its_fault(text, phase, kind):
    fault = fault_of(text, phase)
    assert (fault.kind, fault.detail) == (kind, text)


def test_the_phase_travels_with_the_fault():
    assert [fault_of("Device busy", phase).phase for phase in ("open", "set", "feed", "first_line", "lines")] == [
        Phase.OPEN,
        Phase.SET,
        Phase.FEED,
        Phase.READ,
        Phase.READ,
    ]


def test_the_table_holds_every_text_of_the_installed_library():
    library = ctypes.util.find_library("sane")
    assert library is not None
    strstatus = ctypes.CDLL(library).sane_strstatus
    strstatus.restype = ctypes.c_char_p
    texts = [strstatus(number).decode() for number in range(1, 12)]
    assert [text for text in texts if text not in STATUS] == []
