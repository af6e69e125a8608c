"""Workers with one disease each, for test_convert.py. They live here because a spawned worker imports them by name."""

import errno
import os
import time
from datetime import UTC, datetime
from pathlib import Path

from station import convert_page
from station.convert_task import AS_IT_IS, BindTask, PageTask, TryAgain, bind


def hangs_on_page_two(task: PageTask) -> None:
    """The first preparation never comes back; the next one does."""
    if task.number == 2 and task.attempt == 0:
        time.sleep(600)
    convert_page.work(task)


def dies_on_page_two(task: PageTask) -> None:
    """Like a fault in a library: the process is gone, whatever is tried with text."""
    if task.number == 2 and task.attempt >= 0:
        os._exit(11)
    convert_page.work(task)


def never_measures_page_two(task: PageTask) -> None:
    if task.number == 2 and task.attempt != AS_IT_IS:
        raise ZeroDivisionError("geometry")
    convert_page.work(task)


def never_does_page_two(task: PageTask) -> None:
    if task.number == 2:
        raise TryAgain("failed")
    convert_page.work(task)


def disk_fills_at_page_three(task: PageTask) -> None:
    """Until someone clears the disk: a file named ``room`` beside the work folder."""
    if task.number == 3 and not (Path(task.folder).parent / "room").exists():
        time.sleep(0.5)
        raise OSError(errno.ENOSPC, "No space left on device", task.folder)
    _count(task)
    convert_page.work(task)


def waits_at_page_four_until_the_file_is_begun(task: PageTask) -> None:
    _wait_at_page_four(task)
    convert_page.work(task)


def fails_at_page_four_once_the_file_is_begun(task: PageTask) -> None:
    """As ``disk_fills_at_page_three``."""
    _wait_at_page_four(task)
    if task.number == 4 and not (Path(task.folder).parent / "room").exists():
        raise OSError(errno.ENOSPC, "No space left on device", task.folder)
    convert_page.work(task)


def never_reads_page_four(task: PageTask) -> None:
    """It comes out without its text, when everything else has waited for it."""
    if task.number == 4 and task.attempt >= 0:
        raise TryAgain("failed")
    convert_page.work(task)


def waits_for_a_page_that_never_comes(folder: Path) -> None:
    """Whoever asks is killed in the meantime. Says who it is, and that it waited no longer."""
    wanted = folder / "wanted"
    wanted.touch()
    (folder / "pid").write_text(str(os.getpid()))
    bind(BindTask(str(folder), ("none",), str(folder / "o.pdf"), "", datetime.now(UTC), str(wanted)))


def _wait_at_page_four(task: PageTask) -> None:
    until = time.monotonic() + 30
    while task.number == 4 and not list(Path(task.folder).glob(".sohoa-pdf-*")):
        if time.monotonic() > until:
            raise TryAgain("timeout")
        time.sleep(0.01)


def _count(task: PageTask) -> None:
    with (Path(task.folder).parent / "worked").open("a") as log:
        log.write(f"{task.number}\n")
