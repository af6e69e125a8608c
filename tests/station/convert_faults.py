"""Workers with one disease each, for test_convert.py. They live here because a spawned worker imports them by name."""

import errno
import os
import time
from pathlib import Path

from station import convert_page
from station.convert_task import AS_IT_IS, PageTask, TryAgain


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


def _count(task: PageTask) -> None:
    with (Path(task.folder).parent / "worked").open("a") as log:
        log.write(f"{task.number}\n")
