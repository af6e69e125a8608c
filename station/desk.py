"""The operator's desk: every act of it, in the words of the work. Each is one transaction with its journal entry."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Row

from batches import (
    backs,
    batch_jobs,
    devices,
    findings,
    holdings,
    items,
    ledger,
    overlaps,
    pages,
    runs,
    sheets,
    states,
)
from batches import batch as batch_records
from batches.errors import DeviceHeld, Invalid, NotAllowed, Unexplained
from batches.words import BatchJobKind, BatchState, OverlapState, RunPurpose, RunState, SheetState, WaitFor
from scanner.backend import refuse
from scanner.model import ScanSettings, Source
from station import buttons, desk_view, secrecy, separating, undoing
from station.geometry import crop_from_fractions
from station.house import Actor, House
from station.scan_settings import capabilities_from_json, settings_to_json
from station.undoing import MENDABLE, say

view, changes, page = desk_view.view, desk_view.changes, desk_view.page
undo = undoing.undo

_REQUEST_LEASE_SECONDS = 60.0
Noted = Mapping[str, Any]
"""What a run's record keeps beside its settings: ``profile`` (name, version), ``as_face``, ``book``, ``pass``, ``series``."""


def new_batch(  # noqa: PLR0913 - a form, one argument a field
    house: House,
    actor: Actor,
    *,
    fonds_code: str,
    fonds_name: str,
    catalogue_code: str,
    catalogue_name: str,
    file_code: str,
    file_title: str,
    box_code: str = "",
    declared_sheets: int | None = None,
    sheets_prepared: int | None,
    practice: bool = False,
) -> int:
    """A new batch of an archive file, picked or typed: what the codes name already is used, the rest is made.

    Raises Invalid naming the field."""
    with house.store.write() as connection:
        fonds_id = holdings.ensure_fonds(connection, actor.login, fonds_code, fonds_name)
        catalogue_id = holdings.ensure_catalogue(connection, actor.login, fonds_id, catalogue_code, catalogue_name)
        box_id = holdings.ensure_box(connection, actor.login, catalogue_id, box_code) if box_code.strip() else None
        file_id = holdings.ensure_file(
            connection,
            actor.login,
            catalogue_id,
            file_code,
            file_title,
            box_id=box_id,
            declared_sheets=declared_sheets,
        )
        return batch_records.create(
            connection,
            actor.login,
            file_id,
            sheets_prepared=sheets_prepared,
            practice=practice,
            profile=house.settings.release.profile,
        )


# -- scanning ------------------------------------------------------------------------------------------------------


def start_run(
    house: House,
    actor: Actor,
    batch_id: int,
    device: str,
    settings: ScanSettings,
    *,
    wait_for: WaitFor | None = None,
    noted: Noted | None = None,
) -> int:
    """Feed the stack: now, or once the scanner's button or paper in its feeder says so.

    Raises ScanFault BAD_SETTING before any paper moves, DeviceHeld, NotAllowed."""
    more = {**(noted or {}), **({"wait_for": wait_for.value} if wait_for else {})}
    return _request(house, actor, batch_id, device, settings, RunPurpose.CAPTURE, None, more=more)


def start_waiting(house: House, actor: Actor, run_id: int) -> None:
    """Do not wait for the scanner's button any longer. Raises Stale, DeviceHeld."""
    with house.store.write() as connection:
        run = runs.get(connection, run_id)
        devices.take(connection, run.device, run.uid, actor.login, _REQUEST_LEASE_SECONDS)
        runs.signal(connection, actor.login, run_id, "console")


def rescan(house: House, actor: Actor, page_id: int, device: str, settings: ScanSettings, *, noted: Noted | None = None) -> int:
    """Scan this sheet again; the new pictures take the place of the old, which stay on record.

    From the flatbed only the side of this page is taken."""
    with house.store.read() as connection:
        page = pages.get(connection, page_id)
    more = {**(noted or {}), **({"as_face": page.face} if settings.source is not Source.DUPLEX else {})}
    return _request(house, actor, page.batch_id, device, settings, RunPurpose.RESCAN, page.sheet_id, more=more)


def insert_after(
    house: House,
    actor: Actor,
    batch_id: int,
    sheet_id: int | None,
    device: str,
    settings: ScanSettings,
    *,
    noted: Noted | None = None,
) -> int:
    """Scan sheets that belong after this one; they are numbered 15a, 15b …"""
    return _request(house, actor, batch_id, device, settings, RunPurpose.INSERT, sheet_id, more=noted)


