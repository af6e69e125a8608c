"""How well the page can be read: focus, light, ink, noise, compression, what shines through, what lies on it."""

from __future__ import annotations

from imaging.measures.focus import Focus, focus
from imaging.measures.jpeg import grid_strength
from imaging.measures.light import Light, contrast, letters
from imaging.measures.moire import moire
from imaging.measures.objects import corners, foreign
from imaging.measures.show_through import see_through
from qc.finding import Finding, Level
from qc.look import Look, above, below, judged

LETTERS = 50
"""Fewer letters than this and the depth of the ink is no measure of the page."""


def blur(look: Look) -> list[Finding]:
    """page.blur: the whole page soft, softer than its batch, soft in one place, or smeared along the feed."""
    if look.blank.value:
        return []
    seen = focus(look.prepared)
    if seen is None or seen.edges < look.limits.blur_least_edges:
        return []
    return _soft(seen, look) or _softer_than_batch(seen, look) or _soft_in_part(seen, look)


def _soft(seen: Focus, look: Look) -> list[Finding]:
    limits = look.limits
    hint = "vibration" if seen.motion > limits.motion_warn else "out_of_focus"
    return judged("page.blur", seen.width, above(seen.width, limits.blur_warn, limits.blur_error), limits.blur_warn, hint=hint)


def _softer_than_batch(seen: Focus, look: Look) -> list[Finding]:
    usual, limit = look.expected.batch_edge_width, look.limits.blur_batch_ratio_warn
    ratio = seen.width / usual if usual else 1.0
    return judged("page.blur", ratio, above(ratio, limit), limit, hint="softer_than_batch")


def _soft_in_part(seen: Focus, look: Look) -> list[Finding]:
    limits, level = look.limits, above(seen.local, look.limits.local_blur_warn)
    if level is None:
        return judged("page.blur", seen.motion, above(seen.motion, limits.motion_warn), limits.motion_warn, hint="smeared")
    return judged("page.blur", seen.local, level, limits.local_blur_warn, box=seen.worst, hint="lifted_paper")


def exposure(look: Look) -> list[Finding]:
    """page.exposure: paper too dark (L*), paper or ink without any texture left (share)."""
    limits, seen = look.limits, look.light
    dark = below(seen.paper, limits.paper_dark_warn, limits.paper_dark_error)
    if dark is not None:
        return judged("page.exposure", seen.paper, dark, limits.paper_dark_warn, hint="dark")
    if look.raster.mode == "bitonal" or look.blank.value:
        return []
    clipped = above(seen.clipped, limits.clipped_warn)
    if clipped is not None:
        return judged("page.exposure", seen.clipped, clipped, limits.clipped_warn, hint="paper_clipped")
    return judged(
        "page.exposure", seen.black, above(seen.black, limits.black_clip_warn), limits.black_clip_warn, hint="ink_clipped"
    )


def colour_cast(look: Look) -> list[Finding]:
    """page.colour_cast: against the batch's own paper, else only a tint that no paper has. Value: dE of a*, b*."""
    if look.raster.mode != "color":
        return []
    seen, limits, usual = look.light, look.limits, look.expected.batch_tint
    if usual is not None:
        step = ((seen.tint[0] - usual[0]) ** 2 + (seen.tint[1] - usual[1]) ** 2) ** 0.5
        return judged(
            "page.colour_cast", step, above(step, limits.cast_batch_warn), limits.cast_batch_warn, hint="differs_from_batch"
        )
    gross = _from_paper_hues(seen)
    return judged("page.colour_cast", gross, above(gross, limits.cast_warn), limits.cast_warn, hint="unusual_tint")


def _from_paper_hues(seen: Light) -> float:
    """Distance of the tint from white, yellowed, brown and onion-skin paper: b* from -4 up, a* near 0 or rising with b*."""
    a, b = seen.tint
    green, red, blue = max(0.0, -4 - a), max(0.0, a - 3 - 0.5 * max(b, 0.0)), max(0.0, -4 - b)
    return float((max(green, red) ** 2 + blue**2) ** 0.5)


def faint(look: Look) -> list[Finding]:
    """page.faint: the darkest tenth of the ink is pale; the original may be so. Value: share of paper brightness."""
    if look.blank.value:
        return []
    seen, limits = contrast(look.prepared), look.limits
    level = below(seen, limits.contrast_warn, limits.contrast_error)
    if level is None:  # of a page in good ink the letters need not be counted
        return []
    found = letters(look.prepared)
    return [] if found.count < LETTERS else judged("page.faint", seen, level, limits.contrast_warn, box=look.place(found.box))


def grain(look: Look) -> list[Finding]:
    """page.noise. Value: L* standard deviation of bare paper."""
    if look.raster.mode == "bitonal":
        return []
    seen, limits = look.noise, look.limits
    return (
        []
        if seen is None
        else judged("page.noise", seen, above(seen, limits.noise_warn, limits.noise_error), limits.noise_warn)
    )


def show_through(look: Look) -> list[Finding]:
    """page.show_through, only with the sheet's other side. Value: share of that side's ink."""
    if look.partner is None or look.blank.value:
        return []
    seen, limits = see_through(look.prepared, look.partner), look.limits
    if seen.correlation < limits.show_through_correlation:
        return []
    level = above(seen.strength, limits.show_through_warn, limits.show_through_error)
    return judged("page.show_through", seen.strength, level, limits.show_through_warn)


def compression(look: Look) -> list[Finding]:
    """page.jpeg: the file's own quality figure, or the 8 x 8 grid of an earlier JPEG in a file that claims to be lossless."""
    limits, facts = look.limits, look.facts
    if facts.jpeg is not None and facts.jpeg.quality is not None:
        level = below(facts.jpeg.quality, limits.jpeg_quality_warn, limits.jpeg_quality_error)
        return judged("page.jpeg", facts.jpeg.quality, level, limits.jpeg_quality_warn, hint="quality")
    if not facts.claims_lossless or look.raster.mode == "bitonal":
        return []
    seen = grid_strength(look.prepared.gray)
    return judged("page.jpeg", seen, above(seen, limits.jpeg_grid_warn), limits.jpeg_grid_warn, hint="was_jpeg")


def fold(look: Look) -> list[Finding]:
    """page.fold, one finding a corner. Value: missing area, mm2."""
    limits = look.limits
    found = []
    for corner in corners(look.prepared, look.working_sheet):
        level = (
            Level.ERROR
            if corner.inked and corner.area > limits.corner_warn
            else above(corner.area, limits.corner_warn, limits.corner_error)
        )
        found += judged("page.fold", corner.area, level, limits.corner_warn, box=look.place(corner.box), hint=corner.name)
    return found


def foreign_object(look: Look) -> list[Finding]:
    """page.foreign_object. Value: area, mm2."""
    limit = look.limits.foreign_warn
    return [
        finding
        for one in foreign(look.prepared, look.working_sheet)
        for finding in judged(
            "page.foreign_object", one.area, above(one.area, limit), limit, box=look.place(one.box), hint=one.kind
        )
    ]


def beat(look: Look) -> list[Finding]:
    """page.moire. Value: share of half-tone windows."""
    share, _ = moire(look.prepared)
    return judged("page.moire", share, above(share, look.limits.moire_warn), look.limits.moire_warn)
