"""A network device that lies, in front of the station's own SANE backend: a named fault in time, and the child is gone."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import QUICK
from contract import FEEDER, run_out
from escl_rig import make_paper

from scanner.escl import FaultScript, VirtualScanner
from scanner.escl.hostile import Hostile
from scanner.model import ScanFault
from scanner.sane.backend import SaneBackend
from scanner.sane.config import write_private_config

TIMES = replace(QUICK, open=2.0, feed=2.0, first_line=2.0, lines=1.0)


USUAL = (Hostile.CAPS_HUGE, Hostile.CAPS_ENDLESS, Hostile.CAPS_BOMB, Hostile.STATUS_ENDLESS, Hostile.PAGE_ENDLESS,
         Hostile.PAGE_LENGTH_LONG, Hostile.PAGE_BOMB)  # fmt: skip
RARE = [pytest.param(one, marks=pytest.mark.slow) for one in Hostile if one not in (*USUAL, Hostile.PAGE_FOREVER)]


class Rig:
    address = "airscan:e0:Liar"

    def __init__(self, folder: Path, scanner: VirtualScanner) -> None:
        self.backend = SaneBackend(write_private_config(folder / "sane", {"Liar": scanner.url}), timeouts=TIMES)


@pytest.mark.parametrize("lie", [*USUAL, *RARE])
def test_a_lie_is_a_named_fault_in_time_and_the_honest_device_works_again(tmp_path: Path, lie: Hostile) -> None:
    formats = ["image/jpeg", "image/png"]
    paper = make_paper(tmp_path / "paper", 2)
    with VirtualScanner(paper, name="Liar", faults=FaultScript(hostile=[lie]), formats=formats) as scanner:
        rig = Rig(tmp_path, scanner)
        began = time.monotonic()
        sides, fault = run_out(rig, FEEDER, tmp_path / "run")
        assert isinstance(fault, ScanFault) and sides == []
        assert time.monotonic() - began < 15
        scanner.set_faults(FaultScript())
        time.sleep(0.2)
        scanner.reload()
        sides, fault = run_out(rig, FEEDER, tmp_path / "again")
        assert (fault, len(sides)) == (None, 2)
