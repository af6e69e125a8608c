"""The compact access copy of a colour page: mixed raster content, for use only, never for masters.

Plain dark ink goes into a mask at the page's own resolution and keeps its sharp edge; what it stood on is closed over and kept
coarse. Whatever a mask would spoil stays continuous-tone in patches: seals, coloured pens and stamps, pictures, pencil and
other faint strokes. Nothing is matched with anything else (no JBIG2): a mask px is dark because that px of the page is.
After the scheme of ITU-T T.44 in its plainest form."""

from collections.abc import Sequence
from typing import Any, Literal, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.pdfa.coding import g4, jpeg
from imaging.pdfa.layers import Layers, enlarged, packed
from imaging.pdfa.left_over import LeftOver, left_over
from imaging.pdfa.smooth import evened
from imaging.pdfa.values import PageImage
from imaging.prepare import PAPER, Components, Prepared, components, local_paper, prepare, to_gray
from imaging.values import Box, Pixels, Raster, meet

Mask = NDArray[np.bool_]
Lab = NDArray[np.integer | np.floating]

HALF_WAY, PALEST, NEAR_MM = 0.55, 0.80, 1.0
"""A px is ink of the mask where it is darker than this share of the way from the darkest px within ``NEAR_MM`` up to the
paper, so that black print keeps its weight and faded print its thin strokes; never where brighter than ``PALEST``."""
RIM_PX = 3
"""How far beyond the mask the soft rim of print reaches, which must not stay in the background as a halo."""
LEAST_PX = 4
"""Smaller specks of the mask are grain; they stay in the background."""
BACKGROUND_STEP, INK_STEP = 4, 16
"""Page px per px of the two coarse layers, each way: 75 and 19 dpi of 300."""
BACKGROUND_QUALITY, HALVED_QUALITY, INK_QUALITY = 30, 60, 50
"""JPEG. Of half the scale the squares are large, so that a step between two of them must be small."""
EVEN = 12
"""Levels of a byte by which all but one in two thousand px of the background may be off at half its scale."""
PATCH_LADDER = ((1.5, 46), (1.5, 50), (1.5, 54), (1.5, 60), (1.2, 45), (1.2, 60), (1.0, 75))
"""Page px per patch px and JPEG quality, until a seal's red is off by no more than ``COLOUR_ERROR``."""
FINE_FROM = 3
"""Where the ladder begins for faint ink, which would be smoothed away, and for pencil, which would have a halo."""
COLOUR_ERROR, STRONG_RED, SEAL_PX = 5.9, 25.0, 9000
"""ΔE76; a* of seal ink; and how many such px at 150 dpi a seal has at least (real ones: 14,000 and more)."""
PALER, PALER_MM, BROAD_MM = 0.20, 1.8, 0.42
"""How much brighter, as a share of the paper, than the darkest px of half of the page's print; dots and accents are mostly rim
and always paler, so that only what is longer counts, and no thin stroke of print
(area over length)."""
COLOURED, TINTED = 16.0, 9.0
"""Distance from the paper in the a*b* plane at 75 dpi: seeds of coloured ink, and what belongs to them. The coloured rims of
black print cancel out at that scale."""
VIVID = 30.0
"""Mean chroma (|da| + |db| of 8-bit Lab at 150 dpi) from which a region of dark px is coloured ink and not for the mask."""
COLOUR_MM2 = 0.8
PICTURE_MM2, GROUND = 3.0, 0.75
"""Least area, and the share of the page's bright paper below which a whole 6 mm window is no paper."""
MARGIN_MM = 0.8
JOIN_MM = 2.5
"""Patches nearer than this become one."""
LARGEST_SHARE, MOST_PATCHES = 0.45, 80
"""Of the page's area in patches, and their number: above either layers gain nothing."""


class NotCompact(Exception):
    """The page is no candidate. ``why``: ``mode`` (not colour), ``small`` or ``picture`` (most of it continuous-tone)."""

    def __init__(self, why: Literal["mode", "small", "picture"]) -> None:
        super().__init__(why)
        self.why: Literal["mode", "small", "picture"] = why


