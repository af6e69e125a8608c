"""Proof that an access copy still shows what the master shows: seals and signatures, and for a compact copy every stroke and
every word."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from imaging import ink_guard, pdfa, render, seals
from imaging.pdfa.left_over import FAINT
from imaging.prepare import PAPER, WORK_DPI, Prepared, Window
from imaging.values import Box, Geometry, PageText, Raster, Word, meet

LEAST_PRESENT = 0.65
"""Share of a seal's red, or a signature's vivid colour, that a copy must keep. At JPEG quality 50 real seals keep 0.95 and
more, pen strokes 0.97, thin blue print of 6 pt 0.94 (0.77 where it was turned by two degrees); a stage that bleaches colour by
half leaves less than 0.6."""

FINER = (75, 92)
"""JPEG qualities tried where a seal or signature fades in the first."""

VIVID, VIVID_MM2, GRAIN = 45, 4.0, 12
"""8-bit Lab chroma of a pen or stamp (real ones: 60 to 170; the rims of black print: up to 42), how much of it, mm², a
signature has at least, and what the grain of paper reaches."""

TEXT_LOSS = 0.002
"""How much more of the surely read text a compact copy may spoil than the standard copy does, 0..1 (QUALITY 4)."""
SURE = 0.80
"""Confidence from which a word of the master is evidence: what is unsure reads differently after any change."""

MOST_TONED = 12
"""Words put in continuous tone for a second try; a copy that spoils more is no good."""

Plane = NDArray[np.float32]
Why = Literal["", "mode", "small", "picture", "ink", "seal", "text", "unread", "larger"]
"""Why a page is not compact; empty: it is."""
Read = Callable[[Raster], PageText]


@dataclass(frozen=True, slots=True)
class Original:
    """What a copy is held against. ``shown``: the master as placed; ``stamps``, ``strokes``: in px of the master."""

    shown: Raster
    master: Prepared
    placed: Geometry
    stamps: Sequence[Box] = field(default=())
    strokes: Sequence[Box] = field(default=())


def compacted(original: Original, standard: pdfa.PageImage, text: PageText | None, read: Read) -> tuple[pdfa.PageImage, Why]:
    """The compact copy where it is proved to show all that the standard copy shows, else the standard copy and why. Where it
    spoils a few words, it is made again with these in continuous tone, and proved again.

    ``text``: the reading of ``original.shown`` by ``read``; None: nobody read it, and then nothing is proved."""
    if text is None:
        return standard, "unread"
    prepared = Prepared(original.shown)
    toned: tuple[Box, ...] = ()
    for _ in range(2):
        try:
            image = pdfa.compact(original.shown, prepared, toned)
        except pdfa.NotCompact as no:
            return standard, no.why
        if len(image.data) >= len(standard.data):
            return standard, "larger"
        why, toned = _lacks(original, prepared, image, standard, text, read)
        if not 0 < len(toned) <= MOST_TONED:
            break
    return (standard, why) if why else (image, "")


def _lacks(original: Original, prepared: Prepared, image: pdfa.PageImage, standard: pdfa.PageImage, text: PageText,
           read: Read) -> tuple[Why, tuple[Box, ...]]:  # fmt: skip
    """What the compact copy does not show well enough, cheap proofs first; and the words it spoils, if it is they."""
    shown = original.shown
    copy = Raster(pdfa.decode(image), shown.dpi, shown.mode)
    if ink_lost(prepared, copy):
        return "ink", ()
    if present(original.master, Prepared(copy), original.placed, original.stamps, original.strokes) < LEAST_PRESENT:
        return "seal", ()
    reading = read(copy) if text.words else text
    return ("text", lost_boxes(text, reading)) if _spoils(text, reading, standard, shown, read) else ("", ())


def _spoils(text: PageText, compact: PageText, standard: pdfa.PageImage, shown: Raster, read: Read) -> bool:
    """The standard copy is read only where the compact one is not faultless."""
    lost = text_lost(text, compact)
    if lost <= TEXT_LOSS:
        return False
    usual = np.ascontiguousarray(np.rot90(pdfa.decode(standard), -standard.turn // 90))
    return lost - text_lost(text, read(Raster(usual, shown.dpi, shown.mode))) > TEXT_LOSS


def ink_lost(prepared: Prepared, copy: Raster) -> bool:
    """Whether ``copy`` lacks a stroke of the page, or a dot as dark as print; paler dust may be smoothed away."""
    across, down = prepared.scale
    for x0, y0, x1, y1 in ink_guard.compare(prepared.raster, copy, prepared=prepared).boxes:
        inside = prepared.ratio[int(y0 * down) : int(np.ceil(y1 * down)), int(x0 * across) : int(np.ceil(x1 * across))]
        size = max(x1 - x0, y1 - y0) / prepared.raster.px_per_mm()
        if size > ink_guard.SPECK_MM or (inside.size and inside.min() < FAINT * PAPER):
            return True
    return False


def text_lost(truth: PageText, other: PageText) -> float:
    """Share of the letters and figures of ``truth``'s sure words that ``other`` does not have, wherever it has them: the order
    of columns may change. A word read otherwise loses what it has over the most alike odd word, or two that stand together."""
    said = [_letters(word) for word in other.words]
    want, got = Counter(_letters(word) for word in truth.words if word.confidence >= SURE), Counter(said)
    odd = set(got - Counter(_letters(word) for word in truth.words))
    pairs = {one + two for one, two in pairwise(said) if one in odd or two in odd}
    every = sum(len(word) * times for word, times in want.items())
    return sum(_wrong(word, odd | pairs) for word in (want - got).elements()) / every if every else 0.0


def lost_boxes(truth: PageText, other: PageText) -> tuple[Box, ...]:
    """The places of ``truth``'s sure words that ``other`` has not there."""
    there = [(_letters(word), word.box) for word in other.words]
    sure = ((_letters(word), word.box) for word in truth.words if word.confidence >= SURE)
    return tuple(box for said, box in sure if said and not any(said == one and meet(box, at) for one, at in there))


