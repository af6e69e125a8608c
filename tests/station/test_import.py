"""Files from outside: order, bytes, provenance, refusals, never twice, cut off and gone on with, through to the package."""

import hashlib
import json
import os
import random
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from batches import pages, runs, sources
from batches.words import RunState
from station import desk, importing, importing_page, importing_take, importing_view, looking
from station.importing_layout import Layout, Slot
from station.importing_plan import Choice, Entry, look
from station.natural import order
from tests.station.outside import DPI, encrypted, jpeg, lay, number_of, pdf, png, sheet, tiff
from tests.web.scene import OPERATOR, Inline, Scene, make_scene


class Pool(Inline):
    """Work in this process; ``fault`` may end the station before a page is made."""

    def __init__(self, cut_at: int | None = None, over: threading.Event | None = None) -> None:
        self.made, self._cut_at, self._over = 0, cut_at, over

    def submit(self, function: Any, task: Any, seconds: float) -> "Future[Any]":
        if function.__name__ == "make":
            self.made += 1
            if self.made == self._cut_at and self._over is not None:
                self._over.set()
        return super().submit(function, task, seconds)

    def close(self) -> None:
        """Nothing to end."""


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = make_scene(tmp_path / "house")
    yield made
    made.house.store.close()


def bring(scene: Scene, batch_id: int, *chosen: Path, cut_at: int | None = None, **choice: Any) -> importing_view.ImportView:
    run_id = importing.request(scene.house, OPERATOR, batch_id, look(chosen), Choice(**choice), "folder")
    return carry_out(scene, run_id, cut_at)


def carry_out(scene: Scene, run_id: int, cut_at: int | None = None) -> importing_view.ImportView:
    over = threading.Event()
    importing.carry_out(scene.house, run_id, over, lambda: Pool(cut_at, over))
    return importing_view.view(scene.house, run_id)


def stored(scene: Scene, batch_id: int) -> list[Any]:
    with scene.house.store.read() as connection:
        return pages.listing(connection, batch_id)


def numbers(scene: Scene, batch_id: int) -> list[int]:
    """The numbers drawn on the masters, in the order of the batch."""
    folders = scene.house.folders
    return [number_of(looking.read_master(folders.master(row.master)).pixels) for row in stored(scene, batch_id)]


def reasons(seen: importing_view.ImportView) -> dict[str, str]:
    return {one.name: one.reason for one in seen.listed if one.state == "refused"}


# -- order and layout ----------------------------------------------------------------------------------------------


def test_names_stand_as_vietnamese_people_count_and_spell() -> None:
    wanted = ["an 1.jpg", "ản 2.jpg", "ăn.jpg", "ân.jpg", "b.jpg", "dân.jpg", "đơn.jpg", "tờ 2/1.jpg", "tờ 10/1.jpg",
              "Trang 1.jpg", "trang 2.jpg", "trang 10.jpg"]  # fmt: skip
    assert sorted(random.Random(3).sample(wanted, len(wanted)), key=order) == wanted
    assert order("Quyết định.pdf") == order("Quyê\u0301t đi\u0323nh.pdf"), "however the letters were composed"


def test_fronts_and_backs_pair_within_a_file_or_among_single_pictures() -> None:
    layout = Layout(pairs=True, apart=False)
    assert layout.place(1) + layout.place(1) == [Slot(1, "front"), Slot(1, "back")]
    assert layout.place(3) == [Slot(2, "front"), Slot(2, "back"), Slot(3, "front")]
    assert layout.place(1) == [Slot(4, "front")], "the next file begins a sheet"
    layout.pass_over(Entry("hong.jpg", "", 1, 1))
    assert layout.place(1) == [Slot(5, "front")], "the unreadable back kept its place"
    apart = Layout(pairs=True, apart=True)
    assert apart.place(1) + apart.place(1) == [Slot(1, "front"), Slot(2, "front")]


