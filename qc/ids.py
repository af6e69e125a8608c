"""Every check id with the hints it may carry: what the word catalogue must have words for.

A hint is True where the finding has a value; its sentence may then speak of ``{value}`` and ``{limit}``."""

from __future__ import annotations

from qc.finding import Finding

FOUND: dict[str, dict[str, bool]] = {
    "page.truncated": dict.fromkeys(("rows_missing", "fill_gray", "fill_green", "fill_black", "fill_repeated"), True)
    | {"no_end_marker": False},
    "page.resolution": dict.fromkeys(("too_coarse", "not_as_ordered", "unequal", "letters_wrong_size"), True),
    "page.not_colour": {"gray": False, "bitonal": False, "gray_in_colour": False},
    "page.size": {"tiny": True, "not_as_ordered": True, "unusual": True},
    "page.blank": {"": True, "unsure": True},
    "page.streak": {"dark": True, "light": True},
    "page.cut_text": dict.fromkeys(("left", "top", "right", "bottom"), True)
    | dict.fromkeys(("margin_left", "margin_top", "margin_right", "margin_bottom"), True),
    "page.black_border": dict.fromkeys(("left", "top", "right", "bottom"), True),
    "page.skew": {"straightened": True, "unsure": False},
    "page.orientation": {"unsure": True, "turned": True},
    "page.blur": dict.fromkeys(("out_of_focus", "vibration", "softer_than_batch", "lifted_paper", "smeared"), True),
    "page.exposure": {"dark": True, "paper_clipped": True, "ink_clipped": True},
    "page.faint": {"": True},
    "page.noise": {"": True},
    "page.colour_cast": {"differs_from_batch": True, "unusual_tint": True},
    "page.show_through": {"": True},
    "page.jpeg": {"quality": True, "was_jpeg": True},
    "page.fold": dict.fromkeys(("top_left", "top_right", "bottom_right", "bottom_left"), True),
    "page.foreign_object": {"finger": True, "note": True, "dark": True},
    "page.moire": {"": True},
    "page.not_measured": {"": False},
    "text.low_confidence": {"": True},
    "text.no_text": {"": True},
    "text.diacritics": {"": True},
    "batch.count": dict.fromkeys(("sheets_few", "sheets_many", "pages_few", "pages_many"), True),
    "batch.gap": {"one_sheet": True, "many": True},
    "batch.duplicate": {"same_form": True, "fed_twice": True, "copy": True},
    "batch.order": {"numbers_fall": True, "shuffled": False},
    "batch.missing_back": {"side_missing": False, "every_other": False},
    "batch.double_feed": {"too_long": True, "sides_of_two_sheets": False},
    "device.streak": {"dark": True, "light": True},
    "device.skew": {"": True, "spread": True},
    "device.length": {"long": True, "short": True},
    "device.colour": {"": True},
    "device.noise": {"front": True, "back": True},
}  # fmt: skip
FREE_HINTS = frozenset({"page.not_measured", "text.no_text", "text.low_confidence"})
"""Their hint is the name of a check, or the reader's own note; the general words serve."""

PARTS = ("title", "sentence", "cause", "cure")


def word_keys(finding: Finding, part: str) -> tuple[str, str]:
    """Keys of the word catalogue for one part of a finding: the particular, then the general. The first that has words."""
    general = f"finding.{finding.check}.{part}"
    return (f"finding.{finding.check}.{finding.hint}.{part}", general) if finding.hint else (general, general)
