"""The card of the scan desk while a stack waits to be turned, backs to be joined, or the glass for its next sheet."""

from typing import Any

from batches.words import RunState
from station import manual_duplex, series
from station.desk_view import DeskView
from station.house import House
from station.words import words
from web.card import Card


def ways_card(house: House, view: DeskView) -> Card | None:
    """None where neither is under way, or a run is."""
    if view.run is not None and view.run.state != RunState.FINISHED.value:
        return None
    backs = manual_duplex.view(house, view.batch.id)
    if backs is not None:
        values = {"fronts": backs.fronts, "backs": backs.backs, "difference": abs(backs.fronts - backs.backs)}
        tone = "fault" if backs.step == "differ" else "step"
        part = f"differ_{'fewer' if backs.fronts > backs.backs else 'more'}" if backs.step == "differ" else backs.step
        return Card(f"backs_{backs.step}", tone, *_said(f"desk.backs.{part}", **values), part="backs", data=backs)
    between = series.view(house, view.batch.id)
    if between is None:
        return None
    key = f"desk.series.{between.next_face}" if between.page is not None else "desk.series.nothing"
    return Card("series", "step", *_said(key, sheet=between.label or "—"), part="series", data=between)


def _said(key: str, **values: Any) -> tuple[str, str, str]:
    safe, title, text = (words(f"{key}.{part}", **values) for part in ("safe", "title", "text"))
    return safe, title, text
