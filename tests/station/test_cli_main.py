"""The dispatcher: help in Vietnamese, one line for every error, the promised exit statuses, only the asked door imported."""

import argparse
import errno
import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from batches.errors import DatabaseBusy, NotAllowed
from imaging.load_model import EmptyFile
from imaging.ocr.tessdata import LanguageMissing
from scanner.model import FaultKind, Phase, ScanFault
from station.cli import main as cli
from station.config_problems import ConfigError
from station.errors import SohoaError, UsageError, translate
from station.words import words
from tests.conftest import hears_ctrl_c


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A door ``verify`` made of one function."""

    def make(run: Any, *, nested: bool = False) -> None:
        module = ModuleType("station.cli.verify")

        def add_parser(doors: Any) -> None:
            parser = doors.add_parser("verify")
            if nested:
                parser.add_subparsers(dest="action", required=True).add_parser("now")
            else:
                parser.add_argument("count", type=int, nargs="?")

        vars(module).update(add_parser=add_parser, run=run)
        monkeypatch.setitem(sys.modules, "station.cli.verify", module)
        monkeypatch.setattr(cli, "find_spec", lambda name: name == "station.cli.verify" or None)

    return make


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err.splitlines()


def test_a_door_runs_and_its_status_is_the_commands(door: Any) -> None:
    seen: list[argparse.Namespace] = []

    def run(args: argparse.Namespace) -> int:
        seen.append(args)
        return 1

    door(run)
    assert cli.main(["verify", "3", "--json"]) == 1
    assert cli.main(["--json", "--config", "a.yaml", "verify"]) == 1
    assert (seen[0].count, seen[0].json, seen[0].config) == (3, True, None)
    assert (seen[1].json, seen[1].config) == (True, Path("a.yaml"))


def test_a_door_that_needs_long_begins_before_its_words_are_read(door: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not where only its help is asked for."""
    done: list[str] = []
    door(lambda args: done.append("run") or 0)
    vars(sys.modules["station.cli.verify"])["begin"] = lambda: done.append("begin")
    monkeypatch.setattr(cli, "_translate_argparse", lambda: done.append("words"))
    assert cli.main(["verify", "3"]) == 0 and cli.main(["verify", "--help"]) == 0
    assert done == ["begin", "words", "run", "words"]


def test_json_and_config_are_understood_by_a_doors_own_actions_too(door: Any) -> None:
    seen: list[argparse.Namespace] = []
    door(lambda args: seen.append(args) or 0, nested=True)
    assert cli.main(["verify", "now", "--json", "--config=b.yaml"]) == 0
    assert (seen[0].action, seen[0].json, seen[0].config) == ("now", True, Path("b.yaml"))


def test_wrong_usage_is_one_vietnamese_line_and_status_2(door: Any, capsys: pytest.CaptureFixture[str]) -> None:
    door(lambda args: 0)
    for argv, said in (
        ([], "thiếu tham số: LỆNH"),
        (["verfy"], "có phải"),
        (["verify", "x"], "giá trị 'x' không hợp lệ"),
        (["verify", "--fast"], "tham số không hiểu: --fast"),
        (["verify", "--config"], "cần một giá trị"),
    ):
        status, told = cli.main(argv), lines(capsys)
        assert status == 2 and len(told) == 1 and said in told[0], told


