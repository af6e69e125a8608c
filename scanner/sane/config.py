"""A private SANE configuration: which drivers are asked, and network scanners by address."""

from collections.abc import Mapping, Sequence
from pathlib import Path

SYSTEM = Path("/etc/sane.d")


def write_private_config(
    folder: Path, escl_urls: Mapping[str, str] | None = None, *, backends: Sequence[str] = (), discovery: bool = False
) -> Path:
    """Make ``folder`` a SANE_CONFIG_DIR and return it.

    ``escl_urls``: name → eSCL base address (``http://127.0.0.1:8321/eSCL``); SANE then lists ``airscan:e0:NAME``.
    ``backends``: further drivers by name (``pnm``, ``fujitsu``), or ``system_backends()`` for all the system has.
    ``discovery``: also search the network for scanners (takes seconds; the sealed room does not need it)."""
    folder.mkdir(parents=True, exist_ok=True)
    drivers = [*(["airscan"] if escl_urls or discovery else []), *(name for name in backends if name != "airscan")]
    (folder / "dll.conf").write_text("".join(f"{name}\n" for name in drivers), encoding="utf-8")
    (folder / "airscan.conf").write_text(_airscan(escl_urls or {}, discovery), encoding="utf-8")
    for name in drivers:
        _copy_settings(name, folder)
    return folder


def system_backends(system: Path = SYSTEM) -> list[str]:
    """The drivers enabled on this computer: dll.conf and what packages added in dll.d."""
    files = [system / "dll.conf", *sorted((system / "dll.d").glob("*"))]
    lines = [line.split("#")[0].strip() for file in files if file.is_file() for line in file.read_text().splitlines()]
    return list(dict.fromkeys(line for line in lines if line))


def _airscan(urls: Mapping[str, str], discovery: bool) -> str:
    """Names are quoted: they may hold spaces. sane-airscan reads /etc/sane.d/airscan.conf besides this file, always."""
    devices = "".join(f'"{name}" = {url}, eSCL\n' for name, url in urls.items())
    return f"[devices]\n{devices}\n[options]\ndiscovery = {'enable' if discovery else 'disable'}\nmodel = network\n"


def _copy_settings(name: str, folder: Path) -> None:
    source = SYSTEM / f"{name}.conf"
    if name != "airscan" and source.is_file() and not (folder / source.name).exists():
        (folder / source.name).write_bytes(source.read_bytes())
