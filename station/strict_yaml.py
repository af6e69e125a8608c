"""YAML without its traps: a key twice, ``7:30`` read as 450, ``no`` as false, ``010`` as 8 are refused, with the line."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Path_ = tuple[str | int, ...]

_SEXAGESIMAL = re.compile(r"^[-+]?\d+(:[0-5]?\d)+(\.\d*)?$")
_OCTAL = re.compile(r"^[-+]?0[0-7_]+$")
_SWITCH = re.compile(r"^(yes|no|on|off)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Problem:
    """``kind``: ``syntax``, ``duplicate``, ``switch``, ``clock``, ``octal``, ``not_a_map``; ``line`` counts from 1."""

    kind: str
    line: int
    text: str
    first_line: int = 0
    """Of a duplicate: where the key stood first."""


@dataclass(slots=True)
class Document:
    """What a file says (``data``), where each path of keys stands (``lines``, from 1), and what is wrong with it."""

    data: dict[str, Any] = field(default_factory=dict)
    lines: dict[Path_, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read(path: Path) -> Document:
    """The mapping in ``path``; an empty file is an empty mapping. Raises OSError; everything else is a problem listed."""
    try:
        return parse(path.read_text("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        return Document(problems=[Problem("syntax", line, "UTF-8")])


def parse(text: str) -> Document:
    """As `read`, of a text."""
    document = Document()
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return document
        document.problems = list(_walk(node, (), document.lines))
        _build(loader, node, document)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        document.problems.append(Problem("syntax", mark.line + 1 if mark else 1, getattr(error, "problem", None) or str(error)))
    finally:
        loader.dispose()
    return document


def _build(loader: Any, node: yaml.Node, document: Document) -> None:
    if not isinstance(node, yaml.MappingNode):
        document.problems.append(Problem("not_a_map", node.start_mark.line + 1, ""))
    elif not document.problems:
        document.data = loader.construct_document(node)


def _walk(node: yaml.Node, path: Path_, lines: dict[Path_, int]) -> Iterator[Problem]:
    """Notes the line of every path and yields what is ambiguous. The depth is bounded by the parser's own recursion."""
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        yield from _walk_map(node, path, lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _walk(item, (*path, index), lines)
    elif isinstance(node, yaml.ScalarNode):
        yield from _ambiguous(node)


def _walk_map(node: yaml.MappingNode, path: Path_, lines: dict[Path_, int]) -> Iterator[Problem]:
    for key, value in node.value:
        here = (*path, str(key.value))
        line = key.start_mark.line + 1
        yield from _ambiguous(key)
        if here in lines:
            yield Problem("duplicate", line, str(key.value), lines[here])
            continue
        lines[here] = line
        yield from _walk(value, here, lines)


def _ambiguous(node: yaml.Node) -> Iterator[Problem]:
    if not isinstance(node, yaml.ScalarNode) or node.style:  # a plain scalar's style is None or ''
        return
    for kind, pattern in (("switch", _SWITCH), ("clock", _SEXAGESIMAL), ("octal", _OCTAL)):
        if pattern.match(node.value):
            yield Problem(kind, node.start_mark.line + 1, node.value)
