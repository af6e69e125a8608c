"""The whole way by its own door: real libsane, a real station, a real pull; every count must agree."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from imaging.practice import write_tray

SCANS = Path(__file__).parents[2] / "../shared/data/vn-scan"


def _demo(pages: Path, *more: str) -> tuple[int, dict[str, object], str]:
    command = [sys.executable, "-m", "station.cli", "demo", "--pages", str(pages), "--json", *more]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    lines = done.stdout.splitlines()
    assert len(lines) == 1, done.stderr
    return done.returncode, json.loads(lines[0]), done.stderr


def test_typeset_paper_arrives_whole(tmp_path: Path) -> None:
    write_tray(tmp_path / "pages", sheets=3, seed=5)
    status, ledger, said = _demo(tmp_path / "pages", "--keep", str(tmp_path / "kept"))
    assert (status, said) == (0, "")
    assert ledger["agrees"] is True
    assert ledger["fed_sheets"] == ledger["recorded_sheets"] == ledger["package_sheets"] == ledger["paper_sheets"]
    assert ledger["recorded_sides"] == ledger["package_sides"] == 2 * int(str(ledger["paper_sheets"]))


def test_a_real_document_arrives_whole(tmp_path: Path) -> None:
    if not SCANS.is_dir():
        pytest.skip("the shared data folder with real scans is not here")
    pages = tmp_path / "pages"
    pages.mkdir()
    shutil.copy(SCANS / "cong-van-299.pdf", pages)
    (pages / "hong.pdf").write_bytes(b"%PDF-1.4\nbroken")
    status, ledger, _ = _demo(pages)
    assert status == 0
    assert (ledger["agrees"], ledger["documents"], ledger["refused"]) == (True, 1, 1)


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "station.cli", "demo", "--pages", str(tmp_path / "none")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
