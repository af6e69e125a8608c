"""The page number printed on a page, from its words: a number that stands alone in the middle of the head or of the foot.

NĐ 30/2020/NĐ-CP puts it in the middle of the upper margin; older papers have it below. Numbers in a corner are an archivist's
pencil, not the document's count."""

import re

from imaging.values import Line, PageText

_ALONE = re.compile(r"[-–—~.|\s]*([1-9]\d{0,2})[-–—~.|\s]*")
_MARGIN, _ASIDE, _SURE = 0.1, 0.35, 0.5
"""Shares of the page: height of head and foot, width left out on either side; and the least confidence of the word."""


def printed(text: PageText | None) -> int | None:
    """None where there is no text, no such number, or one that may be something else."""
    if text is None:
        return None
    height = text.size[1]
    head = [line for line in text.lines if line.box[3] < height * _MARGIN]
    foot = [line for line in text.lines if line.box[1] > height * (1 - _MARGIN)]
    found = [number for part in (head, foot) for line in part if (number := _number(line, text.size[0])) is not None]
    return found[0] if found else None


def _number(line: Line, width: int) -> int | None:
    middle = (line.box[0] + line.box[2]) / 2
    alone = _ALONE.fullmatch(" ".join(word.text for word in line.words))
    sure = line.words and min(word.confidence for word in line.words) >= _SURE
    return int(alone[1]) if alone and sure and width * _ASIDE < middle < width * (1 - _ASIDE) else None
