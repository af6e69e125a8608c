"""A driver may hang, crash, chatter or lie; the run ends with a name, keeps its sides, and the next run works."""

import os
import resource
import signal
import subprocess
import sys
import textwrap
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from scanner.model import ColorMode, Face, FaultKind, Phase, ScanFault, ScanSettings, Source
from scanner.spool import examine, read_spooled
from scanner.worker.backend import ProcessBackend
from scanner.worker.timeouts import Timeouts

HERE = Path(__file__).parent
PATH = os.pathsep.join([str(HERE.parents[1]), str(HERE)])
DUPLEX = ScanSettings(Source.DUPLEX, ColorMode.GRAY)
FEEDER = ScanSettings(Source.FEEDER, ColorMode.GRAY)
LIMITS = Timeouts(open=1, feed=1, first_line=0.5, lines=0.5, cancel=0.3, close=2)


@pytest.fixture
def backend() -> ProcessBackend:
    return ProcessBackend("fake", "fake_child", env={"PYTHONPATH": PATH}, timeouts=LIMITS)


def alive(process_id: int) -> bool:
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def open_handles() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def ends_with(backend: ProcessBackend, habit: str, folder: Path) -> tuple[ScanFault, int]:
    """The fault, and how many sides came before it."""
    sides = []
    with pytest.raises(ScanFault) as caught, backend.open_run(habit, FEEDER, folder) as run:
        for side in run:
            sides.append(side)
    assert read_spooled(folder) == sides
    assert not alive(run.process_id)
    return caught.value, len(sides)


@pytest.mark.parametrize(
    ("habit", "kind", "phase"),
    [
        ("crash", FaultKind.CRASHED, Phase.READ),
        ("exit", FaultKind.CRASHED, Phase.READ),
        ("hang", FaultKind.HUNG, Phase.READ),
        ("jam", FaultKind.JAM, Phase.READ),
        ("jam_is_double", FaultKind.DOUBLE_FEED, Phase.READ),
        ("no_memory", FaultKind.NO_MEMORY, Phase.READ),
        ("unheard", FaultKind.IO_ERROR, Phase.READ),
    ],
)
def test_sides_before_a_fault_are_kept_and_the_fault_is_named(backend, tmp_path, habit, kind, phase):
    fault, sides = ends_with(backend, habit, tmp_path / "run")
    assert (fault.kind, fault.phase, sides) == (kind, phase, 2)
    with backend.open_run("good", FEEDER, tmp_path / "again", first_sheet=3) as run:
        assert [side.sheet for side in run] == [3, 4, 5, 6]


def test_the_back_is_read_while_its_front_is_made_durable(backend, tmp_path):
    folder = (tmp_path / "run").resolve()
    with backend.open_run(f"wait:{folder}", DUPLEX, folder) as run:
        sides = list(run)
    assert [(side.sheet, side.face) for side in sides] == [(n, face) for n in (1, 2) for face in (Face.FRONT, Face.BACK)]
    assert read_spooled(folder) == sides


@pytest.mark.parametrize(("habit", "kind"), [("crash_at", FaultKind.CRASHED), ("hang_at", FaultKind.HUNG)])
def test_a_front_is_kept_when_the_driver_dies_over_its_back(backend, tmp_path, habit, kind):
    folder = (tmp_path / "run").resolve()
    sides, began = [], time.monotonic()
    with pytest.raises(ScanFault) as caught, backend.open_run(f"{habit}:{folder}", DUPLEX, folder) as run:
        for side in run:
            sides.append(side)
    assert (caught.value.kind, caught.value.phase) == (kind, Phase.READ)
    assert [(side.sheet, side.face) for side in read_spooled(folder)] == [(1, Face.FRONT), (1, Face.BACK), (2, Face.FRONT)]
    assert read_spooled(folder)[: len(sides)] == sides
    assert time.monotonic() - began < 25


def test_a_crash_tells_its_signal_and_last_words(backend, tmp_path):
    fault, _ = ends_with(backend, "crash", tmp_path / "run")
    assert "SIGSEGV" in fault.detail
    assert "Segmentation fault" in fault.detail


