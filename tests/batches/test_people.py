import pytest

from batches import people
from batches.database import Store
from batches.errors import Exists, Invalid, NotFound
from batches.words import Role


def _account(store: Store, password: str = "mot-hai-ba-bon") -> None:
    with store.write() as c:
        people.add_account(c, "sohoa", "an", "Nguyễn Văn An", Role.OPERATOR, password)


def _try(store: Store, password: str, login: str = "an") -> bool:
    with store.write() as c:
        return people.check_password(c, login, password) is not None


def test_the_right_password_opens_and_no_other(store: Store) -> None:
    _account(store)
    assert _try(store, "mot-hai-ba-bon")
    assert not _try(store, "mot-hai-ba-bo")
    assert not _try(store, "mot-hai-ba-bon", "binh")


def test_passwords_and_tokens_are_nowhere_in_the_records(store: Store, tmp_path) -> None:  # type: ignore[no-untyped-def]
    _account(store, "mat-khau-that-bi-mat")
    with store.write() as c:
        _, token = people.add_archive(c, "sohoa", "Kho tỉnh")
    store.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"mat-khau-that-bi-mat" not in kept
    assert token.encode() not in kept
    assert b"$argon2id$" in kept


def test_five_wrong_passwords_lock_the_account_even_for_the_right_one(store: Store) -> None:
    _account(store)
    assert not any(_try(store, "sai") for _ in range(5))
    assert not _try(store, "mot-hai-ba-bon")
    with store.write() as c:
        people.set_password(c, "quantri", "an", "mat-khau-moi-tinh", must_change=True)
    assert _try(store, "mat-khau-moi-tinh")


def test_a_new_password_ends_every_other_log_in(store: Store) -> None:
    _account(store)
    with store.write() as c:
        before = people.find_account(c, "an")
        people.set_password(c, "an", "an", "mat-khau-moi-tinh", must_change=False)
        after = people.find_account(c, "an")
    assert before is not None
    assert after is not None
    assert after.generation == before.generation + 1


def test_a_locked_account_opens_to_nobody(store: Store) -> None:
    _account(store)
    with store.write() as c:
        people.set_active(c, "quantri", "an", False)
    assert not _try(store, "mot-hai-ba-bon")


@pytest.mark.parametrize("login", ["", "A", "an nguyễn", "../x", "1an", "a" * 60])
def test_a_log_in_name_is_short_and_plain(store: Store, login: str) -> None:
    with pytest.raises(Invalid), store.write() as c:
        people.add_account(c, "sohoa", login, "", Role.OPERATOR, "mot-hai-ba-bon")


def test_names_are_taken_once_and_short_passwords_refused(store: Store) -> None:
    _account(store)
    with pytest.raises(Exists):
        _account(store)
    with pytest.raises(Invalid), store.write() as c:
        people.set_password(c, "an", "an", "ngan", must_change=False)
    with pytest.raises(NotFound), store.write() as c:
        people.set_password(c, "an", "khong-co", "mat-khau-moi-tinh", must_change=False)


def test_one_time_passwords_differ_and_can_be_typed(store: Store) -> None:
    made = {people.one_time_password() for _ in range(200)}
    assert len(made) == 200
    assert all(len(one) == 19 and not set(one) & set("0O1lI") for one in made)


def test_a_renewed_token_ends_the_old_one(store: Store) -> None:
    with store.write() as c:
        archive_id, old = people.add_archive(c, "sohoa", "Kho tỉnh")
        new = people.renew_token(c, "sohoa", "Kho tỉnh")
        found = people.archive_by_token(c, new)
        assert people.archive_by_token(c, old) is None
    assert found is not None
    assert found.id == archive_id
