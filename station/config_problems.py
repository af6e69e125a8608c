"""What is wrong with a configuration, said in the catalogue's words: place, key, what, and the likely meaning."""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from qc.limits import Limits
from station.errors import UsageError
from station.strict_yaml import Document, Path_
from station.words import has_words, words

_PREFIX = "SOHOA_"
_OTHER_SWITCHES = {"SOHOA_CONFIG", "SOHOA_DEBUG", "SOHOA_LANGUAGE", "SOHOA_STRICT_WORDS"}
_SECRETS = {"url", "password", "pin", "token", "secret"}


class ConfigError(UsageError):
    """The configuration cannot be used. ``problems``: one line each, in the order of the file."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)

    def lines(self) -> list[str]:
        return list(self.problems)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where settings came from: the file and its lines, and the environment."""

    file: Path | None
    lines: Mapping[Path_, int]
    environment: Mapping[str, str]

    def place(self, path: Sequence[str | int]) -> str:
        """``config.yaml:12`` of the nearest known key, or the environment variable that set it."""
        for end in range(len(path), 0, -1):
            name = _PREFIX + "__".join(str(part) for part in path[:end]).upper()
            if name in self.environment:
                return name
        known = next((self.lines[tuple(path[:end])] for end in range(len(path), -1, -1) if tuple(path[:end]) in self.lines), 1)
        return f"{self.file.name if self.file else 'config.yaml'}:{known}"


def refuse(problems: Sequence[str]) -> None:
    if problems:
        raise ConfigError(problems)


def file_problems(document: Document, origin: Origin) -> list[str]:
    """What the YAML itself gets wrong."""
    name = origin.file.name if origin.file else "config.yaml"
    found = []
    for problem in document.problems:
        facts: dict[str, Any] = {"text": problem.text, "first": problem.first_line, "number": problem.text.lstrip("0") or "0"}
        found.append(f"{name}:{problem.line}: {words(f'error.config.yaml.{problem.kind}', **facts)}")
    return found


def environment_problems(settings: type[BaseModel], origin: Origin) -> list[str]:
    """Variables that look like ours and are nobody's: a typing error there would otherwise pass unseen."""
    known = {f"{_PREFIX}{section}".upper(): section for section in settings.model_fields}
    found = []
    for name in sorted(origin.environment):
        section = name.split("__")[0]
        if name.startswith(_PREFIX) and section not in known and name not in _OTHER_SWITCHES:
            hint = _did_you_mean(section, [*known, *_OTHER_SWITCHES])
            found.append(f"{name}: {words('error.config.unknown_variable')}{hint}")
    return found


def unreadable_file(path: Path, detail: str) -> str:
    return f"{path}: {words('error.config.unreadable', detail=detail)}"


def unreadable_environment(message: str) -> str:
    """pydantic-settings could not parse a whole-section variable; its message names field and source, not the value."""
    field = re.search(r'field "(\w+)"', message)
    return f"{_PREFIX}{field[1].upper() if field else ''}: {words('error.config.section_variable')}"


def value_problems(error: ValidationError, settings: type[BaseModel], origin: Origin) -> list[str]:
    """Every mistake of a validation, in the order of the file."""
    found = [(origin.lines.get(detail["loc"], 1 << 30), _say(detail, settings, origin)) for detail in error.errors()]
    return [line for _, line in sorted(found, key=lambda pair: pair[0])]


def _say(detail: ErrorDetails, settings: type[BaseModel], origin: Origin) -> str:
    path = detail["loc"]
    name = ".".join(str(part) for part in path if part != "[key]")
    text = _what(detail) + _now(detail) + _hint(detail, settings)
    return f"{origin.place(path)}: {name}: {text}"


def _what(detail: ErrorDetails) -> str:
    kind = detail["type"]
    if kind == "value_error":
        kind = str(detail.get("ctx", {}).get("error", ""))
    key = f"error.config.{kind}"
    if not has_words(key):
        return words("error.config.other", detail=detail["msg"])
    context = {name: value for name, value in detail.get("ctx", {}).items() if name != "error"}
    if "expected" in context:  # pydantic joins the choices with an English "or"
        context["expected"] = str(context["expected"]).replace(" or ", ", ")
    return words(key, **context)


def _now(detail: ErrorDetails) -> str:
    """The value found, unless it may be a secret or is not one value."""
    value = detail.get("input")
    secret = bool(_SECRETS & {str(part).lower() for part in detail["loc"]}) or "://" in str(value)
    a_key = detail["type"] == "extra_forbidden" or detail["loc"][-1] == "[key]"
    if secret or a_key or value is None or isinstance(value, Mapping | list | BaseModel):
        return ""
    return words("error.config.now", value=str(value)[:80])


def _hint(detail: ErrorDetails, settings: type[BaseModel]) -> str:
    if detail["type"] == "value_error" and detail["loc"][-1] == "[key]":
        return _did_you_mean(str(detail["loc"][-2]), limit_names())
    if detail["type"] != "extra_forbidden":
        return ""
    return _did_you_mean(str(detail["loc"][-1]), _siblings(detail["loc"], settings))


def limit_names() -> list[str]:
    """The names `Qc.limits` may change."""
    return [one.name for one in fields(Limits)]


def _siblings(path: Sequence[str | int], settings: type[BaseModel]) -> list[str]:
    """The keys that may stand where the last part of ``path`` stands."""
    model: Any = settings
    for part in path[:-1]:
        field = model.model_fields.get(str(part))
        model = field.annotation if field else None
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            return []
    return list(model.model_fields)


def _did_you_mean(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return words("error.config.did_you_mean", name=near[0]) if near else ""
