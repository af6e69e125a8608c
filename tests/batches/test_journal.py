import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from batches import journal
from batches.database import Store
from batches.errors import JournalBroken


def _write(store: Store, count: int) -> None:
    for number in range(count):
        with store.write() as c:
            journal.append(c, "an", "page.blank", f"batch:1/page:{number}", None, True, note="đã xem")


def test_the_chain_verifies_and_says_how_long_it_is(store: Store) -> None:
    _write(store, 20)
    with store.read() as c:
        assert journal.verify(c) == 20
        assert journal.head(c)[0] == 20


@pytest.mark.parametrize("statement", ["UPDATE journal SET actor='x' WHERE seq=3", "DELETE FROM journal WHERE seq=3"])
def test_the_records_refuse_to_change_or_remove_an_entry(store: Store, statement: str) -> None:
    _write(store, 5)
    with pytest.raises(IntegrityError, match="append-only"), store.write() as c:
        c.execute(text(statement))


@pytest.mark.parametrize(
    ("statement", "seq"),
    [
        ("UPDATE journal SET detail='{}' WHERE seq=3", 3),
        ("UPDATE journal SET actor='x' WHERE seq=1", 1),
        ("DELETE FROM journal WHERE seq=4", 4),
        ("UPDATE journal SET hash=(SELECT hash FROM journal WHERE seq=1) WHERE seq=2", 2),
    ],
)
def test_an_edit_behind_the_records_back_is_found_where_it_was_made(
    store: Store, tmp_path: Path, statement: str, seq: int
) -> None:
    _write(store, 6)
    raw = sqlite3.connect(tmp_path / "records.db")
    raw.executescript("DROP TRIGGER journal_no_update; DROP TRIGGER journal_no_delete;" + statement + ";")
    raw.close()
    with store.read() as c, pytest.raises(JournalBroken) as broken:
        journal.verify(c)
    assert broken.value.facts["seq"] == seq


def test_a_failed_transaction_leaves_no_entry(store: Store) -> None:
    with pytest.raises(RuntimeError), store.write() as c:
        journal.append(c, "an", "x", "batch:1")
        raise RuntimeError
    with store.read() as c:
        assert journal.head(c) == (0, journal.FIRST)


def test_extracted_entries_can_be_hashed_again(store: Store) -> None:
    _write(store, 3)
    with store.read() as c:
        entries = list(journal.extract(c, "batch:1"))
    assert [journal.digest_of(entry) for entry in entries] == [entry["hash"] for entry in entries]
    assert journal.digest_of({**entries[0], "actor": "khác"}) != entries[0]["hash"]


def test_the_story_of_batch_1_is_not_that_of_batch_12(store: Store) -> None:
    with store.write() as c:
        journal.append(c, "an", "a", "batch:1")
        journal.append(c, "an", "b", "batch:12")
        journal.append(c, "an", "c", "batch:1/page:4")
    with store.read() as c:
        assert [entry.action for entry in journal.entries(c, "batch:1")] == ["c", "a"]
