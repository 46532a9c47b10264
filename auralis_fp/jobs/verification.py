"""Confirmation of stored results: unconfirmed ones as they appear, and all others in turn within a daily budget."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final

from ..files.content_id import content_id, payload_digest_of
from ..files.scanner import stat_audio
from ..models import FileEvent, FileStamp
from ..runtime.threads import in_daemon_thread
from ..store.confirmation import Candidate, Confirmations
from .context import Context

log = logging.getLogger(__name__)

BATCH: Final = 50
POLL_SEC: Final = 2.0
IDLE_SEC: Final = 60.0  # after a batch of which no file could be checked
READ_LIMIT_SEC: Final = 60.0
SLOWEST_READ: Final = 200_000.0  # bytes per second
DAY_SEC: Final = 86_400.0
LONG_AGO_SEC: Final = 30 * DAY_SEC  # a result confirmed later than this is not checked again
UNTRACEABLE_SEC: Final = 7 * DAY_SEC  # the same, where edits may leave no trace in a stamp
DECODING_SEC: Final = 5.0  # what a result without digest is charged with: its file is decoded again
_LAST_RECHECK: Final = "last recheck"


class Verifier:
    """Compares results with the files they belong to, one at a time and at most half of the time.

    The content id, which samples the payload, is compared first: it finds most changes after reading a megabyte. The
    payload digest then confirms the result. A result that does not agree is discarded, and its file is analysed.

    Parameters
    ----------
    context : Context
    observe : callable
        Receives files that have changed.
    on_refuted : callable
        Called when a file was queued.
    """

    def __init__(
        self, context: Context, observe: Callable[[list[FileEvent]], Awaitable[None]], on_refuted: Callable[[], None]
    ) -> None:
        self._context = context
        self._confirmations = Confirmations(context.library.database)
        self._observe = observe
        self._on_refuted = on_refuted

    async def run(self) -> None:
        """Check unconfirmed results as they appear; runs until cancelled."""
        while True:
            await self._context.gate.wait()
            pending = await self._confirmations.pending(BATCH, self._context.breakers.open())
            checked = 0
            for candidate in pending:
                await self._context.gate.wait()
                checked += await self._check_paced(candidate)
            if not checked:
                await asyncio.sleep(IDLE_SEC if pending else POLL_SEC)

    async def run_rechecks(self) -> None:
        """Once a day, check the results that have not been confirmed for longest; runs until cancelled."""
        budget = 60 * self._context.settings.recheck_minutes
        if not budget:
            return
        library = self._context.library
        while True:
            last = float(await library.recall(_LAST_RECHECK) or 0.0)
            if last == 0.0 or last > time.time():  # never yet, or the clock was set back
                last = time.time()
                await library.remember(_LAST_RECHECK, str(last))
            await asyncio.sleep(max(0.0, last + DAY_SEC - time.time()))
            await library.remember(_LAST_RECHECK, str(time.time()))
            await self._confirmations.doubt_untraceable(time.time() - UNTRACEABLE_SEC)
            await self.recheck(budget)

    async def recheck(self, budget_sec: float) -> None:
        """Check the results that have not been confirmed for longest.

        Parameters
        ----------
        budget_sec : float
            Time to spend. A result without digest is queued after all other jobs and charged with ``DECODING_SEC``.
        """
        seen: set[int] = set()
        while budget_sec > 0:
            oldest = await self._confirmations.oldest(time.time() - LONG_AGO_SEC, BATCH + len(seen))
            new = [candidate for candidate in oldest if candidate.file_id not in seen]
            if not new:
                return
            for candidate in new:
                seen.add(candidate.file_id)
                await self._context.gate.wait()
                started = time.monotonic()
                if candidate.digest is None:
                    await self._confirmations.queue_unverifiable(candidate.file_id)
                    self._on_refuted()
                    budget_sec -= DECODING_SEC
                else:
                    await self._check_paced(candidate)
                budget_sec -= time.monotonic() - started
                if budget_sec <= 0:
                    return

    async def _check_paced(self, candidate: Candidate) -> bool:
        """Check a result, and pause as long as that took."""
        started = time.monotonic()
        limit = READ_LIMIT_SEC + candidate.stamp.size / SLOWEST_READ
        try:
            async with asyncio.timeout(limit):
                checked = await self.check(candidate)
        except TimeoutError:  # the disk does not answer: the other results do not wait for it
            log.warning("%r could not be compared with its result within %.0f s", candidate.path, limit)
            checked = False
        await asyncio.sleep(time.monotonic() - started)
        return checked

    async def check(self, candidate: Candidate) -> bool:
        """Compare a result with its file. Return False if the file cannot be read at the moment."""
        context, path = self._context, candidate.path
        before = await in_daemon_thread(stat_audio, path, context.rules)
        if before is None:
            return False
        if before != candidate.stamp:
            await self._observe([FileEvent(path, before)])
            return True
        bounds = context.rules.bounds(path)
        if not candidate.sampled and candidate.content is not None:
            content = await in_daemon_thread(content_id, path, bounds)
            if content is None:
                return False
            if content != candidate.content:
                await self._refute(candidate)
                return True
        await self._confirmations.sampled(candidate.file_id)
        return candidate.digest is None or await self._check_digest(candidate, before)

    async def _check_digest(self, candidate: Candidate, before: FileStamp) -> bool:
        context, path = self._context, candidate.path
        digest = await in_daemon_thread(payload_digest_of, path, context.rules.bounds(path))
        after = await in_daemon_thread(stat_audio, path, context.rules)
        if digest is None or after is None or after != before or after.ctime_ns != before.ctime_ns:
            return False
        if digest == candidate.digest:
            await self._confirmations.confirm(candidate.file_id, after)
        else:
            await self._refute(candidate)
        return True

    async def _refute(self, candidate: Candidate) -> None:
        log.warning("%r has changed although its size and time are the same; it is analysed again", candidate.path)
        await self._confirmations.refute(candidate.file_id)
        self._on_refuted()
