"""The fields of a document as the form shows them; names are those of the archive's field table (TT 05/2025, item)."""

from collections.abc import Mapping
from dataclasses import dataclass

_LANGUAGES = ("01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11")
WORTH_A_LOOK = 0.25
"""Confidence below which a guess is not shown: wrong more often than three times of four, it costs more looks than it saves."""
_PARTIAL_DATE = r"((\d{1,2}/)?\d{1,2}/)?\d{4}"


@dataclass(frozen=True, slots=True)
class Field:
    """``kind``: line, area, date or choice. Words: ``console.field.<name>`` and ``console.choice.<name>.<code>``."""

    name: str
    kind: str = "line"
    longest: int = 200
    needed: bool = False
    choices: tuple[str, ...] = ()

    @property
    def pattern(self) -> str:
        return _PARTIAL_DATE if self.kind == "date" else ""


FIELDS = (
    Field("typeName", longest=100, needed=True),
    Field("codeNumber", longest=11),
    Field("codeNotation", longest=30),
    Field("issuedDate", "date", 10, needed=True),
    Field("organName", longest=200, needed=True),
    Field("subject", "area", 500, needed=True),
    Field("autograph", "line", 2000),
    Field("keyword", longest=100),
    Field("language", "choice", choices=_LANGUAGES, needed=True),
    Field("maintenance", "choice", choices=("01", "02", "03", "04", "05", "06", "07"), needed=True),
    Field("mode", "choice", choices=("01", "02", "03"), needed=True),
    Field("description", "area", 500),
)


def read_fields(form: Mapping[str, str]) -> dict[str, str]:
    """What a person filled in; empty fields are left out."""
    said = {field.name: form.get(field.name, "").strip()[: field.longest] for field in FIELDS}
    return {name: value for name, value in said.items() if value}


def proposed(proposals: Mapping[str, object], name: str) -> tuple[str, float | None]:
    """A machine's proposal as (value, confidence 0..1 or None); empty where there is none worth a look."""
    found = proposals.get(name)
    if isinstance(found, Mapping):
        confidence = found.get("confidence")
        if isinstance(confidence, int | float) and confidence < WORTH_A_LOOK:
            return "", None
        return str(found.get("value") or ""), float(confidence) if isinstance(confidence, int | float) else None
    return ("" if found is None else str(found)), None
