"""Every finding that can come has its words, in both languages, and they fit its value."""

import pytest

from qc.finding import Finding, Level
from qc.ids import FOUND, PARTS, word_keys
from station.words import LANGUAGES, has_words, words

CASES = [(check, hint, valued) for check, hints in FOUND.items() for hint, valued in hints.items()]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("check", "hint", "valued"), CASES)
def test_what_how_much_why_and_what_to_do(check: str, hint: str, valued: bool, lang: str) -> None:
    finding = Finding(check, Level.WARNING, 0.1234 if valued else None, 0.5 if valued else None, None, hint)
    for part in PARTS:
        key = next(one for one in word_keys(finding, part) if has_words(one, lang))
        said = words(key, lang=lang, value=finding.value, limit=finding.limit) if valued else words(key, lang=lang)
        assert said and "{" not in said and "None" not in said
