"""Release: an accepted batch becomes PDF/A documents in a bag, is read back, verified from its bytes alone, and only then
sealed and offered."""

import itertools
import json
import logging
import re
import shutil
import threading
import unicodedata
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row

from batches import bag, batch_jobs, holdings, items, journal, ledger, packages, pages, people, states, text_mends, texts
from batches import batch as batch_records
from batches import sources as source_records
from batches.bag import PackedFile, Payload
from batches.errors import NotAllowed, Stale
from batches.items import Item
from batches.pages import Value
from batches.text_mends import Mend
from batches.verification import sha256_file
from batches.words import BatchJobKind, BatchState, Role
from station import importing_metadata, mending_text, page_text, secrecy, spreads
from station.errors import SohoaError
from station.house import Actor, House
from station.packing import DocumentTask, PageTask, make_document, verify_package
from station.qualifying import require_qualified
from station.workers import LocalPool

log = logging.getLogger(__name__)

_DOCUMENT_SECONDS = 3600.0


class Interrupted(Exception):
    """The station stops; the release is taken up again at the next start."""


@dataclass(frozen=True, slots=True)
class ReleaseView:
    """``state``: none, queued, running, done, failed. ``progress`` 0..1. ``error``: words for the desk."""

    state: str
    progress: float
    error: str | None
    package: Row[Any] | None
    receipts: tuple[Row[Any], ...]
    archive: str | None


def request(house: House, actor: Actor, batch_id: int) -> None:
    """Ask for the release. Raises NotAllowed (role, state, practice), SohoaError where no archive server is known."""
    with house.store.write() as connection:
        states.require(connection, batch_id, BatchState.ACCEPTED)
        if actor.role is not Role.SUPERVISOR:
            raise NotAllowed(what="role", state=actor.role.value, to=BatchState.SEALED.value)
        if batch_records.get(connection, batch_id).practice:
            raise NotAllowed(what="practice", state=BatchState.ACCEPTED.value)
        secrecy.require_decided(connection, batch_id)
        require_qualified(house, connection, batch_id)
        _archive_of(connection, batch_id)
        batch_jobs.queue(connection, batch_id, BatchJobKind.RELEASE, actor.login, actor.role)


def status(house: House, batch_id: int) -> ReleaseView:
    with house.store.read() as connection:
        job = batch_jobs.of(connection, batch_id, BatchJobKind.RELEASE)
        package = packages.of_batch(connection, batch_id)
        receipts = packages.receipts(connection, package.id) if package is not None else []
        names = {row.id: row.name for row in people.archives(connection)}
    return ReleaseView(
        state=job.state if job is not None else "none",
        progress=job.progress if job is not None else 0.0,
        error=job.error if job is not None else None,
        package=package,
        receipts=tuple(receipts),
        archive=names.get(package.archive_id) if package is not None else None,
    )


def carry_out(house: House, job: Row[Any], over: threading.Event) -> None:
    """Make, verify and offer the package of a batch. Raises SohoaError, DamagedPackage, Interrupted; nothing is then
    offered and the batch stays accepted."""
    uid = uuid.uuid4().hex
    work = house.folders.package(uid)
    try:
        _make(house, job, over, uid, work)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise


def _make(house: House, job: Row[Any], over: threading.Event, uid: str, work: Path) -> None:
    with house.store.read() as connection:
        states.require(connection, job.batch_id, BatchState.ACCEPTED)
        secrecy.require_decided(connection, job.batch_id)
        contents = _Contents.read(connection, house, job.batch_id)
        _readings_are_of_now(connection, house, contents)
    _masters_are_whole(house, contents)
    drafts = work / "drafts"
    drafts.mkdir(parents=True)
    pool = LocalPool(1)
    try:
        for number, (document, pdf) in enumerate(contents.tasks(house, drafts)):
            future = pool.submit(make_document, (document, str(pdf)), _DOCUMENT_SECONDS)
            _wait(future, over)
            with house.store.write() as connection:
                batch_jobs.progress(connection, job.id, 0.8 * (number + 1) / len(contents.documents))
        root = work / contents.name
        files = bag.write(root, contents.payload(drafts), contents.info(house))
        shutil.rmtree(drafts)
        bag.read_back(root, files)
        report = _wait(pool.submit(verify_package, str(root), _DOCUMENT_SECONDS), over)
    finally:
        pool.close()
    if not report.ok:
        raise SohoaError.of(
            "package_not_sound", problems="; ".join(f"{p.what} {p.path} {p.detail}" for p in report.problems[:5])
        )
    _offer(house, job, uid, root, files, contents.journal_head[0])


