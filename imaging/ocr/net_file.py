"""Tesseract's language files (4 and 5, LSTM): the network's weights and its letters, as numpy arrays.

Format read from real files: a table of components with their places; the network as a tree of named layers, weights in one
byte with a scale a row (``tessdata_fast``, what distributions ship); letters as one code each."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

NET, LETTERS, CODES = 17, 21, 22
"""Components of the container that are needed here."""
_ROW_BYTES, _DOUBLE = 1, 128
_OWN_RATES = 64
_TREE = ("Series", "Parallel", "RTLReversed", "TTBReversed", "XYTranspose")
_SHAPE = ("Input", "Series", "Maxpool", "XYTranspose", "LSTM", "RTLReversed", "LSTM", "Softmax")


class NotReadable(Exception):
    """The file holds no network of the shape known here; Tesseract itself may read it all the same."""


class Cell(NamedTuple):
    """An LSTM: gates in the order tanh, input, forget, output; the three last halved (see ``network``).
    ``into``: (4, inputs, n), ``back``: (4, n, n), ``bias``: (4, n)."""

    into: Floats
    back: Floats
    bias: Floats


@dataclass(frozen=True)
class Network:
    """``height``: px of a line. ``filters``: (n, 10), 3 by 3 px column by column, then the bias. ``columns``: reads each column
    top to bottom; ``there``, ``home``, ``last``: along the line, right, left, right. ``out``: (codes, n + 1).
    ``letters``: text of each code, empty for none; ``blank``: the code of no letter."""

    height: int
    filters: Floats
    columns: Cell
    there: Cell
    home: Cell
    last: Cell
    out: Floats
    letters: tuple[str, ...]
    blank: int

    @cached_property
    def texts(self) -> NDArray[np.object_]:
        """``letters``, to look many up at once."""
        return np.array(self.letters, object)

    @cached_property
    def speaks(self) -> NDArray[np.bool_]:
        """For each code, whether it is a letter or a blank between words."""
        found = self.texts != ""
        found[self.blank] = False
        return cast(NDArray[np.bool_], found)

    @cached_property
    def silent(self) -> NDArray[np.int_]:
        """The codes of no letter, ``blank`` among them."""
        return np.flatnonzero(self.texts == "")


@cache
def load_network(path: Path) -> Network:
    """The network of a language file, once in a process. Raises ``NotReadable``, ``OSError``."""
    try:
        parts = _components(path.read_bytes())
        tree, blank = _network(_Bytes(parts[NET]))
        return _assembled(tree, _letters(parts[LETTERS], parts[CODES]), blank)
    except (KeyError, IndexError, ValueError, OverflowError, MemoryError, RecursionError, struct.error) as strange:
        raise NotReadable(f"{path}: {strange}") from strange


def _components(data: bytes) -> dict[int, bytes]:
    count = struct.unpack_from("<I", data)[0]
    places = struct.unpack_from(f"<{count}q", data, 4)
    ends = sorted({*(place for place in places if place >= 0), len(data)})
    return {number: data[place : ends[ends.index(place) + 1]] for number, place in enumerate(places) if 0 <= place < len(data)}


class _Bytes:
    """Little-endian values one after another."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def one(self, form: str) -> Any:
        return self.many(form)[0]

    def many(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + form, self._data, self._at)
        self._at += struct.calcsize("<" + form)
        return values

    def array(self, kind: Any, count: int) -> NDArray[Any]:
        found = np.frombuffer(self._data, kind, count, self._at)
        self._at += found.nbytes
        return found

    def text(self) -> str:
        return bytes(self.array(np.uint8, self.one("I"))).decode()


@dataclass(frozen=True)
class _Layer:
    kind: str
    inputs: int
    inner: tuple["_Layer", ...] = ()
    weights: tuple[Floats, ...] = ()
    numbers: tuple[int, ...] = ()


def _network(source: _Bytes) -> tuple[_Layer, int]:
    """The tree and the code of no letter."""
    tree = _layer(source)
    source.text()  # the network's own description
    source.many("iii")  # training flags and counts
    return tree, int(source.one("i"))


