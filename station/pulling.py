"""What an archive's server does, as a small client: read the feed, pull each file with its digest, resume, acknowledge.

An example to copy, and the other half of every test of the interface."""

import hashlib
import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

_CHUNK = 1 << 20
_SECONDS = 60.0


class PullError(Exception):
    """The station's answer was not what its manifest says."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """A package on the archive's side, every digest checked."""

    uid: str
    folder: Path
    manifest_sha256: str
    files: int
    bytes: int


class Puller:
    """``base``: the station's address, e.g. ``http://127.0.0.1:8477``; ``token``: this archive's."""

    def __init__(self, base: str, token: str) -> None:
        self._base, self._token = base.rstrip("/"), token

    def offered(self) -> list[dict[str, Any]]:
        """The packages that wait to be pulled."""
        found: list[dict[str, Any]] = []
        after = 0
        while True:
            page = json.loads(self._get(f"/api/v1/batches?state=offered&after={after}").read())
            found += page["batches"]
            if page["next"] == after:
                return found
            after = page["next"]

    def pull(self, package: dict[str, Any], into: Path) -> Pulled:
        """Every file of a package below ``into``; what is there already and whole is not fetched again. Raises PullError."""
        data = self._get(package["manifest"]).read()
        if hashlib.sha256(data).hexdigest() != package["manifest_sha256"]:
            raise PullError("the manifest's digest is not the one of the feed")
        files = json.loads(data)["files"]
        folder = into / package["id"]
        for file in files:
            self._fetch(f"/api/v1/batches/{package['id']}/{file['url']}", file, folder)
        return Pulled(package["id"], folder, package["manifest_sha256"], len(files), sum(file["size"] for file in files))

    def acknowledge(self, pulled: Pulled, status: str = "accepted") -> dict[str, Any]:
        """Send the receipt; asking twice is one receipt."""
        body = json.dumps({"status": status, "manifest_sha256": pulled.manifest_sha256}).encode()
        headers = {"Idempotency-Key": f"{pulled.uid}-{status}", "Content-Type": "application/json"}
        answer: dict[str, Any] = json.loads(self._get(f"/api/v1/batches/{pulled.uid}/receipts", headers, body).read())
        return answer

    def _fetch(self, url: str, file: dict[str, Any], folder: Path) -> None:
        path = PurePosixPath(file["path"])
        if path.is_absolute() or ".." in path.parts:
            raise PullError(f"a name that leads outside: {path}")
        target = folder / path
        if target.is_file() and _sha256(target) == file["sha256"]:
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(target.name + ".part")
        self._resume(url, part, file["sha256"])
        if part.stat().st_size != file["size"] or _sha256(part) != file["sha256"]:
            part.unlink()
            raise PullError(f"{path} did not arrive as its manifest says")
        part.replace(target)

    def _resume(self, url: str, part: Path, sha256: str) -> None:
        there = part.stat().st_size if part.is_file() else 0
        headers = {"Range": f"bytes={there}-", "If-Range": f'"{sha256}"'} if there else {}
        with self._get(url, headers) as answer, part.open("ab" if answer.status == 206 else "wb") as out:
            while chunk := answer.read(_CHUNK):
                out.write(chunk)

    def _get(self, path: str, headers: dict[str, str] | None = None, body: bytes | None = None) -> Any:
        request = urllib.request.Request(  # noqa: S310 - the address is the caller's own station
            self._base + path, data=body, headers={"Authorization": f"Bearer {self._token}", **(headers or {})}
        )
        try:
            return urllib.request.urlopen(request, timeout=_SECONDS)  # noqa: S310
        except urllib.error.HTTPError as error:
            raise PullError(f"{path}: {error.code} {error.read().decode(errors='replace')[:300]}") from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
