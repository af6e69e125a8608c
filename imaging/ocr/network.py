"""Tesseract's line network, worked out for many lines at once.

Tesseract takes a line and a step at a time, a matrix times one vector each. Here the lines of a page go side by side, so that
every step is one matrix product: the same weights, the same answers, a third of the processor time (docs/bench-convert.md)."""

import os
from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from typing import cast

import numpy as np
from numpy.typing import NDArray

from imaging.ocr.net_file import Cell, Floats, Network

POOL = 3
"""Px of a line that make one step, across and down."""
MOST_STEPS = 12_000
"""Steps of lines taken together: some 40 MB of work space. A full page has about ten thousand."""
CHUNK = 512
"""Steps worked out on end: what is between two stages then stays in the processor's cache."""


class LateError(Exception):
    """Time ran out between two groups of lines."""


def one_thread() -> None:
    """For the products here: workers share the cores already, more threads only wait for each other. Most processes are told
    so when they start."""
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1":
        from threadpoolctl import threadpool_limits  # noqa: PLC0415 - a fiftieth of a second

        threadpool_limits(1, "blas")


def recognise(network: Network, lines: Sequence[Floats], late: Callable[[], bool] = lambda: False) -> list[Floats]:
    """For each line (``network.height`` rows, width a multiple of 3; dark -1, light 1) the log-probability of every code at
    each step: float32 (width / 3, codes). Raises ``LateError`` when ``late()`` says so between groups."""
    order = sorted(range(len(lines)), key=lambda number: -lines[number].shape[1])
    found: list[Floats | None] = [None] * len(lines)
    for group in _groups([lines[number].shape[1] // POOL for number in order]):
        if late():
            raise LateError
        numbers = order[group]
        for number, one in zip(numbers, _together(network, [lines[number] for number in numbers]), strict=True):
            found[number] = one
    return cast(list[Floats], found)


def _groups(steps: Sequence[int]) -> list[slice]:
    """Equal shares of at most ``MOST_STEPS``, longest lines first: neighbours in a group are of like length."""
    share = sum(steps) / max(1, -(-sum(steps) // MOST_STEPS))
    groups, first, held = [], 0, 0
    for number, one in enumerate(steps):
        if held and held + one > share * 1.05:
            groups.append(slice(first, number))
            first, held = number, 0
        held += one
    return [*groups, slice(first, len(steps))] if steps else []


def _chunks(count: int) -> Iterator[slice]:
    return (slice(first, min(first + CHUNK, count)) for first in range(0, count, CHUNK))


def _together(network: Network, lines: Sequence[Floats]) -> list[Floats]:
    steps = np.array([line.shape[1] // POOL for line in lines])
    active = (steps[:, None] > np.arange(steps[0])).sum(axis=0)
    starts = np.cumsum(steps) - steps
    packed = np.concatenate([starts[:count] + step for step, count in enumerate(active)])
    seen = _columns(network, lines)[packed]  # step by step, the lines that are so long side by side
    for cell, backward in ((network.there, False), (network.home, True), (network.last, False)):
        seen = _along(cell, seen, active, backward=backward)
    scores = np.empty((len(seen), len(network.out)), np.float32)
    for some in _chunks(len(seen)):
        scores[packed[some]] = _log_softmax(seen[some], network.out)
    return [scores[start : start + count] for start, count in zip(starts, steps, strict=True)]


# --- a column of px to a vector --------------------------------------------------------------------------------------


def _columns(network: Network, lines: Sequence[Floats]) -> Floats:
    """Every column of every line as one vector, lines one after another."""
    strip, kept = _side_by_side(lines)
    weights = _all_weights(network.columns)
    rows, count = network.height // POOL, len(kept)
    found = np.empty((count, network.columns.back.shape[-1]), np.float32)
    for some in _chunks(count):
        first, last = some.start, some.stop
        pooled = _pooled(network.filters, _neighbourhoods(strip, rows, first, last))
        pooled += network.filters[:, -1:]  # the largest first, then the bias and tanh: both keep the order
        np.tanh(pooled, out=pooled)
        found[first:last] = _down(weights, pooled.reshape(-1, rows, last - first)).T
    return found[kept]


def _side_by_side(lines: Sequence[Floats]) -> tuple[Floats, NDArray[np.bool_]]:
    """All lines in one strip with a border of zeros, parted by one empty column of steps, and which steps are lines'."""
    steps = [line.shape[1] // POOL + 1 for line in lines]
    strip = np.zeros((lines[0].shape[0] + 2, POOL * sum(steps) + 2), np.float32)
    kept = np.ones(sum(steps), np.bool_)
    at = 0
    for line, count in zip(lines, steps, strict=True):
        strip[1:-1, 1 + POOL * at : 1 + POOL * at + line.shape[1]] = line
        at += count
        kept[at - 1] = False
    return strip, kept


def _pooled(filters: Floats, around: Floats) -> Floats:
    """The largest answer of each 3 by 3 filter within each pool; ``around``: its 5 by 5 px, row by row: (5, 5, pools)."""
    weights = filters[:, :-1].reshape(-1, POOL, POOL).swapaxes(1, 2).reshape(-1, POOL * POOL)  # kept column by column
    places = (around[y : y + POOL, x : x + POOL] for y in range(POOL) for x in range(POOL))
    return cast(Floats, reduce(np.maximum, (weights @ place.reshape(POOL * POOL, -1) for place in places)))


def _neighbourhoods(strip: Floats, rows: int, first: int, last: int) -> Floats:
    """The 5 by 5 px around every pool of some steps: (5, 5, rows * steps)."""
    side, count = POOL + 2, last - first
    found = np.empty((side, side, rows, count), np.float32)
    for y in range(side):
        for x in range(side):
            at = POOL * first + x
            found[y, x] = strip[y : y + POOL * (rows - 1) + 1 : POOL, at : at + POOL * (count - 1) + 1 : POOL]
    return found.reshape(side, side, -1)


def _all_weights(cell: Cell) -> Floats:
    """What stands before inputs, state and a constant one, gate after gate: (4 n, inputs + n + 1)."""
    joined = np.concatenate([cell.into, cell.back, cell.bias[:, None]], axis=1)
    return joined.swapaxes(1, 2).reshape(-1, joined.shape[1])


def _down(weights: Floats, seen: Floats) -> Floats:
    """The state (n, columns) after reading each column top to bottom; ``seen``: (values, rows, columns)."""
    inputs, rows, count = seen.shape
    size = len(weights) // 4
    joined = np.zeros((inputs + size + 1, count), np.float32)
    joined[-1] = 1
    memory, gates = np.zeros((size, count), np.float32), np.empty((4, size, count), np.float32)
    state = joined[inputs : inputs + size]
    for row in range(rows):
        joined[:inputs] = seen[:, row]
        np.matmul(weights, joined, out=gates.reshape(-1, count))
        _step(gates, memory, state)
    return state


# --- along the lines -------------------------------------------------------------------------------------------------


def _along(cell: Cell, seen: Floats, active: NDArray[np.int_], *, backward: bool) -> Floats:
    """The state after every step; ``active``: lines that reach it, the longest first."""
    size, most = cell.back.shape[-1], int(active[0])
    state, memory = (np.zeros((most, size), np.float32) for _ in range(2))
    gates = np.empty((4, most, size), np.float32)
    found = np.empty((len(seen), size), np.float32)
    ends = np.cumsum(active).tolist()
    steps = range(len(active))
    fed: Floats | None = None
    low = high = 0
    for step in reversed(steps) if backward else steps:
        last = ends[step]
        first = ends[step - 1] if step else 0
        count = last - first
        if fed is None or not low <= first <= last <= high:
            low, high = (max(0, last - 4 * CHUNK), last) if backward else (first, min(len(seen), first + 4 * CHUNK))
            low, high = min(low, first), max(high, last)
            fed = seen[low:high] @ cell.into
            fed += cell.bias[:, None]
        now = gates[:, :count]
        np.matmul(state[:count], cell.back, out=now)
        now += fed[:, first - low : last - low]
        _step(now, memory[:count], state[:count])
        found[first:last] = state[:count]
    return found


def _step(gates: Floats, memory: Floats, state: Floats) -> None:
    """One step of an LSTM, in place. ``gates``: (4, …), each of the shape of ``memory`` and ``state``."""
    np.tanh(gates, out=gates)
    fresh, taken, kept, shown = gates
    logistic = gates[1:]
    logistic *= 0.5
    logistic += 0.5
    memory *= kept
    fresh *= taken
    memory += fresh
    np.tanh(memory, out=state)
    state *= shown


def _log_softmax(seen: Floats, weights: Floats) -> Floats:
    scores = seen @ weights[:, :-1].T
    scores += weights[:, -1]
    scores -= scores.max(axis=1, keepdims=True)
    scores -= np.log(np.exp(scores).sum(axis=1, keepdims=True))
    return cast(Floats, scores)
