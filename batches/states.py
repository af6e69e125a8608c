"""The life of a batch: one table of moves, compare-and-set, journalled with the person."""

from sqlalchemy import Connection, select, update

from batches import journal, schema
from batches.errors import NotAllowed, NotFound, Stale
from batches.words import BatchState, Role

_S = BatchState
_BEFORE_SEALED = (_S.OPEN, _S.CAPTURING, _S.CAPTURED, _S.PROCESSED, _S.ACCEPTED, _S.REJECTED)

MOVES: dict[BatchState, frozenset[BatchState]] = {
    _S.OPEN: frozenset({_S.CAPTURING, _S.WITHDRAWN, _S.QUARANTINED}),
    _S.CAPTURING: frozenset({_S.CAPTURED, _S.WITHDRAWN, _S.QUARANTINED}),
    _S.CAPTURED: frozenset({_S.PROCESSED, _S.CAPTURING, _S.WITHDRAWN, _S.QUARANTINED}),
    _S.PROCESSED: frozenset({_S.ACCEPTED, _S.REJECTED, _S.CAPTURING, _S.WITHDRAWN, _S.QUARANTINED}),
    _S.ACCEPTED: frozenset({_S.SEALED, _S.REJECTED, _S.WITHDRAWN, _S.QUARANTINED}),
    _S.REJECTED: frozenset({_S.CAPTURING, _S.WITHDRAWN, _S.QUARANTINED}),
    _S.SEALED: frozenset({_S.ACKNOWLEDGED, _S.QUARANTINED}),
    _S.ACKNOWLEDGED: frozenset({_S.QUARANTINED}),
    _S.WITHDRAWN: frozenset({_S.QUARANTINED}),
    _S.QUARANTINED: frozenset(),
}
"""captured → capturing: more sheets turn up; processed → capturing: a page is rescanned before the verdict."""

NEEDS_REASON = frozenset({_S.REJECTED, _S.WITHDRAWN, _S.QUARANTINED})
NEEDS_SUPERVISOR = frozenset({_S.ACCEPTED, _S.REJECTED, _S.SEALED, _S.WITHDRAWN})


def state_of(connection: Connection, batch_id: int) -> BatchState:
    """Raises NotFound."""
    value = connection.execute(select(schema.batch.c.state).where(schema.batch.c.id == batch_id)).scalar()
    if value is None:
        raise NotFound(what="batch", id=batch_id)
    return BatchState(value)


def require(connection: Connection, batch_id: int, *allowed: BatchState) -> BatchState:
    """The batch's state, which must be one of ``allowed`` and stays so while this transaction lasts (on SQLite whoever writes
    is alone, PostgreSQL locks the row); raises NotAllowed, NotFound."""
    locked = select(schema.batch.c.id).where(schema.batch.c.id == batch_id).with_for_update()
    connection.execute(locked)
    state = state_of(connection, batch_id)
    if state not in allowed:
        raise NotAllowed(what="batch", state=state.value)
    return state


def move(connection: Connection, batch_id: int, to: BatchState, actor: str, *, role: Role, reason: str = "") -> BatchState:
    """Move a batch; returns the state it left. Raises NotAllowed, Stale, NotFound.

    ``role`` is the person's; moves that decide need a supervisor, whoever asks. Machine moves come as their operator's."""
    origin = state_of(connection, batch_id)
    if to not in MOVES[origin]:
        raise NotAllowed(what="batch", state=origin.value, to=to.value)
    if to in NEEDS_SUPERVISOR and role is not Role.SUPERVISOR:
        raise NotAllowed(what="role", state=role.value, to=to.value)
    if to in NEEDS_REASON and not reason.strip():
        raise NotAllowed(what="reason", state=origin.value, to=to.value)
    moved = connection.execute(
        update(schema.batch)
        .where(schema.batch.c.id == batch_id, schema.batch.c.state == origin.value)
        .values(state=to.value, revision=schema.batch.c.revision + 1)
    )
    if moved.rowcount != 1:
        raise Stale(what="batch", id=batch_id)
    journal.append(connection, actor, f"batch.{to.value}", f"batch:{batch_id}", origin.value, to.value, reason=reason or None)
    return origin
