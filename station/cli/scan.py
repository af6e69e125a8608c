"""``sohoa scan``: feed a stack into a batch from the command line; pauses on a fault as the desk does."""

import argparse
from dataclasses import replace
from typing import Any

from batches import batch as batch_records
from batches import runs
from batches.words import Role, RunState
from scanner.model import ColorMode, ScanSettings, Source
from station import desk, devices, profiles, scan_asked
from station.capture import carry_out
from station.cli.common import house_of, say_json
from station.desk_view import DeskView
from station.engine import backends_of, only_one
from station.errors import SohoaError, UsageError
from station.house import Actor, House
from station.words import words


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("scan", help=words("cli.door.scan"))
    parser.add_argument("--batch", type=int, required=True, metavar="N", help=words("door.scan.batch"))
    parser.add_argument("--device", metavar="ID", help=words("door.scan.device"))
    parser.add_argument("--profile", metavar="NAME", help=words("door.scan.profile"))
    parser.add_argument("--source", choices=[source.value for source in Source])
    parser.add_argument("--mode", choices=[mode.value for mode in ColorMode])
    parser.add_argument("--resolution", type=int, metavar="DPI")
    parser.add_argument("--actor", default="quet", metavar="LOGIN", help=words("door.scan.actor"))


def run(args: argparse.Namespace) -> int:
    """0 when the feeder ran empty, 1 when a fault paused the run. Raises ScanFault BAD_SETTING, DeviceHeld, NotAllowed.

    Works without the station; while that runs it owns the devices and this door is shut."""
    house = house_of(args)
    backends = backends_of(house)
    with only_one(house):
        devices.look(house, backends)
        batch_id = _batch(house, args.batch)
        actor = Actor(args.actor, Role.OPERATOR)
        run_id = _request(house, actor, batch_id, args)
        carry_out(house, backends, run_id)
    seen = desk.view(house, batch_id)
    _tell(seen, as_json=args.json)
    return 0 if seen.run is not None and seen.run.state == RunState.FINISHED.value else 1


def _batch(house: House, number: int) -> int:
    with house.store.read() as connection:
        return int(batch_records.by_number(connection, number).id)


def _request(house: House, actor: Actor, batch_id: int, args: argparse.Namespace) -> int:
    with house.store.read() as connection:
        open_run = runs.active(connection, batch_id)
    if open_run is not None and open_run.state == RunState.PAUSED.value:
        desk.resume_run(house, actor, open_run.id)
        return int(open_run.id)
    device = _device(house, args.device)
    settings, noted = _settings(house, device, args)
    return desk.start_run(house, actor, batch_id, device, settings, noted=noted)


def _settings(house: House, device: str, args: argparse.Namespace) -> tuple[ScanSettings, desk.Noted]:
    """Those of the profile, with what the command line says besides; without a profile A4 on both sides, colour, 300 dpi."""
    settings, noted = ScanSettings(Source.DUPLEX, ColorMode.COLOR, 300, 210.0, 297.0), {}
    if args.profile is not None:
        scan = scan_asked.of(house, device, _known(house, args.profile))
        settings, noted = scan.settings, dict(scan.noted)
    said: dict[str, Any] = {
        "source": Source(args.source) if args.source else None,
        "mode": ColorMode(args.mode) if args.mode else None,
        "resolution": args.resolution,
    }
    return replace(settings, **{key: value for key, value in said.items() if value is not None}), noted


def _known(house: House, name: str) -> str:
    """A profile by its name, or by what people call it. Raises UsageError."""
    book = profiles.listing(house)
    found = next((one.name for one in book if name in (one.name, one.title)), None)
    if found is None:
        raise UsageError.of("no_such_profile", name=name, known=", ".join(one.name for one in book))
    return found


def _device(house: House, asked: str | None) -> str:
    present = [device for device in devices.listing(house) if device.present]
    chosen = [device for device in present if asked in (None, device.identity, device.alias)]
    if not chosen:
        raise SohoaError.of("no_device" if asked is None else "no_such_device", device=asked)
    if len(chosen) > 1:
        raise UsageError.of("which_device", devices=", ".join(device.identity for device in chosen))
    return chosen[0].identity


def _tell(seen: DeskView, *, as_json: bool) -> None:
    run = seen.run
    assert run is not None
    if as_json:
        say_json({"run": run.state, "fault": run.fault, "sides": run.sides_stored, "ledger": seen.ledger.as_dict()})
        return
    if run.fault:
        print(words(f"fault.{run.fault}.title", sheet=run.next_sheet, last=run.last_label))
        print(words(f"fault.{run.fault}.text", sheet=run.next_sheet, last=run.last_label))
    print(words("door.scan.done", sheets=seen.ledger.sheets, sides=seen.ledger.sides))
