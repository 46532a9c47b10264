"""Which failed jobs run again, when, and with how much isolation."""

import asyncio
import logging
import os
import time
from collections.abc import Callable
from typing import Final

from ..models import Isolation, Job, Rejected
from ..runtime.tasks import happens_within
from ..workers.tasks import INTERRUPTED
from .context import Context

log = logging.getLogger(__name__)

READ_FAILED: Final = frozenset({"unreadable", "io_error"})
# codes of a file that could not be read this time, which says nothing about its content
NOT_NOW: Final = READ_FAILED | {"unavailable", INTERRUPTED, "missing", "not_regular", "outside_roots"}
INCOMPLETE: Final = "incomplete"  # decoding stopped early: the file or the share may be at fault
MAX_INCOMPLETE: Final = 3  # retries
FIRST_READ_RETRY_SEC: Final = 60.0
LONGEST_READ_RETRY_SEC: Final = 6 * 3600.0
READ_BACKOFF: Final = 4.0  # factor between two delays
CLOCK_CHECK_SEC: Final = 600.0  # the clock may be set while a retry is pending
RETRY_ISOLATION: Final = {
    "timeout": Isolation.EXTENDED,
    "crashed": Isolation.SERIAL,
    "out_of_memory": Isolation.SERIAL,
}


class RetryPolicy:
    """Retries worker failures once in isolation, and read errors with exponential backoff.

    Parameters
    ----------
    context : Context
    on_change : callable
        Called when a circuit breaker closes again.
    """

    def __init__(self, context: Context, on_change: Callable[[], None]) -> None:
        self._context = context
        self._on_change = on_change
        self._timers: list[asyncio.TimerHandle] = []
        self._scheduled = asyncio.Event()

    async def requeue(self, job: Job, rejected: Rejected) -> bool:
        """Release a job for another attempt if its failure allows one.

        Parameters
        ----------
        job : Job
        rejected : Rejected
            Its failure.

        Returns
        -------
        bool
            True if the job was released.
        """
        if rejected.code in {"unavailable", INTERRUPTED}:  # not the file's fault: not an attempt
            await self._context.job_queue.release(job)
            return True
        if rejected.stage != "worker" or job.attempts:
            return False
        await self._context.job_queue.release(job, RETRY_ISOLATION.get(rejected.code, Isolation.SERIAL))
        return True

    def retry_at(self, job: Job, rejected: Rejected) -> float | None:
        """Return when to read a file again.

        Parameters
        ----------
        job : Job
        rejected : Rejected
            Its failure.

        Returns
        -------
        float or None
            Unix time; None if the failure is final.
        """
        if rejected.code not in READ_FAILED and not (rejected.code == INCOMPLETE and job.attempts < MAX_INCOMPLETE):
            return None
        return time.time() + min(FIRST_READ_RETRY_SEC * READ_BACKOFF**job.attempts, LONGEST_READ_RETRY_SEC)

    def stored(self, job: Job, rejected: Rejected) -> None:
        """Plan the next retry after a failure was stored, and count I/O errors.

        Parameters
        ----------
        job : Job
        rejected : Rejected
            Its failure.
        """
        if rejected.code in READ_FAILED or rejected.code == INCOMPLETE:
            self._scheduled.set()
        if rejected.code == "io_error":
            self._read_failed(job.path)

    def _read_failed(self, path: bytes) -> None:
        """Count an I/O error; repeated ones open the circuit breaker of the folder."""
        pause, root = self._context.breakers.failed(path), self._context.rules.root_of(path)
        if pause is None or root is None:
            return
        part = f"reading {os.fsdecode(root)}"
        self._context.health.mark_down(part, f"Reading fails repeatedly; the next attempt is in {pause:.0f} s.")
        log.warning("%r: reading fails; no further attempt for %.0f s", root, pause)
        self._timers.append(asyncio.get_running_loop().call_later(pause, self._close_breaker, part))

    def _close_breaker(self, part: str) -> None:
        self._context.health.mark_up(part)
        self._context.job_queue.notify()
        self._on_change()

    async def run(self) -> None:
        """Queue failed reads when their retry is due; runs until cancelled."""
        while True:
            self._scheduled.clear()
            now = time.time()
            due = await self._context.job_queue.retry_due(now, longest_sec=LONGEST_READ_RETRY_SEC)
            pause = None if due is None else min(max(1.0, due - now), CLOCK_CHECK_SEC)
            await happens_within(self._scheduled, pause)

    def close(self) -> None:
        """Cancel the timers."""
        for timer in self._timers:
            timer.cancel()