def test_what_is_hidden_half_written_linked_or_of_another_kind_is_not_taken(tmp_path: Path) -> None:
    folder = lay(tmp_path / "anh", a__jpg=b"x", b__tmp=b"x", c__docx=b"x", d__jpg=b"")
    (folder / ".an.jpg").write_bytes(b"x")
    (tmp_path / "ngoai.jpg").write_bytes(jpeg(1))
    (folder / "link.jpg").symlink_to(tmp_path / "ngoai.jpg")
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "ong.jpg")
    found = {entry.name: entry.reason for entry in look([folder])}
    assert found == {
        "a.jpg": "", "c.docx": "wrong_type", "d.jpg": "empty", "link.jpg": "symlink", "loop": "symlink",
        "ong.jpg": "not_a_file",
    }  # fmt: skip


# -- bytes and provenance ------------------------------------------------------------------------------------------


def test_single_pictures_are_kept_byte_for_byte_with_what_they_say(scene: Scene, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[271], exif[272] = "Canon", "DR-6010C"
    given = {"trang 2.jpg": jpeg(2, exif=exif), "trang 10.png": png(10), "trang 1.tif": tiff(1)}
    folder = tmp_path / "ảnh cũ"
    folder.mkdir()
    for name, data in given.items():
        (folder / name).write_bytes(data)
    batch_id = scene.batch(prepared=3)
    seen = bring(scene, batch_id, folder)
    assert (seen.run.state, seen.stored, seen.pages, seen.refused) == ("finished", 3, 3, 0)
    assert numbers(scene, batch_id) == [1, 2, 10]
    for row, name in zip(stored(scene, batch_id), ("trang 1.tif", "trang 2.jpg", "trang 10.png"), strict=True):
        assert scene.house.folders.master(row.master).read_bytes() == given[name]
        assert row.sha256 == hashlib.sha256(given[name]).hexdigest()
        said = row.facts["source"]
        assert (said["name"], said["sha256"], said["bytes"], said["page"], said["how"]) == (
            name, row.sha256, len(given[name]), 1, "bytes",
        )  # fmt: skip
        assert said["modified"].endswith("+07:00")
    with scene.house.store.read() as connection:
        files = {row.name: row for row in sources.of_run(connection, seen.run.id)}
    assert files["trang 2.jpg"].facts["file"] == {"make": "Canon", "model": "DR-6010C"}
    assert sorted(path.name for path in folder.iterdir()) == ["trang 1.tif", "trang 10.png", "trang 2.jpg"], "untouched"
    assert not list(scene.house.folders.sources.rglob("f0*")), "no second copy of what is its own master"


@pytest.mark.parametrize(("mode", "compression"), [("RGB", "tiff_lzw"), ("L", "packbits"), ("1", "group4"), ("RGB", "jpeg")])
def test_a_tiff_of_many_pages_is_split_without_loss_and_kept(scene: Scene, tmp_path: Path, mode: str, compression: str) -> None:
    data = tiff(1, 2, 3, mode=mode, compression=compression)
    folder = lay(tmp_path / "in", tap__tif=data)
    batch_id = scene.batch(prepared=3)
    seen = bring(scene, batch_id, folder)
    assert seen.pages == 3
    assert numbers(scene, batch_id) == [1, 2, 3]
    with Image.open(folder / "tap.tif") as origin:
        for number, row in enumerate(stored(scene, batch_id)):
            origin.seek(number)
            with Image.open(scene.house.folders.master(row.master)) as master:
                assert master.convert("RGB").tobytes() == origin.convert("RGB").tobytes()
                assert tuple(map(float, master.info["dpi"])) == (100.0, 100.0)
            assert (row.facts["source"]["how"], row.facts["source"]["page"]) == ("split", number + 1)
    with scene.house.store.read() as connection:
        (file,) = sources.of_run(connection, seen.run.id)
    assert (scene.house.folders.root / file.facts["kept"]).read_bytes() == data
    assert file.facts["file"]["software"] == "May quet cu 2.1"


def test_a_pdf_gives_its_scans_as_they_are_and_draws_the_rest(scene: Scene, tmp_path: Path) -> None:
    folder = lay(tmp_path / "in", tap__pdf=pdf(("scan", 5), ("drawn", 6), ("turned", 7)))
    batch_id = scene.batch(prepared=3)
    bring(scene, batch_id, folder)
    scan, drawn, turned = stored(scene, batch_id)
    assert scene.house.folders.master(scan.master).read_bytes() == jpeg(5)
    assert (scan.facts["source"]["how"], scan.mime, scan.dpi_x) == ("embedded_jpeg", "image/jpeg", 100.0)
    assert (drawn.facts["source"]["how"], drawn.mime, drawn.dpi_x) == ("rendered", "image/tiff", 300.0)
    assert drawn.facts["file"]["render_dpi"] == 300.0
    assert scene.house.folders.master(turned.master).read_bytes() == jpeg(7)
    with scene.house.store.read() as connection:
        assert pages.values(connection, turned.id)["orientation"].value == 90
    assert numbers(scene, batch_id) == [5, 6, 7]


def test_a_missing_resolution_is_worked_out_or_told_and_always_said(scene: Scene, tmp_path: Path) -> None:
    folder = lay(tmp_path / "in", a__jpg=jpeg(1, dpi=None))
    one, two = scene.batch(prepared=1), scene.batch(prepared=1, code="161")
    bring(scene, one, folder)
    bring(scene, two, folder, dpi=150.0, again=True)
    assert [(row.dpi_x, row.warnings) for batch in (one, two) for row in stored(scene, batch)] == [
        (100.0, ["dpi_assumed"]), (150.0, ["dpi_by_person"]),
    ]  # fmt: skip
    scene.look()
    for batch_id, hint, value in ((one, "assumed", 100.0), (two, "told", 150.0)):
        (page,) = desk.view(scene.house, batch_id).pages
        said = {finding.hint: finding.value for finding in page.findings if finding.check == "page.resolution"}
        assert said[hint] == value
    (page,) = desk.view(scene.house, two).pages
    assert page.width_mm == pytest.approx(827 / 150 * 25.4, abs=0.1), "the operator's word counts, not the guess"


# -- refusals ------------------------------------------------------------------------------------------------------


def test_every_bad_file_is_one_clear_line_and_the_rest_goes_on(scene: Scene, tmp_path: Path) -> None:
    folder = lay(
        tmp_path / "in",
        a1__jpg=jpeg(1),
        a2__pdf=encrypted(),
        a3__jpg=jpeg(3)[:9000],
        a4__pdf=b"%PDF-1.4\nnothing",
        a5__jpg=b"GIF89a" + b"\0" * 99,
        a6__png=_bomb(),
        a7__txt=b"x",
        a8__tif=b"",
        a9__jpg=jpeg(9),
    )
    batch_id = scene.batch(prepared=2)
    seen = bring(scene, batch_id, folder)
    assert reasons(seen) == {
        "a2.pdf": "encrypted_pdf", "a3.jpg": "truncated", "a4.pdf": "broken_pdf", "a5.jpg": "not_an_image",
        "a6.png": "too_large", "a7.txt": "wrong_type", "a8.tif": "empty",
    }  # fmt: skip
    assert (seen.seen, seen.stored, seen.pages, seen.refused) == (9, 2, 2, 7)
    assert all(one.line.endswith(".") and "?" not in one.line for one in seen.listed if one.state == "refused")
    assert numbers(scene, batch_id) == [1, 9]
    assert not list(scene.house.folders.sources.rglob("f0*"))


def _bomb() -> bytes:
    """A PNG of 40,000 × 40,000 px in a few bytes."""
    import struct
    import zlib

    head = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")]
    chunks = [struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in parts]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def test_a_bad_page_inside_a_file_keeps_its_sheet_number(scene: Scene, tmp_path: Path) -> None:
    data = bytearray(tiff(1, 2, 3, compression="tiff_adobe_deflate"))
    with Image.open(lay(tmp_path / "whole", t__tif=bytes(data)) / "t.tif") as image:
        image.seek(1)
        at = image.tag_v2[273][0]
    data[at : at + 40] = bytes(40)
    batch_id = scene.batch(prepared=3)
    seen = bring(scene, batch_id, lay(tmp_path / "in", tap__tif=bytes(data)))
    assert (seen.pages, seen.bad_pages) == (2, 1)
    assert numbers(scene, batch_id) == [1, 3]
    ledger = desk.view(scene.house, batch_id).ledger
    assert (ledger.sheets, ledger.lost, ledger.unaccounted, ledger.difference) == (2, 1, 0, 1)


def test_the_same_bytes_are_not_taken_twice_unless_asked(scene: Scene, tmp_path: Path) -> None:
    folder = lay(tmp_path / "in", a__jpg=jpeg(1), b__jpg=jpeg(1), c__jpg=jpeg(2))
    one, two = scene.batch(prepared=2), scene.batch(prepared=2, code="161")
    seen = bring(scene, one, folder)
    assert (seen.pages, seen.duplicates, reasons(seen)) == (2, 1, {"b.jpg": "duplicate"})
    again = bring(scene, two, folder)
    assert (again.pages, again.duplicates) == (0, 3)
    assert "lô 1" in again.listed[0].line
    assert "“a.jpg”" in again.listed[0].line
    assert bring(scene, two, folder, again=True).pages == 3


def test_a_worker_that_dies_or_hangs_takes_only_its_file(scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from station.workers import WorkerLost

    class Cruel(Pool):
        def submit(self, function: Any, task: Any, seconds: float) -> "Future[Any]":
            future: Future[Any] = Future()
            if function.__name__ == "make" and "f000002" in task.path:
                future.set_exception(WorkerLost("killed", -11))
                return future
            if function.__name__ == "examine" and "f000003" in task:
                future.set_exception(TimeoutError())
                return future
            return super().submit(function, task, seconds)

    folder = lay(tmp_path / "in", a__jpg=jpeg(1), b__jpg=jpeg(2), c__jpg=jpeg(3), d__jpg=jpeg(4))
    batch_id = scene.batch(prepared=2)
    run_id = importing.request(scene.house, OPERATOR, batch_id, look([folder]), Choice(), "folder")
    importing.carry_out(scene.house, run_id, threading.Event(), Cruel)
    assert reasons(importing_view.view(scene.house, run_id)) == {"b.jpg": "crashed", "c.jpg": "too_slow"}
    assert numbers(scene, batch_id) == [1, 4]


# -- pairs and documents -------------------------------------------------------------------------------------------


def test_pairs_stand_on_sheets_and_each_file_may_begin_a_document(scene: Scene, tmp_path: Path) -> None:
    folder = lay(tmp_path / "in", a__tif=tiff(1, 2, 3), b__jpg=jpeg(4), c__pdf=pdf(("scan", 5), ("scan", 6)))
    batch_id = scene.batch(prepared=4)
    bring(scene, batch_id, folder, faces="pairs", documents="file")
    view = desk.view(scene.house, batch_id)
    assert [(page.sheet_number, page.face) for page in view.pages] == [
        (1, "front"), (1, "back"), (2, "front"), (3, "front"), (4, "front"), (4, "back"),
    ]  # fmt: skip
    assert numbers(scene, batch_id) == [1, 2, 3, 4, 5, 6]
    assert [len(item.pages) for item in view.items] == [3, 1, 2]
    assert view.ledger.agrees


# -- cut off -------------------------------------------------------------------------------------------------------


def test_an_error_nobody_thought_of_is_the_files_own(scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = lay(tmp_path / "in", a__jpg=jpeg(1), b__jpg=jpeg(2))

    def odd(path: str) -> Any:
        if path.endswith("f000001.jpg"):
            raise RecursionError("too deep")
        return importing_page.examine(path)

    monkeypatch.setattr(importing_take, "examine", odd)
    batch_id = scene.batch(prepared=1)
    seen = bring(scene, batch_id, folder)
    assert (reasons(seen), seen.run.state) == ({"a.jpg": "damaged"}, "finished")
    assert numbers(scene, batch_id) == [2]


@pytest.mark.parametrize("cut_at", range(1, 7))
def test_a_stop_of_the_station_at_any_page_is_gone_on_with(scene: Scene, tmp_path: Path, cut_at: int) -> None:
    folder = lay(tmp_path / "in", a__tif=tiff(1, 2, 3), b__jpg=jpeg(4), c__pdf=pdf(("scan", 5), ("drawn", 6)))
    batch_id = scene.batch(prepared=6)
    seen = bring(scene, batch_id, folder, cut_at=cut_at, documents="file")
    if seen.run.state != "finished":
        assert (seen.run.state, seen.run.fault) == ("paused", "interrupted")
        assert importing.go_on(scene.house) == 1
        seen = carry_out(scene, seen.run.id)
    assert (seen.run.state, seen.pages) == ("finished", 6)
    assert numbers(scene, batch_id) == [1, 2, 3, 4, 5, 6]
    assert [len(item.pages) for item in desk.view(scene.house, batch_id).items] == [3, 1, 2]


def test_a_side_that_was_durable_and_not_on_record_is_taken_up(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The power goes between the master's sync and its record."""
    folder = lay(tmp_path / "in", a__pdf=pdf(("scan", 1), ("turned", 2), ("drawn", 3)))
    batch_id = scene.batch(prepared=3)
    run_id = importing.request(scene.house, OPERATOR, batch_id, look([folder]), Choice(), "folder")
    record, calls = pages.record, []

    def dies(*args: Any) -> int:
        calls.append(args)
        if len(calls) == 2:
            raise SystemExit
        return record(*args)

    monkeypatch.setattr(pages, "record", dies)
    with pytest.raises(SystemExit):
        carry_out(scene, run_id)
    monkeypatch.setattr(pages, "record", record)
    from station.recovery import recover

    recover(scene.house)
    seen = carry_out(scene, run_id)
    assert (seen.run.state, seen.pages) == ("finished", 3)
    assert numbers(scene, batch_id) == [1, 2, 3]
    with scene.house.store.read() as connection:
        assert pages.values(connection, stored(scene, batch_id)[1].id)["orientation"].value == 90


def test_a_person_stops_between_pages_and_goes_on(scene: Scene, tmp_path: Path) -> None:
    folder = lay(tmp_path / "in", a__tif=tiff(1, 2, 3, 4))
    batch_id = scene.batch(prepared=4)
    run_id = importing.request(scene.house, OPERATOR, batch_id, look([folder]), Choice(), "folder")

    class Stops(Pool):
        def submit(self, function: Any, task: Any, seconds: float) -> "Future[Any]":
            if function.__name__ == "make" and task.number == 2:
                desk.stop_run(scene.house, OPERATOR, run_id)
            return super().submit(function, task, seconds)

    importing.carry_out(scene.house, run_id, threading.Event(), Stops)
    seen = importing_view.view(scene.house, run_id)
    assert (seen.run.state, seen.run.fault, seen.pages) == ("paused", "operator_stop", 2)
    assert importing.go_on(scene.house) == 0, "what a person stopped waits for a person"
    desk.resume_run(scene.house, OPERATOR, run_id)
    assert carry_out(scene, run_id).pages == 4
    assert numbers(scene, batch_id) == [1, 2, 3, 4]


def test_a_full_disk_pauses_and_room_lets_it_go_on(scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil
    from types import SimpleNamespace

    folder = lay(tmp_path / "in", a__jpg=jpeg(1), b__jpg=jpeg(2))
    batch_id = scene.batch(prepared=2)
    usage = shutil.disk_usage
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
    seen = bring(scene, batch_id, folder)
    assert (seen.run.state, seen.run.fault, seen.pages) == ("paused", "disk_full", 0)
    monkeypatch.setattr(shutil, "disk_usage", usage)
    desk.resume_run(scene.house, OPERATOR, seen.run.id)
    assert carry_out(scene, seen.run.id).pages == 2


def test_the_records_tell_the_package_where_each_page_came_from(scene: Scene, tmp_path: Path) -> None:
    from station import importing_metadata

    folder = lay(tmp_path / "in", a__jpg=jpeg(1), b__txt=b"x")
    batch_id = scene.batch(prepared=1)
    bring(scene, batch_id, folder)
    with scene.house.store.read() as connection:
        told = importing_metadata.files(sources.of_batch(connection, batch_id))
    assert [(one["name"], one["state"], one["reason"], one["pages"]) for one in told] == [
        ("a.jpg", "stored", None, 1), ("b.txt", "refused", "wrong_type", 0),
    ]  # fmt: skip
    assert str(tmp_path) not in json.dumps(told), "where it lay on this station's disks stays here"


def test_a_sheet_drawn_is_read_again() -> None:
    import numpy as np

    assert [number_of(np.asarray(sheet(number))) for number in (1, 6, 4000)] == [1, 6, 4000]


def test_an_import_holds_the_batch_as_a_scan_does(scene: Scene, tmp_path: Path) -> None:
    from batches.errors import NotAllowed

    batch_id = scene.batch()
    folder = lay(tmp_path / "in", a__jpg=jpeg(1))
    importing.request(scene.house, OPERATOR, batch_id, look([folder]), Choice(), "folder")
    with pytest.raises(NotAllowed):
        importing.request(scene.house, OPERATOR, batch_id, look([folder]), Choice(), "folder")
    with scene.house.store.read() as connection:
        assert runs.in_state(connection, RunState.REQUESTED)[0].device == importing.FILES


def test_sixteen_bits_stay_sixteen_bits(scene: Scene, tmp_path: Path) -> None:
    import numpy as np

    rng = np.random.default_rng(1)
    frames = [Image.fromarray(rng.integers(0, 65535, (300, 200), dtype=np.uint16)) for _ in range(2)]
    (tmp_path / "in").mkdir()
    frames[0].save(tmp_path / "in" / "x-quang.tif", save_all=True, append_images=frames[1:], dpi=(DPI, DPI))
    batch_id = scene.batch(prepared=2)
    bring(scene, batch_id, tmp_path / "in")
    for frame, row in zip(frames, stored(scene, batch_id), strict=True):
        with Image.open(scene.house.folders.master(row.master)) as master:
            assert (master.mode, master.tobytes()) == ("I;16", frame.tobytes())


def test_the_old_text_of_a_pdf_is_kept_in_unicode(scene: Scene, tmp_path: Path) -> None:
    import pikepdf

    from imaging.language import legacy

    said = "căn cứ luật tổ chức chính quyền địa phương và nghị định của chính phủ về công tác văn thư, kinh tế-xã hội"
    old = said.translate(str.maketrans(legacy.TCVN3_TO, legacy.TCVN3_FROM))
    made = pikepdf.new()
    made.add_blank_page(page_size=(595, 842))
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font,
        Subtype=pikepdf.Name.Type1,
        BaseFont=pikepdf.Name.Helvetica,
        Encoding=pikepdf.Name.WinAnsiEncoding,
    )
    made.pages[0].Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
    made.pages[0].Contents = made.make_stream(f"BT /F1 9 Tf 40 700 Td <{old.encode('latin-1').hex()}> Tj ET".encode())
    (tmp_path / "in").mkdir()
    made.save(tmp_path / "in" / "cu.pdf")
    batch_id = scene.batch(prepared=1)
    bring(scene, batch_id, tmp_path / "in")
    (row,) = stored(scene, batch_id)
    assert row.facts["text"] == {"plain": said, "coding": "tcvn3"}
    assert row.facts["source"]["how"] == "rendered"
