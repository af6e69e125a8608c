"""Builds ``official.model`` from official Vietnamese text. Run by hand: ``python -m imaging.language.build FOLDER``.

FOLDER holds ``*.txt`` or ``*.txt.xz``, one paragraph a line. The text itself is not part of the repository. The administrative
papers (files named ``hanh-chinh``) are nearer to what is scanned than the codified law and count more than once."""

import argparse
import lzma
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from imaging.language.model import BREAK, FILE, SPECIAL, UNKNOWN, Costs, Ids, Model, pack
from imaging.language.words import pieces

WEIGHTS = {"hanh-chinh": 3}
PHRASES = Path(__file__).with_name("phrases.txt")
PHRASES_WEIGHT = 40
"""How often the formulas of Party papers, the sixty years and common turns count, which the official text lacks."""
WORD_SEEN, PAIR_SEEN, TRIPLE_SEEN = 20, 3, 4
DISCOUNT = 0.75

HELD_OUT = 50
"""One paragraph in so many trains nothing: pages are set from them to measure the model on text it never saw."""

Shares = NDArray[np.float64]


def read_lines(path: Path, *, held_out: bool = False) -> Iterator[str]:
    """Paragraphs of one file, packed or not: those to train on, or those kept from training."""
    with lzma.open(path, "rt", encoding="utf-8") if path.suffix == ".xz" else path.open(encoding="utf-8") as lines:
        yield from (line for line in lines if path == PHRASES or is_held_out(line) is held_out)


def is_held_out(paragraph: str) -> bool:
    """Whether a paragraph is kept from training; by its own letters, so that files may grow or be put in another order."""
    return crc32(paragraph.strip().encode()) % HELD_OUT == 0


def sources(folder: Path) -> list[tuple[Path, int]]:
    """The text files with the number of times each counts."""
    found = sorted(chain(folder.glob("*.txt"), folder.glob("*.txt.xz")))
    if not found:
        raise SystemExit(f"{folder}: no *.txt or *.txt.xz here; name the folder that holds the official text")
    named = [(path, WEIGHTS.get(path.name.split(".")[0], 1)) for path in found]
    return [*named, (PHRASES, PHRASES_WEIGHT)]


def number_text(lines: Iterable[str], numbers: dict[str, int]) -> Ids:
    """Words as first-come numbers (``numbers`` grows), a sentence break before every line."""
    out: list[int] = []
    for line in lines:
        out.append(BREAK)
        out.extend(numbers.setdefault(piece, len(numbers)) for piece in pieces(line))
    return np.array(out, np.int64)


def rank_words(text: Ids, numbers: dict[str, int]) -> tuple[Ids, tuple[str, ...]]:
    """The text with words renumbered by frequency, rare ones as ``UNKNOWN``; and the vocabulary."""
    seen = np.bincount(text, minlength=len(numbers))
    seen[: len(SPECIAL)] = 0
    listed = [one for one in np.argsort(-seen, kind="stable") if seen[one] >= WORD_SEEN]
    names = list(numbers)
    ranks = np.full(len(numbers), UNKNOWN, np.int64)
    ranks[: len(SPECIAL)] = range(len(SPECIAL))
    ranks[listed] = np.arange(len(listed)) + len(SPECIAL)
    return ranks[text], (*SPECIAL, *(names[one] for one in listed))


def kept(keys: Ids, least: int) -> tuple[Ids, Ids]:
    """Different keys seen at least so often, ascending, with their counts."""
    unique, counts = np.unique(keys, return_counts=True)
    often = counts >= least
    return unique[often], counts[often]


def discounted(counts: Ids, context: Ids, totals: Ids) -> tuple[Shares, Shares]:
    """Share of each kept n-gram in its context after discounting, and what each context has left for the shorter one."""
    share = (counts - DISCOUNT) / totals[context]
    used = np.bincount(context, weights=share, minlength=len(totals))
    return share, np.maximum(1 - used, 1e-6)


def build(text: Ids, words: tuple[str, ...]) -> Model:
    """Counts, discounts and prunes. ``text``: word numbers in order."""
    size = len(words)
    single = np.bincount(text, minlength=size)
    unigram = (single + 0.5) / (single.sum() + 0.5 * size)
    keys2 = text[:-1] * size + text[1:]
    pairs, seen2 = kept(keys2, PAIR_SEEN)
    share2, left1 = discounted(seen2, pairs // size, np.maximum(single, 1))
    chance2 = share2 + left1[pairs // size] * unigram[pairs % size]
    place = np.searchsorted(pairs, keys2[:-1])
    place[place == len(pairs)] = 0
    known = pairs[place] == keys2[:-1]
    triples, seen3 = kept((place * size + text[2:])[known], TRIPLE_SEEN)
    share3, left2 = discounted(seen3, triples // size, np.maximum(seen2, 1))
    lower = _chance(pairs, chance2, left1, unigram, (pairs % size)[triples // size] * size + triples % size)
    chance3 = share3 + left2[triples // size] * lower
    return Model(words, _cost(unigram), _cost(left1), pairs, _cost(chance2), _cost(left2), triples, _cost(chance3))


def _chance(pairs: Ids, chance: Shares, left: Shares, unigram: Shares, keys: Ids) -> Shares:
    place = np.minimum(np.searchsorted(pairs, keys), len(pairs) - 1)
    size = len(unigram)
    loose = left[keys // size] * unigram[keys % size]
    chosen: Shares = np.where(pairs[place] == keys, chance[place], loose)
    return chosen


def _cost(chance: Shares) -> Costs:
    return (-np.log(np.clip(chance, 1e-12, 1))).astype(np.float32)


def main() -> None:
    """Command line."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("--out", type=Path, default=FILE)
    chosen = options.parse_args()
    numbers = {special: number for number, special in enumerate(SPECIAL)}
    texts = [np.tile(number_text(read_lines(path), numbers), times) for path, times in sources(chosen.folder)]
    text, words = rank_words(np.concatenate(texts), numbers)
    model = build(text, words)
    chosen.out.write_bytes(pack(model))
    sizes = Counter(words=len(words), pairs=len(model.pairs), triples=len(model.triples), bytes=chosen.out.stat().st_size)
    print(f"{len(text):,} words read; kept", ", ".join(f"{count:,} {name}" for name, count in sizes.items()))


if __name__ == "__main__":
    main()
