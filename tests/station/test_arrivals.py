"""A file being written is left alone; a whole one is taken; a broken one is not waited for without end."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from station.arrivals import PATIENCE_SECONDS, QUIET_SECONDS, Memory, finished, forget, listing

PIXELS = np.full((60, 40, 3), 200, np.uint8)


def coded(ending: str) -> bytes:
    return cv2.imencode(ending, PIXELS)[1].tobytes()


def looked(path: Path, *moments: float, memory: Memory | None = None) -> list[bool]:
    seen: Memory = {} if memory is None else memory
    return [finished(path, moment, seen) for moment in moments]


@pytest.mark.parametrize("ending", [".jpg", ".png", ".tif"])
def test_a_whole_file_is_finished_once_it_has_been_quiet(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a{ending}"
    path.write_bytes(coded(ending))
    assert looked(path, 100, 100 + QUIET_SECONDS / 2, 100 + QUIET_SECONDS) == [False, False, True]


def test_a_growing_file_is_not(tmp_path: Path) -> None:
    path, memory = tmp_path / "a.jpg", Memory()
    whole = coded(".jpg")
    for step in range(1, 6):
        path.write_bytes(whole[: len(whole) * step // 5])
        assert looked(path, 10.0 * step, memory=memory) == [False]
    assert looked(path, 60, memory=memory) == [True]


@pytest.mark.parametrize("ending", [".jpg", ".png"])
def test_a_file_without_its_end_is_given_longer(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a{ending}"
    path.write_bytes(coded(ending)[:-20])
    assert looked(path, 0, QUIET_SECONDS + 1, PATIENCE_SECONDS - 1, PATIENCE_SECONDS) == [False, False, False, True]


def test_a_pdf_still_without_its_table_is_given_longer(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(b"%PDF-1.4\n" + b"x" * 5000)
    assert looked(path, 0, 10) == [False, False]
    with path.open("ab") as stream:
        stream.write(b"\n%%EOF\n")
    assert looked(path, 0, 10) == [False, True]


def test_an_empty_file_is_waited_for_then_handed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.touch()
    assert looked(path, 0, 10, PATIENCE_SECONDS) == [False, False, True]


def test_a_file_that_vanishes_is_not_there(tmp_path: Path) -> None:
    path, memory = tmp_path / "a.jpg", Memory()
    path.write_bytes(coded(".jpg"))
    assert looked(path, 0, memory=memory) == [False]
    path.unlink()
    assert looked(path, 10, memory=memory) == [False]
    assert not memory


def test_a_file_that_may_not_be_read_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(coded(".jpg"))

    def held(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "open", held)
    assert looked(path, 0, PATIENCE_SECONDS + 1) == [False, False]


def test_listing_counts_as_people_do_and_leaves_out_what_is_hidden_or_partial(tmp_path: Path) -> None:
    for name in ("10.jpg", "2.JPG", ".3.jpg", "4.jpg.part", "~5.jpg", "6.txt", "deep/7.pdf", ".hidden/8.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [path.name for path in listing(tmp_path)] == ["2.JPG", "10.jpg"]
    assert [path.name for path in listing(tmp_path, deep=True)] == ["2.JPG", "10.jpg", "7.pdf"]
    assert [path.name for path in listing(tmp_path, {".txt"})] == ["6.txt"]


def test_what_is_gone_is_forgotten(tmp_path: Path) -> None:
    one, two, memory = tmp_path / "1.jpg", tmp_path / "2.jpg", Memory()
    for path in (one, two):
        path.touch()
        finished(path, 0, memory)
    forget(memory, [two])
    assert set(memory) == {two}
