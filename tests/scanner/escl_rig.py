"""What the eSCL tests share: paper, scanimage behind a private SANE_CONFIG_DIR, and a bare HTTP client."""

import http.client
import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from scanner.escl import VirtualScanner, write_sane_config

A4 = (210.0, 297.0)


def page(number: int, *, dpi: int = 75, gray: bool = False) -> Image.Image:
    """An A4 page that carries its number: ``number`` dark squares in its first row, noise below."""
    width, height = (round(side / 25.4 * dpi) for side in A4)
    pixels = np.full((height, width, 3), 245, np.uint8)
    step = width // 24
    for index in range(number):
        left = step * (index % 22 + 1)
        pixels[step * (1 + index // 22) :, left : left + step // 2][: step // 2] = (150, 20, 30)
    pixels[height // 2 :] = np.random.default_rng(number).integers(0, 255, (height - height // 2, width, 3))
    return Image.fromarray(pixels).convert("L" if gray else "RGB")


def make_paper(folder: Path, count: int, *, dpi: int = 75, kind: str = "jpg", gray: bool = False) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(1, count + 1):
        page(number, dpi=dpi, gray=gray).save(folder / f"page-{number}.{kind}", dpi=(dpi, dpi))
    return folder


def number_on(path: Path) -> int:
    """How many squares a scanned page carries: its number."""
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("L"))
    step = round(A4[0] / 25.4 * (pixels.shape[0] / (A4[1] / 25.4))) // 24
    rows = [pixels[step * (1 + row) + step // 4, step:] < 160 for row in range(4)]
    return sum(int(np.count_nonzero(np.diff(row.astype(np.int8), prepend=0) == 1)) for row in rows)


@dataclass(frozen=True)
class Scanned:
    """One run of scanimage. ``status`` is SANE's own number (6 jammed, 7 no docs, 8 cover, 9 I/O), None = killed."""

    status: int | None
    pages: list[Path]
    said: str


def scanimage(
    scanner: VirtualScanner, work: Path, *, source: str = "ADF", mode: str = "Color", dpi: int = 75, kind: str = "pnm",
    timeout: float = 60, count: int = -1,
) -> Scanned:  # fmt: skip
    """``scanimage --batch`` in a fresh process, its pages apart from earlier runs' in ``work``.

    The glass never ends: give a ``count``."""
    out = work / f"run{len(list(work.glob('run*'))) + 1}"
    out.mkdir(parents=True)
    width, height = A4
    command = ["scanimage", "-d", f"airscan:e0:{scanner.identity.name}", "--source", source, "--mode", mode,
               "--resolution", str(dpi), "-x", str(width), "-y", str(height), f"--format={kind}",
               f"--batch={out}/%d.{kind}", f"--batch-count={count}"]  # fmt: skip
    env = {**os.environ, **write_sane_config(work / "sane", scanner)}
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        _, said = process.communicate(timeout=timeout)
        status: int | None = process.returncode
    except subprocess.TimeoutExpired:
        process.kill()
        said, status = process.communicate()[1], None
    pages = sorted(out.glob(f"*.{kind}"), key=lambda path: int(path.stem))
    return Scanned(status, pages, said)


def numbers(scanned: Scanned) -> list[int]:
    return [number_on(path) for path in scanned.pages]


class Client:
    """A bare eSCL client: no prefetch, no retry."""

    def __init__(self, scanner: VirtualScanner) -> None:
        self.address = scanner.address

    def call(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(*self.address, timeout=20)
        try:
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def start(self, source: str = "Feeder", **asked: Any) -> tuple[int, str]:
        """POST ScanJobs; (status, path of the job)."""
        status, headers, _ = self.call("POST", "/eSCL/ScanJobs", settings(source, **asked))
        where = headers.get("Location", "")
        return status, where[where.find("/eSCL") :]

    def next(self, job: str) -> tuple[int, bytes]:
        status, _, body = self.call("GET", f"{job}/NextDocument")
        return status, body

    def all(self, job: str) -> list[bytes]:
        found = []
        while (answer := self.next(job))[0] == 200:
            found.append(answer[1])
        return found

    def control(self, **request: Any) -> tuple[int, dict[str, Any]]:
        body = json.dumps(request).encode()
        status, _, answer = self.call("POST", "/control", body, **{"Content-Type": "application/json"})
        return status, json.loads(answer)

    def state(self) -> str:
        return self.call("GET", "/eSCL/ScannerStatus")[2].decode()


def settings(
    source: str = "Feeder", *, duplex: bool = False, mode: str = "RGB24", dpi: int = 75, kind: str = "image/jpeg",
    region: Sequence[int] = (0, 0, 2480, 3508),
) -> bytes:  # fmt: skip
    x, y, width, height = region
    return f"""<?xml version="1.0"?>
<scan:ScanSettings xmlns:scan="http://schemas.hp.com/imaging/escl/2011/05/03" xmlns:pwg="http://www.pwg.org/schemas/2010/12/sm">
<pwg:Version>2.0</pwg:Version><pwg:ScanRegions><pwg:ScanRegion>
<pwg:ContentRegionUnits>escl:ThreeHundredthsOfInches</pwg:ContentRegionUnits><pwg:XOffset>{x}</pwg:XOffset>
<pwg:YOffset>{y}</pwg:YOffset><pwg:Width>{width}</pwg:Width><pwg:Height>{height}</pwg:Height></pwg:ScanRegion></pwg:ScanRegions>
<pwg:InputSource>{source}</pwg:InputSource><scan:ColorMode>{mode}</scan:ColorMode><scan:XResolution>{dpi}</scan:XResolution>
<scan:YResolution>{dpi}</scan:YResolution><pwg:DocumentFormat>{kind}</pwg:DocumentFormat><scan:Duplex>{str(duplex).lower()}</scan:Duplex>
</scan:ScanSettings>""".encode()
