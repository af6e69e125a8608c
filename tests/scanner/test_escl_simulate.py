"""``sohoa simulate`` as a person or a script starts it."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from escl_rig import make_paper, page

from scanner.escl import VirtualFault
from scanner.escl.script import SCRIPT_CODES
from scanner.escl.tray import TRAY_CODES
from station.words import LANGUAGES, has_words

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "station.cli.main", "simulate"]


@contextmanager
def simulate(*more: str, stdin: int = subprocess.DEVNULL) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([*COMMAND, *more], cwd=ROOT, stdin=stdin, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def refused(*more: str, language: str = "vi") -> tuple[int, str]:
    env = {**os.environ, "SOHOA_LANGUAGE": language}
    done = subprocess.run([*COMMAND, *more], cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=30)
    assert done.stdout == "" and done.stderr.count("\n") == 1, "one line and nothing else"
    return done.returncode, done.stderr


def lines(process: subprocess.Popen[str], upto: str) -> list[dict[str, object]]:
    """JSON lines until the event ``upto``."""
    assert process.stdout
    found: list[dict[str, object]] = []
    while not found or found[-1]["event"] != upto:
        found.append(json.loads(process.stdout.readline()))
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_is_scans_faults_and_stops_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    script = tmp_path / "faults.yaml"
    script.write_text("- sheet 3: jam\n")
    with simulate("--json", "--pages", str(make_paper(tmp_path / "paper", 4)), "--faults", str(script)) as process:
        (ready,) = lines(process, "ready")
        command = ["scanimage", "-d", str(ready["device"]), "--source", "ADF", "--resolution", "75", "--format=pnm",
                   f"--batch={tmp_path}/%d.pnm"]  # fmt: skip
        env = {**os.environ, "SANE_CONFIG_DIR": str(ready["sane_config_dir"])}
        assert subprocess.run(command, env=env, capture_output=True, check=False, timeout=30).returncode == 6
        assert len(list(tmp_path.glob("*.pnm"))) == 2
        (*_, fault) = lines(process, "fault")
        assert (fault["sheet"], fault["detail"]) == (3, "jam")
        process.send_signal(number)
        stopped = lines(process, "stopped")[-1]
        assert (process.wait(5), stopped["sheets_left"], stopped["fed"]) == (0, 2, 2)
    assert not Path(str(ready["sane_config_dir"])).exists()


def test_a_person_types_a_sheet_number_and_the_paper_is_back(tmp_path: Path) -> None:
    paper = make_paper(tmp_path / "paper", 3)
    try:
        master, slave = pty.openpty()
    except OSError as error:
        pytest.skip(f"no terminal to type at can be made here: {error}")
    with simulate("--pages", str(paper), stdin=slave) as process:
        os.close(slave)
        assert process.stdout and "3 tờ" in process.stdout.readline()
        os.write(master, b"9\n2\n")
        seen = ""
        deadline = time.monotonic() + 10
        while "Đã đặt lại giấy vào khay từ tờ 2" not in seen and time.monotonic() < deadline:
            seen += process.stdout.readline()
        assert "Hãy gõ một số tờ từ 1 đến 3" in seen
        process.send_signal(signal.SIGINT)
        assert process.wait(5) == 0
        assert "Đã tắt máy quét ảo" in process.stdout.read()
    os.close(master)


def test_pages_that_are_no_paper_are_one_line_and_exit_2(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "a.jpg").write_bytes(b"\xff\xd8")
    for folder, said in (("gone", "Không có thư mục"), ("empty", "không có ảnh nào"), ("broken", "Không đọc được")):
        status, line = refused("--pages", str(tmp_path / folder))
        assert status == 2 and said in line and str(tmp_path / folder) in line


def test_pdfs_are_paper_too_and_a_broken_one_is_named(tmp_path: Path) -> None:
    paper = make_paper(tmp_path / "paper", 1)
    page(2).save(paper / "b.pdf", save_all=True, append_images=[page(3)], resolution=75)
    with simulate("--json", "--pages", str(paper)) as process:
        assert lines(process, "ready")[0]["sheets"] == 3
    (paper / "c.pdf").write_bytes(b"%PDF-1.7 and no more")
    status, line = refused("--pages", str(paper))
    assert status == 2 and "c.pdf" in line


def test_a_script_nobody_can_follow_is_one_line_with_its_place(tmp_path: Path) -> None:
    paper, script = make_paper(tmp_path / "paper", 1), tmp_path / "faults.yaml"
    told = {"- sheet 1: jamm\n": "dòng 1: không có sự cố “jamm” — có phải “jam”?", "\x00": "không đọc được kịch bản"}
    for text, vietnamese in told.items():
        script.write_text(text)
        status, line = refused("--pages", str(paper), "--faults", str(script))
        assert status == 2 and vietnamese in line
    script.write_bytes(b"\xff\xfe\x00")
    assert refused("--pages", str(paper), "--faults", str(script), language="en")[0] == 2
    assert refused("--pages", str(paper), "--faults", str(tmp_path / "gone"))[0] == 2


def test_a_port_in_use_and_wrong_numbers_are_refused(tmp_path: Path) -> None:
    paper = str(make_paper(tmp_path / "paper", 1))
    with simulate("--json", "--pages", paper) as process:
        port = str(lines(process, "ready")[0]["url"]).split(":")[2].split("/")[0]
        status, line = refused("--pages", paper, "--port", port, language="en")
    assert status == 2 and f"Cannot open port {port}" in line
    assert refused("--pages", paper, "--port", "70000")[0] == 2
    assert refused("--pages", paper, "--ipm", "-3")[0] == 2
    assert refused("--pages", paper, "--ipm", "nan")[0] == 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fault_and_every_refusal_has_its_words(language: str) -> None:
    keys = [f"simulate.fault.{fault}" for fault in VirtualFault]
    keys += [f"error.{code}.what" for code in (*TRAY_CODES, *SCRIPT_CODES)]
    assert [key for key in keys if not has_words(key, language)] == []
