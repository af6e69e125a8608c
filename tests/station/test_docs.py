"""The pages people are sent to hold what the program can say, and what they tell people to type exists."""

import re

import pytest

import batches.errors
import imaging.load_model
from scanner.model import FaultKind
from station.cli.main import DOORS
from station.config import CHECKOUT, Settings


def page(name: str) -> str:
    return (CHECKOUT / name).read_text("utf-8")


def test_the_page_of_errors_has_every_fault_and_refusal() -> None:
    known = [kind.value for kind in FaultKind]
    known += [kind.key for kind in batches.errors.RecordsError.__subclasses__()]
    known += [kind.reason for kind in imaging.load_model.LoadError.__subclasses__()]
    text = page("docs/errors.md")
    assert [name for name in known if f"| `{name}` |" not in text] == []


@pytest.mark.parametrize("name", ["README.md", "docs/quan-tri.md"])
def test_every_command_and_file_named_exists(name: str) -> None:
    text = page(name)
    assert set(re.findall(r"\bsohoa ([a-z]+)\b", text)) - set(DOORS) == set()
    links = [link for link in re.findall(r"\]\(([^)#:]+)\)", text) if not link.endswith(".png")]
    assert [link for link in links if not (CHECKOUT / name).parent.joinpath(link).exists()] == []
    assert [script for script in re.findall(r"(?<![\w/])bin/[a-z]+", text) if not (CHECKOUT / script).exists()] == []


def test_every_setting_the_guide_names_exists() -> None:
    settings = Settings()
    named = set(re.findall(rf"`({'|'.join(Settings.model_fields)})\.(\w+)", page("docs/quan-tri.md")))
    assert len(named) > 5
    assert {f"{section}.{key}" for section, key in named if not hasattr(getattr(settings, section), key)} == set()
