"""``sohoa convert``: what goes in, what comes out, and what a bad page, a dead worker and a full disk do to it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import convert_faults
import cv2
import img2pdf
import numpy as np
import pikepdf
import pytest
import simplejpeg
from pikepdf import pdfa

from imaging.load import LoadedPage, pages
from imaging.practice import invent, typeset
from imaging.practice.tray import jpeg
from station.cli.main import main
from station.convert import Options, convert
from station.errors import SohoaError, UsageError
from station.workers import LocalPool
from tests.conftest import hears_ctrl_c

PLAIN = Options(language=None, jobs=2)


def sheet(number: int, width: int = 414, height: int = 585) -> np.ndarray:
    """A small grey page (A4 at 50 dpi) with bars, told apart by its number."""
    pixels = np.full((height, width), 235, np.uint8)
    for row in range(60, 500, 24):
        cv2.rectangle(pixels, (50, row), (50 + 40 * (1 + (row // 24 + number) % 7), row + 8), 40, -1)
    return pixels


@pytest.fixture(scope="module")
def pool() -> Iterator[LocalPool]:
    """Workers for the whole module: starting them costs more than these pages."""
    workers = LocalPool(2)
    yield workers
    workers.close()


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """Four pages: one PDF of them."""
    images = [simplejpeg.encode_jpeg(sheet(n)[..., None], 90, "GRAY", "Gray") for n in range(4)]
    path = tmp_path / "quét.pdf"
    path.write_bytes(img2pdf.convert(images))
    return path


def statuses(report: dict[str, Any]) -> list[str]:
    return [page["status"] for page in report["pages"]]


def test_a_page_is_straightened_read_and_found_at_its_place(tmp_path: Path) -> None:
    """The whole way with a real engine: a practice page turned by 180 degrees comes out upright, its words in NFC."""
    page = typeset(invent(11, "state", 2), 11)[0]
    upside = cv2.rotate(page.raster.pixels, cv2.ROTATE_180)
    source, out, text, report = (tmp_path / name for name in ("a.png", "b.pdf", "b.txt", "b.json"))
    cv2.imwrite(str(source), upside)
    assert main(["convert", str(source), "-o", str(out), "--text", str(text), "--report", str(report)]) == 0
    said, truth = text.read_text("utf-8").split(), page.truth.text.plain().split()
    assert len(set(said) & set(truth)) > 0.93 * len(set(truth))
    found = json.loads(report.read_text("utf-8"))
    assert found["pages"][0]["orientation"]["degrees"] == 180 and found["problems"] == []
    assert found["output"]["words"] == len(said) and pdfa.validate_written(out, "2b").passed
    read = subprocess.run(["pdftotext", str(out), "-"], capture_output=True, check=True).stdout.decode()
    assert sorted(read.split()) == sorted(said)
    with pikepdf.open(out) as pdf:
        width, height = (float(v) / 72 * 25.4 for v in pdf.pages[0].mediabox[2:])
    assert abs(width - 210) < 4 and abs(height - 297) < 4
    assert not list(tmp_path.glob(".*"))


def test_the_process_that_hands_out_pages_loads_neither_images_nor_engine(tmp_path: Path, scans: Path) -> None:
    """A short run is mostly waiting for the workers: what they load is not loaded a second time beside them."""
    program = (
        "import sys\nfrom station.cli.main import main\nif __name__ == '__main__':\n"
        f"    assert main(['convert', {str(scans)!r}, '-o', {str(tmp_path / 'o.pdf')!r}, '-j', '1', '--no-ocr']) == 0\n"
        "    print(sorted(sys.modules.keys() & {'numpy', 'cv2', 'PIL', 'pikepdf', 'tesserocr', 'sqlalchemy', 'tqdm'}))"
    )
    script = tmp_path / "run.py"
    script.write_text(program)
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=60, check=True, cwd=root)
    assert done.stdout.endswith("\n[]\n") and (tmp_path / "o.pdf").is_file(), done.stdout


def test_workers_are_forked_from_a_process_of_one_thread() -> None:
    """What was worked out beside the imports has ended: a fork would lose it half done."""
    program = (
        "import os, gc\nfrom station import fork_server\nfork_server.settle()\nimport station.convert_ready\n"
        "print(len(os.listdir('/proc/self/task')), gc.isenabled())"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.split() == ["1", "True"], done.stderr


def test_pages_come_in_order_from_files_and_folders(pool: LocalPool, tmp_path: Path, scans: Path) -> None:
    folder = tmp_path / "hộp"
    (folder / "10").mkdir(parents=True)
    for place, number in (("2.png", 5), ("10.png", 6), ("10/1.png", 7), (".ẩn.png", 8)):
        cv2.imwrite(str(folder / place), sheet(number))
    (folder / "ghi chú.txt").write_text("không phải ảnh")
    outcome = convert([folder, scans], tmp_path / "o.pdf", PLAIN, pool=pool)
    assert [(Path(p["file"]).name, p["page"]) for p in outcome.report["pages"]] == [
        ("2.png", 1), ("1.png", 1), ("10.png", 1), ("quét.pdf", 1), ("quét.pdf", 2), ("quét.pdf", 3), ("quét.pdf", 4)
    ]  # fmt: skip
    shown = [p.raster.pixels for p in pages(tmp_path / "o.pdf") if isinstance(p, LoadedPage)]
    for pixels, number in zip(shown, (5, 7, 6, 0, 1, 2, 3), strict=True):
        assert np.abs(pixels.astype(int) - sheet(number)).mean() < 6


def test_a_page_that_needs_no_correction_keeps_its_bytes(pool: LocalPool, tmp_path: Path, scans: Path) -> None:
    before = [p.original for p in pages(scans) if isinstance(p, LoadedPage)]
    outcome = convert([scans], tmp_path / "o.pdf", PLAIN, pool=pool)
    after = [p.original for p in pages(tmp_path / "o.pdf") if isinstance(p, LoadedPage)]
    kept = [page["image"]["kept"] for page in outcome.report["pages"]]
    assert all(kept) and before == after and outcome.ok


def test_a_bad_page_keeps_its_place_and_never_stops_the_rest(
    tmp_path: Path, scans: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cut, empty, good = tmp_path / "cụt.jpg", tmp_path / "rỗng.jpg", tmp_path / "tốt.png"
    cut.write_bytes(simplejpeg.encode_jpeg(sheet(1)[..., None], 90, "GRAY", "Gray")[:-3000])
    empty.write_bytes(b"")
    cv2.imwrite(str(good), sheet(2))
    files = [str(path) for path in (cut, empty, tmp_path / "không có.pdf", good)]
    assert main(["convert", *files, "-o", str(tmp_path / "o.pdf"), "--no-ocr", "--json"]) == 1
    said = capsys.readouterr()
    report = json.loads(said.out)
    assert statuses(report) == ["placeholder"] * 3 + ["ok"] and said.err == ""
    assert [page.get("error") for page in report["pages"]] == ["truncated", "empty", "unreadable", None]
    assert report["output"]["pages"] == 4 and pdfa.validate_written(tmp_path / "o.pdf", "2b").passed
    assert main(["convert", *files, "-o", str(tmp_path / "o.pdf"), "--no-ocr"]) == 1
    told = capsys.readouterr().err
    assert "3 trang có vấn đề" in told and "Tệp rỗng" in told and "Ảnh bị cụt" in told


def test_a_page_that_hangs_is_tried_in_another_way_inside_its_time(pool: LocalPool, tmp_path: Path, scans: Path) -> None:
    options = Options(jobs=2, seconds=12)
    outcome = convert([scans], tmp_path / "o.pdf", options, work=convert_faults.hangs_on_page_two, pool=pool)
    second = outcome.report["pages"][1]
    assert outcome.ok and second["attempts"] == ["timeout"] and second["status"] == "ok"


def test_a_page_on_which_the_worker_dies_is_there_without_text_and_said_so(
    pool: LocalPool, tmp_path: Path, scans: Path
) -> None:
    outcome = convert([scans], tmp_path / "o.pdf", Options(jobs=2), work=convert_faults.dies_on_page_two, pool=pool)
    assert statuses(outcome.report) == ["ok", "without_text", "ok", "ok"] and not outcome.ok
    assert "tiến trình bị dừng đột ngột" in outcome.report["problems"][0]["what"]
    assert outcome.report["output"]["pages"] == 4


def test_a_page_that_cannot_be_measured_is_kept_as_it_is(pool: LocalPool, tmp_path: Path, scans: Path) -> None:
    before = [p.original for p in pages(scans) if isinstance(p, LoadedPage)]
    outcome = convert([scans], tmp_path / "o.pdf", PLAIN, work=convert_faults.never_measures_page_two, pool=pool)
    after = [p.original for p in pages(tmp_path / "o.pdf") if isinstance(p, LoadedPage)]
    assert statuses(outcome.report)[1] == "as_it_is" and before == after and not outcome.ok


def test_a_page_that_nothing_helps_becomes_a_placeholder(pool: LocalPool, tmp_path: Path, scans: Path) -> None:
    outcome = convert([scans], tmp_path / "o.pdf", PLAIN, work=convert_faults.never_does_page_two, pool=pool)
    assert statuses(outcome.report) == ["ok", "placeholder", "ok", "ok"]


def test_a_full_disk_stops_it_and_the_next_run_goes_on(pool: LocalPool, tmp_path: Path, scans: Path) -> None:
    out = tmp_path / "o.pdf"
    with pytest.raises(OSError, match="No space"):
        convert([scans], out, PLAIN, work=convert_faults.disk_fills_at_page_three, pool=pool)
    assert not out.exists()
    (tmp_path / "room").touch()
    outcome = convert([scans], out, PLAIN, work=convert_faults.disk_fills_at_page_three, pool=pool)
    worked = (tmp_path / "worked").read_text().split()
    assert outcome.ok and outcome.report["resumed"] >= 1
    assert sorted(worked) == ["1", "2", "3", "4"], "no page was done twice"


def test_the_file_is_begun_while_its_last_page_is_in_work(pool: LocalPool, tmp_path: Path, scans: Path) -> None:
    """By the worker that has nothing else to do; one worker alone does one thing after the other."""
    slow = convert_faults.waits_at_page_four_until_the_file_is_begun
    outcome = convert([scans], tmp_path / "o.pdf", PLAIN, work=slow, pool=pool)
    alone = convert([scans], tmp_path / "a.pdf", Options(language=None, jobs=1), pool=pool)
    assert outcome.ok and statuses(outcome.report) == ["ok"] * 4 and alone.report["output"]["pages"] == 4
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_who_waits_for_the_last_page_gives_way_to_it(tmp_path: Path, scans: Path) -> None:
    """One worker where two were promised: a page that is tried again would wait for the one that waits for it."""
    workers = LocalPool(1)
    try:
        outcome = convert([scans], tmp_path / "o.pdf", Options(jobs=2), work=convert_faults.never_reads_page_four, pool=workers)
    finally:
        workers.close()
    assert statuses(outcome.report) == ["ok", "ok", "ok", "without_text"]


def test_a_file_that_was_begun_is_left_when_its_last_page_cannot_be_kept(pool: LocalPool, tmp_path: Path, scans: Path) -> None:
    failing, out = convert_faults.fails_at_page_four_once_the_file_is_begun, tmp_path / "o.pdf"
    with pytest.raises(OSError, match="No space"):
        convert([scans], out, PLAIN, work=failing, pool=pool)
    assert not out.exists() and not (tmp_path / ".o.pdf.sohoa" / "wanted").exists()
    (tmp_path / "room").touch()
    outcome = convert([scans], out, PLAIN, work=failing, pool=pool)
    assert outcome.ok and outcome.report["resumed"] == 3 and not (tmp_path / ".o.pdf.sohoa").exists()


def test_nobody_waits_for_a_page_of_a_killed_command(tmp_path: Path) -> None:
    script = tmp_path / "run.py"
    script.write_text(
        f"""
