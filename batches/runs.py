"""Capture runs: asked for by a person, carried out by the broker. State, request, phase and fault are four things."""

import uuid
from typing import Any

from sqlalchemy import Connection, Row, select, update

from batches import batch as batch_records
from batches import journal, schema, states
from batches.clock import now
from batches.errors import NotAllowed, NotFound, Stale
from batches.words import BatchState, Role, RunPurpose, RunRequest, RunState

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


def claim(connection: Connection, run_id: int) -> Row[Any]:
    """requested → running, for the broker. Raises Stale where another took it or the person withdrew it."""
    row = get(connection, run_id)
    _move(connection, row, RunState.REQUESTED, RunState.RUNNING, started_at=now(), attempts=row.attempts + 1, fault=None)
    return get(connection, run_id)


def started(connection: Connection, run_id: int, effective: dict[str, Any]) -> None:
    """What the device really set, asked against effective."""
    row = get(connection, run_id)
    connection.execute(
        update(schema.capture_run).where(schema.capture_run.c.id == run_id).values(effective=effective, phase="feed")
    )
    journal.append(connection, row.operator, "run.started", _subject(row.batch_id, run_id), None, effective)


def pause(connection: Connection, run_id: int, fault: str, phase: str, detail: str) -> None:
    """running → paused: a fault or a stop ended the feeding; every side before it is stored."""
    row = get(connection, run_id)
    values = {"fault": fault, "phase": phase, "fault_detail": detail[:2000], "request": RunRequest.NONE.value}
    _move(connection, row, RunState.RUNNING, RunState.PAUSED, **values, ended_at=now())
    journal.append(
        connection, row.operator, "run.fault", _subject(row.batch_id, run_id), None, fault, phase=phase, detail=detail[:500]
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
