"""The virtual scanner through the real stack: scanimage and python-sane over libsane and sane-airscan, one process a run."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from escl_rig import make_paper, number_on, numbers, scanimage
from PIL import Image

from scanner.escl import Fault, FaultScript, PageTray, VirtualFault, VirtualScanner, write_sane_config
from scanner.escl.hostile import Hostile
from scanner.escl.machine import fed_sheets

JAMMED, COVER_OPEN, IO_ERROR, NO_DOCS = 6, 8, 9, 7


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    return make_paper(tmp_path / "paper", 6)


def test_the_scanner_is_listed_under_its_name(paper: Path, tmp_path: Path) -> None:
    with VirtualScanner(paper, name="Practice 1") as scanner:
        env = {**os.environ, **write_sane_config(tmp_path / "sane", scanner)}
        said = subprocess.run(["scanimage", "-L"], env=env, capture_output=True, text=True, timeout=30, check=True).stdout
    assert said == "device `airscan:e0:Practice 1' is a eSCL Practice 1 ip=127.0.0.1\n"


@pytest.mark.parametrize(("source", "mode", "fed"), [("ADF", "Color", 6), ("ADF Duplex", "Gray", 3)])
def test_six_pages_arrive_once_and_in_order(paper: Path, tmp_path: Path, source: str, mode: str, fed: int) -> None:
    with VirtualScanner(paper) as scanner:
        done = scanimage(scanner, tmp_path, source=source, mode=mode)
        assert (done.status, numbers(done)) == (0, [1, 2, 3, 4, 5, 6])
        assert scanner.counters == {"fed": fed, "sent": 6}
    with Image.open(done.pages[0]) as image:
        assert (image.mode, image.size) == ("RGB" if mode == "Color" else "L", (620, 877))


@pytest.mark.parametrize("mode", ["Color", "Gray"])
def test_pixels_of_png_paper_arrive_identical(tmp_path: Path, mode: str) -> None:
    paper = make_paper(tmp_path / "paper", 2, kind="png", gray=mode == "Gray")
    with VirtualScanner(paper) as scanner:
        done = scanimage(scanner, tmp_path, mode=mode)
    for number, got in enumerate(done.pages, 1):
        assert np.array_equal(np.asarray(Image.open(got)), np.asarray(Image.open(paper / f"page-{number}.png")))
    assert len(done.pages) == 2


def test_the_glass_scans_its_page(paper: Path, tmp_path: Path) -> None:
    with VirtualScanner(paper) as scanner:
        scanner.place(4)
        done = scanimage(scanner, tmp_path, source="Flatbed", count=1)
        assert (numbers(done), scanner.sheets_left) == ([4], 6)


def test_python_sane_gets_every_page(paper: Path, tmp_path: Path) -> None:
    code = """
        import sane
        sane.init()
        device = sane.open(sane.get_devices()[0][0])
        device.source, device.mode, device.resolution = "ADF", "Gray", 75
        sizes = []
        try:
            while True:
                device.start()
                sizes.append(len(device.dev.snap(1, 1)[0]))
        except Exception as error:
            print(len(sizes), str(error))
        device.cancel()
        device.close()
    """
    with VirtualScanner(paper) as scanner:
        env = {**os.environ, **write_sane_config(tmp_path / "sane", scanner)}
        run = [sys.executable, "-c", textwrap.dedent(code)]
        said = subprocess.run(run, env=env, capture_output=True, text=True, timeout=60, check=True).stdout
    assert said == "6 Document feeder out of documents\n"


# Faults, as sane-airscan 0.99.27 tells them


@pytest.mark.parametrize(
    ("fault", "status", "first", "second"),
    [
        (VirtualFault.JAM, JAMMED, [1, 2], [3, 4, 5, 6]),
        (VirtualFault.COVER, COVER_OPEN, [1, 2], [3, 4, 5, 6]),
        (VirtualFault.EMPTY, 0, [1, 2], [3, 4, 5, 6]),
        (VirtualFault.SILENT_END, 0, [1, 2], [3, 4, 5, 6]),
        (VirtualFault.HTTP500, IO_ERROR, [1, 2], [3, 4, 5, 6]),
        (VirtualFault.DOUBLE_FEED, IO_ERROR, [1, 2], [3, 4, 5, 6]),
        (VirtualFault.DROP, IO_ERROR, [1, 2], [3, 4, 5, 6]),
        (VirtualFault.GARBAGE, IO_ERROR, [1, 2], [3, 4, 5, 6]),
    ],
)
def test_a_fault_at_sheet_three_ends_the_run_and_the_next_run_begins_with_it(
    paper: Path, tmp_path: Path, fault: VirtualFault, status: int, first: list[int], second: list[int]
) -> None:
    with VirtualScanner(paper, faults=FaultScript([Fault(3, fault)])) as scanner:
        faulty, resumed = scanimage(scanner, tmp_path), scanimage(scanner, tmp_path)
        assert (faulty.status, numbers(faulty)) == (status, first)
        assert (resumed.status, numbers(resumed)) == (0, second)


def test_a_cut_jpeg_looks_like_a_good_page_to_sane(paper: Path, tmp_path: Path) -> None:
    """No error from any layer: whoever captures must look at the picture itself."""
    with VirtualScanner(paper, faults=FaultScript([Fault(3, VirtualFault.TRUNCATE)])) as scanner:
        done = scanimage(scanner, tmp_path)
        assert (done.status, len(done.pages), scanner.sheets_left) == (0, 6, 4)
        resumed = scanimage(scanner, tmp_path)
        assert numbers(resumed) == [3, 4, 5, 6]
    whole, cut = (np.asarray(Image.open(run.pages[index])) for run, index in ((resumed, 0), (done, 2)))
    assert np.array_equal(whole[:200], cut[:200])
    assert cut[-100:].std() < 1 < whole[-100:].std()


def test_a_device_busy_twice_is_waited_for(paper: Path, tmp_path: Path) -> None:
    script = FaultScript([Fault(1, VirtualFault.BUSY, on_job=True), Fault(3, VirtualFault.BUSY)])
    with VirtualScanner(paper, faults=script) as scanner:
        done = scanimage(scanner, tmp_path)
        assert (done.status, numbers(done)) == (0, [1, 2, 3, 4, 5, 6])


def test_an_empty_feeder_says_so_at_once(paper: Path, tmp_path: Path) -> None:
    with VirtualScanner(paper) as scanner:
        scanner.machine.tray.feed(6)
        done = scanimage(scanner, tmp_path)
        assert (done.status, done.pages, scanner.counters) == (NO_DOCS, [], {})


def test_a_hung_device_keeps_the_client_until_it_is_killed_and_then_feeds_the_same_sheet(paper: Path, tmp_path: Path) -> None:
    with VirtualScanner(paper, faults=FaultScript([Fault(3, VirtualFault.HANG)])) as scanner:
        hung = scanimage(scanner, tmp_path, timeout=1.5)
        assert (hung.status, numbers(hung)) == (None, [1, 2])
        assert numbers(scanimage(scanner, tmp_path)) == [3, 4, 5, 6]


def test_a_slow_picture_is_only_slow(paper: Path, tmp_path: Path) -> None:
    with VirtualScanner(paper, faults=FaultScript([Fault(3, VirtualFault.SLOW, seconds=0.5)])) as scanner:
        assert numbers(scanimage(scanner, tmp_path)) == [1, 2, 3, 4, 5, 6]


def test_a_killed_client_has_taken_more_sheets_than_it_stored_and_put_back_from_mends_it(paper: Path, tmp_path: Path) -> None:
    """sane-airscan fetches ahead: every sheet may have left the feeder before the second page is read."""
    code = """
        import sane, sys, time
        sane.init()
        device = sane.open(sane.get_devices()[0][0])
        device.source, device.mode, device.resolution = "ADF", "Gray", 75
        device.start()
        device.dev.snap(1, 1)
        print("stored 1", flush=True)
        time.sleep(60)
    """
    with VirtualScanner(paper) as scanner:
        env = {**os.environ, **write_sane_config(tmp_path / "sane", scanner)}
        run = [sys.executable, "-c", textwrap.dedent(code)]
        child = subprocess.Popen(run, env=env, stdout=subprocess.PIPE, text=True)
        assert child.stdout and child.stdout.readline() == "stored 1\n"
        deadline = time.monotonic() + 10
        while scanner.sheets_left and time.monotonic() < deadline:
            time.sleep(0.02)
        child.send_signal(signal.SIGKILL)
        child.wait()
        assert fed_sheets(scanner.log) == [1, 2, 3, 4, 5, 6]
        scanner.reload_from(2)
        assert numbers(scanimage(scanner, tmp_path)) == [2, 3, 4, 5, 6]


@pytest.mark.slow
def test_the_fault_journey_brings_every_sheet_once_and_in_order(tmp_path: Path) -> None:
    """Jam at 7, drop at 12, cut picture at 15, hang at 20; the client stores up to the first bad page and resumes after it."""
    script = FaultScript.parse("- sheet 7: jam\n- sheet 12: drop\n- sheet 15: truncate\n- sheet 20: hang\n")
    stored: list[int] = []
    with VirtualScanner(make_paper(tmp_path / "paper", 24), faults=script) as scanner:
        for _ in range(5):
            done = scanimage(scanner, tmp_path, timeout=3)
            good = [number_on(page) for page in done.pages if np.asarray(Image.open(page))[-100:].std() > 1]
            stored += [number for number, due in zip(good, range(len(stored) + 1, 99), strict=False) if number == due]
            scanner.reload_from(len(stored) + 1)
        assert stored == list(range(1, 25))
        assert script.pending() == ()


# Pace and company


def test_the_pace_is_the_devices_own(paper: Path, tmp_path: Path) -> None:
    with VirtualScanner(paper, ipm=600) as scanner:  # 0.1 s a side
        done = scanimage(scanner, tmp_path)
        assert numbers(done) == [1, 2, 3, 4, 5, 6]
        fed = [event.at for event in scanner.log if event.what == "sent"]
    # sane-airscan 0.99.27 waits up to half a load between loads of its own.
    assert 0.45 <= fed[-1] - fed[0] < 1.5


def test_two_scanners_at_once_keep_their_own_paper(tmp_path: Path) -> None:
    one = VirtualScanner(make_paper(tmp_path / "one", 6), name="One", ipm=900)
    two = VirtualScanner(PageTray.from_folder(make_paper(tmp_path / "two", 8)), name="Two", ipm=900)
    with one, two, ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(scanimage, scanner, tmp_path / f"work-{scanner.identity.name}") for scanner in (one, two)]
        assert [numbers(run.result()) for run in runs] == [list(range(1, 7)), list(range(1, 9))]


# Lies: what sane-airscan makes of them


@pytest.mark.parametrize(
    "lie",
    [Hostile.CAPS_HUGE, Hostile.CAPS_OVERFLOW, Hostile.CAPS_WRONG_TYPES, Hostile.CAPS_NOT_XML, Hostile.CAPS_BOMB,
     Hostile.CAPS_DEEP, Hostile.STATUS_NOT_XML, Hostile.JOB_NO_LOCATION, Hostile.PAGE_LENGTH_LONG, Hostile.PAGE_LENGTH_SHORT,
     Hostile.PAGE_LENGTH_NEGATIVE, Hostile.PAGE_WRONG_TYPE],
)  # fmt: skip
def test_a_lie_gives_no_page_and_no_crash(paper: Path, tmp_path: Path, lie: Hostile) -> None:
    with VirtualScanner(paper, faults=FaultScript(hostile=[lie])) as scanner:
        done = scanimage(scanner, tmp_path, timeout=10)
    assert done.status is not None and done.status > 0, done.said
    assert done.pages == []


@pytest.mark.parametrize("lie", [Hostile.CAPS_ENDLESS, Hostile.STATUS_ENDLESS, Hostile.PAGE_FOREVER])
def test_what_never_ends_keeps_sane_until_it_is_killed(paper: Path, tmp_path: Path, lie: Hostile) -> None:
    """Measured: no limit of length or time in sane-airscan. The capture child's watchdog and memory limit must end it."""
    with VirtualScanner(paper, faults=FaultScript(hostile=[lie])) as scanner:
        assert scanimage(scanner, tmp_path, timeout=0.7).status is None