import pathlib, convert_faults
from station.workers import LocalPool
if __name__ == "__main__":
    never = convert_faults.waits_for_a_page_that_never_comes
    LocalPool(1, ready=()).submit(never, pathlib.Path({str(tmp_path)!r}), 60).result()
"""
    )
    paths = f"{Path(__file__).parents[2]}:{Path(__file__).parent}"
    run = subprocess.Popen([sys.executable, str(script)], env=os.environ | {"PYTHONPATH": paths}, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 30
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        assert time.monotonic() < until and run.poll() is None
        time.sleep(0.02)
    worker = int((tmp_path / "pid").read_text())
    run.kill()
    run.wait()
    while _lives(worker):
        assert time.monotonic() < until
        time.sleep(0.02)


def _lives(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def test_other_options_do_not_take_up_old_results(pool: LocalPool, tmp_path: Path, scans: Path) -> None:
    out = tmp_path / "o.pdf"
    with pytest.raises(OSError, match="No space"):
        convert([scans], out, PLAIN, work=convert_faults.disk_fills_at_page_three, pool=pool)
    (tmp_path / "room").touch()
    other = Options(language=None, jobs=2, quality=31)
    assert convert([scans], out, other, work=convert_faults.disk_fills_at_page_three, pool=pool).report["resumed"] == 0


def test_an_interrupted_command_leaves_its_pages_for_the_next(pool: LocalPool, tmp_path: Path, scans: Path) -> None:
    """SIGINT as a terminal sends it: one line, status 130, no output, no process left; then the rest is done."""
    import signal

    many = tmp_path / "many.pdf"
    many.write_bytes(
        img2pdf.convert([simplejpeg.encode_jpeg(sheet(n, 620, 877)[..., None], 90, "GRAY", "Gray") for n in range(24)])
    )
    command = [
        sys.executable,
        "-m",
        "station.cli.main",
        "convert",
        str(many),
        "-o",
        str(tmp_path / "o.pdf"),
        "--no-ocr",
        "-j",
        "1",
    ]
    folder = tmp_path / ".o.pdf.sohoa"
    run = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, preexec_fn=hears_ctrl_c, cwd=Path(__file__).parents[2])
    while run.poll() is None and len(list(folder.glob("*.json"))) < 2:
        time.sleep(0.02)
    run.send_signal(signal.SIGINT)
    _, told = run.communicate(timeout=60)
    done = len(list(folder.glob("*.json")))
    assert run.returncode == 130 and not (tmp_path / "o.pdf").exists() and told.count("\n") == 1, told
    assert 2 <= done < 24
    outcome = convert([many], tmp_path / "o.pdf", PLAIN, pool=pool)
    assert outcome.ok and outcome.report["resumed"] == done and not folder.exists()


def test_what_cannot_start_is_refused_before_anything_is_made(
    pool: LocalPool, tmp_path: Path, scans: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError):
        convert([scans], tmp_path / "none" / "o.pdf", PLAIN, pool=pool)
    with pytest.raises(UsageError, match="vừa là tệp vào"):
        convert([scans], scans, PLAIN, pool=pool)
    (tmp_path / "trống").mkdir()
    with pytest.raises(SohoaError, match="Không có trang nào"):
        convert([tmp_path / "trống"], tmp_path / "o.pdf", PLAIN, pool=pool)
    monkeypatch.setattr("imaging.ocr.tessdata.folders", lambda: ())
    with pytest.raises(UsageError, match="tesseract-ocr-vie"):
        convert([scans], tmp_path / "o.pdf", Options(), pool=pool)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["quét.pdf", "trống"]


def test_two_commands_do_not_write_one_file(pool: LocalPool, tmp_path: Path, scans: Path) -> None:
    folder = tmp_path / ".o.pdf.sohoa"
    folder.mkdir()
    (folder / "lock").write_text(str(os.getppid()))
    with pytest.raises(UsageError, match="Một lệnh khác"):
        convert([scans], tmp_path / "o.pdf", PLAIN, pool=pool)
    (folder / "lock").write_text("999999999")
    assert convert([scans], tmp_path / "o.pdf", PLAIN, pool=pool).ok


def test_the_same_scan_twice_is_two_pages(pool: LocalPool, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    cv2.imwrite(str(path), sheet(3))
    outcome = convert([path, path], tmp_path / "o.pdf", PLAIN, pool=pool)
    assert outcome.report["output"]["pages"] == 2 and outcome.ok


def test_the_same_run_gives_the_same_bytes(pool: LocalPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1763780400")
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg(typeset(invent(2, "party", 2), 2)[0]))
    first, second = (convert([path], tmp_path / "o.pdf", PLAIN, pool=pool).report["output"]["sha256"] for _ in range(2))
    assert first == second


def test_a_finer_page_is_brought_down_to_the_asked_dpi_at_the_same_size(pool: LocalPool, tmp_path: Path) -> None:
    source = tmp_path / "a.jpg"
    source.write_bytes(jpeg(typeset(invent(2, "party", 2), 2)[0]))
    whole = convert([source], tmp_path / "o.pdf", PLAIN, pool=pool).report["output"]
    small = convert([source], tmp_path / "p.pdf", Options(language=None, dpi=200), pool=pool).report["output"]
    assert small["bytes"] < 0.75 * whole["bytes"]
    sizes = []
    for name in ("o.pdf", "p.pdf"):
        (page,) = pages(tmp_path / name)
        assert isinstance(page, LoadedPage)
        sizes.append((page.raster.width / page.raster.dpi[0], page.raster.height / page.raster.dpi[1]))
    assert np.allclose(*sizes, atol=0.02)
