"""A watchdog over jobs in progress: reports jobs that do not end, and aborts those that hang."""

import asyncio
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from ..models import Rejected
from .context import Context
from .flights import ANALYSING, READING, STORING, Flight, Flights

log = logging.getLogger(__name__)

CHECK_SEC: Final = 5.0
READ_LIMIT_SEC: Final = 120.0  # to read the content id of a file
STALL_SEC: Final = 300.0  # without a finished job or decoded audio
NAMED: Final = 3  # jobs named in the reason
PART: Final = "progress"
_NOT_READABLE: Final = "The file could not be read within {:.0f} seconds; its disk does not answer."
_STALLED: Final = "The worker made no progress for {:.0f} seconds."


class Watchdog:
    """Watches the flights.

    Parameters
    ----------
    context : Context
    flights : Flights
    on_change : callable
        Called when the health has changed.
    """

    def __init__(self, context: Context, flights: Flights, on_change: Callable[[], None]) -> None:
        self._context = context
        self._flights = flights
        self._on_change = on_change
        self._progress: tuple[object, ...] = ()
        self._progress_at = time.monotonic()

    async def run(self) -> None:
        """Check the flights at regular intervals; runs until cancelled."""
        while True:
            await asyncio.sleep(CHECK_SEC)
            self.check()

    def check(self) -> None:
        """Abort jobs that hang, and report whether jobs make progress."""
        now, flights = time.monotonic(), self._flights.all()
        for flight in flights:
            if flight.stage == READING and now - flight.since > READ_LIMIT_SEC:
                reason = _NOT_READABLE.format(READ_LIMIT_SEC)
                log.warning("%r: %s", flight.job.path, reason)
                flight.abort(Rejected("scan", "io_error", reason))
        decoded = tuple(state.decoded_sec for state in self._context.pool.states())
        progress = (self._flights.completed, decoded)
        if progress != self._progress or not flights:
            self._progress, self._progress_at = progress, now
        stalled = now - self._progress_at
        if stalled <= STALL_SEC:
            self._report(None)
            return
        self._report(_reason(flights, stalled))
        for flight in flights:
            if flight.stage == ANALYSING:  # beyond the time limit that the slot keeps, or that hangs itself
                flight.abort(Rejected("worker", "timeout", _STALLED.format(stalled)))

    def _report(self, reason: str | None) -> None:
        health = self._context.health
        if (reason is None) is (PART not in health.faults):
            return
        if reason is None:
            health.mark_up(PART)
        else:
            log.error("no progress: %s", reason)
            health.mark_down(PART, reason)
        self._on_change()


def _reason(flights: list[Flight], seconds: float) -> str:
    """Return which jobs have not finished, and what they wait for."""
    named = [f"{Path(os.fsdecode(flight.job.path)).name} ({flight.stage})" for flight in flights[:NAMED]]
    more = f" and {len(flights) - NAMED} more" if len(flights) > NAMED else ""
    storing = " The database does not answer." if all(flight.stage == STORING for flight in flights) else ""
    return f"No job has finished for {seconds / 60:.0f} minutes: {', '.join(named)}{more}.{storing}"
