"""The background tasks between a queued file and its stored result, started and stopped together."""

import asyncio
import contextlib
import logging
import os
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import Final, Self

from ..errors import StorageError
from ..models import Analysed, Job
from ..runtime.batches import isolate
from ..runtime.tasks import cancel_and_wait, supervise
from ..runtime.threads import in_time
from ..settings import Settings
from ..sidecars import storage
from ..store.deduplication import queue_outdated
from ..watching.reconcile import Reconciler
from .context import Context
from .dispatcher import Dispatcher
from .maintenance import Maintenance
from .results import ResultWriter
from .retry import RetryPolicy
from .sidecar_care import SidecarCare
from .verification import Verifier
from .watchdog import Watchdog

log = logging.getLogger(__name__)

READ_LIMIT_SEC: Final = 60.0  # for such a batch
TAKE_OVER: Final = 200  # sidecars read per batch
RELEASE_LIMIT_SEC: Final = 0.5


class Pipeline:
    """Runs sidecar take-over, dispatchers, retries and the outbox for as long as its context lasts.

    Parameters
    ----------
    context : Context
    on_change : callable
        Called when there is a change to show.
    on_away : callable
        Called with the path of a file whose library is unmounted.
    on_work : callable
        Called when the analysis of a file starts.
    """

    def __init__(
        self,
        context: Context,
        on_change: Callable[[], None],
        on_away: Callable[[bytes], None] = lambda _: None,
        on_work: Callable[[], None] = lambda: None,
    ) -> None:
        self._context = context
        self._on_change = on_change
        self.reconciler = Reconciler(context.library, context.rules, self.notify, self._set_online)
        self.retry = RetryPolicy(context, on_change)
        self.results = ResultWriter(context, self.retry, self.reconciler.observe, on_change, on_away)
        self.verifier = Verifier(context, self.reconciler.observe, self.notify)
        self.dispatcher = Dispatcher(context, self.results, on_change, self.notify, on_work)
        self.maintenance = Maintenance(context, self.notify)
        self.watchdog = Watchdog(context, self.dispatcher.flights, on_change)
        self.sidecar_care = SidecarCare(context)
        self._queued = asyncio.Event()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        context = self._context
        interrupted = await context.job_queue.release_claims()
        await asyncio.to_thread(storage.clear_away, interrupted, context.settings)
        if roots := [os.fsencode(folder) for folder in context.settings.libraries]:
            await context.library.confine(roots)
        await self.reconciler.restore()
        await queue_outdated(context.library.database)
        self._stack.push_async_callback(self.dispatcher.close)
        self._stack.callback(self.retry.close)
        self._start("sidecar take-over", self._take_over)
        self._start("retries", self.retry.run)
        self._start("watchdog", self.watchdog.run)
        self._start("verification", self.verifier.run)
        self._start("daily recheck", self.verifier.run_rechecks)
        self._start("database care", self.maintenance.run)
        self._start("data folder", self.maintenance.watch_folder)
        self._start("sidecar outbox", context.outbox.run)
        self._start("missing sidecars", self.sidecar_care.run)
        self._start("dispatchers", self._dispatch)
        self.notify()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._stack.aclose()
        with contextlib.suppress(StorageError, TimeoutError):  # else the next start does it
            async with asyncio.timeout(RELEASE_LIMIT_SEC):  # another program may have locked the database
                await self._context.outbox.flush()
                await self._context.job_queue.release_claims(orderly=True)

    def _start(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        task = asyncio.create_task(supervise(name, work, self._context.health), name=name)
        self._stack.push_async_callback(cancel_and_wait, task)

    async def _dispatch(self) -> None:
        """Run as many dispatchers as keep all slots busy, more when machines join; runs until cancelled."""
        async with AsyncExitStack() as running:
            number = 0
            while True:
                wanted = await self._context.pool.more_callers(number)
                for each in range(number, wanted):
                    work = supervise(f"dispatcher {each}", self.dispatcher.run, self._context.health)
                    task = asyncio.create_task(work, name=f"dispatcher {each}")
                    running.push_async_callback(cancel_and_wait, task)
                number = wanted

    def notify(self) -> None:
        """Look for jobs: some were queued."""
        self._queued.set()
        self._context.job_queue.notify()
        self._on_change()

    async def cancel(self, file_ids: Sequence[int] | None) -> int:
        """Cancel jobs, all or some, those in progress too; they count as failed until they change.

        Parameters
        ----------
        file_ids : sequence of int or None
            None for all.

        Returns
        -------
        int
            The number of jobs cancelled.
        """
        cancelled = await self.dispatcher.cancel(file_ids)
        self.notify()
        return cancelled

    async def _set_online(self, root: bytes, online: bool) -> None:  # noqa: FBT001 - a callback
        """Hold back the jobs of an offline folder; resume them when it is back, and look for its sidecars."""
        if online:
            self.sidecar_care.swept(root)
        if self._context.breakers.set_online(root, online=online) and online:
            await self._context.job_queue.retry_due(0.0, root)
            self.notify()

    async def _take_over(self) -> None:
        """Adopt the results of valid sidecars of queued files; these need no analysis."""
        job_queue, settings = self._context.job_queue, self._context.settings
        while True:
            self._queued.clear()
            while jobs := await job_queue.without_sidecar_check(TAKE_OVER, self._context.breakers.open()):
                try:
                    found = await in_time(READ_LIMIT_SEC, _read_sidecars, jobs, settings)
                except OSError as slow:  # a job reads its sidecar again before the file is analysed
                    log.warning("the sidecars of %d files could not be read: %s", len(jobs), slow.strerror)
                    found = [None] * len(jobs)
                await job_queue.mark_checked(
                    [job.file_id for job, known in zip(jobs, found, strict=True) if known is None]
                )
                adopted = [(job, known) for job, known in zip(jobs, found, strict=True) if known is not None]
                for (job, _), error in await isolate(adopted, self._adopt_all):
                    log.warning("%r: the sidecar cannot be adopted: %s", job.path, error)
                    await job_queue.mark_checked([job.file_id])
                job_queue.notify()
                self._on_change()
            await self._queued.wait()

    async def _adopt_all(self, adopted: Sequence[tuple[Job, Analysed]]) -> None:
        record = self._context.library.record
        await asyncio.gather(
            *(record(job.file_id, known, job.stamp, claim=None, source="sidecar") for job, known in adopted)
        )


def _read_sidecars(jobs: Sequence[Job], settings: Settings) -> list[Analysed | None]:
    """Return the results in the sidecars of these files. Blocking."""
    return [_read_sidecar(job, settings) for job in jobs]


def _read_sidecar(job: Job, settings: Settings) -> Analysed | None:
    try:
        return storage.read(job.path, job.stamp, settings)
    except Exception:  # one that cannot be read costs only itself: the file is analysed
        log.exception("sidecar of %r", job.path)
        return None