def _wrong(word: str, odd: Collection[str]) -> int:
    """Letters of ``word`` that its most alike word among ``odd`` does not have."""
    alike = (SequenceMatcher(None, word, other, autojunk=False).get_matching_blocks() for other in odd)
    return len(word) - max((sum(block.size for block in blocks) for blocks in alike), default=0)


def _letters(word: Word) -> str:
    return "".join(one for one in word.text if one.isalnum())


def encode(
    shown: Raster, master: Prepared, placed: Geometry, stamps: Sequence[Box], strokes: Sequence[Box], quality: int
) -> tuple[pdfa.PageImage, float]:
    """The coded access copy and the share of its seals and signatures that it still shows; coded finer where it shows too
    little. ``shown``: the master as placed; ``stamps``, ``strokes``: in px of the master."""
    share = 1.0
    for finer in (quality, *FINER):
        image = pdfa.encode(shown, max(finer, quality))
        if stamps or strokes:
            copy = Prepared(_as_read(image, shown))
            share = present(master, copy, placed, stamps, strokes)
        if share >= LEAST_PRESENT:
            break
    return image, share


def _as_read(image: pdfa.PageImage, shown: Raster) -> Raster:
    """The copy as a reader will see it, half as fine where that is still as fine as colour is looked at."""
    if image.codec == "jpeg" and min(shown.dpi) >= 2 * WORK_DPI * 0.99:
        return Raster(pdfa.decode_half(image), (shown.dpi[0] / 2, shown.dpi[1] / 2), shown.mode)
    return Raster(pdfa.decode(image), shown.dpi, shown.mode)


def present(master: Prepared, copy: Prepared, placed: Geometry, stamps: Sequence[Box], strokes: Sequence[Box]) -> float:
    """The worst share, 1.0 where there is nothing to keep. ``stamps``: seals, ``strokes``: signatures, in px of the master."""
    shares = [1.0]
    if stamps:
        reds = seals.redness(master), seals.redness(copy)
        shares += [_red_share(reds, master, copy, placed, box) for box in stamps]
    shares += [_coloured_share(master, copy, placed, box) for box in strokes]
    return round(min(shares), 4)


def plainly_inked(master: Prepared, strokes: Sequence[Box]) -> tuple[Box, ...]:
    """Those boxes that hold as much vivid colour as a pen leaves; the bluish rim of black print does not."""
    if not strokes:
        return ()
    least = VIVID_MM2 * master.px_per_mm**2
    shape = master.size[::-1]
    return tuple(
        box for box in strokes if np.count_nonzero(master.chroma_in(_window(shape, master.raster, box)) >= VIVID) >= least
    )


def _red_share(reds: tuple[Plane, Plane], master: Prepared, copy: Prepared, placed: Geometry, box: Box) -> float:
    (before, after), there = reds, _on_copy(master, copy, placed, box)
    scale = _area(before.shape, master.raster) / _area(after.shape, copy.raster)
    here = _window(before.shape, master.raster, box)
    return seals.shown(before[here], after[_window(after.shape, copy.raster, there)]) * scale


def _coloured_share(master: Prepared, copy: Prepared, placed: Geometry, box: Box) -> float:
    places = ((master, box), (copy, _on_copy(master, copy, placed, box)))
    before, after = (_coloured(page, _window(page.size[::-1], page.raster, at)) for page, at in places)
    scale = _area(master.size, master.raster) / _area(copy.size, copy.raster)
    return seals.shown(before, after) * scale


def _coloured(page: Prepared, window: Window) -> Plane:
    """Colour above the paper's grain, whose sum would drown a thin stroke's."""
    return np.maximum(page.chroma_in(window).astype(np.float32) - GRAIN, 0)


def _on_copy(master: Prepared, copy: Prepared, placed: Geometry, box: Box) -> Box:
    raster = master.raster
    dots = copy.raster.dpi[0] if max(copy.raster.dpi) != max(raster.dpi) else None
    return render.box_to_render(placed, (raster.width, raster.height), box, raster.dpi, dots)


def _area(size: tuple[int, ...], raster: Raster) -> float:
    """Px of a plane per square inch: the sums of two planes compare only per area."""
    return size[0] * size[1] / (raster.width / raster.dpi[0] * raster.height / raster.dpi[1])


def _window(shape: tuple[int, ...], raster: Raster, box: Box) -> Window:
    """A box of the raster in a plane of ``shape`` (height, width)."""
    down, across = shape[0] / raster.height, shape[1] / raster.width
    x0, y0, x1, y1 = box
    return slice(int(y0 * down), int(np.ceil(y1 * down))), slice(int(x0 * across), int(np.ceil(x1 * across)))
