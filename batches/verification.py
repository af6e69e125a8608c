"""An independent check of a package, from its bytes alone: no records of ours are asked.

Bag structure and digests by the public ``bagit`` library; then what only we know: every document is there and has the pages
its list says, every delivered side has its master's digest, the counts of the ledger meet the lists, the journal's entries hash
to what they claim, every PDF is PDF/A-2b."""

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bagit
import pikepdf
from pikepdf import pdfa

from batches.journal import digest_of


@dataclass(frozen=True, slots=True)
class Problem:
    """``what`` is stable: bag, digest, count, missing, pages, pdfa, journal, master, source, unreadable."""

    what: str
    path: str
    detail: str = ""


@dataclass(slots=True)
class Verified:
    """What was found. ``counts``: files, documents, pages, sheets, masters, journal entries."""

    package: str
    counts: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.problems and bool(self.counts.get("files"))


def verify(path: Path) -> Verified:
    """Check a package: the folder of a bag, or a ZIP holding one. Never raises for what is wrong with it."""
    result = Verified(path.name)
    try:
        with _bag_folder(path) as folder:
            _verify(folder, result)
    except (OSError, zipfile.BadZipFile, ValueError) as error:
        result.problems.append(Problem("unreadable", path.name, str(error)))
    return result


def _verify(folder: Path, result: Verified) -> None:
    _bag(folder, result)
    described = _Described.read(folder, result)
    if described is None:
        return
    for check in (_documents, _masters, _sources, _ledger, _journal):
        check(folder, described, result)


def _bag(folder: Path, result: Verified) -> None:
    try:
        bag = bagit.Bag(str(folder))
        bag.validate()
    except bagit.BagError as error:
        result.problems.append(Problem("bag", folder.name, str(error)))
        return
    listed = set(bag.payload_entries())
    there = {path.relative_to(folder).as_posix() for path in (folder / "data").rglob("*") if path.is_file()}
    result.counts["files"] = len(there)
    if not there or listed != there:
        result.problems.append(Problem("count", "manifest-sha256.txt", f"{len(listed)} listed, {len(there)} there"))


@dataclass(frozen=True, slots=True)
class _Described:
    """What the package says of itself."""

    batch: dict[str, Any]
    documents: list[dict[str, Any]]
    masters: list[dict[str, Any]]
    journal: list[dict[str, Any]]
    sources: list[dict[str, Any]]
    """files from outside; empty where every page was scanned"""

    @classmethod
    def read(cls, folder: Path, result: Verified) -> "_Described | None":
        metadata = folder / "data" / "metadata"
        try:
            batch, documents, masters = (
                json.loads((metadata / name).read_text(encoding="utf-8"))
                for name in ("batch.json", "documents.json", "masters.json")
            )
            entries = [json.loads(line) for line in (metadata / "journal.jsonl").read_text(encoding="utf-8").splitlines()]
            listed = metadata / "sources.json"
            sources = json.loads(listed.read_text(encoding="utf-8")) if listed.is_file() else []
        except (OSError, ValueError) as error:
            result.problems.append(Problem("missing", "data/metadata", str(error)))
            return None
        return cls(batch, documents, masters, entries, sources)


def _documents(folder: Path, described: _Described, result: Verified) -> None:
    pages = 0
    for document in described.documents:
        path = folder / "data" / document["file"]
        pages += len(document["pages"])
        count = _pdf_pages(path, document["file"], result)
        listed = len(document["pages"]) + len(document.get("spreads", ()))  # a spread is two pages of one side
        if count is not None and count != listed:
            result.problems.append(Problem("pages", document["file"], f"{count} pages, {listed} listed"))
    result.counts["documents"], result.counts["pages"] = len(described.documents), pages
    there = {f"documents/{path.name}" for path in (folder / "data" / "documents").glob("*")}
    for stray in sorted(there ^ {document["file"] for document in described.documents}):
        result.problems.append(Problem("missing", stray))


def _pdf_pages(path: Path, name: str, result: Verified) -> int | None:
    try:
        with pikepdf.open(path) as pdf:
            count = len(pdf.pages)
        report = pdfa.validate_written(path, "2b")
    except (OSError, pikepdf.PdfError) as error:
        result.problems.append(Problem("unreadable", name, str(error)))
        return None
    if not report.passed:
        result.problems.append(
            Problem("pdfa", name, "; ".join(str(broken) for broken in report.violations[:3]) or report.verdict)
        )
    return count


def _masters(_: Path, described: _Described, result: Verified) -> None:
    """Every page of a document has the digest of its master, and no other side is listed."""
    delivered = [page for document in described.documents for page in document["pages"]]
    digests = {master["page"]: master["sha256"] for master in described.masters}
    for page in delivered:
        if len(digests.get(page, "")) != 64:
            result.problems.append(Problem("master", page, "no digest"))
    if len(delivered) != len(set(delivered)) or set(delivered) != digests.keys():
        result.problems.append(Problem("count", "masters.json", f"{len(digests)} masters, {len(delivered)} pages"))
    result.counts["masters"] = len(digests)


def _sources(_: Path, described: _Described, result: Verified) -> None:
    """A page from outside names a stored file of the list, and one kept byte for byte has that file's digest."""
    stored = {source["sha256"]: source for source in described.sources if source["state"] == "stored"}
    for master in described.masters:
        said = master.get("source")
        if said is None:
            continue
        known = stored.get(said["sha256"])
        if known is None or known["bytes"] != said["bytes"] or not 1 <= said["page"] <= said["pages"]:
            result.problems.append(Problem("source", master["page"], f"{said['name']} is not in the list as it is told"))
        elif said["how"] == "bytes" and said["sha256"] != master["sha256"]:
            result.problems.append(Problem("source", master["page"], f"{said['name']} is not kept byte for byte"))
    result.counts["sources"] = len(described.sources)


def _ledger(_: Path, described: _Described, result: Verified) -> None:
    ledger = described.batch["ledger"]
    sheets = {master["sheet"] for master in described.masters}
    result.counts["sheets"] = len(sheets)
    if (ledger["sheets"], ledger["sides"]) != (len(sheets), len(described.masters)):
        told = f"{ledger['sheets']} sheets and {ledger['sides']} sides in the ledger"
        result.problems.append(Problem("count", "batch.json", f"{told}, {len(sheets)} and {len(described.masters)} listed"))
    if not ledger["agrees"] and not ledger["explained"]:
        result.problems.append(Problem("count", "batch.json", "the ledger has a difference nobody explained"))


def _journal(_: Path, described: _Described, result: Verified) -> None:
    result.counts["journal"] = len(described.journal)
    if not described.journal:
        result.problems.append(Problem("journal", "journal.jsonl", "empty"))
    for entry in described.journal:
        if digest_of(entry) != entry.get("hash"):
            result.problems.append(Problem("journal", "journal.jsonl", f"entry {entry.get('seq')}"))


@contextmanager
def _bag_folder(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="sohoa-verify-") as folder, zipfile.ZipFile(path) as packed:
        root = Path(folder)
        for member in packed.infolist():
            _extract(packed, member, root)
        tops = [top for top in root.iterdir() if top.is_dir()]
        if len(tops) != 1:
            raise ValueError(f"{len(tops)} folders at the top, one expected")
        yield tops[0]


def _extract(packed: zipfile.ZipFile, member: zipfile.ZipInfo, root: Path) -> None:
    target = (root / member.filename).resolve()
    if not target.is_relative_to(root.resolve()):
        raise ValueError(f"a name that leads outside: {member.filename!r}")
    packed.extract(member, root)


def sha256_file(path: Path) -> str:
    """Lower-case hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
