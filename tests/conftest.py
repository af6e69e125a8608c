"""What every test gets: words that are missing raise, and nothing of the tester's own environment leaks in."""

import os
import signal

import pytest

os.environ["SOHOA_STRICT_WORDS"] = "1"


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No SOHOA_ switch of the machine reaches a test, save the strictness of words."""
    for name in [name for name in os.environ if name.startswith("SOHOA_") and name != "SOHOA_STRICT_WORDS"]:
        monkeypatch.delenv(name)


def hears_ctrl_c() -> None:
    """For a child process of a test: tests started in the background of a shell pass SIGINT on as ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
