"""The checks of a whole batch, once every page has been looked at and read; then the batch waits for its reviewer."""

import logging
from typing import Any

from sqlalchemy import Connection, Row

from batches import batch as batch_records
from batches import batch_jobs, findings, jobs, overlaps, pages, states
from batches.words import BatchJobKind, BatchState, JobState, Role, SheetState
from qc.batch import BatchFinding, Declared, PageFacts, check_batch
from qc.limits import Limits
from station import double_feed, likeness_file, page_numbers, page_text, separating
from station.house import House
from station.looking import finding_row
from station.proposing import propose_fields

log = logging.getLogger(__name__)

_UNFINISHED = (JobState.QUEUED.value, JobState.RUNNING.value)


def step(house: House) -> bool:
    """Check every handed-over batch whose pages are done; True when one was."""
    with house.store.read() as connection:
        waiting = [row for row in batch_records.listing(connection, BatchState.CAPTURED) if _pages_done(connection, row.id)]
    for batch in waiting:
        check(house, batch)
    return bool(waiting)


def check(house: House, batch: Row[Any]) -> None:
    """Judge the batch as a whole, propose its documents' fields, hand it to review."""
    with house.store.read() as connection:
        rows = pages.listing(connection, batch.id)
        facts = [_facts(house, batch.uid, row, values) for row, values in _with_values(connection, rows)]
        apart = overlaps.told_apart(connection, batch.id)
    limits = Limits.from_mapping(house.settings.qc.limits)
    sheet_of = {row.id: row.sheet_id for row in rows}
    judged = check_batch(facts, Declared(sheets=batch.sheets_prepared), limits=limits)
    found = [finding for finding in judged if not _answered(finding, sheet_of, apart)]
    with house.store.write() as connection:
        if states.state_of(connection, batch.id) is not BatchState.CAPTURED:
            return  # taken back meanwhile
        findings.replace(connection, batch.id, None, "batch", [_row(finding) for finding in found])
        separating.judge(connection, batch.id)
        propose_fields(connection, house, batch)
        job = batch_jobs.of(connection, batch.id, BatchJobKind.CHECK)
        if job is not None:
            batch_jobs.ended(connection, job.id)
        states.move(connection, batch.id, BatchState.PROCESSED, house.machine.login, role=Role.OPERATOR)


def _answered(found: BatchFinding, sheet_of: dict[int, int], apart: set[frozenset[int]]) -> bool:
    """A likeness of which a person said already that these are two sheets."""
    return found.finding.check == "batch.duplicate" and frozenset(sheet_of[page] for page in found.pages) in apart


def _pages_done(connection: Connection, batch_id: int) -> bool:
    return not any(number for (_, state), number in jobs.counts(connection, batch_id).items() if state in _UNFINISHED)


def _with_values(connection: Connection, rows: list[Row[Any]]) -> list[tuple[Row[Any], dict[str, pages.Value]]]:
    values = pages.values_of(connection, [row.id for row in rows])
    return [(row, values.get(row.id, {})) for row in rows]


def _facts(house: House, batch_uid: str, row: Row[Any], values: dict[str, pages.Value]) -> PageFacts:
    folder = house.folders.page(batch_uid, row.uid)
    return PageFacts(
        page=row.id,
        sheet=row.sheet_number,
        side=row.face,
        blank=bool("blank" in values and values["blank"].value),
        number=page_numbers.printed(page_text.load(folder)),
        likeness=likeness_file.load(folder),
        length_mm=double_feed.length_mm(row, values),
        counted=row.sheet_state == SheetState.LIVE.value,
    )


def _row(found: BatchFinding) -> dict[str, Any]:
    return {**finding_row(found.finding), "pages": {"pages": list(found.pages), "missing": list(found.missing)}}
