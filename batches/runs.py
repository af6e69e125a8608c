"""Capture runs: asked for by a person, carried out by the broker. State, request, phase and fault are four things."""

import uuid
from typing import Any

from sqlalchemy import Connection, Row, select, update

from batches import batch as batch_records
from batches import journal, schema, states
from batches.clock import now
from batches.errors import NotAllowed, NotFound, Stale
from batches.words import BatchState, Role, RunPurpose, RunRequest, RunState, WaitFor

WAITING, WATCHED = "wait", "watch"
"""Phases of a requested run that begins at the scanner, by its button or by paper: asked for, and the scanner held open."""
_LOOK_BACK = 12
_ACTIVE = (RunState.REQUESTED.value, RunState.RUNNING.value, RunState.PAUSED.value)
_MAY_CAPTURE = (BatchState.OPEN, BatchState.CAPTURING, BatchState.CAPTURED, BatchState.PROCESSED, BatchState.REJECTED)


def request(
    connection: Connection,
    actor: str,
    batch_id: int,
    device: str,
    settings: dict[str, Any],
    *,
    role: Role,
    purpose: RunPurpose = RunPurpose.CAPTURE,
    target_sheet_id: int | None = None,
) -> int:
    """Ask for a run; the batch goes to capturing. Raises NotAllowed where a run is under way or the batch has moved on."""
    state = states.require(connection, batch_id, *_MAY_CAPTURE)
    if active(connection, batch_id) is not None:
        raise NotAllowed(what="run", state=RunState.RUNNING.value)
    if state is not BatchState.CAPTURING:
        states.move(connection, batch_id, BatchState.CAPTURING, actor, role=role)
    made = connection.execute(
        schema.capture_run.insert().values(
            uid=uuid.uuid4().hex,
            batch_id=batch_id,
            device=device,
            purpose=purpose.value,
            target_sheet_id=target_sheet_id,
            settings=settings,
            effective={},
            operator=actor,
            created_at=now(),
        )
    ).inserted_primary_key
    assert made is not None
    batch_records.touch(connection, batch_id)
    journal.append(
        connection, actor, "run.requested", _subject(batch_id, made[0]), None, settings, device=device, purpose=purpose.value
    )
    return int(made[0])


def get(connection: Connection, run_id: int) -> Row[Any]:
    """Raises NotFound."""
    row = connection.execute(select(schema.capture_run).where(schema.capture_run.c.id == run_id)).first()
    if row is None:
        raise NotFound(what="run", id=run_id)
    return row


def active(connection: Connection, batch_id: int) -> Row[Any] | None:
    """The run of this batch that is not finished: requested, running or paused."""
    query = select(schema.capture_run).where(schema.capture_run.c.batch_id == batch_id, schema.capture_run.c.state.in_(_ACTIVE))
    return connection.execute(query).first()


def latest(connection: Connection, batch_id: int) -> Row[Any] | None:
    query = select(schema.capture_run).where(schema.capture_run.c.batch_id == batch_id)
    return connection.execute(query.order_by(schema.capture_run.c.id.desc()).limit(1)).first()


def in_state(connection: Connection, state: RunState) -> list[Row[Any]]:
    query = select(schema.capture_run).where(schema.capture_run.c.state == state.value)
    return list(connection.execute(query.order_by(schema.capture_run.c.id)))


def waits(run: Row[Any]) -> bool:
    """Asked for, and to begin at the scanner."""
    return bool(run.state == RunState.REQUESTED.value and run.phase in (WAITING, WATCHED))


def wait_for(run: Row[Any]) -> WaitFor | None:
    """How the operator chose to begin this run, and to go on with it; None = from the console."""
    chosen = run.settings.get("wait_for")
    return WaitFor(chosen) if chosen else None


def waiting_on(connection: Connection, device: str) -> Row[Any] | None:
    """The run that waits for this scanner's button or paper; one a scanner."""
    r = schema.capture_run
    query = select(r).where(r.c.device == device, r.c.state == RunState.REQUESTED.value, r.c.phase.in_((WAITING, WATCHED)))
    return connection.execute(query).first()


def hold(connection: Connection, actor: str, run_id: int) -> None:
    """A run just requested waits for the scanner. Raises Stale."""
    row = get(connection, run_id)
    _move(connection, row, RunState.REQUESTED, RunState.REQUESTED, phase=WAITING)
    chosen = row.settings.get("wait_for")
    journal.append(connection, actor, "run.waiting", _subject(row.batch_id, run_id), None, chosen)


def watched(connection: Connection, run_id: int, on: bool) -> None:
    """Whether the scanner that a run waits for is held open; nothing where the run waits no more."""
    row, r = get(connection, run_id), schema.capture_run
    origin, to = (WAITING, WATCHED) if on else (WATCHED, WAITING)
    key = (r.c.id == run_id) & (r.c.state == RunState.REQUESTED.value) & (r.c.phase == origin)
    if connection.execute(update(r).where(key).values(phase=to)).rowcount:
        batch_records.touch(connection, row.batch_id)


def nothing_is_watched(connection: Connection) -> None:
    """At start: whatever was held open is not any more."""
    r = schema.capture_run
    connection.execute(update(r).where(r.c.phase == WATCHED).values(phase=WAITING))


def signal(connection: Connection, actor: str, run_id: int, how: str) -> None:
    """The waiting ends: ``button``, ``paper`` or ``console``. A paused run is gone on with. Raises Stale: nothing waits."""
    row = get(connection, run_id)
    if row.state == RunState.PAUSED.value:
        resume(connection, actor, run_id)
    elif waits(row):
        _move(connection, row, RunState.REQUESTED, RunState.REQUESTED, phase="")
    else:
        raise Stale(what="run", id=run_id)
    journal.append(connection, actor, "run.signal", _subject(row.batch_id, run_id), None, how)


