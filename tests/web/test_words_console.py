"""The words the console asks for by name are there: no template or view can show a bare key."""

import re
from pathlib import Path

import pytest

from batches.review import REASONS
from batches.states import MOVES
from batches.words import SheetState
from station.profiles import BUILT_IN
from station.words import LANGUAGES, catalogue

WEB = Path(__file__).parents[2] / "web"
# key pieces that are completed at run time, and every completion
MADE = {
    "console.reason.": list(REASONS),
    "console.sheet_state.": [state.value for state in SheetState],
    "console.sheet_state.did.": [state.value for state in SheetState],
    "console.profiles.": [str(profile["name"]) for profile in BUILT_IN],
    "console.text.": ["waiting", "read", "blank", "none"],
    "console.thumb.": ["front", "back"],
    "console.keys.all.": [str(number) for number in range(1, 14)],
    "console.release.package.": ["offered", "acknowledged"],
    "console.release.package_text.": ["offered", "acknowledged"],
    "console.release.receipt.": ["good", "bad"],
    "console.verdict.did.": ["pass", "return", "original", "undone"],
}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_named_word_is_there(lang: str) -> None:
    entries = catalogue(lang)
    files = [*WEB.rglob("*.py"), *(WEB / "templates").rglob("*.html")]
    named = {key for path in files for key in re.findall(r'["\'](console\.[a-z_.]*[a-z_])["\']', path.read_text("utf-8"))}
    assert len(named) > 150
    assert sorted(key for key in named if key not in entries) == []
    made = [start + end for start, ends in MADE.items() for end in ends]
    assert [key for key in made if key not in entries] == []


def test_every_batch_state_is_a_line_of_the_journal() -> None:
    entries = catalogue("vi")
    states = {state.value for moves in MOVES.values() for state in moves}
    assert [state for state in states if f"console.action.batch.{state}" not in entries] == []