def scan_back(
    house: House, actor: Actor, sheet_id: int, device: str, settings: ScanSettings, *, noted: Noted | None = None
) -> int:
    """Scan the back of this sheet from a source that sees one side."""
    with house.store.read() as connection:
        batch_id = sheets.get(connection, sheet_id).batch_id
    more = {**(noted or {}), "as_face": "back"}
    return _request(house, actor, batch_id, device, settings, RunPurpose.RESCAN, sheet_id, more=more)


def stop_run(house: House, actor: Actor, run_id: int) -> None:
    """Stop between sheets."""
    with house.store.write() as connection:
        runs.ask_stop(connection, actor.login, run_id)


def resume_run(house: House, actor: Actor, run_id: int) -> None:
    """The paper is back in the feeder: go on with the sheet that did not come."""
    with house.store.write() as connection:
        run = runs.get(connection, run_id)
        if run.purpose != RunPurpose.IMPORT.value:  # files need no scanner
            devices.take(connection, run.device, run.uid, actor.login, _REQUEST_LEASE_SECONDS)
        runs.resume(connection, actor.login, run_id)


def give_up_run(house: House, actor: Actor, run_id: int) -> None:
    """End a paused run; what is stored stays, the rest is scanned some other way."""
    with house.store.write() as connection:
        run = runs.get(connection, run_id)
        runs.give_up(connection, actor.login, run_id)
        devices.release(connection, run.device, run.uid)


def _request(
    house: House,
    actor: Actor,
    batch_id: int,
    device: str,
    settings: ScanSettings,
    purpose: RunPurpose,
    target: int | None,
    *,
    more: Noted | None = None,
) -> int:
    """``more``: what the run must know besides the scanner's settings."""
    with house.store.write() as connection:
        known = devices.get(connection, device)
        _only_practice_on_practice(connection, batch_id, known)
        refuse(settings, capabilities_from_json(known.capabilities))
        asked: dict[str, Any] = {**settings_to_json(settings), **(more or {})}
        wait_for = asked.get("wait_for")
        if wait_for:
            _may_wait(connection, known, WaitFor(wait_for))
        run_id = runs.request(
            connection, actor.login, batch_id, device, asked, role=actor.role, purpose=purpose, target_sheet_id=target
        )
        run = runs.get(connection, run_id)
        if wait_for:  # until it begins, the scanner is anybody's
            runs.hold(connection, actor.login, run_id)
        else:
            devices.take(connection, device, run.uid, actor.login, _REQUEST_LEASE_SECONDS)
        return run_id


def _may_wait(connection: Connection, device: Row[Any], wait_for: WaitFor) -> None:
    """The scanner has that button or sensor, and no other batch waits for it. Raises NotAllowed, DeviceHeld."""
    if device.practice or buttons.SENSOR[wait_for] not in capabilities_from_json(device.capabilities).sensors:
        raise NotAllowed(what="no_sensor", state=wait_for.value)
    other = runs.waiting_on(connection, device.identity)
    if other is not None:
        raise DeviceHeld(device=device.identity, holder=other.operator, since=other.created_at)


def _only_practice_on_practice(connection: Connection, batch_id: int, device: Row[Any]) -> None:
    """The practice scanner's pages must never stand in a batch that can be released."""
    if device.practice and not batch_records.get(connection, batch_id).practice:
        raise NotAllowed(what="practice_device", state="practice")


# -- mending -------------------------------------------------------------------------------------------------------


@contextmanager
def _mending(house: House, page_id: int) -> Iterator[tuple[Connection, Row[Any]]]:
    """A transaction on a page of a batch that may still be mended."""
    with house.store.write() as connection:
        page = pages.get(connection, page_id)
        states.require(connection, page.batch_id, *MENDABLE)
        yield connection, page


def turn(house: House, actor: Actor, page_id: int, degrees: int) -> None:
    """Turn clockwise by 90, -90 or 180 from how it stands now."""
    if degrees not in (90, -90, 180):
        raise Invalid(what="degrees", value=degrees)
    with _mending(house, page_id) as (connection, _):
        now = pages.values(connection, page_id).get("orientation")
        upright = ((now.value if now else 0) + degrees) % 360
        say(connection, actor, page_id, "orientation", upright)


def straighten(house: House, actor: Actor, page_id: int, degrees: float | None) -> None:
    """Skew in degrees, + = text falls to the right; None leaves it to the machine again."""
    if degrees is not None and not -15 <= degrees <= 15:
        raise Invalid(what="degrees", value=degrees)
    with _mending(house, page_id) as (connection, _):
        say(connection, actor, page_id, "skew", degrees)


