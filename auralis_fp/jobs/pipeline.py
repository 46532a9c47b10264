"""From files seen to results stored: the tasks that take in, take over, analyse and record."""

import asyncio
import contextlib
import logging
import os
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import replace
from typing import Final, Self

from .. import schema
from ..errors import StorageError
from ..models import Analysed, FileEvent, FileStamp, Isolation, Job, Rejected
from ..runtime.tasks import FIRST_RETRY_SEC, LONGEST_RETRY_SEC, cancel_and_wait, supervise
from ..settings import Settings
from ..sidecars import storage as sidecar
from ..store.deduplication import queue_outdated
from ..store.fingerprints import invalid
from ..store.job_queue import CANCELLED
from ..watching.reconcile import Reconciler
from ..workers.protocol import Slot
from .results import AWAY, CHANGED, RETRY_ISOLATION, Context, Outcome, ResultWriter

log = logging.getLogger(__name__)

TAKE_OVER: Final = 200  # sidecars looked at in one go
RELEASE_LIMIT_SEC: Final = 0.5
MORE_TIME: Final = 3.0  # for a file that took too long, once


class Pipeline:
    """Keeps the slots busy with what the backlog holds, and sees every result into the store."""

    def __init__(
        self,
        context: Context,
        on_change: Callable[[], None],
        on_away: Callable[[bytes], None] = lambda _: None,
        on_work: Callable[[], None] = lambda: None,
    ) -> None:
        self._context = context
        self._on_work = on_work
        self._on_change = on_change
        self.reconciler = Reconciler(context.library, context.rules, self.notify, self._set_online)
        self.results = ResultWriter(context, self.reconciler.observe, on_change, on_away)
        self._in_flight: dict[bytes, asyncio.Future[Outcome]] = {}
        self._jobs: dict[bytes, Job] = {}  # the same, as they were claimed
        self._asked: dict[tuple[bytes, FileStamp], asyncio.Task[Outcome]] = {}
        self._later: asyncio.TimerHandle | None = None
        self._cancelled: set[int] = set()
        self._unchecked = asyncio.Event()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        context = self._context
        interrupted = await context.job_queue.release_claims()
        await asyncio.to_thread(sidecar.clear_away, interrupted, context.settings)
        if roots := [os.fsencode(folder) for folder in context.settings.libraries]:
            await context.library.confine(roots)
        await queue_outdated(context.library.database)
        self._stack.push_async_callback(self._abandon)
        self._stack.callback(self.results.close)
        self._start("sidecar take-over", self._take_over)
        self._start("second reading", self.results.read_again)
        self._start("late sidecars", self.results.flush_sidecars)
        for number in range(2 * self._context.pool.size):  # while one records, another keeps the slot busy
            self._start(f"dispatcher {number}", self._dispatch)
        self.notify()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._stack.aclose()
        with contextlib.suppress(StorageError, TimeoutError):  # else the next start does it
            async with asyncio.timeout(RELEASE_LIMIT_SEC):  # another program may hold the database
                await self.results.flush_last()
                await self._context.job_queue.release_claims(orderly=True)

    def _start(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        task = asyncio.create_task(supervise(name, work, self._context.health), name=name)
        self._stack.push_async_callback(cancel_and_wait, task)

    async def _abandon(self) -> None:
        if self._later is not None:
            self._later.cancel()
        for task in list(self._asked.values()):
            await cancel_and_wait(task)

    def in_work(self) -> list[Job]:
        """Return the jobs that are being worked on."""
        return list(self._jobs.values())

    def notify(self) -> None:
        """Look for work: something was queued."""
        self._unchecked.set()
        self._context.job_queue.notify()
        self._on_change()

    def _notify_later(self) -> None:
        """Look again once a file that is being written may have settled."""
        if self._later is None:
            self._later = asyncio.get_running_loop().call_later(self._context.settings.settle_sec, self._settled)

    def _settled(self) -> None:
        self._later = None
        self.notify()

    async def _set_online(self, root: bytes, online: bool) -> None:  # noqa: FBT001 - a callback
        """Hold back the jobs of an offline folder; resume them when it is back."""
        if self._context.breakers.set_online(root, online=online) and online:
            await self._context.job_queue.retry_due(0.0, root)
            self.notify()

    # background work

    async def _take_over(self) -> None:
        """Look at the sidecars of what is queued; what they hold needs no analysis."""
        job_queue, settings = self._context.job_queue, self._context.settings
        while True:
            self._unchecked.clear()
            while jobs := await job_queue.without_sidecar_check(TAKE_OVER, self._context.breakers.open()):
                found = await asyncio.to_thread(_read_sidecars, jobs, settings)
                await job_queue.mark_checked(
                    [job.file_id for job, known in zip(jobs, found, strict=True) if known is None]
                )
                taken = [(job, known) for job, known in zip(jobs, found, strict=True) if known is not None]
                await asyncio.gather(*(self._adopt(job, known) for job, known in taken))
                job_queue.notify()
                self._on_change()
            await self._unchecked.wait()

    async def _adopt(self, job: Job, known: Analysed) -> None:
        await self._context.library.record(job.file_id, known, job.stamp, claim=None, source="sidecar")

    async def _dispatch(self) -> None:
        """Work on one file after another, whenever background work is allowed and a slot is free."""
        context, pause = self._context, FIRST_RETRY_SEC
        while True:
            await context.gate.wait()
            generation = context.job_queue.generation
            isolation = await context.job_queue.next_isolation(context.breakers.open())
            outcome = None if isolation is None else await self._work_once(isolation)
            if outcome is None:
                await context.job_queue.wait(generation)
            elif isinstance(outcome, Rejected) and outcome.code == "unavailable":
                context.health.mark_down("workers", f"{outcome.reason} Tried again every {pause:.0f} s.")
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_RETRY_SEC)
            elif pause > FIRST_RETRY_SEC or "workers" in context.health.faults:
                context.health.mark_up("workers")
                pause = FIRST_RETRY_SEC

    async def _work_once(self, isolation: Isolation) -> Outcome | None:
        """Work on the next file as soon as a slot is free; None if there was none."""
        context, alone = self._context, isolation is Isolation.SERIAL
        async with AsyncExitStack() as lease:
            slot = await lease.enter_async_context(context.pool.lease(alone=alone))
            if context.gate.blocked_by():
                return None
            up_to = Isolation.SERIAL if alone else Isolation.EXTENDED
            job = await context.job_queue.claim(context.breakers.open(), up_to=up_to)
            if job is None:
                return None
            with self._flight(job) as flight:
                outcome = await self._see_through(job, slot, lease)
                flight.set_result(outcome)
        return outcome

    # work somebody waits for

    async def fingerprint(self, path: bytes, stamp: FileStamp) -> Outcome:
        """Return the outcome of a file that has no current result, ahead of all background work.

        Whoever asks for the same file at the same time gets the same answer. The work goes on if the caller gives up.

        Parameters
        ----------
        path : bytes
        stamp : FileStamp
            The file as it is now.
        """
        key = (path, stamp)
        task = self._asked.get(key)
        if task is None:
            task = self._asked[key] = asyncio.create_task(self._answer(path, stamp), name="interactive analysis")
            task.add_done_callback(lambda done: self._answered(key, done))
        return await asyncio.shield(task)

    def _answered(self, key: tuple[bytes, FileStamp], done: "asyncio.Task[Outcome]") -> None:
        self._asked.pop(key, None)
        if not done.cancelled() and (error := done.exception()) is not None:  # the caller may be gone
            log.warning("no answer for %r: %s", key[0], error)

    async def _answer(self, path: bytes, stamp: FileStamp) -> Outcome:
        context = self._context
        while True:
            flight = self._in_flight.get(path)
            if flight is not None:
                outcome = await asyncio.shield(flight)
            else:
                await context.library.observe([FileEvent(path, stamp)])
                job = await context.job_queue.claim_file(path)
                if job is None:
                    record = await context.library.by_path(path)
                    if record is not None and record.state in {"done", "failed"}:  # finished a moment ago
                        return record.outcome()
                    await asyncio.sleep(0.01)  # a claim that is just being made or let go
                    continue
                outcome = await self._work_ahead(job)
            if not (isinstance(outcome, Rejected) and outcome.code in RETRY_ISOLATION):
                return outcome  # these may be tried once more; after that they are stored and found above

    async def _work_ahead(self, job: Job) -> Outcome:
        with self._flight(job) as flight:
            async with AsyncExitStack() as lease:
                slot = await lease.enter_async_context(self._context.pool.lease(interactive=True))
                outcome = await self._see_through(job, slot, lease, awaited=True)
            flight.set_result(outcome)
            return outcome

    async def adopt(self, path: bytes, stamp: FileStamp) -> Analysed | None:
        """Take over what a sidecar holds for this very file, if there is one to believe."""
        known = await asyncio.to_thread(sidecar.read, path, stamp, self._context.settings)
        if known is None:
            return None
        await self._context.library.observe([FileEvent(path, stamp)])
        record = await self._context.library.by_path(path)
        if record is None or record.stamp != stamp:
            return None
        await self._context.library.record(record.id, known, stamp, claim=None, source="sidecar")
        self._on_change()
        return known

    # one file, from claim to stored result

    async def cancel(self, file_ids: Sequence[int] | None) -> int:
        """Take files off the list, those being worked on too; they count as failed until they change."""
        chosen = None if file_ids is None else set(file_ids)
        cancelled = await self._context.job_queue.cancel(file_ids)
        for job in [job for job in self.in_work() if chosen is None or job.file_id in chosen]:
            self._cancelled.add(job.file_id)
            await self._context.pool.give_up(job.path, CANCELLED)
            cancelled += 1
        self.notify()
        return cancelled

    @contextmanager
    def _flight(self, job: Job) -> Iterator["asyncio.Future[Outcome]"]:
        """Hold a claimed job where others who want the same file find it."""
        flight: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._in_flight[job.path] = flight
        self._jobs[job.path] = job
        self._on_change()
        try:
            yield flight
        except Exception as error:
            flight.set_exception(error)
            flight.exception()  # nobody need have joined
            raise
        finally:
            flight.cancel()  # where it has come to nothing
            del self._in_flight[job.path], self._jobs[job.path]
            self._cancelled.discard(job.file_id)
            self._on_change()

    async def _see_through(self, job: Job, slot: Slot, lease: AsyncExitStack, *, awaited: bool = False) -> Outcome:
        """Analyse the file of a claimed job and store what came of it; the slot is free as soon as it can be."""
        try:
            content, known = await self._identify(job)
            if known is not None:
                return known
            outcome = await self._analyse(job, slot, looked_at=content is not None)
            await lease.aclose()
            if job.file_id in self._cancelled:
                outcome = CANCELLED
            if isinstance(outcome, Analysed):
                outcome = replace(outcome, content=content)
            settled = await self.results.commit(job, outcome, sidecar_later=awaited)
        except Exception:
            await self._context.job_queue.release(job)
            raise
        if settled is CHANGED:
            self._notify_later()
        elif isinstance(settled, Rejected) and settled is not AWAY:  # it may be there to be tried again
            self._context.job_queue.notify()
        return settled

    async def _identify(self, job: Job) -> tuple[bytes | None, Analysed | None]:
        """Return what names the music, and its result if there is one; a store that fails now is met again later."""
        try:
            return await self.results.identify(job)
        except StorageError as error:
            log.warning("no result was looked for for %r: %s", job.path, error)
            return None, None
        except Exception:  # or this file would be handed out again and again, and no other
            log.exception("identity of %r", job.path)
            return None, None

    async def _analyse(self, job: Job, slot: Slot, *, looked_at: bool) -> Outcome:
        if not looked_at and await self.results.stamp(job.path) != job.stamp:
            return CHANGED
        if job.file_id in self._cancelled:
            return CANCELLED
        self._context.throughput.begin()
        self._on_work()
        self._on_change()
        try:
            patience = MORE_TIME if job.isolation == Isolation.EXTENDED else 1.0
            outcome = await slot.run(job.path, patience, self._context.rules.bounds(job.path))
        except Exception as error:  # stored as this file's failure, and logged
            log.exception("analysis of %r", job.path)
            return Rejected("internal", type(error).__name__, str(error))
        fault = schema.fault_of(outcome.fingerprint) if isinstance(outcome, Analysed) else None
        return outcome if fault is None else invalid(fault)


def _read_sidecars(jobs: Sequence[Job], settings: Settings) -> list[Analysed | None]:
    """Return what the sidecars of these files hold. Blocks."""
    return [sidecar.read(job.path, job.stamp, settings) for job in jobs]
