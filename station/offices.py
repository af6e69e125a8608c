"""Work on whole batches, one at a time in a thread: the checks over all pages, then packing and offering."""

import logging
import threading
from typing import Any

from sqlalchemy import Row

from batches import batch_jobs
from batches.errors import RecordsError
from batches.words import BatchJobKind
from station import checking, release, secrecy, vocabulary
from station.errors import SohoaError, translate
from station.house import House

log = logging.getLogger(__name__)

_LOOK_SECONDS = 0.2


class Offices:
    """Runs until closed; what is interrupted is asked for again at the next start."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="offices")

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._thread.join()

    def _serve(self) -> None:
        while not self._over.wait(_LOOK_SECONDS):
            try:
                self.step()
            except RecordsError:
                log.exception("offices")

    def step(self) -> bool:
        """Carry out what waits; True when there was something."""
        checked = checking.step(self._house) | vocabulary.step(self._house, vocabulary.PAUSE_SECONDS)
        secrecy.tidy(self._house)
        with self._house.store.read() as connection:
            if not batch_jobs.any_queued(connection, BatchJobKind.RELEASE):
                return checked
        with self._house.store.write() as connection:
            job = batch_jobs.next_queued(connection, BatchJobKind.RELEASE)
        if job is not None:
            self._release(job)
        return True

    def _release(self, job: Row[Any]) -> None:
        error = None
        try:
            release.carry_out(self._house, job, self._over)
        except release.Interrupted:
            return
        except Exception as caught:  # the job's border: the batch stays accepted, the desk shows why
            log.exception("release of batch %s", job.batch_id)
            told = caught if isinstance(caught, SohoaError) else translate(caught)
            error = str(told) if told is not None else f"{type(caught).__name__}: {caught}"
        with self._house.store.write() as connection:
            batch_jobs.ended(connection, job.id, error)
