"""What sane-airscan does not pass on: a network scanner's serial and UUID, and why its feeder stopped.

Asked of the device itself, only where its address stands in the configuration. Answers are read with patterns, not parsed:
a hostile device can lie, but it cannot make us expand entities or follow a nest of elements."""

import contextlib
import html
import os
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import http.client

MOST_BYTES = 1 << 18
SECONDS = 3.0
SIMULATOR = "sohoa-escl"
"""How our own virtual scanner signs its answers; its pages are practice wherever it runs."""
_PREFIX = "airscan:e"
_DEVICE = re.compile(r'^\s*"?(?P<name>[^"=#;\[]+?)"?\s*=\s*(?P<url>https?://[^\s,]+)')
ADF_SENSORS = {
    "ScannerAdfLoaded": "page_loaded",
    "ScannerAdfJam": "jam",
    "ScannerAdfDoorOpen": "cover_open",
    "ScannerAdfMultipickDetected": "double_feed",
    "ScannerAdfMispick": "mispick",
}


def configured_url(address: str) -> str:
    """The eSCL base address of a device named in airscan.conf, empty for one that was discovered or is not airscan's."""
    if not address.startswith(_PREFIX):
        return ""
    name = address.split(":", 2)[-1]
    folders = [Path(one) for one in os.environ.get("SANE_CONFIG_DIR", "").split(":") if one]
    return next((url for folder in [*folders, Path("/etc/sane.d")] if (url := _devices(folder / "airscan.conf").get(name))), "")


def facts(url: str) -> dict[str, str]:
    """``model``, ``serial`` and ``uuid`` as far as the device tells them, ``virtual`` when it is our own simulator; empty when
    it does not answer."""
    text, server = _get(url, "ScannerCapabilities")
    tags = {"model": "MakeAndModel", "serial": "SerialNumber", "uuid": "UUID"}
    found = {key: value for key, tag in tags.items() if (value := _tag(text, tag))}
    return {**found, "virtual": "yes"} if server.startswith(SIMULATOR) else found


def feeder_sensors(url: str) -> dict[str, Any]:
    """The feeder's state as sensors: page_loaded, jam, cover_open, double_feed. Empty when the device does not answer."""
    state = _tag(_get(url, "ScannerStatus")[0], "AdfState")
    return {name: name == ADF_SENSORS.get(state) for name in ADF_SENSORS.values()} if state else {}


def _devices(conf: Path) -> dict[str, str]:
    try:
        lines = conf.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    return {found["name"]: found["url"].rstrip("/") for line in lines if (found := _DEVICE.match(line))}


def _tag(text: str, tag: str) -> str:
    found = re.search(rf"<(?:\w{{1,20}}:)?{tag}\s*>([^<]{{1,200}})<", text)
    return html.unescape(found[1]).strip() if found else ""


def _get(url: str, page: str) -> tuple[str, str]:
    """(text, the server's name for itself); empty when there is no good answer."""
    import http.client  # noqa: PLC0415 - a third of the child's start, and most scanners are not on the network

    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    try:
        with contextlib.closing(kind(parts.hostname or "", parts.port, timeout=SECONDS)) as connection:
            connection.request("GET", f"{parts.path.rstrip('/')}/{page}")
            answer = connection.getresponse()
            return (_body(answer) if answer.status == 200 else ""), answer.headers.get("Server", "")
    except (OSError, http.client.HTTPException, ValueError):
        return "", ""


def _body(answer: "http.client.HTTPResponse") -> str:
    """Bounded in bytes and in time: a device may drip for ever."""
    end, taken = time.monotonic() + SECONDS, b""
    while len(taken) < MOST_BYTES and time.monotonic() < end:
        block = answer.read1(1 << 14)
        if not block:
            break
        taken += block
    return taken[:MOST_BYTES].decode("utf-8", "replace")