def test_english_is_the_switch(door: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOHOA_LANGUAGE", "en")
    door(lambda args: 0)
    assert cli.main(["verify", "x"]) == 2
    assert "invalid int value: 'x'" in lines(capsys)[0]


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (SohoaError("Chuyện gì", "vì sao", "làm gì"), 1, "sohoa: Chuyện gì — vì sao — làm gì"),
        (UsageError("a\nb"), 2, "sohoa: a b"),
        (ConfigError(["config.yaml:2: x"]), 2, "sohoa: config.yaml:2: x"),
        (OSError(errno.ENOSPC, "No space left", "/data"), 1, "sohoa: Ổ đĩa đầy: /data"),
        (PermissionError(errno.EACCES, "Permission denied", "/data"), 1, "sohoa: Không được phép dùng /data"),
        (FileNotFoundError(errno.ENOENT, "No such file", "/data"), 1, "sohoa: Không có tệp hoặc thư mục /data"),
        (OSError(errno.EADDRINUSE, "Address already in use"), 1, "sohoa: Cổng mạng đã có chương trình khác dùng"),
        (ScanFault(FaultKind.JAM, Phase.FEED, "Document feeder jammed"), 1, "sohoa: Kẹt giấy — chưa mất trang nào"),
        (NotAllowed(what="batch", state="sealed", to="open"), 1, "sohoa: Lô đang ở trạng thái đã đóng gói"),
        (NotAllowed(what="role", state="operator", to="accepted"), 1, "sohoa: Vai trò nhân viên quét không được"),
        (DatabaseBusy(detail="locked"), 1, "sohoa: Cơ sở dữ liệu đang bận quá lâu"),
        (EmptyFile(Path("a.jpg")), 1, "sohoa: Tệp rỗng: a.jpg"),
        (MemoryError(), 1, "sohoa: Thiếu bộ nhớ — trang hoặc tệp quá lớn"),
        (LanguageMissing(["vie"], []), 1, "sohoa: Nhận dạng chữ thiếu ngôn ngữ vie — chưa cài"),
        (ZeroDivisionError("division by zero"), 1, "sohoa: Lỗi ngoài dự kiến (ZeroDivisionError: division by zero)"),
    ],
)
def test_every_error_is_one_line_and_never_a_traceback(
    error: Exception, status: int, said: str, door: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(args: argparse.Namespace) -> int:
        raise error

    door(run)
    assert cli.main(["verify"]) == status
    told = lines(capsys)
    assert len(told) == 1 and told[0].startswith(said), told


def test_the_drivers_english_never_reaches_the_operator() -> None:
    assert "jammed" not in str(translate(ScanFault(FaultKind.JAM, Phase.FEED, "Document feeder jammed")))


def test_every_refusal_of_the_lower_rooms_has_its_words() -> None:
    """A refusal added there without words here would reach people as an unexpected error."""
    import batches.errors
    import imaging.load_model

    for kind in batches.errors.RecordsError.__subclasses__():
        facts = {"what": "batch", "id": 1, "state": "open", "to": "sealed", "value": "x", "holder": "a", "revision": "1"}
        facts |= {"path": "data/x.pdf", "fronts": "7", "backs": "6"}
        assert "Lỗi ngoài dự kiến" not in str(translate(kind(**facts, detail="d", seq=2, why="link"))), kind
    for refusal in imaging.load_model.LoadError.__subclasses__():
        assert "a.jpg" in str(translate(refusal(Path("a.jpg"), "detail"))), refusal


def test_debug_shows_the_traceback(door: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(args: argparse.Namespace) -> int:
        raise SohoaError("x")

    door(run)
    monkeypatch.setenv("SOHOA_DEBUG", "1")
    with pytest.raises(SohoaError):
        cli.main(["verify"])


def test_ctrl_c_is_one_line_and_130(door: Any, capsys: pytest.CaptureFixture[str]) -> None:
    def run(args: argparse.Namespace) -> int:
        raise KeyboardInterrupt

    door(run)
    assert cli.main(["verify"]) == 130
    assert lines(capsys) == [words("cli.interrupted")]


_REAL_PROCESS = textwrap.dedent("""
    import sys, time
    from types import ModuleType
    from station.cli import main as cli
    module = ModuleType("station.cli.verify")
    module.add_parser = lambda doors: doors.add_parser("verify")
    module.run = lambda args: [print("x" * 70, flush=True) for _ in range(100000)] and time.sleep(60) or 0
    sys.modules["station.cli.verify"] = module
    cli.find_spec = lambda name: name == "station.cli.verify" or None
    sys.exit(cli.main(["verify"]))
""")


def test_a_reader_that_leaves_ends_the_command_quietly() -> None:
    command = f'"{sys.executable}" -c "$PROGRAM" | head -1; exit "${{PIPESTATUS[0]}}"'
    environment = {**os.environ, "PROGRAM": _REAL_PROCESS}
    done = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr, len(done.stdout)) == (141, "", 71)


def test_a_real_ctrl_c_ends_a_real_process_with_one_line() -> None:
    program = _REAL_PROCESS.replace("range(100000)", "range(1)")
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=pipe, stderr=pipe, text=True, preexec_fn=hears_ctrl_c
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert (process.returncode, told.splitlines()) == (130, [words("cli.interrupted")])


def test_help_lists_the_doors_that_exist_without_importing_them(tmp_path: Path) -> None:
    program = (
        "import sys, json, contextlib, io\nfrom station.cli.main import main\nout = io.StringIO()\n"
        "with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):\n    main(['--help'])\n"
        "print(json.dumps([out.getvalue(), [m for m in sys.modules if m in {'numpy', 'cv2', 'sqlalchemy', 'pydantic'}]]))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    shown, heavy = json.loads(done.stdout)
    assert "cách dùng: sohoa" in shown and "simulate" in shown and heavy == []
