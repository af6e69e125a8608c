"""A reading with the words that people put right laid over it. The reading itself (text.json) stays the machine's; whoever
shows, proposes or delivers text takes it from here."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from batches.pages import Value
from batches.text_mends import Mend
from imaging import render
from imaging.values import Box, Line, PageText, Word
from station.geometry import geometry_of

SAME = 0.5
"""Share of the smaller of two boxes that they have in common where they are of one word: a new reading of a turned page moves
boxes by a few px, the neighbour on the line shares nothing."""
WIDER = 1.6
"""A read word so many times as wide as the mended place holds more than that word."""


def apply(
    text: PageText, mends: Sequence[Mend], values: Mapping[str, Value], size: tuple[int, int], dpi: tuple[float, float]
) -> PageText:
    """The reading with every mend at its place. ``values``: those it was read under; ``size``, ``dpi``: of the master."""
    return laid_over(text, placed(mends, values, size, dpi)) if mends else text


def placed(
    mends: Sequence[Mend], values: Mapping[str, Value], size: tuple[int, int], dpi: tuple[float, float]
) -> list[tuple[Box, Mend]]:
    """Each mend with its place in px of the page as it lies now."""
    geometry = geometry_of(size, values)
    return [(render.box_to_render(geometry, size, mend.box, dpi), mend) for mend in mends]


def laid_over(text: PageText, mends: Sequence[tuple[Box, Mend]]) -> PageText:
    """``mends``: with their boxes in px of the page as read, oldest first."""
    lines = [list(line.words) for line in text.lines]
    frames: list[Line] = list(text.lines)
    for box, mend in mends:
        if not _put_right(lines, box, mend) and mend.after:
            _put_in(lines, frames, box, mend)
    kept = [_with_words(frame, words) for frame, words in zip(frames, lines, strict=True) if words]
    return replace(text, lines=tuple(kept), note=text.note if kept else text.note or "no_text")


def _put_right(lines: list[list[Word]], box: Box, mend: Mend) -> bool:
    """Replace what was read at this place; False where nothing was."""
    hits = [(number, word) for number, words in enumerate(lines) for word in words if shared(word.box, box) >= SAME]
    if not hits:
        return False
    first, word = max(hits, key=lambda hit: _common(hit[1].box, box))
    if _width(word.box) > WIDER * _width(box) and len(hits) == 1:
        return _within(lines[first], word, mend)
    mine = [one for number, one in hits if number == first]
    at = lines[first].index(mine[0])
    raw = " ".join(one.raw or one.text for one in mine)
    lines[first][at : at + 1] = _words(mend.after, _around([one.box for one in mine]), raw)
    for one in mine[1:]:
        lines[first].remove(one)
    return True


def _within(words: list[Word], word: Word, mend: Mend) -> bool:
    """The machine ran several words into one: only the mended part of it is changed. True in any case: the place is taken."""
    if mend.before and mend.before in word.text:
        said = word.text.replace(mend.before, mend.after, 1).strip()
        words[words.index(word)] = replace(word, text=said, raw=word.raw or word.text)
    return True


def _put_in(lines: list[list[Word]], frames: list[Line], box: Box, mend: Mend) -> None:
    """A word where the machine reads none any more: into the line it stands on, or a line of its own."""
    middle = (box[1] + box[3]) / 2
    on = [number for number, frame in enumerate(frames) if frame.box[1] <= middle < frame.box[3]]
    made = _words(mend.after, box, mend.before)
    if on:
        words = lines[min(on, key=lambda number: _apart(frames[number].box, box))]  # the block it stands in or next to
        at = sum(word.box[0] < box[0] for word in words)
        words[at:at] = made
        return
    at = sum(frame.box[1] < box[1] for frame in frames)
    frames.insert(at, Line(tuple(made), box, (float(box[3]), 0.0)))
    lines.insert(at, made)


def _words(text: str, box: Box, raw: str) -> list[Word]:
    """Words typed into one place share its width by their letters."""
    parts = text.split()
    letters = sum(len(part) for part in parts) + len(parts) - 1
    made, begin = [], 0
    for part in parts:
        left, right = (box[0] + round(_width(box) * at / letters) for at in (begin, begin + len(part)))
        made.append(Word(part, (left, box[1], max(left + 1, right), box[3]), 1.0, raw if raw != part else ""))
        begin += len(part) + 1
    return made


def _with_words(frame: Line, words: list[Word]) -> Line:
    return Line(tuple(words), _around([frame.box, *(word.box for word in words)]), frame.baseline)


def _around(boxes: Sequence[Box]) -> Box:
    return min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)


def _width(box: Box) -> int:
    return box[2] - box[0]


def _apart(one: Box, two: Box) -> int:
    """px between two boxes across the page, 0 where one stands above the other."""
    return max(0, max(one[0], two[0]) - min(one[2], two[2]))


def _common(one: Box, two: Box) -> int:
    across, down = min(one[2], two[2]) - max(one[0], two[0]), min(one[3], two[3]) - max(one[1], two[1])
    return max(0, across) * max(0, down)


def shared(one: Box, two: Box) -> float:
    least = min(_width(box) * (box[3] - box[1]) for box in (one, two))
    return _common(one, two) / least if least > 0 else 0.0
