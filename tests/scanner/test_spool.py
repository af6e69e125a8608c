"""A side is whole on disk or not there at all; what stands there is found again in order."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scanner.model import ColorMode, Face, FaultKind, Phase, ScanFault, StoredSide
from scanner.spool import examine, leftovers, read_spooled, store

BLANK = StoredSide(
    path=Path(),
    sha256="",
    size=0,
    sheet=1,
    face=Face.FRONT,
    format="image/tiff",
    width=10,
    height=10,
    dpi=(300.0, 300.0),
    mode=ColorMode.GRAY,
    captured_at="2026-01-05T08:00:00+07:00",
    facts={"effective": {"mode": {"asked": "Gray", "effective": "Gray"}}},
)


def side(sheet: int, face: Face = Face.FRONT, **more) -> StoredSide:
    values = {field: getattr(BLANK, field) for field in BLANK.__dataclass_fields__}
    return StoredSide(**{**values, "sheet": sheet, "face": face, **more})


def test_what_was_stored_is_what_is_read(tmp_path):
    stored = [store(tmp_path, side(n, face), [b"page", str(n).encode()]) for n in (12, 3) for face in (Face.BACK, Face.FRONT)]
    found = read_spooled(tmp_path)
    assert [(one.sheet, one.face.value) for one in found] == [(3, "front"), (3, "back"), (12, "front"), (12, "back")]
    assert sorted(stored, key=lambda one: one.path) == sorted(found, key=lambda one: one.path)
    assert (tmp_path / "s000012-front.tif").read_bytes() == b"page12"
    assert found[0].size == 5
    assert leftovers(tmp_path) == []


def test_a_master_is_written_once(tmp_path):
    store(tmp_path, side(1), [b"first"])
    with pytest.raises(ScanFault) as caught:
        store(tmp_path, side(1), [b"second"])
    assert caught.value.phase is Phase.STORE
    assert (tmp_path / "s000001-front.tif").read_bytes() == b"first"
    assert len(read_spooled(tmp_path)) == 1


def full_disk(after: bytes):
    yield after
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_keeps_every_earlier_side_and_leaves_nothing_half(tmp_path):
    store(tmp_path, side(1), [b"one"])
    with pytest.raises(ScanFault) as caught:
        store(tmp_path, side(2), full_disk(b"tw"))
    assert caught.value.kind is FaultKind.DISK_FULL
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s000001-front.json", "s000001-front.tif"]
    store(tmp_path, side(2), [b"two"])
    assert [one.sheet for one in read_spooled(tmp_path)] == [1, 2]


def test_the_kernel_refusing_to_grow_the_file_is_a_full_disk(tmp_path):
    script = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from test_spool import side, store, ScanFault\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))\n"
        "try: store(Path(sys.argv[1]), side(1), [bytes(1 << 20)])\n"
        "except ScanFault as fault: print(fault.kind.value)\n"
    )
    assert run_python(script, tmp_path) == "disk_full"
    assert list(tmp_path.iterdir()) == []


def run_python(script: str, folder: Path) -> str:
    return subprocess.run(
        [sys.executable, "-c", script, str(folder)], env=environment(), capture_output=True, text=True, check=True, timeout=60
    ).stdout.strip()


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[2])])}


WRITER = """
import sys; from pathlib import Path
from test_spool import side, store
for sheet in range(1, 100000):
    done = store(Path(sys.argv[1]), side(sheet), [bytes([sheet % 251]) * 200000] * 3)
    print(done.sheet, flush=True)
"""


@pytest.mark.parametrize("moment", [0.05, 0.12, 0.2, 0.31, 0.45])
def test_killed_in_mid_write_all_reported_sides_are_whole(tmp_path, moment):
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], env=environment(), stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(moment)
    process.send_signal(signal.SIGKILL)
    reported = [1, *(int(line) for line in process.stdout.read().decode().split("\n")[:-1])]
    process.wait()
    state = examine(tmp_path)
    found = [one.sheet for one in state.sides]
    assert found == list(range(1, len(found) + 1))
    assert set(reported) <= set(found)
    assert len(found) - len(reported) <= 1
    assert not state.damaged
    assert len(state.leftovers) <= 2


def test_a_changed_byte_is_found_and_kept_apart(tmp_path):
    store(tmp_path, side(1), [b"one"])
    broken = store(tmp_path, side(2), [b"two"]).path
    broken.write_bytes(b"tvo")
    state = examine(tmp_path)
    assert [one.sheet for one in state.sides] == [1]
    assert state.damaged == (broken,)


def test_facts_without_an_image_and_temporary_files_are_leftovers(tmp_path):
    (tmp_path / "s000004-front.json").write_text(json.dumps({}))
    (tmp_path / ".s000004-front.tif.part").write_bytes(b"half")
    assert [path.name for path in leftovers(tmp_path)] == [".s000004-front.tif.part", "s000004-front.json"]
    assert read_spooled(tmp_path) == []


def test_a_folder_that_was_never_made_is_empty(tmp_path):
    assert read_spooled(tmp_path / "none") == []
