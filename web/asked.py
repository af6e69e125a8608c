"""What a form or a script sends, read strictly: a value that cannot be raises Invalid naming its field."""

import math

from flask import request

from batches.errors import Invalid

_LONGEST = 2000


def text(name: str, default: str = "") -> str:
    return request.form.get(name, default)[:_LONGEST].strip()


def flag(name: str) -> bool:
    return request.form.get(name, "") in ("1", "on", "true")


def whole(name: str) -> int | None:
    """A whole number; None for an empty field."""
    value = text(name)
    if not value:
        return None
    try:
        return int(value)
    except ValueError:
        raise Invalid(what=name, value=value[:50]) from None


def number(name: str) -> float | None:
    """A number, written 1,5 or 1.5; None for an empty field."""
    value = text(name)
    if not value:
        return None
    try:
        found = float(value.replace(",", "."))
    except ValueError:
        raise Invalid(what=name, value=value[:50]) from None
    if not math.isfinite(found):
        raise Invalid(what=name, value=value[:50])
    return found


def box(name: str = "box") -> tuple[float, float, float, float] | None:
    """Four fractions "x0,y0,x1,y1"; None for an empty field."""
    value = text(name)
    if not value:
        return None
    try:
        x0, y0, x1, y1 = (float(part) for part in value.split(","))
    except ValueError:
        raise Invalid(what=name, value=value[:50]) from None
    if not (0 <= x0 < x1 <= 1 and 0 <= y0 < y1 <= 1):
        raise Invalid(what=name, value=value[:50])
    return x0, y0, x1, y1
