"""The one next step of the scan desk, chosen from what the records say. Pure: a view in, a card out."""

from typing import Any

from batches.ledger import Ledger
from batches.runs import WAITING, WATCHED
from batches.words import BatchState, RunPurpose, RunState
from station.desk_view import DeskView, RunView
from station.importing import HOT_FOLDER
from station.words import has_words, words
from web.card import Button, Card, said
from web.cards_guided import fault_card, overlap_card, waiting_card

_OPEN = (BatchState.OPEN, BatchState.CAPTURING, BatchState.REJECTED, BatchState.PROCESSED)


def card_of(view: DeskView, scanners: int) -> Card:
    """``scanners``: devices present that may take this batch."""
    state = BatchState(view.batch.state)
    if view.run is not None and view.run.state != RunState.FINISHED:
        return _run_card(view.run, view.ledger)
    if view.overlaps and state in (BatchState.CAPTURING, BatchState.REJECTED):
        return overlap_card(view)
    if view.returned and state in _OPEN:
        return _mend(view, scanners)
    if state not in (BatchState.OPEN, BatchState.CAPTURING, BatchState.REJECTED):
        return _elsewhere(state)
    if not scanners and view.ledger.difference != 0:
        look = Button("refresh_devices", words("console.card.no_scanner.button"), "Enter")
        return said("no_scanner", "fault", (look, Button("imports", words("console.imports.link"))))
    return _count_card(view)


def _run_card(run: RunView, ledger: Ledger) -> Card:
    if run.purpose == RunPurpose.IMPORT:
        return _import_card(run)
    if run.state == RunState.PAUSED:
        return fault_card(run, ledger)
    if run.state == RunState.REQUESTED and run.wait_for and run.phase in (WAITING, WATCHED):
        return waiting_card(run, ledger)
    if run.state == RunState.REQUESTED:
        give_up = Button("give_up", words("console.card.waiting.button"), "Escape", {"run": run.id})
        return said("waiting", "busy", (give_up,))
    if run.request == "stop":
        return said("stopping", "busy", (), sides=run.sides_stored)
    stop = Button("stop", words("console.card.running.button"), "Escape", {"run": run.id})
    name = "rescanning" if run.purpose == RunPurpose.RESCAN else "running"
    phase = words(f"phase.{run.phase}") if has_words(f"phase.{run.phase}") else words("phase.open")
    return said(name, "busy", (stop,), sides=run.sides_stored, phase=phase)


def _import_card(run: RunView) -> Card:
    """Files come in: no paper moves, and no scanner is needed."""
    run_id = {"run": run.id}
    if run.state == RunState.REQUESTED:
        give_up = Button("give_up", words("console.card.importing.waiting.button"), "Escape", run_id)
        return said("importing.waiting", "busy", (give_up,))
    look = Button("imports", words("console.card.importing.running.open"))
    if run.state == RunState.PAUSED:
        name = f"importing.{run.fault}" if has_words(f"console.card.importing.{run.fault}.safe") else "importing.paused"
        resume = Button("resume", words("console.card.importing.paused.button"), "Enter", run_id)
        close = Button("give_up", words("console.card.importing.paused.give_up"), "", run_id)
        return said(name, "step" if name == "importing.paused" else "fault", (resume, close, look), sides=run.sides_stored)
    if run.request == "stop":
        return said("importing.stopping", "busy", (), sides=run.sides_stored)
    name = "importing.hot" if run.device == HOT_FOLDER else "importing.running"
    stop = Button("stop", words(f"console.card.{name}.button"), "Escape", run_id)
    return said(name, "busy", (stop, look), sides=run.sides_stored)


def _mend(view: DeskView, scanners: int) -> Card:
    """A returned page waits: which sheet, why, and the button that scans it again."""
    verdict = view.returned[0]
    page = next((page for page in view.pages if page.id == verdict.page_id), None)
    label = page.sheet_label if page is not None else "?"
    reason = words(f"console.reason.{verdict.reason}") if has_words(f"console.reason.{verdict.reason}") else ""
    why = f"{reason}: {verdict.note}" if verdict.note else reason
    fields = {"page": verdict.page_id}
    buttons = (Button("rescan", words("console.card.mend.button", sheet=label), "Enter", fields),) if scanners else ()
    return said("mend", "step", buttons, sheet=label, reason=why, count=len(view.returned))


def _elsewhere(state: BatchState) -> Card:
    home = Button("home", words("console.card.elsewhere.button"), "Enter")
    return Card(
        "elsewhere",
        "done",
        words("console.card.elsewhere.safe"),
        words(f"console.card.elsewhere.{'waiting' if state is BatchState.CAPTURED else 'title'}"),
        words(f"state.{state.value}.text"),
        (home,),
    )


def _count_card(view: DeskView) -> Card:
    """No run is open: the counts say whether to begin, to go on, to look, or to hand over."""
    ledger = view.ledger
    if not ledger.sheets:
        start = Button("start", words("console.card.first.button"), "Enter")
        return said("first", "step", (start,))
    if ledger.prepared is None:
        count = Button("count", words("console.card.uncounted.button"), "Enter")
        return said("uncounted", "step", (count,), sheets=ledger.sheets)
    over = Button("hand_over", words("console.card.ready.button"), "Enter")
    if ledger.agrees:
        return _ready(view, over)
    if ledger.explained:
        return said("explained", "step", (over,), reason=ledger.explained)
    return _differs(ledger)


def _differs(ledger: Ledger) -> Card:
    """The paper on the table and the pictures do not agree, and nobody has said why."""
    difference = ledger.difference or 0
    if difference > 0:
        scan = Button("start", words("console.card.more.button", sheet=ledger.sheets + 1), "Enter")
        count = Button("count", words("console.card.more.count"))
        return said("more", "step", (scan, count), left=difference, sheet=ledger.sheets + 1)
    if difference < 0:
        count = Button("count", words("console.card.surplus.button"), "Enter")
        return said("surplus", "fault", (count,), surplus=-difference)
    return said("unaccounted", "fault", (), count=ledger.unaccounted)


def _ready(view: DeskView, over: Button) -> Card:
    errors = sum(has_open(page, "error") for page in view.pages)
    warnings = sum(has_open(page, "warning") for page in view.pages)
    if errors:
        look = Button("next_flag", words("console.card.flags.button"), "Enter")
        later = Button("hand_over", words("console.card.flags.hand_over"))
        return said("flags", "step", (look, later), count=errors)
    if warnings:
        return said("ready_warned", "step", (over,), count=warnings, sheets=view.ledger.sheets)
    return said("ready", "step", (over,), sheets=view.ledger.sheets)


def has_open(page: Any, level: str) -> bool:
    """Whether a finding of this level on the page waits for a person's word."""
    return any(finding.level == level and finding.state == "open" for finding in page.findings)
