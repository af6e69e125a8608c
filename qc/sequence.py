"""The page numbers a batch should have had: the likeliest story behind what was read off the pages (QUALITY 2.17).

A Viterbi walk over the images. Each image has a true number; the story pays for restarts, for gaps, for going back and for
every number that was read otherwise. Page 1 of a document bears no number (NĐ 30/2020/NĐ-CP), and recognition errs: one
misreading among good numbers makes no gap, because the numbers after it would have to go back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

GAP, RESTART, BACK = 1.4, 1.0, 4.0
MISREAD, UNREAD = 1.5, 0.3
KNOWN_START = -0.5
HIGHEST = 400
"""Numbers above this are dates, codes or file numbers."""


@dataclass(frozen=True, slots=True)
class Jump:
    """Between images ``before`` and ``after`` (indices) the numbers go from ``last`` to ``following``. ``witnesses``: how many
    images from the break on were read as this story has it."""

    before: int
    after: int
    last: int
    following: int
    witnesses: int

    @property
    def back(self) -> bool:
        """The numbers fall."""
        return self.following <= self.last

    @property
    def missing(self) -> tuple[int, ...]:
        """Numbers in between; none when the numbers fall."""
        return () if self.back else tuple(range(self.last + 1, self.following))


@dataclass(frozen=True, slots=True)
class Story:
    """``jumps``: breaks of the numbering. ``shuffled``: runs of images (indices) that bear each other's numbers."""

    jumps: tuple[Jump, ...]
    shuffled: tuple[tuple[int, ...], ...]


Read = Sequence[int | None]


def story(read: Read, starts: Sequence[bool | None] | None = None) -> Story:
    """What the numbers tell. ``read``: the number on each image in order, None = none found. ``starts``: True where an image
    is known to begin a document, False where it is known not to, None = unknown."""
    known = [number for number in read if number is not None and 0 < number <= HIGHEST]
    if len(known) < 2:
        return Story((), ())
    fallen = _falling(read)
    if fallen:
        return Story((), (fallen,))
    begins = list(starts) if starts is not None else [None] * len(read)
    numbers = _likeliest(read, begins, min(HIGHEST, max(known)) + len(read))
    return Story(tuple(_jumps(numbers, begins, read)), tuple(_shuffled(numbers, read)))


def _falling(read: Read) -> tuple[int, ...]:
    """The images, when most neighbours count down: the stack was fed from its back."""
    known = [(at, number) for at, number in enumerate(read) if number is not None]
    down = [one[1] - other[1] == other[0] - one[0] for one, other in pairwise(known)]
    return tuple(at for at, _ in known) if len(known) >= 4 and sum(down) > 0.6 * len(down) else ()


def _jumps(numbers: Sequence[int], begins: Sequence[bool | None], read: Read) -> Iterator[Jump]:
    for at, (one, other) in enumerate(pairwise(numbers)):
        if other != one + 1 and not _is_restart(other, begins[at + 1]):
            seen = _witnesses(at + 1, numbers, read)
            if seen:
                yield Jump(at, at + 1, one, other, seen)


def _witnesses(after: int, numbers: Sequence[int], read: Read) -> int:
    seen = 0
    for at in range(after, len(numbers)):
        if numbers[at] - at != numbers[after] - after:
            break
        seen += read[at] == numbers[at]
    return seen


def _shuffled(numbers: Sequence[int], read: Read) -> Iterator[tuple[int, ...]]:
    """Runs read otherwise than the story has it, whose numbers are the story's own in another order."""
    run: list[int] = []
    for at in range(len(read) + 1):
        number = read[at] if at < len(read) else None
        if number is not None and number != numbers[at]:
            run.append(at)
            continue
        if len(run) > 1 and sorted(numbers[one] for one in run) == sorted(read[one] or 0 for one in run):
            yield tuple(run)
        run = []


def _is_restart(number: int, begins: bool | None) -> bool:
    return number == 1 and begins is not False


def _likeliest(read: Read, begins: Sequence[bool | None], highest: int) -> list[int]:
    """The true number of every image, 1..``highest``."""
    cost = _seen(read[0], highest)
    came: list[NDArray[np.intp]] = []
    for number, start in zip(read[1:], begins[1:], strict=True):
        step, origin = _steps(cost, start)
        came.append(origin)
        cost = step + _seen(number, highest)
    path = [int(cost.argmin())]
    for origin in reversed(came):
        path.append(int(origin[path[-1]]))
    return [at + 1 for at in reversed(path)]


def _seen(number: int | None, highest: int) -> NDArray[np.float64]:
    """What each true number pays for what was read; page 1 rightly bears none."""
    if number is None or not 0 < number <= highest:
        paid = np.full(highest, UNREAD)
        paid[0] = 0.0
        return paid
    paid = np.full(highest, MISREAD)
    paid[number - 1] = 0.0
    return paid


def _steps(cost: NDArray[np.float64], start: bool | None) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Cheapest way to every number from the image before, and where it came from."""
    size = len(cost)
    upto = np.minimum.accumulate(cost)
    upto_at = _running_argmin(cost)
    step, origin = np.full(size, cost.min() + BACK), np.full(size, int(cost.argmin()), np.intp)
    _improve(step, origin, np.concatenate([[np.inf], upto[:-1] + GAP]), np.concatenate([[0], upto_at[:-1]]))
    _improve(step, origin, np.concatenate([[np.inf], cost[:-1]]), np.arange(-1, size - 1))
    first = cost.min() + (KNOWN_START if start else RESTART if start is None else BACK)
    if first < step[0]:
        step[0], origin[0] = first, int(cost.argmin())
    return step, origin


def _running_argmin(cost: NDArray[np.float64]) -> NDArray[np.intp]:
    lowest = np.minimum.accumulate(cost)
    new = np.concatenate([[True], lowest[1:] < lowest[:-1]])
    return np.maximum.accumulate(np.where(new, np.arange(len(cost)), 0))


def _improve(step: NDArray[np.float64], origin: NDArray[np.intp], other: NDArray[np.float64], came: NDArray[np.intp]) -> None:
    better = other < step
    step[better], origin[better] = other[better], came[better]
