"""The pytest side of vscan: builds the backend once a session, gives each test its own scanner with its own paper.

In a conftest.py:  ``from vscan.rig import vscan, vscan_library  # noqa: F401``"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

SOURCES = ("vscan.c", "options.c", "tray.c", "faults.c", "picture.c")
_HERE = Path(__file__).parent


def build(folder: Path) -> Path:
    """Compiles the backend into ``folder`` and returns the library. Raises CalledProcessError with the compiler's words."""
    library = folder / "libsane-vscan.so.1"
    command = ["gcc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-o", str(library)]
    done = subprocess.run([*command, *(str(_HERE / name) for name in SOURCES)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return library


@dataclass(frozen=True)
class Vscan:
    """One scanner: its tray folder is its paper and the operator's hands."""

    name: str
    tray: Path
    config_dir: Path
    library: Path

    @property
    def device(self) -> str:
        return f"vscan:{self.name}"

    @property
    def env(self) -> dict[str, str]:
        """The environment a fresh process needs to see this scanner and no other."""
        return {**os.environ, "SANE_CONFIG_DIR": str(self.config_dir), "LD_LIBRARY_PATH": str(self.library.parent)}

    def load(self, pages: Sequence[NDArray[np.uint8]], *, two_sided: bool = False, dpi: int = 75) -> None:
        """New paper: h x w grey or h x w x 3 RGB pages. ``two_sided``: front, back, front, back…"""
        folder = self.tray / "pages"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for number, page in enumerate(pages, 1):
            kind = 6 if page.ndim == 3 else 5
            header = f"P{kind}\n{page.shape[1]} {page.shape[0]}\n255\n".encode()
            (folder / f"{number:05d}.pnm").write_bytes(header + np.ascontiguousarray(page).tobytes())
        (self.tray / "state").unlink(missing_ok=True)
        self.set(two_sided=int(two_sided), page_dpi=dpi)

    def set(self, **settings: float) -> None:
        """``ipm`` images a minute (0 = unlimited), ``buffer`` sides fed ahead, ``two_sided``, ``page_dpi``, ``chatty`` (prints
        on standard output as some drivers do), ``huge`` (promises 2^30 lines), ``endless`` (pages without an end). In force
        from the next job."""
        merged = {**self._pairs("settings"), **settings}
        _write(self.tray / "settings", "".join(f"{name} {value}\n" for name, value in merged.items()))

    def faults(self, *lines: str) -> None:
        """Each ``SIDE KIND [read|start] [xN] [gone]``, kinds as in README.md; duplex counts both faces of a sheet."""
        for path in self.tray.glob("fired.*"):
            path.unlink()
        _write(self.tray / "faults", "".join(f"{line}\n" for line in lines))

    def put_back_from(self, sheet: int) -> None:
        """Sheet ``sheet`` and all after it lie in the tray again, from the next job or look at a sensor."""
        _write(self.tray / "put_back", f"{sheet}\n")

    def press(self, button: str = "scan") -> None:
        """``scan`` or ``email``: the sensor reads true once."""
        (self.tray / f"button-{button}").touch()

    def turn_function(self, number: int) -> None:
        _write(self.tray / "function", f"{number}\n")

    def cover(self, *, opened: bool) -> None:
        self._flag("cover", opened)

    def plug(self, *, out: bool) -> None:
        """Unplugged: not listed, cannot be opened."""
        self._flag("offline", out)

    def stuck(self, *, on: bool) -> None:
        """Listed, but it does not open: I/O error."""
        self._flag("stuck", on)

    def place(self, sheet: int) -> None:
        """Lays a sheet's front on the glass; each flatbed scan then finds the next."""
        _write(self.tray / "glass", f"{sheet}\n")

    @property
    def state(self) -> dict[str, float]:
        """As remembered: next_sheet, fed (sheets), delivered (sides), double_feed, cover, job, queued."""
        return self._pairs("state")

    @property
    def sheets(self) -> int:
        files = len(list((self.tray / "pages").glob("*.pnm")))
        return (files + 1) // 2 if self._pairs("settings").get("two_sided") else files

    @property
    def sheets_left(self) -> int:
        put_back = self.tray / "put_back"
        first = int(put_back.read_text()) if put_back.exists() else int(self.state.get("next_sheet", 1))
        return self.sheets - first + 1

    def _flag(self, name: str, on: bool) -> None:
        path = self.tray / name
        if on:
            path.touch()
        else:
            path.unlink(missing_ok=True)

    def _pairs(self, name: str) -> dict[str, float]:
        path = self.tray / name
        lines = path.read_text().splitlines() if path.exists() else []
        return {key: float(value) for key, value in (line.split() for line in lines)}


def make(folder: Path, library: Path, *names: str) -> list[Vscan]:
    """Scanners side by side behind one SANE_CONFIG_DIR."""
    config = folder / "sane"
    config.mkdir(parents=True, exist_ok=True)
    (config / "dll.conf").write_text("vscan\n")
    trays = {name: folder / f"tray-{name}" for name in names}
    for tray in trays.values():
        (tray / "pages").mkdir(parents=True, exist_ok=True)
    (config / "vscan.conf").write_text("".join(f"{name} {tray}\n" for name, tray in trays.items()))
    return [Vscan(name, tray, config, library) for name, tray in trays.items()]


@pytest.fixture(scope="session")
def vscan_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("gcc") is None or not Path("/usr/include/sane/sane.h").exists():
        pytest.skip("gcc or libsane-dev is missing: the test-only SANE backend cannot be built")
    return build(tmp_path_factory.mktemp("vscan"))


@pytest.fixture
def vscan(tmp_path: Path, vscan_library: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vscan]:
    """One scanner, ``vscan:v0``. The environment of this process points at it, so children see it; this process must not load
    libsane itself (libsane reads its configuration once)."""
    (scanner,) = make(tmp_path, vscan_library, "v0")
    monkeypatch.setenv("SANE_CONFIG_DIR", str(scanner.config_dir))
    monkeypatch.setenv("LD_LIBRARY_PATH", str(vscan_library.parent))
    yield scanner


def _write(path: Path, text: str) -> None:
    """At once, so that the backend never reads half a file."""
    new = path.with_name(path.name + ".tmp")
    new.write_text(text)
    new.replace(path)
