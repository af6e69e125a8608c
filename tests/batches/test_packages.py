import io
import json
import random
import zipfile
import zlib
from pathlib import Path

import pytest

from batches import bag, packages, people, schema, states
from batches.bag import DamagedPackage, PackedFile, Payload
from batches.database import Store
from batches.errors import Exists, Invalid, NotFound
from batches.verification import verify
from batches.virtual_zip import VirtualZip
from tests.batches.conftest import Work

INFO = {"Source-Organization": "Ủy ban nhân dân", "External-Identifier": "H49.2001.1"}


def _bag(tmp_path: Path) -> tuple[Path, list[PackedFile]]:
    source = tmp_path / "source.bin"
    source.write_bytes(bytes(range(256)) * 5000)
    payload = [Payload("documents/a.pdf", source), Payload("text/a.txt", "Cộng hòa".encode()), Payload("empty.txt", b"")]
    root = tmp_path / "bag"
    return root, bag.write(root, payload, INFO)


def test_a_bag_is_what_the_public_library_calls_valid(tmp_path: Path) -> None:
    import bagit

    root, files = _bag(tmp_path)
    bagit.Bag(str(root)).validate()
    assert bag.read_back(root, files) == 7
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize("harm", ["change", "remove", "add", "truncate"])
def test_reading_back_finds_every_harm(tmp_path: Path, harm: str) -> None:
    root, files = _bag(tmp_path)
    victim = root / "data/documents/a.pdf"
    data = bytearray(victim.read_bytes())
    if harm == "change":
        data[77_777] ^= 1
        victim.write_bytes(data)
    elif harm == "remove":
        victim.unlink()
    elif harm == "add":
        (root / "data/extra.txt").write_text("x")
    else:
        victim.write_bytes(data[:-1])
    with pytest.raises(DamagedPackage):
        bag.read_back(root, files)


def test_an_empty_list_of_files_is_no_package(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DamagedPackage):
        bag.read_back(tmp_path / "empty", [])


@pytest.mark.parametrize("name", ["../x", "/etc/x", "tên.txt"])
def test_names_that_lead_outside_or_are_not_plain_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not a name"):
        bag.write(tmp_path / "bag", [Payload(name, b"")], {})


def test_the_virtual_zip_is_a_zip_and_every_range_of_it_is_right(tmp_path: Path) -> None:
    root, files = _bag(tmp_path)
    packed = VirtualZip(root, "goi", files)
    whole = b"".join(packed.read())
    assert len(whole) == packed.size
    with zipfile.ZipFile(io.BytesIO(whole)) as read:
        assert read.testzip() is None
        assert {name.removeprefix("goi/"): len(read.read(name)) for name in read.namelist()} == {f.path: f.bytes for f in files}
    rng = random.Random(1)
    for _ in range(300):
        first = rng.randrange(packed.size)
        last = rng.randrange(first, packed.size)
        assert b"".join(packed.read(first, last)) == whole[first : last + 1]


def test_large_members_and_many_members_are_zip64(tmp_path: Path) -> None:
    """Sparse files: 5 GiB that take no room, and 66,000 members."""
    big = tmp_path / "big" / "data"
    big.mkdir(parents=True)
    with (big / "a.bin").open("wb") as file:
        file.truncate(5 << 30)
    (big / "b.txt").write_bytes(b"end")
    rows = [PackedFile("data/a.bin", 5 << 30, "", 0, ""), PackedFile("data/b.txt", 3, "", zlib.crc32(b"end"), "")]
    packed = VirtualZip(tmp_path / "big", "g", rows)
    tail = b"".join(packed.read(packed.size - 600))
    assert b"PK\x06\x06" in tail
    with zipfile.ZipFile(_Seekable(packed)) as read:  # type: ignore[arg-type]
        assert [info.file_size for info in read.infolist()] == [5 << 30, 3]
        assert read.open("g/data/b.txt").read(3) == b"end"
    (tmp_path / "e.txt").write_bytes(b"")
    many = VirtualZip(tmp_path, "g", [PackedFile("e.txt", 0, "", 0, "")] * 66_000)
    with zipfile.ZipFile(io.BytesIO(b"".join(many.read()))) as read:
        assert len(read.infolist()) == 66_000


