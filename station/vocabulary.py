"""The house's own vocabulary: what people confirmed, learned from the records and kept as one file beside them, for the workers
that read. The records are the truth; the file can be made anew at any time."""

import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from batches import text_mends, wishes
from batches.errors import NotAllowed
from batches.text_mends import LEARN, Confirmed
from batches.words import Role
from imaging.language import Confirmed as Said
from imaging.language import Learned, learn
from station.house import Actor, House

NAME = "vocabulary.json.xz"
PAUSE_SECONDS = 30.0
"""Every worker takes a new vocabulary into its model, which costs it a part of a second: not after every word."""


@dataclass(frozen=True, slots=True)
class VocabularyView:
    """``words``: different words the house knows from people; ``acts_on``: misreadings put right by themselves by now."""

    words: int
    acts_on: int
    listed: tuple[Confirmed, ...]


def path_of(house: House) -> Path:
    return house.folders.root / NAME


def step(house: House, pause: float = 0.0) -> bool:
    """Learn anew where anything changed, but not within ``pause`` seconds of the last time; True when it was done."""
    path = path_of(house)
    if path.is_file() and time.time() - path.stat().st_mtime < pause:
        return False
    with house.store.read() as connection:
        if not wishes.wanted(connection, LEARN):
            return False
    with house.store.write() as connection:
        wishes.settle(connection, LEARN)  # first: what comes meanwhile asks again
        said = text_mends.to_learn(connection)
    _learn(said).save(path)
    return True


def _learn(mends: list[text_mends.Mend]) -> Learned:
    return learn(Said(one.before, one.after, one.context.get("left", ""), one.context.get("right", "")) for one in mends)


def current(path: str) -> Learned | None:
    """What workers read with; read again once the file has changed, None where nothing was learned or the file is damaged."""
    try:
        stamp = Path(path).stat().st_mtime_ns
    except OSError:
        return None
    return _loaded(path, stamp)


@lru_cache(maxsize=1)
def _loaded(path: str, _stamp: int) -> Learned | None:
    try:
        return Learned.load(Path(path)) or None
    except ValueError:  # reading goes on without it; the next confirmed word writes it anew
        return None


def view(house: House) -> VocabularyView:
    """For the administrator's page."""
    with house.store.read() as connection:
        listed = text_mends.confirmed(connection)
        known = _learn(text_mends.to_learn(connection))
    acts = sum(1 for one in listed if one.learned and one.before != one.after and _acts(known, one))
    return VocabularyView(len(known.words), acts, tuple(listed))


def _acts(known: Learned, one: Confirmed) -> bool:
    return bool(known.put_right(one.before))


def forget(house: House, actor: Actor, before: str, after: str, *, undo: bool = False) -> None:
    """An administrator strikes a pair, or takes it in again; pages keep their words. Raises NotAllowed."""
    if actor.role is not Role.ADMINISTRATOR:
        raise NotAllowed(what="role", state=actor.role.value, to="vocabulary")
    with house.store.write() as connection:
        text_mends.forget(connection, actor.login, before, after, undo=undo)
