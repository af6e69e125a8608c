"""Between the records' values and the imaging rooms' geometry."""

from collections.abc import Mapping
from typing import Any

from batches.pages import Value
from imaging.values import Crop, Geometry, Orientation, Skew, Turn

_TURNS: dict[int, Turn] = {0: 0, 90: 90, 180: 180, 270: 270}


def geometry_of(size: tuple[int, int], values: Mapping[str, Value]) -> Geometry:
    """What counts for a page whose master measures ``size`` (width, height) px; what is not measured yet is as it came."""
    turn, skew, crop = values.get("orientation"), values.get("skew"), values.get("crop")
    return Geometry(
        Orientation(_TURNS[turn.value], turn.confidence) if turn else Orientation(0, 0.0),
        Skew(float(skew.value), skew.confidence) if skew else Skew(0.0, 0.0),
        _crop(crop) if crop else Crop((0, 0, *size), 0.0),
        crop.value.get("canvas", "whole") if crop else "whole",
    )


def crop_to_json(geometry: Geometry) -> dict[str, Any]:
    """The cut with all that rendering wants to know of it."""
    crop = geometry.crop
    corners = [list(corner) for corner in crop.corners]
    return {"box": list(crop.box), "sides": list(crop.sides), "corners": corners, "canvas": geometry.canvas}


def crop_from_fractions(
    size: tuple[int, int], values: Mapping[str, Value], box: tuple[float, float, float, float]
) -> dict[str, Any]:
    """Fractions 0..1 of the upright page → the crop on record, in px of the master as given."""
    x0, y0, x1, y1 = (min(1.0, max(0.0, side)) for side in box)
    left, right = sorted((x0, x1))
    top, bottom = sorted((y0, y1))
    turn = values["orientation"].value if "orientation" in values else 0
    parts = {
        0: (left, top, right, bottom),
        90: (top, 1 - right, bottom, 1 - left),
        180: (1 - right, 1 - bottom, 1 - left, 1 - top),
        270: (1 - bottom, left, 1 - top, right),
    }[turn]
    return {"box": [round(part * side) for part, side in zip(parts, (*size, *size), strict=True)]}


def _crop(value: Value) -> Crop:
    x0, y0, x1, y1 = (int(side) for side in value.value["box"])
    sides = [float(side) for side in value.value.get("sides", (0, 0, 0, 0))]
    corners = tuple((float(x), float(y)) for x, y in value.value.get("corners", ()))
    return Crop((x0, y0, x1, y1), value.confidence, (sides[0], sides[1], sides[2], sides[3]), corners)
