"""Text of PDFs written before Unicode: TCVN3 (``.VnTime`` fonts) and VNI, recognised and turned into NFC.

Tables: TCVN 5712:1993 VN3 and the VNI-Windows layout, as their fonts draw them over Windows-1252."""

import re
from typing import Literal

from imaging.language.letters import nfc
from imaging.language.model import Model, load_model
from imaging.language.syllable import possible

Coding = Literal["unicode", "tcvn3", "vni"]

TCVN3_FROM = "µ¶·¸¹¨»¼½¾Æ©ÇÈÉÊË®ÌÎÏÐÑªÒÓÔÕÖ×ØÜÝÞßáâãä«åæçèé¬êëìíîïñòóô\u00adõö÷øùúûüýþ¡¢£¤¥¦§"
TCVN3_TO = "àảãáạăằẳẵắặâầẩẫấậđèẻẽéẹêềểễếệìỉĩíịòỏõóọôồổỗốộơờởỡớợùủũúụưừửữứựỳỷỹýỵĂÂÊÔƠƯĐ"
TCVN3 = str.maketrans(dict(zip(TCVN3_FROM, TCVN3_TO, strict=True)))

VNI_MARKS = {"ø": "\u0300", "ù": "\u0301", "û": "\u0309", "õ": "\u0303", "ï": "\u0323"}
VNI_CIRCUMFLEX = {"â": "", "à": "\u0300", "á": "\u0301", "å": "\u0309", "ã": "\u0303", "ä": "\u0323"}
VNI_BREVE = {"ê": "", "è": "\u0300", "é": "\u0301", "ú": "\u0309", "ü": "\u0303", "ë": "\u0323"}
VNI_SINGLE = {"ô": "ơ", "ö": "ư", "ñ": "đ", "ì": "ì", "í": "í", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ"}
VNI_PAIR = re.compile(r"([aeouyôöAEOUYÔÖ])([øùûõïâàáåãäêèéúüëØÙÛÕÏÂÀÁÅÃÄÊÈÉÚÜË])|([ôöñìíæóòîÔÖÑÌÍÆÓÒÎ])")

CLEARLY = 0.15
"""By how much the share of possible words must grow before a text is taken for legacy coding."""
ENOUGH_WORDS = 5


def from_tcvn3(text: str) -> str:
    """TCVN3 bytes seen as Windows-1252 characters, as Unicode. Capitals of ``.VnTimeH`` fonts come out in lower case."""
    return nfc(text.translate(TCVN3))


def from_vni(text: str) -> str:
    """VNI text seen as Windows-1252 characters, as Unicode."""
    return nfc(VNI_PAIR.sub(_vni_letter, text))


def _vni_letter(found: re.Match[str]) -> str:
    vowel, mark, single = found.groups()
    if single:
        return _single(single)
    low = mark.lower()
    letter = _single(vowel) if vowel.lower() in "ôö" else vowel
    if low in VNI_MARKS:
        return letter + VNI_MARKS[low]
    if low in VNI_CIRCUMFLEX and vowel.lower() in "aeo":
        return letter + "\u0302" + VNI_CIRCUMFLEX[low]
    if low in VNI_BREVE and vowel.lower() == "a":
        return letter + "\u0306" + VNI_BREVE[low]
    return found[0]


def _single(letter: str) -> str:
    low = VNI_SINGLE.get(letter.lower(), letter)
    return low if letter.islower() else low.upper()


def recognise_coding(text: str, model: Model | None = None) -> Coding:
    """What a text layer is written in: the reading in which clearly more words are Vietnamese; ``unicode`` when in doubt."""
    model = model or load_model()
    plain = _share(nfc(text), model)
    readings: list[tuple[float, Coding]] = [(_share(from_tcvn3(text), model), "tcvn3"), (_share(from_vni(text), model), "vni")]
    best, coding = max(readings)
    return coding if best > plain + CLEARLY and best > 0.6 else "unicode"


def _share(text: str, model: Model) -> float:
    """Share of possible and known words among those that carry a letter outside ASCII; 0 with fewer than five of them."""
    words = [word.strip(".,;:!?()[]\"'“”/-…") for word in text.split()]
    marked = [word for word in words if not word.isascii() and not any(one.isdigit() for one in word)]
    if len(marked) < ENOUGH_WORDS:
        return 0.0
    return sum(possible(word) and model.knows(word) for word in marked) / len(marked)


def to_unicode(text: str, model: Model | None = None) -> tuple[str, Coding]:
    """The text in NFC and what it had been written in."""
    coding = recognise_coding(text, model)
    if coding == "tcvn3":
        return from_tcvn3(text), coding
    return (from_vni(text) if coding == "vni" else nfc(text)), coding
