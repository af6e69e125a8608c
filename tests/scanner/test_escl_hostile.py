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
from scanner.model import FaultKind, ScanFault
from scanner.sane.backend import SaneBackend
from scanner.sane.config import write_private_config

TIMES = replace(QUICK, open=2.0, feed=2.0, first_line=2.0, lines=1.0)


USUAL = (Hostile.CAPS_HUGE, Hostile.CAPS_BOMB, Hostile.PAGE_ENDLESS, Hostile.PAGE_LENGTH_LONG, Hostile.PAGE_BOMB)
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
        assert time.monotonic() - began < 45
        scanner.set_faults(FaultScript())
        time.sleep(0.2)
        scanner.reload()
        sides, fault = run_out(rig, FEEDER, tmp_path / "again")
        assert (fault, len(sides)) == (None, 2)


def test_an_answer_without_end_meets_the_memory_limit_before_the_watchdog(tmp_path: Path) -> None:
    paper = make_paper(tmp_path / "paper", 1)
    with VirtualScanner(paper, name="Liar", faults=FaultScript(hostile=[Hostile.CAPS_ENDLESS])) as scanner:
        rig = Rig(tmp_path, scanner)
        rig.backend = SaneBackend(tmp_path / "sane", timeouts=replace(TIMES, open=60.0), memory=384 << 20)
        _, fault = run_out(rig, FEEDER, tmp_path / "run")
        # sane-airscan gives up the answer it cannot hold and calls that an I/O error; other drivers abort
        assert fault is not None and fault.kind in (FaultKind.OFFLINE, FaultKind.NO_MEMORY)
        assert "no sign of life" not in fault.detail
        scanner.set_faults(FaultScript())
        sides, fault = run_out(rig, FEEDER, tmp_path / "again")
        assert (fault, len(sides)) == (None, 1)


def test_a_feeder_that_never_ends_is_left_with_every_sheet_that_was_asked_for(tmp_path: Path) -> None:
    paper = make_paper(tmp_path / "paper", 2)
    with VirtualScanner(paper, name="Liar", faults=FaultScript(hostile=[Hostile.PAGE_FOREVER])) as scanner:
        rig = Rig(tmp_path, scanner)
        sides = []
        with (
            pytest.raises(ScanFault) as caught,
            rig.backend.open_run(rig.address, FEEDER, tmp_path / "run", most_sheets=5) as run,
        ):
            sides.extend(run)
    assert (caught.value.kind, [side.sheet for side in sides]) == (FaultKind.ENDLESS_FEED, [1, 2, 3, 4, 5])
