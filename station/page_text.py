"""A page's words in the file beside its proof (text.json) and back."""

import json
from pathlib import Path
from typing import Any

from imaging.values import Box, Line, PageText, Word

NAME = "text.json"


def store(folder: Path, text: PageText) -> Path:
    """Write ``text.json``; atomic, so a reader sees the old reading or the new one."""
    path = folder / NAME
    part = path.with_suffix(".part")
    part.write_text(json.dumps(to_json(text), ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    part.replace(path)
    return path


def load(folder: Path) -> PageText | None:
    """The reading of a page; None where there is none yet."""
    path = folder / NAME
    return from_json(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None


def to_json(text: PageText) -> dict[str, Any]:
    return {
        "size": text.size,
        "dpi": text.dpi,
        "engine": text.engine,
        "note": text.note,
        "changes": text.changes,
        "handwriting": text.handwriting,
        "tables": text.tables,
        "lines": [
            {
                "box": line.box,
                "baseline": line.baseline,
                "words": [_word_row(word) for word in line.words],
            }
            for line in text.lines
        ],
    }


def from_json(values: dict[str, Any]) -> PageText:
    lines = tuple(
        Line(
            tuple(Word(text, _box(box), sure, raw, bool(hand)) for text, box, sure, raw, *hand in line["words"]),
            _box(line["box"]),
            (float(line["baseline"][0]), float(line["baseline"][1])),
        )
        for line in values["lines"]
    )
    width, height = values["size"]
    changes = tuple((before, after, _box(box)) for before, after, box in values["changes"])
    hand, tables = (tuple(map(_box, values.get(name, ()))) for name in ("handwriting", "tables"))
    return PageText(lines, (width, height), values["dpi"], values["engine"], values["note"], changes, hand, tables)


def _word_row(word: Word) -> list[Any]:
    """Text, box, confidence, raw; and ``true`` behind them for what a pen wrote."""
    return [word.text, word.box, round(word.confidence, 3), word.raw, *([True] if word.hand else ())]


def _box(values: list[int]) -> Box:
    x0, y0, x1, y1 = (int(side) for side in values)
    return (x0, y0, x1, y1)
