"""``sohoa convert`` into a folder and with ``--watch``: every file once, bad ones told, an end between pages, a restart."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import img2pdf
import numpy as np
import pikepdf
import pytest
import simplejpeg

from imaging import pdfa
from imaging.ocr import preparations
from station import convert as converting
from station.arrivals import QUIET_SECONDS
from station.cli import convert as door
from station.cli.main import main
from station.convert import Options
from station.convert_each import Folder, Said, Stopped, each, watch
from station.convert_task import QUALITY, WAYS
from station.errors import UsageError
from station.workers import LocalPool
from tests.conftest import hears_ctrl_c

PLAIN = Options(language=None, jobs=1)


def picture(number: int) -> bytes:
    """A small grey page, told apart by its number."""
    pixels = np.full((585, 414, 1), 235, np.uint8)
    for row in range(60, 500, 24):
        cv2.rectangle(pixels, (50, row), (50 + 40 * (1 + (row // 24 + number) % 7), row + 8), (40,), -1)
    return simplejpeg.encode_jpeg(pixels, 90, "GRAY", "Gray")


def pdf(pages: int) -> bytes:
    return bytes(img2pdf.convert([picture(n) for n in range(pages)]))


@pytest.fixture(scope="module")
def pool() -> Iterator[LocalPool]:
    workers = LocalPool(1)
    yield workers
    workers.close()


class Watched:
    """A watch driven by hand: time passes by itself, after some looks it is asked to end."""

    def __init__(self, source: Path, out: Path, pool: LocalPool, looks: int = 4) -> None:
        self.now, self.left, self.said = 0.0, looks, list[Said]()
        folder = Folder(out)
        try:
            watch(source, folder, PLAIN, pool, tell=self.said.append, stop=lambda: self.left <= 0,
                  clock=lambda: self.now, sleep=self.sleep)  # fmt: skip
        finally:
            folder.close()

    def sleep(self, _seconds: float) -> None:
        self.now += QUIET_SECONDS
        self.left -= 1


def test_each_file_becomes_a_file_of_its_own(pool: LocalPool, tmp_path: Path) -> None:
    source, out = tmp_path / "vào", tmp_path / "ra"
    (source / "hộp 2").mkdir(parents=True)
    (source / "a.jpg").write_bytes(picture(1))
    (source / "a.pdf").write_bytes(pdf(2))
    (source / "hộp 2" / "b.jpg").write_bytes(picture(3))
    said: list[Said] = []
    folder = Folder(out)
    assert each([source], folder, PLAIN, pool, tell=said.append)
    assert each([source], folder, PLAIN, pool, tell=said.append) and len(said) == 3
    made = {path.relative_to(out).as_posix(): len(pikepdf.open(path).pages) for path in out.rglob("*.pdf")}
    assert made == {"a-jpg.pdf": 1, "a-pdf.pdf": 2, "hộp 2/b.pdf": 1}
    assert [one.status for one in said] == ["done"] * 3


def test_a_watched_file_is_done_once_and_not_again_after_a_restart(pool: LocalPool, tmp_path: Path) -> None:
    source, out = tmp_path / "vào", tmp_path / "ra"
    source.mkdir()
    (source / "1.jpg").write_bytes(picture(1))
    first = Watched(source, out, pool)
    assert [(one.status, one.pages) for one in first.said] == [("done", 1)]
    assert Watched(source, out, pool).said == []
    (source / "1.jpg").touch()
    assert Watched(source, out, pool).said == []
    (source / "2.jpg").write_bytes(picture(2))
    assert [one.file.name for one in Watched(source, out, pool).said] == ["2.jpg"]


def test_a_changed_file_is_done_again_beside_the_first(pool: LocalPool, tmp_path: Path) -> None:
    source, out = tmp_path / "vào", tmp_path / "ra"
    source.mkdir()
    (source / "1.jpg").write_bytes(picture(1))
    Watched(source, out, pool)
    before = (out / "1.pdf").read_bytes()
    (source / "1.jpg").write_bytes(picture(2))
    again = Watched(source, out, pool).said
    assert [one.out.name for one in again if one.out] == ["1-2.pdf"]
    assert (out / "1.pdf").read_bytes() == before


def test_a_bad_file_is_told_with_a_report_and_the_rest_goes_on(pool: LocalPool, tmp_path: Path) -> None:
    source, out = tmp_path / "vào", tmp_path / "ra"
    source.mkdir()
    (source / "1.pdf").write_bytes(b"%PDF-1.4 broken\n%%EOF\n")
    (source / "2.jpg").write_bytes(picture(2))
    said = Watched(source, out, pool).said
    assert [one.status for one in said] == ["trouble", "done"]
    assert said[0].report is not None and json.loads(said[0].report.read_text())["problems"]
    assert Watched(source, out, pool).said == []


def test_a_file_still_being_written_waits(pool: LocalPool, tmp_path: Path) -> None:
    source, out = tmp_path / "vào", tmp_path / "ra"
    source.mkdir()
    (source / "1.jpg").write_bytes(picture(1)[:-40])
    assert Watched(source, out, pool).said == []
    (source / "1.jpg").write_bytes(picture(1))
    assert [one.status for one in Watched(source, out, pool).said] == ["done"]


def test_results_within_the_watched_folder_are_not_taken_for_new(pool: LocalPool, tmp_path: Path) -> None:
    (tmp_path / "1.jpg").write_bytes(picture(1))
    assert len(Watched(tmp_path, tmp_path / "ra", pool, looks=6).said) == 1


def test_it_ends_between_pages_and_goes_on_there(pool: LocalPool, tmp_path: Path) -> None:
    out, path, asked = tmp_path / "ra", tmp_path / "1.pdf", iter([False] * 4 + [True] * 99)
    path.write_bytes(pdf(6))
    folder = Folder(out)
    with pytest.raises(Stopped):
        each([path], folder, PLAIN, pool, tell=lambda _: None, stop=lambda: next(asked))
    kept = len(list((out / ".1.pdf.sohoa").glob("*.json")))
    assert 1 <= kept < 6 and not (out / "1.pdf").exists()
    assert each([path], folder, PLAIN, pool, tell=lambda _: None)
    assert len(pikepdf.open(out / "1.pdf").pages) == 6


def test_folders_that_cannot_be_are_refused(pool: LocalPool, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="vừa là thư mục canh"):
        Watched(tmp_path, tmp_path, pool)
    with pytest.raises(UsageError, match="để canh"):
        Watched(tmp_path / "không có", tmp_path / "ra", pool)
    (tmp_path / "tệp").touch()
    with pytest.raises(UsageError, match="không phải là thư mục"):
        Folder(tmp_path / "tệp")


@pytest.mark.parametrize("given", [["-o", "x.pdf"], ["a.pdf", "--watch", ".", "-o", "x"], ["a.pdf", "--text", "t", "-o", "x"]])
def test_wrong_usage_is_one_line(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", *given]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_help_says_the_real_defaults() -> None:
    assert (QUALITY, door.READY) == (pdfa.ACCESS_QUALITY, converting.READY)
    assert len(preparations()) == WAYS


def test_ctrl_c_ends_a_watch_cleanly(tmp_path: Path) -> None:
    source, out = tmp_path / "vào", tmp_path / "ra"
    source.mkdir()
    (source / "1.jpg").write_bytes(picture(1))
    command = [
        sys.executable,
        "-m",
        "station.cli.main",
        "convert",
        "--watch",
        str(source),
        "-o",
        str(out),
        "--no-ocr",
        "-j",
        "1",
    ]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=hears_ctrl_c,
                           cwd=Path(__file__).parents[2])  # fmt: skip
    end = time.monotonic() + 60
    while run.poll() is None and not (out / ".sohoa-watch" / "done.jsonl").exists() and time.monotonic() < end:
        time.sleep(0.05)
    run.send_signal(signal.SIGINT)
    said, told = run.communicate(timeout=30)
    assert run.returncode == 0 and "1 trang" in said and "Traceback" not in told, (said, told)
    assert (out / "1.pdf").exists() and not (out / ".sohoa-watch" / "lock").exists()
