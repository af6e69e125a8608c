"""The test-only backend does what its README says, through libsane and scanimage."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from vscan.rig import Vscan, make, vscan, vscan_library  # noqa: F401

A4 = ["-x", "210", "-y", "297"]
JAMMED, NO_DOCS, COVER_OPEN, IO_ERROR, BUSY = 6, 7, 8, 9, 3


def pages(count: int, *, gray: bool = False) -> list[np.ndarray]:
    shape = (877, 620) if gray else (877, 620, 3)
    return [np.random.default_rng(number).integers(0, 256, shape, np.uint8) for number in range(1, count + 1)]


def scan(  # every run in its own folder and process
    scanner: Vscan, *more: str, source: str = "ADF Front", mode: str = "Color", dpi: int = 75, timeout: float = 30
) -> tuple[int | None, list[np.ndarray]]:
    """(scanimage's status = SANE's, None when it had to be killed; the pages)."""
    out = scanner.tray.parent / f"run{time.monotonic_ns()}"
    out.mkdir()
    command = ["scanimage", "-d", scanner.device, "--source", source, "--mode", mode, "--resolution", str(dpi), *more, *A4,
               "--format=pnm", f"--batch={out}/%04d.pnm"]  # fmt: skip
    with subprocess.Popen(command, env=scanner.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            status: int | None = process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            status = None
    return status, [np.asarray(Image.open(path)) for path in sorted(out.glob("*.pnm"))]


def python(scanner: Vscan, code: str) -> str:
    """Runs ``code`` in a fresh process after opening the scanner as ``d``; returns what it printed."""
    head = f"import sane\nsane.init()\nd = sane.open({scanner.device!r})\n"
    run = [sys.executable, "-c", head + textwrap.dedent(code)]
    return subprocess.run(run, env=scanner.env, capture_output=True, text=True, timeout=30, check=True).stdout


def same(got: list[np.ndarray], expected: list[np.ndarray]) -> bool:
    return len(got) == len(expected) and all(map(np.array_equal, got, expected))


def test_six_pages_arrive_bit_for_bit_and_the_tray_is_empty(vscan: Vscan) -> None:  # noqa: F811
    vscan.load(pages(6))
    status, got = scan(vscan)
    assert (status, vscan.sheets_left, same(got, pages(6))) == (0, 0, True)
    assert scan(vscan) == (NO_DOCS, [])
    vscan.put_back_from(5)
    assert same(scan(vscan)[1], pages(6)[4:])


def test_duplex_gives_a_side_a_start_and_white_where_nothing_is_printed(vscan: Vscan) -> None:  # noqa: F811
    vscan.load(pages(3, gray=True), two_sided=True)
    got = scan(vscan, source="ADF Duplex", mode="Gray")[1]
    assert same(got[:3], pages(3, gray=True)) and len(got) == 4
    assert got[3].min() == 255
    vscan.put_back_from(1)
    assert same(scan(vscan, mode="Gray")[1], [pages(3, gray=True)[0], pages(3, gray=True)[2]])


def test_lineart_is_the_threshold_of_the_grey_page(vscan: Vscan) -> None:  # noqa: F811
    vscan.load(pages(1, gray=True))
    (got,) = scan(vscan, "--threshold", "100", mode="Lineart")[1]
    assert np.array_equal(np.asarray(got, bool), pages(1, gray=True)[0] >= 100)


def test_another_resolution_keeps_the_true_size(vscan: Vscan) -> None:  # noqa: F811
    vscan.load(pages(1))
    (got,) = scan(vscan, dpi=150)[1]
    assert got.shape == (1754, 1240, 3)
    assert np.array_equal(got[1:1753:2, 1::2][:876], pages(1)[0][:876])


@pytest.mark.parametrize(
    ("fault", "status", "sensor"),
    [("3 jam", JAMMED, ""), ("3 double_feed", JAMMED, "double_feed"), ("3 cover", COVER_OPEN, "cover"), ("3 io", IO_ERROR, ""),
     ("3 stop", 0, ""), ("3 busy", BUSY, ""), ("3 label", JAMMED, "double_feed"), ("3 segv", -signal.SIGSEGV, ""),
     ("3 exit", 1, ""), ("3 jam read", JAMMED, "")],
)  # fmt: skip
def test_a_fault_leaves_the_sheet_in_the_tray_for_a_fresh_process(
    vscan: Vscan, fault: str, status: int, sensor: str  # noqa: F811
) -> None:
    vscan.load(pages(6))
    vscan.faults(fault)
    got_status, got = scan(vscan)
    assert (got_status, vscan.sheets_left) == (status, 4)
    assert same(got[:2], pages(6)[:2])
    assert not sensor or vscan.state[sensor] == 1
    got_status, got = scan(vscan)
    assert (got_status, same(got, pages(6)[2:])) == (0, True)


def test_a_hang_lasts_until_it_is_killed(vscan: Vscan) -> None:  # noqa: F811
    vscan.load(pages(3))
    vscan.faults("2 hang")
    assert scan(vscan, timeout=0.7)[0] is None
    assert same(scan(vscan)[1], pages(3)[1:])


def test_a_sheet_that_is_gone_is_gone(vscan: Vscan) -> None:  # noqa: F811
    vscan.load(pages(4))
    vscan.faults("2 jam gone")
    scan(vscan)
    assert (vscan.state["fed"], vscan.sheets_left) == (2, 2)


def test_a_short_page_ends_after_half_its_lines_and_the_run_goes_on(vscan: Vscan) -> None:  # noqa: F811
    vscan.load(pages(3))
    vscan.faults("2 short")
    code = """
        d.source, d.resolution, d.br_x, d.br_y = 'ADF Front', 75, 210, 297
        try:
            while True:
                d.start()
                print(d.get_parameters()[2][1], len(d.dev.snap(1, 1)[0]) // (620 * 3))
        except Exception as error:
            print(error)
    """
    assert python(vscan, code).splitlines() == ["877 877", "877 438", "877 877", "Document feeder out of documents"]


def test_continue_lets_a_double_feed_pass_as_one_long_side(vscan: Vscan) -> None:  # noqa: F811
    vscan.load(pages(5))
    vscan.faults("2 double_feed")
    got = scan(vscan, "--df-action", "Continue", "--page-auto=yes")[1]
    assert [page.shape[0] for page in got] == [877, 877 + 438, 877, 877]
    assert (vscan.state["fed"], vscan.state["double_feed"]) == (5, 1)


def test_page_auto_hides_the_length_until_the_page_is_read(vscan: Vscan) -> None:  # noqa: F811
    vscan.load(pages(1))
    code = """
        d.source, d.resolution = 'ADF Front', 75
        d.page_auto = True
        d.start()
        print(d.get_parameters()[2][1], len(d.dev.snap(1, 1)[0]) // (620 * 3))
    """
    assert python(vscan, code) == "-1 877\n"


def test_options_change_one_another_and_the_device_rounds(vscan: Vscan) -> None:  # noqa: F811
    code = """
        d.mode, d.source, d.resolution = 'Gray', 'ADF Front', 600
        print(d.resolution, d['threshold'].is_active(), round(d['br_y'].constraint[1]))
        d.mode = 'Color'
        print(d.resolution, d['resolution'].constraint[-1])
        d.resolution = 290
        d.br_x = 100.003
        print(d.resolution, round(d.br_x, 3))
        d.source = 'Flatbed'
        print(d['page_width'].is_active(), round(d['br_y'].constraint[1]))
        d.mode = 'Lineart'
        print(d['threshold'].is_active())
    """
    said = python(vscan, code).splitlines()
    assert said == ["600 0 863", "300 300", "300 100.012", "0 297", "1"]


def test_sensors_and_buttons_are_read_as_the_hands_left_them(vscan: Vscan) -> None:  # noqa: F811
    vscan.load(pages(1))
    vscan.press("scan")
    vscan.turn_function(3)
    vscan.cover(opened=True)
    code = """
        read = lambda name: d.dev.get_option(d[name].index)
        print(*[read(name) for name in ('scan', 'scan', 'email', 'page_loaded', 'cover_open', 'double_feed', 'function')])
    """
    assert python(vscan, code) == "1 0 0 1 1 0 3\n"
    assert scan(vscan)[0] == COVER_OPEN
    vscan.cover(opened=False)
    assert scan(vscan)[0] == 0
    assert python(vscan, code) == "0 0 0 0 0 0 3\n"


def test_the_glass_takes_page_after_page_and_no_paper_from_the_feeder(vscan: Vscan) -> None:  # noqa: F811
    vscan.load(pages(3))
    vscan.place(2)
    status, got = scan(vscan, "--batch-count=2", source="Flatbed")
    assert (status, same(got, pages(3)[1:]), vscan.sheets_left) == (0, True, 3)


def test_a_second_process_finds_the_device_busy_and_an_unplugged_one_is_not_there(vscan: Vscan) -> None:  # noqa: F811
    vscan.load(pages(1))
    code = f"import sane; sane.init(); d = sane.open({vscan.device!r}); print('open', flush=True); input()"
    holder = subprocess.Popen(
        [sys.executable, "-c", code],
        env=vscan.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert holder.stdout and holder.stdout.readline() == "open\n"
    assert scan(vscan)[0] == 1  # scanimage cannot open the device
    holder.kill()
    holder.communicate()
    assert scan(vscan)[0] == 0
    vscan.plug(out=True)
    listed = subprocess.run(["scanimage", "-L"], env=vscan.env, capture_output=True, text=True, check=False, timeout=30)
    assert vscan.device not in listed.stdout


def test_the_pace_is_held_and_a_buffer_hides_a_slow_reader(vscan: Vscan) -> None:  # noqa: F811
    vscan.load(pages(8))
    vscan.set(ipm=1200)  # 50 ms a side
    began = time.monotonic()
    assert len(scan(vscan)[1]) == 8
    assert 0.4 <= time.monotonic() - began < 20
    code = """
        import time
        d.source, d.resolution = 'ADF Front', 75
        began = time.monotonic()
        for _ in range(8):
            d.start()
            d.dev.snap(1, 1)
            time.sleep(0.04)
        print(time.monotonic() - began)
    """
    took = {}
    for buffer in (0, 4):
        vscan.put_back_from(1)
        vscan.set(buffer=buffer)
        took[buffer] = float(python(vscan, code))
    assert took[0] > 0.7  # feeds only when asked: 50 + 40 ms a side
    assert 0.4 <= took[4] < took[0] - 0.1


def test_a_killed_reader_leaves_its_buffer_out_of_the_tray(vscan: Vscan) -> None:  # noqa: F811
    vscan.load(pages(8))
    vscan.set(buffer=3)
    python(vscan, """
        import os, signal
        d.source, d.resolution = 'ADF Front', 75
        d.start(); d.dev.snap(1, 1)
        print(1, flush=True)
        d.start(); d.dev.snap(1, 1)
        os._exit(0)
    """)
    assert [page.shape[0] for page in scan(vscan)[1]] == [877] * 3
    assert vscan.state["fed"] == 8
    vscan.put_back_from(3)
    assert same(scan(vscan)[1], pages(8)[2:])


def test_a_chatty_driver_prints_where_the_frontend_talks(vscan: Vscan) -> None:  # noqa: F811
    vscan.load(pages(1))
    vscan.set(chatty=1)
    assert "vscan: side coming" in python(vscan, "d.source = 'ADF Front'; d.start(); d.dev.snap(1, 1)")


def test_a_lying_driver_promises_a_billion_lines_or_never_ends_a_page(vscan: Vscan) -> None:  # noqa: F811
    vscan.load(pages(1))
    vscan.set(huge=1)
    assert python(vscan, "d.source = 'ADF Front'; d.start(); print(d.get_parameters()[2][1])") == f"{2**30}\n"
    vscan.put_back_from(1)
    vscan.set(huge=0, endless=1)
    assert scan(vscan, "--page-auto=yes", timeout=0.7)[0] is None


def test_two_scanners_stand_side_by_side(tmp_path: Path, vscan_library: Path) -> None:  # noqa: F811
    left, right = make(tmp_path, vscan_library, "left", "right")
    left.load(pages(2))
    right.load(pages(3))
    assert [len(scan(one)[1]) for one in (left, right)] == [2, 3]
    assert "SANE_CONFIG_DIR" in left.env and os.environ.get("SANE_CONFIG_DIR") != left.env["SANE_CONFIG_DIR"]