def not_heeded(connection: Connection, run_id: int, why: str) -> None:
    """A press of the scanner's button that begins nothing: ``busy`` (it was pressed while the scanner ran), ``no_paper``,
    ``held`` (another person has the scanner)."""
    row = get(connection, run_id)
    batch_records.touch(connection, row.batch_id)
    journal.append(connection, row.operator, "run.press_ignored", _subject(row.batch_id, run_id), None, why)


def last_ignored(connection: Connection, batch_id: int) -> str:
    """Why the last press of the scanner's button began nothing, "" where a run began since or nothing was pressed."""
    for entry in journal.entries(connection, f"batch:{batch_id}", _LOOK_BACK):
        if entry.action == "run.press_ignored":
            return str(entry.detail["after"])
        if entry.action in ("run.signal", "run.started", "run.resumed"):
            break
    return ""


def fault_sensors(connection: Connection, run: Row[Any]) -> dict[str, Any]:
    """What the scanner's sensors said when this run was paused."""
    for entry in journal.entries(connection, _subject(run.batch_id, run.id), _LOOK_BACK):
        if entry.action == "run.fault":
            return dict(entry.detail.get("sensors") or {})
    return {}


def claim(connection: Connection, run_id: int) -> Row[Any]:
    """requested → running, for the broker. Raises Stale where another took it or the person withdrew it."""
    row = get(connection, run_id)
    if waits(row):
        raise Stale(what="run", id=run_id)
    _move(connection, row, RunState.REQUESTED, RunState.RUNNING, started_at=now(), attempts=row.attempts + 1, fault=None)
    return get(connection, run_id)


def started(connection: Connection, run_id: int, effective: dict[str, Any]) -> None:
    """What the device really set, asked against effective."""
    row = get(connection, run_id)
    connection.execute(
        update(schema.capture_run).where(schema.capture_run.c.id == run_id).values(effective=effective, phase="feed")
    )
    journal.append(connection, row.operator, "run.started", _subject(row.batch_id, run_id), None, effective)


def pause(
    connection: Connection, run_id: int, fault: str, phase: str, detail: str, sensors: dict[str, Any] | None = None
) -> None:
    """running → paused: a fault or a stop ended the feeding; every side before it is stored. ``sensors``: what the scanner's
    own said right after it."""
    row = get(connection, run_id)
    values = {"fault": fault, "phase": phase, "fault_detail": detail[:2000], "request": RunRequest.NONE.value}
    _move(connection, row, RunState.RUNNING, RunState.PAUSED, **values, ended_at=now())
    journal.append(
        connection,
        row.operator,
        "run.fault",
        _subject(row.batch_id, run_id),
        None,
        fault,
        phase=phase,
        detail=detail[:500],
        sensors=sensors or None,
    )


def finish(connection: Connection, run_id: int) -> None:
    """running → finished: the feeder is empty after the last side, as it should be."""
    row = get(connection, run_id)
    _move(connection, row, RunState.RUNNING, RunState.FINISHED, phase="done", ended_at=now(), request="none")
    journal.append(
        connection,
        row.operator,
        "run.finished",
        _subject(row.batch_id, run_id),
        sheets=row.sheets_fed,
        sides=row.sides_stored,
    )


def resume(connection: Connection, actor: str, run_id: int) -> None:
    """paused → requested: the paper is back in the feeder. Raises Stale."""
    row = get(connection, run_id)
    _move(connection, row, RunState.PAUSED, RunState.REQUESTED, operator=actor, fault=None, fault_detail=None)
    journal.append(connection, actor, "run.resumed", _subject(row.batch_id, run_id))


def give_up(connection: Connection, actor: str, run_id: int) -> None:
    """paused or requested → finished: the rest will be scanned otherwise. Nothing stored is touched."""
    row = get(connection, run_id)
    state = RunState(row.state)
    if state not in (RunState.PAUSED, RunState.REQUESTED):
        raise NotAllowed(what="run", state=state.value)
    _move(connection, row, state, RunState.FINISHED, ended_at=now())
    journal.append(connection, actor, "run.closed", _subject(row.batch_id, run_id), row.fault)


def ask_stop(connection: Connection, actor: str, run_id: int) -> None:
    """Stop between sheets."""
    row = get(connection, run_id)
    connection.execute(
        update(schema.capture_run).where(schema.capture_run.c.id == run_id).values(request=RunRequest.STOP.value)
    )
    journal.append(connection, actor, "run.stop_asked", _subject(row.batch_id, run_id))


def beat(connection: Connection, run_id: int, phase: str) -> RunRequest:
    """Heartbeat of the broker; returns what a person asks."""
    value = connection.execute(
        update(schema.capture_run)
        .where(schema.capture_run.c.id == run_id)
        .values(heartbeat_at=now(), phase=phase)
        .returning(schema.capture_run.c.request)
    ).scalar()
    return RunRequest(value or RunRequest.NONE.value)


def _move(connection: Connection, row: Row[Any], origin: RunState, to: RunState, **values: Any) -> None:
    moved = connection.execute(
        update(schema.capture_run)
        .where(schema.capture_run.c.id == row.id, schema.capture_run.c.state == origin.value)
        .values(state=to.value, **values)
    )
    if moved.rowcount != 1:
        raise Stale(what="run", id=row.id)
    batch_records.touch(connection, row.batch_id)


def _subject(batch_id: int, run_id: int) -> str:
    return f"batch:{batch_id}/run:{run_id}"