def compact(raster: Raster, prepared: Prepared | None = None, toned: Sequence[Box] = ()) -> PageImage:
    """The page in layers. ``raster``: the access copy as rendered, colour. ``prepared``: of ``raster``, where at hand.
    ``toned``: boxes, px of ``raster``, that are to stay continuous-tone whatever is in them.

    Raises NotCompact. The caller proves what came of it (station/copy_guard.py)."""
    if raster.mode != "color":
        raise NotCompact("mode")
    if min(raster.width, raster.height) < 10 * INK_STEP:
        raise NotCompact("small")
    prepared = prepared or prepare(raster)
    dark, ratio = _dark(prepared)
    ink = _plain(prepared, dark, ratio)
    rest = left_over(prepared, ink, _shown_behind(prepared, ink)).with_boxes(toned, prepared.scale)
    boxes = patches(prepared, rest.patched)
    area = sum((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in boxes)
    if area > LARGEST_SHARE * raster.width * raster.height or len(boxes) > MOST_PATCHES:
        raise NotCompact("picture")
    outside = _outside(boxes, dark.shape)
    size = raster.width, raster.height
    ink = (ink | _at_page(rest.dots, size) | _plain(prepared, dark & outside, ratio)) & outside
    return packed(_split(raster, ink, boxes, rest), size, raster.dpi)


def _split(raster: Raster, ink: Mask, boxes: list[Box], rest: LeftOver) -> Layers:
    mask = g4(Raster(np.where(ink, np.uint8(0), np.uint8(255)), raster.dpi, "bitonal")).data
    background = _coarse(raster.pixels, _paper(ink) & _outside(boxes, ink.shape), BACKGROUND_STEP)
    halved = not rest.behind and _is_even(background)
    if halved:
        background = _half(background)
    fine = _at_page(rest.fine, (raster.width, raster.height))
    colour = _coarse(raster.pixels, _cores(ink), INK_STEP) if ink.any() else background[::4, ::4]
    return Layers(
        jpeg(background, HALVED_QUALITY if halved else BACKGROUND_QUALITY),
        jpeg(cast(Pixels, np.ascontiguousarray(colour)), INK_QUALITY),
        mask,
        tuple((box, _patch(raster.pixels, box, fine=bool(_cut(fine, box).any()))) for box in boxes),
    )


def _at_page(plane: Mask, size: tuple[int, int]) -> Mask:
    return cv2.resize(plane.view(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0


def _paper(ink: Mask) -> Mask:
    """What is neither ink nor its soft rim."""
    rim = 2 * RIM_PX + 1
    return cast(Mask, cv2.dilate(ink.view(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (rim, rim))) == 0)


def _half(background: Pixels) -> Pixels:
    height, width = background.shape[:2]
    return cast(Pixels, cv2.resize(background, (-(-width // 2), -(-height // 2)), interpolation=cv2.INTER_AREA))


def _is_even(background: Pixels) -> bool:
    """Whether the background at half its scale shows the same: even paper."""
    again = cv2.resize(_half(background), background.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return bool(np.percentile(cv2.absdiff(background, again), 99.95) <= EVEN)


def _shown_behind(prepared: Prepared, ink: Mask) -> Pixels:
    """Grey at working scale of what the background alone will show, as a reader sees it."""
    data = jpeg(_coarse(prepared.raster.pixels, _paper(ink), BACKGROUND_STEP), BACKGROUND_QUALITY)
    return to_gray(enlarged(data, prepared.size))


def _outside(boxes: list[Box], shape: tuple[int, ...]) -> Mask:
    outside = np.ones(shape, bool)
    for x0, y0, x1, y1 in boxes:
        outside[y0:y1, x0:x1] = False
    return outside


def _dark(prepared: Prepared) -> tuple[Mask, Pixels]:
    """Where the page is as dark as its ink, at its own size, with even edges, and its brightness against the paper; smoothed
    a little, which halves the mask's bytes."""
    raster, gray = prepared.raster, prepared.gray
    smooth = cv2.GaussianBlur(gray, (3, 3), 0)
    ratio = cast(Pixels, cv2.divide(smooth, local_paper(gray, max(raster.dpi)), scale=PAPER))
    limit = _limit(ratio, raster.px_per_mm())
    return evened(ratio < limit, ratio, limit, raster.px_per_mm()), ratio


def _plain(prepared: Prepared, dark: Mask, ratio: Pixels) -> Mask:
    """What of ``dark`` the mask may show: neither coloured nor pale. Asked again when patches have cut letters from a seal."""
    raster = prepared.raster
    found = components(dark.view(np.uint8))
    chroma = cv2.resize(prepared.chroma, (raster.width, raster.height), interpolation=cv2.INTER_NEAREST)
    sums = np.bincount(found.labels.ravel(), weights=chroma.ravel(), minlength=len(found.stats))
    plain = (found.stats[:, 4] >= LEAST_PX) & (sums < VIVID * found.stats[:, 4]) & ~_paler(found, ratio, raster.px_per_mm())
    plain[0] = False
    return plain[found.labels]


def _paler(found: Components, ratio: Pixels, px_per_mm: float) -> Mask:
    """Regions whose darkest px is much paler than that of the page's print: pencil beside print is grainy and would come out
    too even, too dark."""
    areas, inked = found.stats[:, 4], np.flatnonzero(found.labels)
    darkest = np.full(len(areas), 255, np.uint8)
    np.minimum.at(darkest, found.labels.ravel()[inked], ratio.ravel()[inked])
    if len(areas) < 2:
        return np.zeros(len(areas), bool)
    order = 1 + np.argsort(darkest[1:])
    total = np.cumsum(areas[order])
    usual = darkest[order[np.searchsorted(total, total[-1] / 2)]]
    length = found.stats[:, 2:4].max(axis=1)
    broad = areas >= BROAD_MM * px_per_mm * length
    return cast(Mask, (darkest > usual + PALER * PAPER) & broad & (length >= PALER_MM * px_per_mm))


def _cores(ink: Mask) -> Mask:
    """The ink without its rims, which are paler; where a speck has no core, the whole speck."""
    flat = ink.view(np.uint8)
    core = cv2.erode(flat, np.ones((3, 3), np.uint8)) > 0
    near = cv2.dilate(core.view(np.uint8), np.ones((7, 7), np.uint8)) > 0
    return core | (ink & ~near)


def _limit(ratio: Pixels, px_per_mm: float) -> Pixels:
    """Brightness below which a px is ink, from the darkest px around; found at half scale, smooth."""
    half = cv2.resize(ratio, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_LINEAR)
    reach = 2 * round(NEAR_MM * px_per_mm / 2) + 1
    darkest = cv2.blur(cv2.erode(half, np.ones((reach, reach), np.uint8)), (reach, reach))
    grades = np.arange(256)
    limits = np.clip(grades + HALF_WAY * (PAPER - grades), 0, PALEST * PAPER).astype(np.uint8)
    return cast(Pixels, cv2.resize(cv2.LUT(darkest, limits), ratio.shape[::-1], interpolation=cv2.INTER_LINEAR))


def _cut(pixels: NDArray[Any], box: Box) -> NDArray[Any]:
    x0, y0, x1, y1 = box
    return pixels[y0:y1, x0:x1]


def _patch(pixels: Pixels, box: Box, *, fine: bool) -> bytes:
    """The box as a JPEG, as coarse as a seal in it allows; ``fine``: there is pencil or faint ink in it."""
    part, size = _cut(pixels, box), (box[2] - box[0], box[3] - box[1])
    for step, quality in PATCH_LADDER[FINE_FROM if fine else 0 :]:
        smaller = max(1, round(size[0] / step)), max(1, round(size[1] / step))
        small = np.ascontiguousarray(cv2.resize(part, smaller, interpolation=cv2.INTER_AREA))
        data = jpeg(cast(Pixels, small), quality, subsampled=False)
        if colour_error(part, enlarged(data, size)) <= COLOUR_ERROR:
            break
    return data


def colour_error(before: Pixels, after: Pixels) -> float:
    """Mean ΔE (CIE 1976) over the red of a seal at half the page's scale: 150 of 300 dpi, what an eye resolves in reading;
    the worst of the four ways in which its px can fall.
    0 where there is less red than a seal's: fine coloured print would ask for much and show nothing."""
    labs = [cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_BGR2Lab) for pixels in (before, after)]
    one, two = labs
    return max(_phase_error(one[down:, across:], two[down:, across:]) for down in (0, 1) for across in (0, 1))


def _phase_error(before: Lab, after: Lab) -> float:
    high, wide = max(1, before.shape[0] // 2), max(1, before.shape[1] // 2)
    one, two = (cv2.resize(lab[: 2 * high, : 2 * wide], (wide, high), interpolation=cv2.INTER_AREA) for lab in (before, after))
    red = one[..., 1] > STRONG_RED
    return float(np.linalg.norm(one - two, axis=2)[red].mean()) if red.sum() >= SEAL_PX else 0.0


def _coarse(pixels: Pixels, wanted: Mask, step: int) -> Pixels:
    """The wanted px averaged over squares of ``step``; where a square has none, what the nearest squares have."""
    size = -(-pixels.shape[1] // step), -(-pixels.shape[0] // step)
    weight = wanted.view(np.uint8)
    shown = cv2.bitwise_and(pixels, pixels, mask=weight)
    total = cv2.resize(shown, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    share = cv2.resize(weight * np.uint8(255), size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return _filled(total, cast(NDArray[np.float32], share))


def _filled(total: NDArray[np.float32], share: NDArray[np.float32]) -> Pixels:
    """Means where the share is sound; elsewhere from means over ever wider windows."""
    out = np.zeros_like(total)
    open_yet = np.ones(share.shape, bool)
    reach = 1
    while open_yet.any() and reach < 2 * max(share.shape):
        window = (min(reach, share.shape[1] | 1), min(reach, share.shape[0] | 1))
        top, bottom = (total, share) if reach == 1 else (cv2.blur(total, window), cv2.blur(share, window))
        sound = open_yet & (bottom > 0.25 / reach)
        out[sound] = top[sound] / bottom[sound][:, None]
        open_yet &= ~sound
        reach = reach * 2 + 1
    return cast(Pixels, np.clip(np.round(out), 0, 255).astype(np.uint8))


# --- what stays continuous-tone --------------------------------------------------------------------------------------


def patches(prepared: Prepared, missed: Mask) -> list[Box]:
    """Boxes, in px of the page, of all that the mask would spoil, and of what it ``missed`` (working scale), from the top;
    they do not overlap."""
    size = prepared.size
    coloured = cast(Pixels, cv2.resize(_coloured(prepared), size, interpolation=cv2.INTER_NEAREST))
    kept = coloured | _pictures(prepared) | missed.view(np.uint8)
    px = prepared.px_per_mm
    reach = 2 * round((MARGIN_MM + JOIN_MM / 2) * px) + 1
    found = components(cast(Pixels, cv2.dilate(kept, np.ones((reach, reach), np.uint8))))
    less = round(JOIN_MM / 2 * px)
    boxes = [_shrunk((int(x), int(y), int(x + w), int(y + h)), less, size) for x, y, w, h, _ in found.stats[1:]]
    snapped = [_snapped(prepared.to_master(box), prepared.raster) for box in boxes]
    return sorted(_apart(snapped), key=lambda box: (box[1], box[0]))


def _shrunk(box: Box, less: int, size: tuple[int, int]) -> Box:
    """What was added for joining taken off again, except where the page's edge had cut it off already."""
    x0, y0, x1, y1 = box
    return (
        x0 + less if x0 else 0, y0 + less if y0 else 0,
        x1 - less if x1 < size[0] else x1, y1 - less if y1 < size[1] else y1,
    )  # fmt: skip


def _coloured(prepared: Prepared) -> Pixels:
    """Coloured ink at ``small_dpi``: what is plainly coloured and what hangs together with it."""
    lab = prepared.small_lab
    _, a, b = (lab[:, :, plane] for plane in range(3))
    away = np.hypot(a - np.median(a[::3, ::3]), b - np.median(b[::3, ::3]))
    found = components(cast(Pixels, (away >= TINTED).astype(np.uint8)))
    seeds = np.bincount(found.labels.ravel(), weights=(away >= COLOURED).ravel(), minlength=len(found.stats))
    plainly = seeds >= COLOUR_MM2 * (prepared.small_dpi / 25.4) ** 2
    plainly[0] = False
    return cast(Pixels, plainly[found.labels].astype(np.uint8))


def _pictures(prepared: Prepared) -> Pixels:
    """Middle tones that are not the rims of strokes, and dark grounds: photographs, shaded drawings, washes of ink."""
    middle = cv2.inRange(prepared.ratio, round(0.30 * PAPER), round(0.80 * PAPER))
    inner = cv2.morphologyEx(middle, cv2.MORPH_OPEN, np.ones((7, 7), np.uint8))
    ground = prepared.background
    dark = (ground < GROUND * np.percentile(ground[::8, ::8], 90)).astype(np.uint8)
    found = components(cast(Pixels, cv2.bitwise_or(inner, dark)))
    large = found.stats[:, 4] >= PICTURE_MM2 * prepared.px_per_mm**2
    large[0] = False
    return cast(Pixels, large[found.labels].astype(np.uint8))


def _snapped(box: Box, raster: Raster) -> Box:
    """The box on the grid of the coarser patch, inside the page."""
    grid = 3
    x0, y0 = box[0] // grid * grid, box[1] // grid * grid
    return x0, y0, min(raster.width, -(-box[2] // grid) * grid), min(raster.height, -(-box[3] // grid) * grid)


def _apart(boxes: list[Box]) -> list[Box]:
    """Boxes that overlap become one, until none do."""
    done: list[Box] = []
    for box in boxes:
        whole = box
        while (other := next((one for one in done if meet(one, whole)), None)) is not None:
            done.remove(other)
            whole = (min(whole[0], other[0]), min(whole[1], other[1]), max(whole[2], other[2]), max(whole[3], other[3]))
        done.append(whole)
    return done
