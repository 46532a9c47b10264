"""Back-fill: parts that results of earlier versions lack, computed when there is nothing else to do.

A file gets everything that it lacks in one decode. Its result is served meanwhile.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Final

from ..files.scanner import stat_audio
from ..models import Analysed, ComputedParts, FileEvent, FileStamp, Rejected
from ..runtime.payloads import result_event
from ..runtime.threads import in_daemon_thread
from ..store.confirmation import Confirmations
from ..store.due_parts import DuePart, DueParts
from ..workers.protocol import Slot
from ..workers.tasks import compute_parts
from .context import Context
from .retry import NOT_NOW

log = logging.getLogger(__name__)

BATCH: Final = 50
IDLE_SEC: Final = 5.0  # between two looks while there is other work, or nothing is due
RETRY_SEC: Final = 600.0  # for files that cannot be read at the moment
LATER_SEC: Final = 30 * 86_400.0  # for files that cannot be decoded any more


class PartUpdater:
    """Computes the parts that are due, at the lowest priority: only while no job waits.

    Parameters
    ----------
    context : Context
    due : DueParts
    observe : callable
        Receives files that have changed.
    on_change : callable
        Called when there is progress to show.
    """

    def __init__(
        self,
        context: Context,
        due: DueParts,
        observe: Callable[[list[FileEvent]], Awaitable[None]],
        on_change: Callable[[], None],
    ) -> None:
        self._context = context
        self._due = due
        self._confirmations = Confirmations(context.library.database)
        self._observe = observe
        self._on_change = on_change
        self.completed = 0  # files since the start

    async def waiting(self) -> int:
        """Return how many files lack parts."""
        return await self._due.waiting()

    async def run(self) -> None:
        """Compute parts whenever some are due; runs until cancelled."""
        await self._due.prepare()
        while True:
            files = await self._due.due(BATCH, self._context.breakers.open()) if await self._may_run() else []
            if not files:
                await asyncio.sleep(IDLE_SEC)
                continue
            waiting = iter(files)
            await asyncio.gather(*(self._work_off(waiting) for _ in range(self._context.pool.size)))

    async def _may_run(self) -> bool:
        """Return True if background work is allowed and no job waits."""
        context = self._context
        blocked = context.gate.blocked_by() is not None
        return not blocked and await context.job_queue.next_isolation(context.breakers.open()) is None

    async def _work_off(self, files: Iterator[DuePart]) -> None:
        """Take one file after the other, as long as no other work comes."""
        context = self._context
        for due in files:
            if not await self._may_run():
                return
            async with context.pool.lease() as slot:
                completed = await self._complete(due, slot)
            self.completed += completed
            if completed:
                self._on_change()

    async def _complete(self, due: DuePart, slot: Slot) -> bool:
        """Compute and store what a file lacks. Return True if that was possible."""
        context, path = self._context, due.path
        before = await in_daemon_thread(stat_audio, path, context.rules)
        if before is None:
            await self._due.postpone(due.file_id, time.time() + RETRY_SEC)
            return False
        if before != due.stamp:
            await self._observe([FileEvent(path, before)])
            return False
        bounds = context.rules.bounds(path)
        if due.digest is None:  # nothing shows that the result is of this audio: it is made anew
            return await self._store(due, before, await slot.run(path, 1.0, bounds, before))
        return await self._store(due, before, await slot.call(compute_parts, path, bounds, before))

    async def _store(self, due: DuePart, before: FileStamp, outcome: Analysed | ComputedParts | Rejected) -> bool:
        """Store the outcome for a file, if it has not changed while it was read."""
        context, path = self._context, due.path
        if isinstance(outcome, Rejected) or outcome.payload_digest is None:
            transient = not isinstance(outcome, Rejected) or outcome.code in NOT_NOW
            await self._due.postpone(due.file_id, time.time() + (RETRY_SEC if transient else LATER_SEC))
            return False
        after = await in_daemon_thread(stat_audio, path, context.rules)
        if after is None or after != before or after.ctime_ns != before.ctime_ns:
            await self._observe([FileEvent(path, after)] if after is not None else [])
            return False
        context.outbox.expect(due.file_id)
        if isinstance(outcome, Analysed):
            stored = await self._store_result(due, outcome, after)
        elif outcome.payload_digest != due.digest:
            log.warning("%r has changed although its size and time are the same; it is analysed again", path)
            await self._confirmations.refute(due.file_id)
            context.job_queue.notify()
            return False
        else:
            pending = context.outbox.enabled
            stored = await self._due.record(due, outcome.parts, after, sidecar_pending=pending)
        await self._due.postpone(due.file_id, time.time() + LATER_SEC)  # without effect if nothing is lacking now
        context.outbox.notify()
        return stored

    async def _store_result(self, due: DuePart, outcome: Analysed, stamp: FileStamp) -> bool:
        context = self._context
        result = replace(outcome, content=due.content)
        stored = await context.library.record(
            due.file_id, result, stamp, claim=None, source="analysis", sidecar_pending=context.outbox.enabled
        )
        if stored:
            context.bus.publish("result", result_event(due.file_id, due.path, result))
        return stored
