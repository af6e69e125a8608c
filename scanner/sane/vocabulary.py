"""Many vendors, one vocabulary: how the drivers spell sources, colour modes, sensors and automatic length."""

import re

from scanner.backend import option_key
from scanner.model import ColorMode, Source

_ADF = r"(adf|automatic document feeder|document feeder|feeder|auto(matic)? feed)"
_SOURCE_WORDS: tuple[tuple[Source, str], ...] = (
    # The first that matches wins, so the special stand before the general.
    (Source.DUPLEX, r"duplex|both sides|double[- ]sided|front and back|adf 2"),
    (Source.FEEDER_BACK, rf"{_ADF}.*\bback\b|\bback\b.*{_ADF}|adf rear"),
    (Source.FEEDER, rf"{_ADF}"),
    (Source.FLATBED, r"flat ?bed|^normal$|document table|platen|^fb$|glass"),
)
_NO_SOURCE = re.compile(r"transparen|negative|slide|film|card|\btpu\b|^auto$|adf ?crop", re.IGNORECASE)

_MODE_WORDS: tuple[tuple[ColorMode, str], ...] = (
    (ColorMode.COLOR, r"colou?r|24[- ]?bit|rgb"),
    (ColorMode.BITONAL, r"line ?art|black *(&|and) *white|binary|monochrome|^b/?w$|^1[- ]?bit|text"),
    (ColorMode.GRAY, r"gr[ae]y"),
)
_NO_MODE = re.compile(r"half ?tone|dither|diffusion|48[- ]?bit|16[- ]?bit|infrared", re.IGNORECASE)
_SECOND_CHOICE = re.compile(r"fast", re.IGNORECASE)

SENSORS = {
    "page_loaded": "page_loaded",
    "adf_loaded": "page_loaded",
    "cover_open": "cover_open",
    "double_feed": "double_feed",
    "scan": "button_scan",
    "start": "button_scan",
    "button_1": "button_scan",
    "stop": "button_stop",
    "cancel": "button_stop",
    "email": "button_email",
    "button_2": "button_email",
}
"""Vendor's sensor → ours. Others keep their own name in our spelling."""

AUTO_LENGTH = ("ald", "page-auto", "page-auto-length", "auto-size", "adf-crp", "autoborder")
"""Options that let the device find the end of the page; lines are then unknown or a guess before the page is read."""
DOUBLE_FEED = ("df-action", "df-thickness", "df-length", "double-feed-detection", "multifeed-detection", "dfdetect")


def source_of(word: str) -> Source | None:
    """The source a driver's word names; None for film, card and automatic ones, which are never used for paper."""
    if _NO_SOURCE.search(word):
        return None
    return next((source for source, pattern in _SOURCE_WORDS if re.search(pattern, word, re.IGNORECASE)), None)


def second_choice(word: str) -> bool:
    """Taken only when the driver has no better word for the same mode (brother: ``24bit Color[Fast]``)."""
    return bool(_SECOND_CHOICE.search(word))


def mode_of(word: str) -> ColorMode | None:
    """The colour mode a driver's word names; None for dithered and deep ones."""
    if _NO_MODE.search(word):
        return None
    return next((mode for mode, pattern in _MODE_WORDS if re.search(pattern, word, re.IGNORECASE)), None)


def sensor_of(name: str) -> str:
    key = option_key(name)
    return SENSORS.get(key, key)