def test_paper_left_at_the_end_is_the_operators_stop(backend, tmp_path):
    fault, sides = ends_with(backend, "stop_button", tmp_path / "run")
    assert (fault.kind, sides) == (FaultKind.OPERATOR_STOP, 4)


def test_a_sensor_that_lags_behind_the_last_sheet_is_no_early_end(backend, tmp_path):
    with backend.open_run("slow_sensor", FEEDER, tmp_path / "run") as run:
        assert len(list(run)) == 4


def test_sensors_may_be_read_from_another_thread_while_sides_come(backend, tmp_path):
    seen: list[dict] = []
    with backend.open_run("jam_is_double", replace(FEEDER, source=Source.DUPLEX), tmp_path / "run") as run:
        looks = [threading.Thread(target=lambda: seen.append(run.sensors())) for _ in range(8)]
        for look in looks:
            look.start()
        sides = [next(run), next(run)]
        for look in looks:
            look.join()
    assert [side.facts["count"] for side in sides] == [1, 2]
    assert seen == [{"double_feed": 1}] * 8


def test_no_sheet_is_fed_when_the_disk_cannot_keep_it(backend, tmp_path):
    fault, sides = ends_with(backend, "giant", tmp_path / "run")
    assert (fault.kind, fault.phase, sides) == (FaultKind.DISK_FULL, Phase.FEED, 0)


def test_what_a_driver_prints_is_never_taken_for_an_answer(backend, tmp_path):
    with backend.open_run("chat", FEEDER, tmp_path / "run") as run:
        assert [side.facts["count"] for side in run] == [1, 2, 3, 4]


def test_a_hang_while_opening_is_noticed(backend, tmp_path):
    began = time.monotonic()
    with pytest.raises(ScanFault) as caught:
        backend.open_run("hang_open", FEEDER, tmp_path / "run")
    assert (caught.value.kind, caught.value.phase) == (FaultKind.HUNG, Phase.OPEN)
    assert time.monotonic() - began < 25


def test_the_device_is_asked_only_when_the_caller_asks(backend, tmp_path):
    with backend.open_run("good", FEEDER, tmp_path / "run") as run:
        next(run)
        time.sleep(0.3)
        assert len(read_spooled(tmp_path / "run")) == 1
        assert next(run).facts["count"] == 2


def test_stop_acts_between_two_sheets_even_in_duplex(backend, tmp_path):
    with backend.open_run("good", replace(FEEDER, source=Source.DUPLEX), tmp_path / "run", first_sheet=9) as run:
        assert next(run).face is Face.FRONT
        run.stop()
        assert next(run).face is Face.BACK
        with pytest.raises(ScanFault) as caught:
            next(run)
    assert caught.value.kind is FaultKind.OPERATOR_STOP
    assert [(side.sheet, side.face.value) for side in read_spooled(tmp_path / "run")] == [(9, "front"), (9, "back")]


def test_kill_from_another_thread_ends_a_hung_read_at_once(tmp_path):
    backend = ProcessBackend("fake", "fake_child", env={"PYTHONPATH": PATH}, timeouts=Timeouts())
    with backend.open_run("hang", FEEDER, tmp_path / "run") as run:
        next(run), next(run)
        threading.Timer(0.3, run.kill).start()
        began = time.monotonic()
        with pytest.raises(ScanFault) as caught:
            next(run)
        assert time.monotonic() - began < 12
    assert caught.value.kind is FaultKind.OPERATOR_STOP
    assert len(read_spooled(tmp_path / "run")) == 2


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL])
def test_from_a_crash_to_a_usable_scanner_in_less_than_a_second(backend, tmp_path, number):
    """The quickest of three, so that a busy machine does not measure itself."""
    assert min(seconds_to_recover(backend, tmp_path / str(turn), number) for turn in range(3)) < 1.0


