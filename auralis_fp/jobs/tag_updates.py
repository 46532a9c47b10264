"""Reading tags in the background: of changed files at once, of new files soon, of all others when there is time.

Tags are read apart from the analysis. A file whose tags alone have changed keeps its fingerprint, and files that were
analysed before tags were known get theirs without another analysis.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import Final

from ..models import Rejected
from ..runtime.payloads import TagsEvent
from ..runtime.threads import in_daemon_thread
from ..store.tags import CHANGED_FILES, DueFile, TagStore
from ..tags.model import TagReading
from ..workers.handover import OneFile
from ..workers.tasks import read_tags
from .context import Context
from .retry import NOT_NOW

log = logging.getLogger(__name__)

BATCH: Final = 100  # files read in one lease and stored in one transaction
LEASE_SEC: Final = 0.5  # then others get the slot
RETRY_SEC: Final = 600.0  # for files that could not be read
UNSEEN_EDITS_SEC: Final = 3600.0  # between readings of files whose stamp does not show every edit
IDLE_SEC: Final = 10.0  # files of which only ctime has changed come without a notification


class TagUpdater:
    """Reads the tags that are due.

    Parameters
    ----------
    context : Context
    store : TagStore
    on_change : callable, optional
        Called when tags were stored.
    """

    def __init__(self, context: Context, store: TagStore, on_change: Callable[[], None] = lambda: None) -> None:
        self._context = context
        self._store = store
        self._on_change = on_change
        self._next_unseen = time.monotonic()
        self.read = 0  # files since the start

    async def run(self) -> None:
        """Read tags whenever some are due; runs until cancelled."""
        await self._store.prepare()
        while True:
            generation = self._context.job_queue.generation
            await self._queue_unseen()
            files = await self._due()
            if not files:
                await self._wait(generation)
            elif await self._update(files):
                self._on_change()

    async def _queue_unseen(self) -> None:
        """Queue files on file systems without ctime, such as FAT: a tagger may have kept size and modification time."""
        now = time.monotonic()
        if now >= self._next_unseen:
            self._next_unseen = now + UNSEEN_EDITS_SEC
            await self._store.queue_without_ctime(await in_daemon_thread(self._context.rules.without_ctime))

    async def _due(self) -> list[DueFile]:
        """Return the next files; only changed ones while background work is blocked, since someone just edited them."""
        context = self._context
        blocked = context.gate.blocked_by() is not None
        return await self._store.due(
            BATCH, least_priority=CHANGED_FILES if blocked else 0, blocked=context.breakers.open()
        )

    async def _wait(self, generation: int) -> None:
        """Wait until files were queued, but not long: blocked work and postponed files become due without notice."""
        try:
            async with asyncio.timeout(IDLE_SEC):
                await self._context.job_queue.wait(generation)
        except TimeoutError:
            pass

    async def _update(self, files: Sequence[DueFile]) -> bool:
        """Read and store the tags of some files. Return True if any were stored."""
        outcomes = await self._read(files)
        failed = [
            file.file_id for file, outcome in outcomes if isinstance(outcome, Rejected) and outcome.code in NOT_NOW
        ]
        if failed:
            await self._store.postpone(failed, time.time() + RETRY_SEC)
        readings = [(file, _reading(outcome)) for file, outcome in outcomes if file.file_id not in failed]
        stored = await self._store.record(readings)
        self.read += len(stored)
        if stored:
            self._context.bus.publish("tags", TagsEvent(stored))
        return bool(stored)

    async def _read(self, files: Sequence[DueFile]) -> list[tuple[DueFile, TagReading | Rejected]]:
        context = self._context
        named = [OneFile(file.path, context.rules.bounds(file.path), file.stamp) for file in files]
        async with context.pool.lease(interactive=files[0].priority == CHANGED_FILES) as slot:
            outcomes = await slot.call_each(read_tags, named, LEASE_SEC)
        return list(zip(files, outcomes, strict=False))


def _reading(outcome: TagReading | Rejected) -> TagReading:
    """Return what is stored for a file; one that no reader survives has no tags, and is not read again as it is."""
    if isinstance(outcome, Rejected):
        log.debug("tags could not be read: %s", outcome.reason)
        return TagReading(problems=(f"{outcome.code}: {outcome.reason}"[:200],))
    return outcome
