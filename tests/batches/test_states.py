import itertools
import threading

import pytest

from batches import journal, states
from batches.database import Store
from batches.errors import NotAllowed, RecordsError, Stale
from batches.words import BatchState, Role
from tests.batches.conftest import Work

S = BatchState


def test_every_state_has_its_row_and_sealed_goes_nowhere_but_on() -> None:
    assert states.MOVES.keys() == set(BatchState)
    assert states.MOVES[S.SEALED] == {S.ACKNOWLEDGED, S.QUARANTINED}
    assert all(S.QUARANTINED in targets for state, targets in states.MOVES.items() if state is not S.QUARANTINED)


@pytest.mark.parametrize(("origin", "to"), [p for p in itertools.product(S, S) if p[1] not in states.MOVES[p[0]]])
def test_a_move_that_is_not_in_the_table_is_refused(work: Work, store: Store, origin: S, to: S) -> None:
    batch_id = work.batch()
    _put(store, batch_id, origin)
    with pytest.raises(NotAllowed), store.write() as c:
        states.move(c, batch_id, to, "an", role=Role.SUPERVISOR, reason="vì")
    with store.read() as c:
        assert states.state_of(c, batch_id) is origin


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.ADMINISTRATOR])
@pytest.mark.parametrize("to", sorted(states.NEEDS_SUPERVISOR))
def test_only_a_supervisor_decides(work: Work, store: Store, role: Role, to: S) -> None:
    batch_id = work.batch()
    _put(store, batch_id, next(origin for origin, targets in states.MOVES.items() if to in targets))
    with pytest.raises(NotAllowed), store.write() as c:
        states.move(c, batch_id, to, "an", role=role, reason="vì")


@pytest.mark.parametrize("to", sorted(states.NEEDS_REASON))
def test_a_rejection_a_withdrawal_and_a_quarantine_need_a_reason(work: Work, store: Store, to: S) -> None:
    batch_id = work.batch()
    _put(store, batch_id, S.PROCESSED)
    with pytest.raises(NotAllowed), store.write() as c:
        states.move(c, batch_id, to, "binh", role=Role.SUPERVISOR, reason="  ")
    with store.write() as c:
        states.move(c, batch_id, to, "binh", role=Role.SUPERVISOR, reason="ảnh mờ")
        (entry,) = journal.entries(c, f"batch:{batch_id}", 1)
    assert (entry.actor, entry.detail) == ("binh", {"before": "processed", "after": to.value, "reason": "ảnh mờ"})


def test_of_two_people_who_decide_at_once_one_wins(work: Work, store: Store) -> None:
    batch_id = work.batch()
    _put(store, batch_id, S.PROCESSED)
    outcomes: list[str] = []

    def decide(to: S) -> None:
        try:
            with store.write() as c:
                states.move(c, batch_id, to, "binh", role=Role.SUPERVISOR, reason="vì")
            outcomes.append(to.value)
        except (Stale, NotAllowed):
            outcomes.append("refused")

    threads = [threading.Thread(target=decide, args=(to,)) for to in (S.ACCEPTED, S.WITHDRAWN, S.CAPTURING)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as c:
        final = states.state_of(c, batch_id)
        moved = [
            entry.detail["after"] for entry in journal.entries(c, f"batch:{batch_id}") if entry.action.startswith("batch.")
        ]
    assert moved[0] == final.value
    assert len(outcomes) == 3


def test_every_refusal_is_of_one_family() -> None:
    assert issubclass(NotAllowed, RecordsError)
    assert issubclass(Stale, RecordsError)


def _put(store: Store, batch_id: int, state: S) -> None:
    from batches import schema

    with store.write() as c:
        c.execute(schema.batch.update().where(schema.batch.c.id == batch_id).values(state=state.value))