def seconds_to_recover(backend: ProcessBackend, folder: Path, number: signal.Signals) -> float:
    with backend.open_run("good", FEEDER, folder / "one") as run:
        next(run)
        os.kill(run.process_id, number)
        began = time.monotonic()
        with pytest.raises(ScanFault) as caught:
            next(run)
    assert caught.value.kind is FaultKind.CRASHED
    assert number.name in caught.value.detail
    with backend.open_run("good", FEEDER, folder / "two") as run:
        opened = time.monotonic() - began
        assert len(list(run)) == 4
    return opened


def test_a_stopped_process_counts_as_hung(backend, tmp_path):
    with backend.open_run("good", FEEDER, tmp_path / "run") as run:
        next(run)
        os.kill(run.process_id, signal.SIGSTOP)
        with pytest.raises(ScanFault) as caught:
            next(run)
        assert not alive(run.process_id)
    assert caught.value.kind is FaultKind.HUNG
    assert len(read_spooled(tmp_path / "run")) == 1


def test_no_child_outlives_a_killed_service(tmp_path):
    service = textwrap.dedent(f"""
        import sys, threading, time
        from pathlib import Path
        from test_worker import FEEDER, ProcessBackend, PATH
        def work():
            backend = ProcessBackend("fake", "fake_child", env={{"PYTHONPATH": PATH}})
            run = backend.open_run("hang", FEEDER, Path({str(tmp_path)!r}))
            next(run), next(run)
            print(run.process_id, flush=True)
            next(run)
        threading.Thread(target=work).start()
    """)
    parent = subprocess.Popen([sys.executable, "-c", service], env={**os.environ, "PYTHONPATH": PATH}, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert alive(child)
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 5
    while alive(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not alive(child)
    assert len(examine(tmp_path).sides) == 2


def test_a_child_survives_the_thread_that_asked_for_it(backend, tmp_path):
    runs = []
    starter = threading.Thread(target=lambda: runs.append(backend.open_run("good", FEEDER, tmp_path / "run")))
    starter.start()
    starter.join()
    time.sleep(0.2)
    with runs[0] as run:
        assert len(list(run)) == 4


def test_many_runs_leave_no_process_thread_or_handle_behind(backend, tmp_path):
    with backend.open_run("good", FEEDER, tmp_path / "warm") as run:
        assert len(list(run)) == 4
    before = threading.active_count(), open_handles()
    for number in range(6):
        with backend.open_run("good", FEEDER, tmp_path / str(number)) as run:
            next(run)
    assert threading.active_count() <= before[0]
    assert open_handles() <= before[1]


@pytest.mark.parametrize("habit", ["hungry", "starved_library"])
def test_a_driver_that_eats_memory_is_stopped_at_its_limit_and_the_next_run_is_fine(tmp_path, habit):
    limit = 768 << 20
    backend = ProcessBackend("fake", "fake_child", env={"PYTHONPATH": PATH}, timeouts=Timeouts(), memory=limit)
    with pytest.raises(ScanFault) as caught, backend.open_run(habit, FEEDER, tmp_path / "run") as run:
        assert resource.prlimit(run.process_id, resource.RLIMIT_AS)[0] == limit
        list(run)
    assert caught.value.kind is FaultKind.NO_MEMORY
    sides = examine(tmp_path / "run").sides
    with backend.open_run("good", FEEDER, tmp_path / "run", first_sheet=len(sides) + 1) as run:
        assert len(list(run)) == 4
    assert len(examine(tmp_path / "run").sides) == len(sides) + 4


@pytest.mark.parametrize(("source", "sides"), [(Source.FEEDER, 2), (Source.DUPLEX, 4)])
def test_a_feeder_without_end_is_left_after_so_many_whole_sheets(backend, tmp_path, source, sides):
    taken = []
    with (
        pytest.raises(ScanFault) as caught,
        backend.open_run("good", replace(FEEDER, source=source), tmp_path / "run", first_sheet=5, most_sheets=2) as run,
    ):
        taken.extend(run)
    assert caught.value.kind is FaultKind.ENDLESS_FEED
    assert len(taken) == min(sides, 4) == len(examine(tmp_path / "run").sides)
