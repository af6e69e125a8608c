"""Every fault, state, role and door has its words, in both languages, with the same placeholders."""

import string
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from batches import words as records
from batches.words import BatchState, Role
from qc.finding import Finding, Level
from qc.ids import FOUND, PARTS, word_keys
from scanner.model import ColorMode, Face, FaultKind, Phase, Source
from station.cli.main import DOORS
from station.words import LANGUAGES, MissingWords, catalogue, has_words, number, speaking, words
from station.words.catalogue import Catalogue, read_folder

SMALL_STATES = {
    "run": records.RunState,
    "sheet": records.SheetState,
    "page": records.PageState,
    "job": records.JobState,
    "package": records.PackageState,
    "purpose": records.RunPurpose,
    "verdict": records.Verdict,
    "finding_state": records.FindingState,
    "phase": Phase,
    "source": Source,
    "color": ColorMode,
    "face": Face,
    "level": Level,
}
PROMISED_CHECKS = {
    "page.blur", "page.cut_text", "page.fold", "page.streak", "page.black_border", "page.skew", "page.orientation",
    "page.blank", "page.show_through", "page.faint", "page.exposure", "page.colour_cast", "page.noise", "page.truncated",
    "page.resolution", "page.not_colour", "page.size", "page.foreign_object", "page.moire", "text.low_confidence",
    "text.no_text", "text.diacritics", "batch.count", "batch.gap", "batch.duplicate", "batch.order", "batch.missing_back",
    "batch.double_feed", "file.master", "file.copy",
}  # fmt: skip
"""The check ids that outsiders rely on; they never change."""


def placeholders(text: str) -> set[str]:
    return {name.split(".")[0].split("[")[0] for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", FaultKind)
def test_every_fault_says_what_is_safe_what_to_do_and_the_next_step(kind: FaultKind, lang: str) -> None:
    for part in ("title", "text", "button"):
        assert words(f"fault.{kind}.{part}", lang=lang, sheet=47, last=46, nearest="300").strip()
    assert " — " in words(f"fault.{kind}.title", lang=lang), "a fault's title names the fault and then what is safe"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_state_role_and_door_has_words(lang: str) -> None:
    keys = [f"{name}.{item}" for name, kind in SMALL_STATES.items() for item in kind]
    keys += [f"state.{item}.{part}" for item in BatchState for part in ("name", "text")]
    keys += [f"role.{item}.{part}" for item in (*Role, "archive") for part in ("name", "text")]
    keys += [f"cli.door.{door}" for door in DOORS]
    assert [key for key in keys if not has_words(key, lang)] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_check_says_what_how_much_why_and_what_to_do(lang: str) -> None:
    wanted = [f"finding.{check}.{part}" for check in PROMISED_CHECKS | set(FOUND) for part in PARTS]
    assert [key for key in wanted if not has_words(key, lang)] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_hint_of_a_finding_fills_its_sentence(lang: str) -> None:
    """A finding without a value must not be given a sentence that asks for one."""
    for check, hints in FOUND.items():
        for hint, with_value in hints.items():
            finding = Finding(check, Level.WARNING, hint=hint)
            key = next(key for key in word_keys(finding, "sentence") if has_words(key, lang))
            figures = {"value": 1.5, "limit": 1.0} if with_value else {}
            assert words(key, lang=lang, **figures), key


def test_both_languages_hold_the_same_keys() -> None:
    vietnamese, english = (set(catalogue(lang).entries) for lang in LANGUAGES)
    assert sorted(vietnamese ^ english) == []


def test_the_same_placeholders_stand_in_both_languages() -> None:
    vietnamese, english = (catalogue(lang) for lang in LANGUAGES)
    shared = set(vietnamese.entries) & set(english.entries)
    different = [key for key in shared if placeholders(vietnamese.raw(key)) != placeholders(english.raw(key))]
    assert sorted(different) == []


def test_no_words_are_empty_or_carry_forbidden_words() -> None:
    """DOMAIN: a master is never called an original, a scan profile never a file."""
    for lang in LANGUAGES:
        assert [key for key, text in catalogue(lang).entries.items() if not text.strip()] == []
    forbidden = ("hồ sơ quét", "bản chính")
    assert [key for key, text in catalogue("vi").entries.items() if any(word in text.lower() for word in forbidden)] == []


def test_numbers_and_dates_are_written_the_vietnamese_way() -> None:
    vietnamese = catalogue("vi")
    assert (number(1234.5), number(0.5, 2), number(1234567)) == ("1.234,5", "0,50", "1.234.567")
    assert vietnamese.format(date(2020, 1, 5)) == "05/01/2020"
    assert vietnamese.format(datetime(2020, 1, 5, 7, 30, tzinfo=UTC)) == "07:30 05/01/2020"
    assert vietnamese.format(0.0312, "%") == "3,1%"
    assert catalogue("en").format(1234.5) == "1,234.5"


def test_raw_leaves_a_port_alone() -> None:
    assert Catalogue("vi", {"a": "{port:raw} {port}"}).say("a", {"port": 8477}) == "8477 8.477"


def test_the_language_can_be_switched_by_environment_and_by_block(monkeypatch: pytest.MonkeyPatch) -> None:
    assert words("state.accepted.name") == "đạt"
    monkeypatch.setenv("SOHOA_LANGUAGE", "en")
    assert words("state.accepted.name") == "accepted"
    with speaking("vi"):
        assert words("state.accepted.name") == "đạt"
    monkeypatch.setenv("SOHOA_LANGUAGE", "klingon")
    assert words("state.accepted.name") == "đạt"


def test_a_missing_key_or_value_raises_in_tests() -> None:
    with pytest.raises(MissingWords, match=r"no\.such"):
        words("no.such")
    with pytest.raises(MissingWords, match="sheet"):
        words("fault.jam.button")


def test_a_missing_key_or_value_never_stops_an_operator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOHOA_STRICT_WORDS")
    assert words("no.such") == "no.such"
    assert words("fault.jam.button") == "Quét tiếp từ tờ ?"
    english = Catalogue("en", {}, fallback=catalogue("vi"))
    assert english.say("state.accepted.name", {}) == "đạt"


def test_a_key_in_two_files_is_refused_naming_both(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("fault: {jam: x}\n", "utf-8")
    (tmp_path / "b.yaml").write_text("fault:\n  jam: y\n", "utf-8")
    with pytest.raises(MissingWords, match=r"fault\.jam stands in a\.yaml and in b\.yaml"):
        read_folder(tmp_path)


def test_a_key_twice_in_one_file_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("fault:\n  jam: x\n  jam: y\n", "utf-8")
    with pytest.raises(MissingWords, match=r"a\.yaml:3: duplicate: jam"):
        read_folder(tmp_path)