def _offer(house: House, job: Row[Any], uid: str, root: Path, files: list[PackedFile], read_at: int) -> None:
    """``read_at``: the journal's head when the contents were read."""
    manifest = bag.manifest_json(uid, files)
    (root.parent / "manifest.json").write_bytes(manifest)
    with house.store.write() as connection:
        states.require(connection, job.batch_id, BatchState.ACCEPTED)
        _require_unmoved(connection, job.batch_id, read_at)
        secrecy.require_decided(connection, job.batch_id)
        packages.offer(
            connection,
            job.actor,
            uid=uid,
            batch_id=job.batch_id,
            archive_id=_archive_of(connection, job.batch_id),
            folder=root.relative_to(house.folders.root).as_posix(),
            manifest_sha256=sha256(manifest).hexdigest(),
            files=files,
        )


def _require_unmoved(connection: Connection, batch_id: int, read_at: int) -> None:
    """A batch that was sent back meanwhile is not what was packed, even when it has been accepted again. Raises Stale."""
    subject = f"batch:{batch_id}"
    since = itertools.takewhile(lambda entry: entry.seq > read_at, journal.entries(connection, subject))
    if any(entry.subject == subject and entry.action.startswith("batch.") for entry in since):
        raise Stale(what="batch", id=batch_id)


def _wait(future: Any, over: threading.Event) -> Any:
    while not future.done():
        if over.wait(0.05):
            future.cancel()
            raise Interrupted
    return future.result()


def _readings_are_of_now(connection: Connection, house: House, contents: "_Contents") -> None:
    """A page mended after it was read is read again first: its words would stand in the wrong place."""
    for page in contents.sides:
        read = house.folders.page(contents.batch.uid, page.uid) / page_text.NAME
        if read.is_file() and not mending_text.settled(connection, page.id):
            raise SohoaError.of("page_in_work", sheet=page.sheet_label)


def _masters_are_whole(house: House, contents: "_Contents") -> None:
    """Nothing leaves from a master whose bytes are not those that were scanned."""
    for page in contents.sides:
        path = house.folders.master(page.master)
        if not path.is_file() or sha256_file(path) != page.sha256:
            raise SohoaError.of("master_damaged", sheet=page.sheet_label, path=page.master)


def _archive_of(connection: Connection, batch_id: int) -> int:
    """The server that takes this fonds; the only one there is where none was chosen."""
    batch = batch_records.get(connection, batch_id)
    chosen = holdings.place(connection, batch.archive_file_id).archive_id
    if chosen is not None:
        return chosen
    servers = [row for row in people.archives(connection) if row.active]
    if len(servers) != 1:
        raise SohoaError.of("no_archive" if not servers else "which_archive")
    return int(servers[0].id)


def ascii_name(text: str) -> str:
    """A name for a file: letters, digits, dot and hyphen only, never empty, never hidden."""
    flat = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    kept = re.sub(r"[^A-Za-z0-9.-]+", "-", "".join(c for c in flat if not unicodedata.combining(c)))
    return kept.strip(".-")[:80] or "hoso"


def _plains(connection: Connection, house: House, delivered: list[Row[Any]]) -> dict[int, str]:
    """page id → its text as people left it, page by page of the delivered file."""
    ids = [page.id for page in delivered]
    kept, values = texts.of_pages(connection, ids), pages.values_of(connection, ids)
    plain = {page_id: kept[page_id].plain if page_id in kept else "" for page_id in ids}
    for page in delivered:
        said = values.get(page.id, {})
        text = mending_text.reading(connection, house, page.id) if spreads.count(said) > 1 else None
        if text is not None:
            size, dpi = (page.width, page.height), (page.dpi_x, page.dpi_y)
            plain[page.id] = "\n\f\n".join(spreads.part_of(text, half, said, size, dpi).plain() for half in (0, 1))
    return plain


