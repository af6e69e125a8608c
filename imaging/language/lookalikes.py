"""Letters of other alphabets that look like Vietnamese ones, the eth that stands for Đ, the strokes that stand for /."""

import re

from imaging.language.letters import nfc

CYRILLIC = dict(zip("АВЕКМНОРСТХУаеорсухіІјЈѕЅ", "ABEKMHOPCTXYaeopcyxiIjJsS", strict=True))
GREEK = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαικνορυ", "ABEZHIKMNOPTYXaiKvopu", strict=True))
OTHERS = {
    "⁄": "/", "∕": "/", "Ð": "Đ", "Ɖ": "Đ", "ð": "đ", "ɖ": "đ", "ﬁ": "fi", "ﬂ": "fl",
    "\u00a0": " ", "\u00ad": "", "\u200b": "", "\ufeff": "",
}  # fmt: skip
TABLE = str.maketrans({**CYRILLIC, **GREEK, **OTHERS})
DOUBLED = re.compile(r"ĐÐ|ÐĐ")


def plain_letters(text: str) -> str:
    """NFC with Latin letters for their look-alikes. An Đ read twice, once as eth, is one; ĐĐ (as in ĐĐBQH) stays two."""
    return nfc(DOUBLED.sub("Đ", nfc(text)).translate(TABLE))