def _layer(source: _Bytes) -> _Layer:
    if source.one("b") != 0:
        raise ValueError("a layer of an older format")
    kind = source.text()
    source.many("bb")
    flags, inputs, _, _ = source.many("iiii")
    source.text()
    if kind in _TREE:
        inner = tuple(_layer(source) for _ in range(source.one("I")))
        if flags & _OWN_RATES:
            source.array(np.float32, source.one("I"))
        return _Layer(kind, inputs, inner)
    return _leaf(kind, inputs, source)


def _leaf(kind: str, inputs: int, source: _Bytes) -> _Layer:
    if kind == "Input":
        return _Layer(kind, inputs, numbers=source.many("iiiii"))
    if kind in ("Convolve", "Maxpool"):
        return _Layer(kind, inputs, numbers=source.many("ii"))
    if kind in ("LSTM", "SummLSTM"):
        source.one("i")
        return _Layer(kind, inputs, weights=tuple(_matrix(source) for _ in range(4)))
    if kind in ("Tanh", "Softmax"):
        return _Layer(kind, inputs, weights=(_matrix(source),))
    raise ValueError(f"a layer called {kind}")


def _matrix(source: _Bytes) -> Floats:
    """Weights in one byte times their row's scale; the last of each row stands for a constant one."""
    if source.one("B") & (_ROW_BYTES | _DOUBLE) != _ROW_BYTES | _DOUBLE:
        raise ValueError("weights that are not kept in one byte")
    rows, columns = source.many("ii")
    source.one("b")
    small = source.array(np.int8, rows * columns).reshape(rows, columns)
    scale = source.array(np.float64, source.one("I"))
    return cast(Floats, (small * scale[:, None]).astype(np.float32))


def _letters(listed: bytes, coded: bytes) -> tuple[str, ...]:
    """Text of each code. Code 0 is the blank between words, called NULL in the list."""
    source = _Bytes(coded)
    codes = []
    for _ in range(source.one("I")):
        source.one("b")
        code = source.many(f"{source.one('I')}i")
        if len(code) != 1:
            raise ValueError("letters of several codes")
        codes.append(code[0])
    names = [line.split(" ", 1)[0] for line in listed.decode().split("\n")[1:]]
    texts = [""] * (max(codes) + 1)
    for code, name in reversed(list(zip(codes, names, strict=False))):
        texts[code] = {"NULL": " ", "Joined": "", "|Broken|0|1": ""}.get(name, name)
    return tuple(texts)


def _assembled(tree: _Layer, letters: tuple[str, ...], blank: int) -> Network:
    layers = tree.inner
    if tuple(layer.kind for layer in layers) != _SHAPE:
        raise ValueError("a network of another shape")
    first, filters = layers[1].inner
    down, home = layers[3].inner[0], layers[5].inner[0]
    known = (first.kind, filters.kind, down.kind, home.kind) == ("Convolve", "Tanh", "SummLSTM", "LSTM")
    if not known or first.numbers != (1, 1) or layers[2].numbers != (3, 3) or layers[0].numbers[3] != 1:
        raise ValueError("a network of another shape")
    cells = _cell(down), _cell(layers[4]), _cell(home), _cell(layers[6])
    out = layers[7].weights[0]
    padded = (*letters, *("" for _ in range(len(out) - len(letters))))
    return Network(int(layers[0].numbers[1]), filters.weights[0], *cells, out, padded, blank)


def _cell(layer: _Layer) -> Cell:
    weights = np.stack(list(_halved(layer.weights))).swapaxes(1, 2)  # gate, value, of the state
    into, back, bias = weights[:, : layer.inputs], weights[:, layer.inputs : -1], weights[:, -1]
    return Cell(np.ascontiguousarray(into), np.ascontiguousarray(back), bias.copy())


def _halved(gates: tuple[Floats, ...]) -> Iterator[Floats]:
    """A logistic gate is half a tanh of half its input, and a half: one function serves all four."""
    yield gates[0]
    yield from (gate / np.float32(2) for gate in gates[1:])
