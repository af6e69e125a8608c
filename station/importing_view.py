"""An import as the desk and the command show it: every file with what became of it, in words."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from batches import runs, schema, sources
from batches.words import RunPurpose, SourceState
from station.errors import SohoaError
from station.house import House
from station.importing_plan import Entry, kept
from station.words import has_words, words


@dataclass(frozen=True, slots=True)
class FileView:
    """``state``: waiting, taking, stored, refused. ``line``: why, or what was found on the way; "" where nothing was."""

    name: str
    state: str
    pages: int
    bytes: int
    line: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ImportView:
    """``seen``: files looked at so far, out of ``files`` (None = it goes on receiving). ``pages``: on record."""

    run: Row[Any]
    files: int | None
    seen: int
    stored: int
    refused: int
    duplicates: int
    pages: int
    bad_pages: int
    listed: tuple[FileView, ...]

    def as_dict(self) -> dict[str, Any]:
        """The counts, for programs."""
        names = ("files", "seen", "stored", "refused", "duplicates", "pages", "bad_pages")
        return {name: getattr(self, name) for name in names}


def latest(house: House, batch_id: int) -> ImportView | None:
    """The import of this batch that is under way, else its last one."""
    with house.store.read() as connection:
        r = schema.capture_run
        query = r.select().where(r.c.batch_id == batch_id, r.c.purpose == RunPurpose.IMPORT.value)
        run = connection.execute(query.order_by(r.c.id.desc()).limit(1)).first()
    return None if run is None else view(house, run.id)


def view(house: House, run_id: int) -> ImportView:
    """Raises NotFound."""
    with house.store.read() as connection:
        run = runs.get(connection, run_id)
        rows = {row.facts["index"]: row for row in sources.of_run(connection, run_id)}
    plan = _plan(house, run)
    files = [_file(rows.get(index), entry) for index, entry in enumerate(plan)]
    files += [_file(rows[index], None) for index in sorted(rows) if index >= len(plan)]
    refused = [row for row in rows.values() if row.state == SourceState.REFUSED.value]
    return ImportView(
        run=run,
        files=run.settings.get("files"),
        seen=len(rows),
        stored=len(rows) - len(refused),
        refused=len(refused),
        duplicates=sum(row.reason == "duplicate" for row in refused),
        pages=sum(row.pages for row in rows.values()),
        bad_pages=sum(len(row.facts.get("bad_pages", ())) for row in rows.values()),
        listed=tuple(files),
    )


def _plan(house: House, run: Row[Any]) -> list[Entry]:
    """Empty once the import is over: then the records say all."""
    try:
        return kept(house, run.settings["plan"]) if "plan" in run.settings else []
    except SohoaError:
        return []


def _file(row: Row[Any] | None, entry: Entry | None) -> FileView:
    if row is None:
        assert entry is not None
        return FileView(entry.name, "waiting", 0, entry.bytes)
    if row.state == SourceState.REFUSED.value:
        return FileView(row.name, "refused", 0, row.bytes, reason_line(row), row.reason or "")
    state = "stored" if row.facts.get("complete") else "taking"
    return FileView(row.name, state, row.pages, row.bytes, _bad_line(row.facts))


def _bad_line(facts: dict[str, Any]) -> str:
    bad = facts.get("bad_pages") or {}
    if not bad:
        return ""
    return words("import.bad_pages", pages=", ".join(sorted(bad, key=int)), count=len(bad), of=facts.get("expected", 0))


def reason_line(row: Row[Any]) -> str:
    """Why a file was refused: one line."""
    place = row.facts.get("stored") or {}
    values = {
        "number": place.get("batch_number", "?"),
        "name": place.get("name", "?"),
        "pages": place.get("pages", "?"),
        "detail": row.facts.get("detail", "?"),
    }
    return why(row.reason or "", **values)


def why(reason: str, **values: Any) -> str:
    """The words of a reason; a reason without words of its own is told as damage."""
    known = reason if has_words(f"import.reason.{reason}") else "damaged"
    return words(f"import.reason.{known}", **{"number": "?", "name": "?", "pages": "?", "detail": "?", **values})