@dataclass(frozen=True, slots=True)
class _Contents:
    """Everything that goes into one package, read in one transaction."""

    batch: Row[Any]
    place: holdings.Place
    count: ledger.Ledger
    documents: list[Item]
    sides: list[Row[Any]]
    values: dict[int, dict[str, Value]]
    mends: dict[int, tuple[Mend, ...]]
    plains: dict[int, str]
    story: list[dict[str, Any]]
    journal_head: tuple[int, str]
    files: list[Row[Any]]
    """that came from outside, refused ones too"""

    @classmethod
    def read(cls, connection: Connection, house: House, batch_id: int) -> "_Contents":
        batch = batch_records.get(connection, batch_id)
        delivered = pages.delivered(connection, batch_id)
        ids = [page.id for page in delivered]
        return cls(
            batch,
            holdings.place(connection, batch.archive_file_id),
            ledger.of(connection, batch_id),
            items.listing(connection, batch_id),
            delivered,
            pages.values_of(connection, ids),
            text_mends.of_pages(connection, ids),
            _plains(connection, house, delivered),
            list(journal.extract(connection, f"batch:{batch_id}")),
            journal.head(connection),
            source_records.of_batch(connection, batch_id),
        )

    @property
    def name(self) -> str:
        """The bag's folder: the archive file's code and the batch's number."""
        return f"{ascii_name(self.place.file_code)}_{self.batch.number:06d}"

    def document_name(self, item: Item) -> str:
        return f"{ascii_name(self.place.file_code)}.{item.ordinal:03d}"

    def halves(self, page: Row[Any]) -> tuple[int | None, ...]:
        return (0, 1) if spreads.count(self.values.get(page.id, {})) > 1 else (None,)

    def tasks(self, house: House, drafts: Path) -> Iterator[tuple[DocumentTask, Path]]:
        for item in self.documents:
            sides = tuple(
                PageTask(
                    label=page.sheet_label,
                    master=str(house.folders.master(page.master)),
                    mime=page.mime,
                    folder=str(house.folders.page(self.batch.uid, page.uid)),
                    values=self.values.get(page.id, {}),
                    dpi=(page.dpi_x, page.dpi_y),
                    half=half,
                    mends=self.mends.get(page.id, ()),
                )
                for page in item.pages
                for half in self.halves(page)
            )
            title = str(item.fields.get("subject") or self.place.file_title)
            settings = house.settings
            task = DocumentTask(
                sides, title, settings.release.agency_name, self.batch.created_at, settings.processing.access_jpeg_quality,
                settings.release.copy_profile == "compact", settings.processing.ocr_language,
            )  # fmt: skip
            yield task, drafts / f"{self.document_name(item)}.pdf"

    def info(self, house: House) -> dict[str, str]:
        return {
            "Source-Organization": house.settings.release.agency_name,
            "Organization-Address": house.settings.release.agency_code,
            "External-Identifier": self.place.file_code,
            "External-Description": self.place.file_title,
            "Bag-Group-Identifier": self.place.fonds_code,
            "Bagging-Date": self.story[-1]["at"][:10],
            "Bag-Software-Agent": "sohoa",
        }

    def payload(self, drafts: Path) -> Iterator[Payload]:
        for item in self.documents:
            name = self.document_name(item)
            yield Payload(f"documents/{name}.pdf", drafts / f"{name}.pdf")
            plain = "\n\f\n".join(self.plains[page.id] for page in item.pages)
            yield Payload(f"text/{name}.txt", plain.encode())
        for name, value in (("batch", self._batch()), ("documents", self._documents()), ("masters", self._masters())):
            yield Payload(f"metadata/{name}.json", json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode())
        if self.files:
            told = json.dumps(importing_metadata.files(self.files), ensure_ascii=False, indent=1, sort_keys=True)
            yield Payload("metadata/sources.json", told.encode())
        lines = "".join(json.dumps(entry, ensure_ascii=False, sort_keys=True) + "\n" for entry in self.story)
        yield Payload("metadata/journal.jsonl", lines.encode())

    def _batch(self) -> dict[str, Any]:
        place = self.place
        return {
            "id": self.batch.uid,
            "number": self.batch.number,
            "profile": self.batch.profile,
            "fonds": {"code": place.fonds_code, "name": place.fonds_name},
            "catalogue": {"code": place.catalogue_code, "name": place.catalogue_name},
            "box": place.box_code,
            "file": {"code": place.file_code, "title": place.file_title},
            "ledger": self.count.as_dict(),
            "journal_head": {"seq": self.journal_head[0], "hash": self.journal_head[1]},
        }

    def _documents(self) -> list[dict[str, Any]]:
        return [
            {
                "id": item.uid,
                "ordinal": item.ordinal,
                "file": f"documents/{self.document_name(item)}.pdf",
                "text": f"text/{self.document_name(item)}.txt",
                "fields": item.fields,
                "pages": [page.uid for page in item.pages],
                # sides that stand in the file as two pages, the left one first
                "spreads": [page.uid for page in item.pages if len(self.halves(page)) > 1],
            }
            for item in self.documents
        ]

    def _masters(self) -> list[dict[str, Any]]:
        return [
            {
                "page": page.uid,
                "sheet": page.sheet_label,
                "face": page.face,
                "sha256": page.sha256,
                "bytes": page.bytes,
                "mime": page.mime,
                "width": page.width,
                "height": page.height,
                "dpi": [page.dpi_x, page.dpi_y],
                "captured_at": page.captured_at,
                "values": {
                    name: {"value": value.value, "author": value.author, "confidence": value.confidence}
                    for name, value in self.values.get(page.id, {}).items()
                },
            }
            | importing_metadata.page(page.facts)
            for page in self.sides
        ]
