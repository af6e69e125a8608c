"""bin/setup on machines made of stubs: what it installs, what it tells an administrator to type, and nothing done twice."""

import hashlib
import os
import re
import shutil
import stat
import subprocess
import tomllib
from pathlib import Path

import pytest

from station.config import CHECKOUT
from station.doctor.software import PACKAGES

if shutil.which("bash") is None:
    pytest.skip("bin/setup is a bash script", allow_module_level=True)

TOOLS = ["bash", "env", "cat", "cut", "awk", "grep", "rm", "mktemp", "readlink", "sha256sum", "dirname"]
TOOLS += ["mkdir", "chmod", "flock", "tail", "touch"]


class Machine:
    """A checkout and a PATH on which apt, dpkg, sudo and Python only write down what they are asked."""

    def __init__(self, root: Path) -> None:
        self.root, self.home, self.bin = root, root / "sohoa", root / "bin"
        self.log = root / "log"
        for folder in (self.home / "bin", self.home / "web" / "static" / "vendor", self.bin):
            folder.mkdir(parents=True)
        shutil.copy(CHECKOUT / "bin" / "setup", self.home / "bin" / "setup")
        for name in ("requirements.lock", "requirements-test.lock", "pyproject.toml"):
            shutil.copy(CHECKOUT / name, self.home / name)
        self.assets()
        for tool in TOOLS:
            (self.bin / tool).symlink_to(shutil.which(tool) or f"/missing/{tool}")
        self.user(0)
        self.installed(*PACKAGES, "libsane-dev", "gcc", "libc6-dev", "ca-certificates")
        self.stub("apt-get", f'echo "apt-get $*" >>{self.log}')
        self.stub("sudo", "exit 1")
        self.stub("npm", "")
        self.stub("chromedriver", "")
        self.python()

    def stub(self, name: str, body: str, folder: Path | None = None) -> None:
        path = (folder or self.bin) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!{shutil.which('bash')}\n{body}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def user(self, number: int) -> None:
        self.stub("id", f"echo {number}")

    def installed(self, *packages: str) -> None:
        names = "|".join(packages)
        self.stub("dpkg-query", f'case "${{@: -1}}" in {names}) printf installed;; *) exit 1;; esac')

    def python(self) -> None:
        """``python3 -m venv`` makes .venv/bin/python, a stub as well."""
        inner = self.root / "inner"
        self.stub("python", f'echo "python $*" >>{self.log}', inner)
        venv = f"mkdir -p .venv/bin; cat {inner}/python >.venv/bin/python; chmod +x .venv/bin/python"
        self.stub("python3", f'case "$*" in "-m venv"*) {venv};; *print*) echo python3.11;; esac')

    def assets(self) -> None:
        (self.home / "web" / "package-lock.json").write_text("{}")
        (self.home / "web" / "static" / "vendor" / "lock.sha256").write_text(hashlib.sha256(b"{}").hexdigest())

    def setup(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        self.log.write_text("")
        command = [str(self.bin / "bash"), "bin/setup", *arguments]
        return subprocess.run(command, cwd=self.home, env={"PATH": str(self.bin), "HOME": str(self.root)},
                              capture_output=True, text=True, timeout=60, check=False)  # fmt: skip

    def asked(self) -> list[str]:
        return self.log.read_text().splitlines()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_the_first_call_installs_from_the_lock_and_the_second_does_nothing(machine: Machine) -> None:
    first = machine.setup()
    assert first.returncode == 0, first.stderr
    installs = [line for line in machine.asked() if " install " in line]
    assert len(installs) == 3 and all("--require-hashes" in line for line in installs[:2])
    assert all("--no-deps" in line for line in installs) and "--no-index" in installs[2]
    assert machine.setup().returncode == 0
    assert [line for line in machine.asked() if "pip" in line or "apt-get" in line] == []


def test_a_changed_lock_is_installed_again(machine: Machine) -> None:
    machine.setup()
    (machine.home / "requirements.lock").write_text("setuptools==1\n")
    machine.setup()
    assert any(" install " in line for line in machine.asked())


def test_the_test_environment_serves_use_as_well(machine: Machine) -> None:
    machine.setup("--test")
    assert any("requirements-test.lock" in line for line in machine.asked())
    machine.setup()
    assert [line for line in machine.asked() if " install " in line] == []


def test_an_installation_cut_off_half_way_is_taken_up_again(machine: Machine) -> None:
    machine.stub("python", f'echo "python $*" >>{machine.log}; case "$*" in *install*) exit 1;; esac', machine.root / "inner")
    cut_off = machine.setup()
    assert cut_off.returncode == 2 and "pip không cài được" in cut_off.stderr
    machine.stub("python", f'echo "python $*" >>{machine.log}', machine.home / ".venv" / "bin")
    assert machine.setup().returncode == 0
    assert any(" install " in line for line in machine.asked())


def test_root_installs_what_is_missing_without_recommendations(machine: Machine) -> None:
    machine.installed("gcc")
    done = machine.setup()
    assert done.returncode == 0, done.stderr
    update, install = [line for line in machine.asked() if line.startswith("apt-get")]
    assert update.endswith("update") and "install -y --no-install-recommends" in install
    assert "tesseract-ocr-vie" in install and " gcc" not in install


def test_without_root_the_one_line_to_type_is_printed_and_nothing_is_touched(machine: Machine) -> None:
    machine.user(1000)
    there = set(PACKAGES) - {"sane-airscan"}
    machine.installed("gcc", "libc6-dev", "libsane-dev", "ca-certificates", *there)
    done = machine.setup()
    assert done.returncode == 2 and machine.asked() == [] and not (machine.home / ".venv").exists()
    assert done.stderr.splitlines() == [
        "sohoa: thiếu gói hệ thống — nhờ người quản trị gõ: "
        "sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends sane-airscan'"
    ]


def test_sudo_is_used_where_it_asks_nothing(machine: Machine) -> None:
    machine.user(1000)
    machine.installed("gcc")
    machine.stub("sudo", 'if [ "$1" = -n ]; then exit 0; fi; exec "$@"')
    assert machine.setup().returncode == 0
    assert any(line.startswith("apt-get") for line in machine.asked())


def test_npm_is_installed_only_when_the_browser_files_are_not_there(machine: Machine) -> None:
    (machine.bin / "npm").unlink()
    machine.setup()
    assert [line for line in machine.asked() if line.startswith("apt-get")] == []
    (machine.home / "web" / "static" / "vendor" / "lock.sha256").write_text("older")
    machine.setup()
    assert any("nodejs npm" in line for line in machine.asked())


def test_a_failed_installation_shows_aptitudes_words_and_stops(machine: Machine) -> None:
    machine.installed("gcc")
    machine.stub("apt-get", 'echo "E: no such package"; exit 100')
    done = machine.setup()
    assert done.returncode == 2 and "E: no such package" in done.stderr and "apt không cài được" in done.stderr


def test_what_the_doctor_wants_is_what_setup_installs() -> None:
    listed = re.search(r"^SYSTEM=\((.*?)\)", (CHECKOUT / "bin" / "setup").read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert listed is not None and set(PACKAGES) <= set(listed[1].split())


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-test.lock"])
def test_the_locks_hold_every_requirement_with_hashes_and_no_address(lock: str) -> None:
    text = (CHECKOUT / lock).read_text("utf-8")
    assert "://" not in text and "--index" not in text and "--find-links" not in text
    pins = {match[1].lower() for match in re.finditer(r"^([A-Za-z0-9._-]+)==", text, re.MULTILINE)}
    entries = re.split(r"^(?=\S)", text, flags=re.MULTILINE)
    assert [entry.split("==")[0] for entry in entries if "==" in entry and "--hash=sha256:" not in entry] == []
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))
    wanted = [*project["project"]["dependencies"], *(project["dependency-groups"]["test"] if "test" in lock else [])]
    names = {re.split(r"[\[><=;~! ]", one)[0].lower() for one in wanted}
    assert names - pins == set()


def test_the_locks_agree() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^[A-Za-z0-9._-]+==\S+(?: ;[^\\\n]*)?", (CHECKOUT / name).read_text("utf-8"), re.MULTILINE))

    assert pins("requirements.lock") <= pins("requirements-test.lock")


def test_the_scripts_can_be_started() -> None:
    for name in ("bin/run", "bin/test", "bin/setup", "bin/lock", "bin/assets", ".ci/run"):
        assert os.access(CHECKOUT / name, os.X_OK), name
