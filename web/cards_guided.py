"""Cards that lead through what interrupts a stack: a fault with the last stored sheet, the wait for the scanner's button, a
sheet that seems to have come twice."""

from typing import Any

from batches.ledger import Ledger
from batches.runs import WATCHED
from scanner.model import FaultKind
from station.desk_view import DeskView, RunView
from station.words import has_words, words
from web.card import Button, Card

_MAY_COME_TWICE = (FaultKind.JAM, FaultKind.DOUBLE_FEED, FaultKind.CRASHED, FaultKind.HUNG, FaultKind.IO_ERROR)
_BETWEEN_SHEETS = (
    FaultKind.OPERATOR_STOP,
    FaultKind.FEEDER_EMPTY,
    FaultKind.INTERRUPTED,
    FaultKind.OFFLINE,
    FaultKind.CRASHED,
    FaultKind.BUSY,
)
_TOLD = ("cover_open", "double_feed", "jam")


def fault_card(run: RunView, ledger: Ledger) -> Card:
    """What is safe first, then where to put the paper back, then the button; with the last stored sheet and what the scanner
    says itself. Where every counted sheet is there, nothing needs putting back."""
    key = f"fault.{run.fault or FaultKind.OPERATOR_STOP.value}"
    values = {"sheet": run.next_sheet, "last": run.last_label or "—", "nearest": "—"}
    name, _, safe = words(f"{key}.title", **values).partition(" — ")
    resume = Button("resume", words(f"{key}.button", **values), "Enter", {"run": run.id})
    close = Button("give_up", words("console.card.fault.give_up"), "", {"run": run.id})
    whole = _stack_is_whole(run, ledger)
    title, text = words("console.card.fault.title", **values), words(f"{key}.text", **values)
    if whole:
        title, text = (words(f"guided.whole.{part}", sheets=ledger.sheets) for part in ("title", "text"))
        resume = Button("resume", resume.label, "", {"run": run.id})
        close = Button("give_up", words("guided.whole.button"), "Enter", {"run": run.id})
    return Card(
        "fault",
        "step" if run.fault == FaultKind.OPERATOR_STOP or whole else "fault",
        f"{name} — {safe}" if safe else name,
        title,
        text,
        (close, resume) if whole else (resume, close),
        "" if whole else _after(run, ledger, values),
        _facts(run),
        run.last_sheet,
        words("guided.last_sheet", **values) if run.last_sheet is not None else "",
    )


def _stack_is_whole(run: RunView, ledger: Ledger) -> bool:
    """Every counted sheet has come and the interruption left none in the machine."""
    behind = run.last_sheet is not None and not run.half and run.fault in _BETWEEN_SHEETS
    return behind and ledger.difference == 0 and not ledger.lost


def waiting_card(run: RunView, ledger: Ledger) -> Card:
    """The run begins at the scanner; here it can begin at once, or not at all."""
    begin = Button("begin", words("guided.wait.begin"), "Enter", {"run": run.id})
    leave = Button("give_up", words("guided.wait.leave"), "Escape", {"run": run.id})
    name = run.wait_for if run.phase == WATCHED else "calling"
    safe, title, text = (words(f"guided.wait.{name}.{part}") for part in ("safe", "title", "text"))
    ignored = (words(f"guided.ignored.{run.ignored}"),) if has_words(f"guided.ignored.{run.ignored}") else ()
    return Card(f"wait_{name}", "busy", safe, title, text, (begin, leave), _left(ledger), ignored)


def overlap_card(view: DeskView) -> Card:
    """No paper runs and a sheet seems to have come twice: that is answered first."""
    first = labels(view, view.overlaps[0])
    look = Button("show_overlap", words("guided.overlap.look"), "Enter")
    values: dict[str, Any] = {"count": len(view.overlaps), "earlier": first[0], "later": first[1]}
    safe, title, text = (words(f"guided.overlap.card.{part}", **values) for part in ("safe", "title", "text"))
    return Card("overlap", "step", safe, title, text, (look,))


def overlap_question(view: DeskView) -> dict[str, Any] | None:
    """The first sheet that seems to have come twice, both passes with their sides; None where there is none."""
    if not view.overlaps:
        return None
    row = view.overlaps[0]
    sides = [[page for page in view.pages if page.sheet_id == sheet] for sheet in (row.earlier_sheet_id, row.later_sheet_id)]
    earlier, later = labels(view, row)
    ways = [(keep, key, words(f"guided.overlap.{keep}", earlier=earlier, later=later)) for keep, key in _WAYS]
    passes = [
        {"said": words("guided.overlap.earlier", sheet=earlier), "pages": sides[0]},
        {"said": words("guided.overlap.later", sheet=later), "pages": sides[1]},
    ]
    return {"id": row.id, "earlier": earlier, "later": later, "likeness": row.likeness, "passes": passes, "ways": ways,
            "more": len(view.overlaps) - 1}  # fmt: skip


_WAYS = (("kept_earlier", "1"), ("kept_later", "2"), ("both", "3"))


def labels(view: DeskView, row: Any) -> tuple[str, str]:
    """Numbers of the earlier and the later sheet."""
    of = {page.sheet_id: page.sheet_label for page in view.pages}
    return of.get(row.earlier_sheet_id, "?"), of.get(row.later_sheet_id, "?")


def _after(run: RunView, ledger: Ledger, values: dict[str, Any]) -> str:
    again = words("console.card.fault.note", **values) if run.fault in _MAY_COME_TWICE else ""
    hands = words(f"guided.resumes.{run.wait_for}") if run.wait_for and run.fault != FaultKind.OPERATOR_STOP else ""
    return " ".join(filter(None, (_left(ledger), hands, again)))


def _left(ledger: Ledger) -> str:
    return words("guided.left", count=ledger.left) if ledger.left else ""


def _facts(run: RunView) -> tuple[str, ...]:
    """What the sensors said, in words; a stop with paper left was the scanner's own stop button."""
    told = [words(f"guided.sensor.{name}") for name in _TOLD if run.sensors.get(name) and name != run.fault]
    if "page_loaded" in run.sensors:
        loaded = "loaded" if run.sensors["page_loaded"] else "empty"
        stopped = run.fault == FaultKind.OPERATOR_STOP and loaded == "loaded"
        told.append(words(f"guided.sensor.{'stop_pressed' if stopped else loaded}"))
    if run.sensors.get("error_code"):
        told.append(words("guided.sensor.error_code", code=run.sensors["error_code"]))
    return tuple(told)