def set_crop(house: House, actor: Actor, page_id: int, box: tuple[float, float, float, float] | None) -> None:
    """``box``: fractions 0..1 of the upright, unstraightened, uncropped page; None leaves it to the machine again."""
    with _mending(house, page_id) as (connection, page):
        values = pages.values(connection, page_id)
        crop = None if box is None else crop_from_fractions((page.width, page.height), values, box)
        say(connection, actor, page_id, "crop", crop)


def mark_blank(house: House, actor: Actor, page_id: int, blank: bool | None) -> None:
    """Blank pages are kept and marked; None leaves it to the machine again."""
    with _mending(house, page_id) as (connection, _):
        say(connection, actor, page_id, "blank", blank)


def set_sheet_state(house: House, actor: Actor, sheet_id: int, state: SheetState) -> None:
    """Mark a sheet as a separator, as superseded (scanned twice), or as live again."""
    with house.store.write() as connection:
        states.require(connection, sheets.get(connection, sheet_id).batch_id, *MENDABLE)
        separating.set_state(connection, actor, sheet_id, state)


def move_sheet(house: House, actor: Actor, sheet_id: int, after_sheet_id: int | None) -> None:
    with house.store.write() as connection:
        states.require(connection, sheets.get(connection, sheet_id).batch_id, *MENDABLE)
        sheets.move(connection, actor.login, sheet_id, after_sheet_id)


def decide_overlap(house: House, actor: Actor, overlap_id: int, state: OverlapState) -> None:
    """A sheet that seems to have come twice: which picture is kept, or that they are two sheets after all.

    Raises NotFound, Stale, Invalid, NotAllowed."""
    with house.store.write() as connection:
        states.require(connection, overlaps.get(connection, overlap_id).batch_id, *MENDABLE)
        overlaps.decide(connection, actor.login, overlap_id, state)


def original_is_so(house: House, actor: Actor, finding_id: int, undo: bool = False) -> None:
    """The original itself is like this: the finding stays on record, decided."""
    with house.store.write() as connection:
        secrecy.refuse_plain_word(connection, finding_id)
        findings.original_is_so(connection, actor.login, finding_id, undo=undo)


# -- documents -----------------------------------------------------------------------------------------------------


def split_item(house: House, actor: Actor, page_id: int) -> int:
    """A document begins on this page."""
    with _mending(house, page_id) as (connection, _):
        return items.split(connection, actor.login, page_id)


def join_item(house: House, actor: Actor, item_id: int) -> None:
    """The document goes on with the one before it."""
    with house.store.write() as connection:
        items.join(connection, actor.login, item_id)


def set_item_fields(house: House, actor: Actor, item_id: int, fields: dict[str, Any]) -> None:
    with house.store.write() as connection:
        items.set_fields(connection, actor.login, item_id, fields)


# -- the batch -----------------------------------------------------------------------------------------------------


def set_prepared(house: House, actor: Actor, batch_id: int, count: int) -> None:
    """The count of sheets on the table."""
    with house.store.write() as connection:
        states.require(connection, batch_id, *MENDABLE)
        batch_records.set_prepared(connection, actor.login, batch_id, count)


def hand_over(house: House, actor: Actor, batch_id: int) -> None:
    """The stack is through: to the text path and the checks of the whole batch, then to review.

    Raises Unexplained where the counts differ and no supervisor has said why, NotAllowed while a run is open or a sheet that
    seems to have come twice waits for a person's word."""
    with house.store.write() as connection:
        state = states.require(connection, batch_id, BatchState.CAPTURING, BatchState.REJECTED)
        if state is BatchState.REJECTED:  # mended without a scan: turned, cropped, found to be so in the original
            states.move(connection, batch_id, BatchState.CAPTURING, actor.login, role=actor.role)
        if runs.active(connection, batch_id) is not None:
            raise NotAllowed(what="run", state=RunState.PAUSED.value)
        backs.require_joined(connection, batch_id)
        overlaps.require_answered(connection, batch_id)
        count = ledger.of(connection, batch_id)
        if not count.may_close or not count.sheets:
            raise Unexplained(
                prepared=count.prepared, sheets=count.sheets, difference=count.difference, unaccounted=count.unaccounted
            )
        states.move(connection, batch_id, BatchState.CAPTURED, actor.login, role=actor.role)
        batch_jobs.queue(connection, batch_id, BatchJobKind.CHECK, actor.login, actor.role)