class _Seekable(io.RawIOBase):
    """The virtual ZIP as a file, so that zipfile reads five gigabytes without anyone holding them."""

    def __init__(self, packed: VirtualZip) -> None:
        self._packed, self._at = packed, 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, self._packed.size)[whence]
        return self._at

    def read(self, size: int = -1) -> bytes:
        last = self._packed.size - 1 if size < 0 else min(self._packed.size, self._at + size) - 1
        data = b"".join(self._packed.read(self._at, last)) if last >= self._at else b""
        self._at += len(data)
        return data


def test_verification_of_something_else_names_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"no zip")
    assert [problem.what for problem in verify(tmp_path / "x.zip").problems] == ["unreadable"]
    root, _ = _bag(tmp_path)
    result = verify(root)
    assert not result.ok
    assert [problem.what for problem in result.problems] == ["missing"]


def test_a_zip_that_leads_outside_is_not_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as evil:
        evil.writestr("../outside.txt", "x")
    assert [problem.what for problem in verify(tmp_path / "evil.zip").problems] == ["unreadable"]
    assert not (tmp_path.parent / "outside.txt").exists()


class _Offered:
    def __init__(self, work: Work, store: Store) -> None:
        self.store, self.batch_id = store, work.batch()
        with store.write() as c:
            self.archive_id, self.token = people.add_archive(c, "sohoa", "Kho tỉnh")
            self.other_id, _ = people.add_archive(c, "sohoa", "Kho khác")
            accepted = {"state": "accepted"}
            c.execute(schema.batch.update().where(schema.batch.c.id == self.batch_id).values(accepted))
            packages.offer(
                c,
                "binh",
                uid="u1",
                batch_id=self.batch_id,
                archive_id=self.archive_id,
                folder="packages/u1/bag",
                manifest_sha256="a" * 64,
                files=[PackedFile("data/x", 1, "b" * 64, 0, "text/plain")],
            )

    def send(self, key: str, status: str = "accepted", digest: str = "a" * 64) -> dict[str, object]:
        with self.store.write() as c:
            archive = people.archive_by_token(c, self.token)
            assert archive is not None
            package = packages.get_for(c, archive.id, "u1")
            body = {"status": status}
            return packages.receive(c, archive, package, idempotency_key=key, status=status, manifest_sha256=digest, body=body)

    def state(self) -> str:
        with self.store.read() as c:
            return states.state_of(c, self.batch_id).value


@pytest.fixture
def offered(work: Work, store: Store) -> _Offered:
    return _Offered(work, store)


def test_only_an_accepted_receipt_with_the_right_digest_acknowledges(offered: _Offered) -> None:
    assert offered.state() == "sealed"
    assert offered.send("k1", "received") == {"matched": True, "state": "offered"}
    assert offered.send("k2", "accepted", "c" * 64) == {"matched": False, "state": "offered"}
    assert offered.send("k3", "rejected") == {"matched": True, "state": "offered"}
    assert offered.state() == "sealed"
    assert offered.send("k4") == {"matched": True, "state": "acknowledged"}
    assert offered.state() == "acknowledged"
    assert offered.send("k5") == {"matched": True, "state": "acknowledged"}


def test_the_same_key_is_the_same_receipt_and_never_another_one(offered: _Offered) -> None:
    first = offered.send("k")
    assert offered.send("k") == first
    with pytest.raises(Exists):
        offered.send("k", "rejected")
    with offered.store.read() as c:
        assert len(packages.receipts(c, 1)) == 1


def test_a_receipt_of_an_unknown_kind_is_refused(offered: _Offered) -> None:
    with pytest.raises(Invalid):
        offered.send("k", "lost")


def test_another_archives_package_does_not_exist(offered: _Offered) -> None:
    with offered.store.read() as c:
        assert packages.for_archive(c, offered.other_id) == []
        with pytest.raises(NotFound):
            packages.get_for(c, offered.other_id, "u1")


def test_the_manifest_is_canonical(tmp_path: Path) -> None:
    _, files = _bag(tmp_path)
    assert bag.manifest_json("u", files) == bag.manifest_json("u", files)
    assert [row["path"] for row in json.loads(bag.manifest_json("u", files))["files"]] == sorted(f.path for f in files)
