"""Hands jobs to worker slots: background jobs as they may run, requested files ahead of them."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any, Final

from .. import schema
from ..errors import StorageError
from ..models import Analysed, FileStamp, Isolation, Job, Rejected
from ..runtime.tasks import FIRST_RETRY_SEC, LONGEST_RETRY_SEC, Backoff, cancel_and_wait
from ..runtime.threads import in_daemon_thread
from ..sidecars.format import Document
from ..store.fingerprints import invalid
from ..store.job_requests import CANCELLED
from ..workers.protocol import Slot
from ..workers.tasks import INTERRUPTED
from .context import Completion, Context, Outcome
from .examination import Examination, examine, examine_requested
from .flights import ANALYSING, READING, STORING, WAITING, Flight, Flights
from .growing import GrowingFiles
from .results import AWAY, CHANGED, ResultWriter
from .retry import RETRY_ISOLATION

log = logging.getLogger(__name__)

EXTENDED_PATIENCE: Final = 3.0  # factor of the time limit in the retry after a timeout
LEASE_POLL_SEC: Final = 0.01
MOST_INTERRUPTIONS: Final = 5  # of the analysis of one file, for requests
_RETRIED: Final = frozenset({*RETRY_ISOLATION, INTERRUPTED})


def _ignore(_: int) -> object:
    """Ignore the id of the file."""


class Dispatcher:
    """Leases jobs and slots, runs each file once at a time, and commits the outcomes.

    Parameters
    ----------
    context : Context
    results : ResultWriter
    on_change : callable
        Called when a job starts or ends.
    on_queued : callable
        Called when a file that changed during its analysis may have settled.
    on_work : callable
        Called when the analysis of a file starts.
    """

    def __init__(
        self,
        context: Context,
        results: ResultWriter,
        on_change: Callable[[], None],
        on_queued: Callable[[], None],
        on_work: Callable[[], None],
    ) -> None:
        self._context = context
        self._results = results
        self._on_change = on_change
        self._on_queued = on_queued
        self._on_work = on_work
        self.flights = Flights(on_change)
        self._requests: dict[tuple[bytes, FileStamp], asyncio.Task[Completion]] = {}
        self._cancelled: set[int] = set()
        self._growing = GrowingFiles(context.settings.settle_sec)
        self._timers: set[asyncio.TimerHandle] = set()
        self._interruptions: Counter[bytes] = Counter()  # of files that made way for requests
        context.pool.may_interrupt = self._may_interrupt

    def running(self) -> list[Job]:
        """Return the jobs in progress."""
        return [flight.job for flight in self.flights.all()]

    # background jobs

    async def run(self) -> None:
        """Run one job after another while background work is allowed; runs until cancelled."""
        context, backoff = self._context, Backoff(FIRST_RETRY_SEC, LONGEST_RETRY_SEC)
        while True:
            await context.gate.wait_anywhere()
            generation = context.job_queue.generation
            isolation = await context.job_queue.next_isolation(context.breakers.open())
            outcome = None if isolation is None else await self._run_next(isolation)
            if outcome is None:
                await context.job_queue.wait(generation)
            elif isinstance(outcome, Rejected) and outcome.code == "unavailable":
                pause = backoff.next()
                context.health.mark_down("workers", f"{outcome.reason} Tried again every {pause:.0f} s.")
                await asyncio.sleep(pause)
            elif backoff.waited or "workers" in context.health.faults:
                context.health.mark_up("workers")
                backoff.reset()

    async def _run_next(self, isolation: Isolation) -> Outcome | None:
        """Run the next job as soon as a slot is free. Return None if there was none."""
        context, alone = self._context, isolation is Isolation.SERIAL
        async with AsyncExitStack() as lease:
            slot = await lease.enter_async_context(context.pool.lease(alone=alone))
            if context.gate.blocks_all():
                return None
            up_to = Isolation.SERIAL if alone else Isolation.EXTENDED
            job = await context.job_queue.claim(context.breakers.open(), up_to=up_to, held=self._growing.held())
            if job is None:
                return None
            with self.flights.register(job) as flight:
                completion = await self._run_job(flight, self._outcome(flight, slot), lease)
                flight.done.set_result(completion)
        return completion.outcome

    # requested files

    async def fingerprint(
        self,
        path: bytes,
        stamp: FileStamp,
        documents: list[Document] | None = None,
        on_file: Callable[[int], object] = _ignore,
    ) -> Completion:
        """Analyse a file ahead of background jobs.

        Concurrent calls for the same file share one analysis (single flight), which continues if callers give up.

        Parameters
        ----------
        path : bytes
        stamp : FileStamp
            The file as it is now.
        documents : list, optional
            Its sidecars, if they were read already.
        on_file : callable, optional
            Called with the id of the file as soon as it is known, by the first of concurrent calls.
        """
        key = (path, stamp)
        task = self._requests.get(key)
        if task is None:
            work = self._request(path, stamp, documents, on_file)
            task = self._requests[key] = asyncio.create_task(work, name="interactive analysis")
            task.add_done_callback(_log_failure)
        return await asyncio.shield(task)

    async def _request(
        self, path: bytes, stamp: FileStamp, documents: list[Document] | None, on_file: Callable[[int], object]
    ) -> Completion:
        context = self._context
        examining = asyncio.ensure_future(in_daemon_thread(examine_requested, path, context.rules))  # beside the claim
        try:
            while True:
                flight = self.flights.get(path)
                if flight is not None:
                    flight.requested = True
                    on_file(flight.job.file_id)
                    completion = await asyncio.shield(flight.done)
                elif (job := await context.job_queue.claim_file(path, stamp)) is not None:
                    on_file(job.file_id)
                    with self.flights.register(job, requested=True) as flight:
                        completion = await self._run_requested(flight, documents, examining)
                        flight.done.set_result(completion)
                else:
                    record = await context.library.by_path(path)
                    if record is not None and record.state in {"done", "failed"}:  # completed a moment ago
                        source = record.fingerprint.source if record.fingerprint is not None else "analysis"
                        return Completion(record.id, record.stamp, record.outcome(), source)
                    await asyncio.sleep(LEASE_POLL_SEC)  # a lease is being taken or released
                    continue
                outcome = completion.outcome
                if not (isinstance(outcome, Rejected) and outcome.code in _RETRIED):
                    return completion  # else the retry is queued; its failure would be stored and found above
        finally:
            examining.cancel()
            del self._requests[path, stamp]

    async def _run_requested(
        self, flight: Flight, documents: list[Document] | None, examining: "asyncio.Future[Examination | Rejected]"
    ) -> Completion:
        """Run a requested job. A file that needs no decoder to be refused does not wait for a slot."""
        flight.enter(READING)
        examined = await flight.run(examining)
        flight.enter(WAITING)
        async with AsyncExitStack() as lease:
            if isinstance(examined, Rejected):
                return await self._run_job(flight, asyncio.sleep(0, examined), lease)
            slot = await lease.enter_async_context(self._context.pool.lease(interactive=True))
            return await self._run_job(flight, self._outcome(flight, slot, documents, examined), lease)

    def _may_interrupt(self, path: bytes) -> bool:
        """Return True if the analysis of a file may make way for a request; bounded, so that long files end too."""
        flight = self.flights.get(path)
        if flight is None:  # its fingerprint is known; the rest can wait
            return True
        return not flight.requested and self._interruptions[path] < MOST_INTERRUPTIONS

    # one job, from lease to committed outcome

    async def cancel(self, file_ids: Sequence[int] | None) -> int:
        """Cancel jobs, all or some, those in progress too; return how many."""
        chosen = None if file_ids is None else set(file_ids)
        cancelled = await self._context.job_queue.cancel(file_ids)
        for job in [job for job in self.running() if chosen is None or job.file_id in chosen]:
            self._cancelled.add(job.file_id)
            await self._context.pool.give_up(job.path, CANCELLED)
            cancelled += 1
        return cancelled

    async def _run_job(
        self, flight: Flight, work: Coroutine[Any, Any, Outcome | Completion], lease: AsyncExitStack
    ) -> Completion:
        """Do the work of a leased job, end the lease of its slot, and commit the outcome."""
        job, context = flight.job, self._context
        try:
            outcome = await flight.run(work)
            self._count_interruption(job.path, outcome)
            if isinstance(outcome, Completion):  # a known result of the same content
                return outcome
            await lease.aclose()
            if job.file_id in self._cancelled:
                outcome = CANCELLED
            flight.enter(STORING)
            committed = await self._results.commit(job, outcome, sidecar_later=flight.requested)
        except StorageError:
            await context.job_queue.release(job)
            raise
        except Exception as error:  # an unexpected one: fails this file, or the queue would lease it for ever
            log.exception("job of %r", job.path)
            committed = await self._results.fail(job, error)
        finally:
            self._cancelled.discard(job.file_id)
        if committed is CHANGED:
            self._notify_later(self._growing.changed(job.path))
        elif isinstance(committed, Rejected) and committed is not AWAY:  # it may have been released for a retry
            context.job_queue.notify()
        return Completion(job.file_id, job.stamp, committed, "analysis")

    def _count_interruption(self, path: bytes, outcome: Outcome | Completion) -> None:
        if isinstance(outcome, Rejected) and outcome.code == INTERRUPTED:
            self._interruptions[path] += 1
        else:
            self._interruptions.pop(path, None)

    async def _outcome(
        self,
        flight: Flight,
        slot: Slot,
        documents: list[Document] | None = None,
        examined: Examination | None = None,
    ) -> Outcome | Completion:
        """Return the outcome of a job, or its completion with a stored result of the same content."""
        job, context = flight.job, self._context
        flight.enter(READING)
        if examined is None or not examined.is_fresh:
            examined = await in_daemon_thread(examine, job.path, context.rules)
        if examined.stamp != job.stamp:
            return CHANGED
        if examined.content is not None and not job.force:
            known = await self._results.reuse(job, examined.content, documents)
            if known is not None:
                return known
        if job.file_id in self._cancelled:
            return CANCELLED
        context.throughput.begin()
        self._on_work()
        self._on_change()
        flight.enter(ANALYSING)
        try:
            patience = EXTENDED_PATIENCE if job.isolation == Isolation.EXTENDED else 1.0
            outcome = await slot.run(job.path, patience, examined.bounds, job.stamp)
        except Exception as error:  # stored as the failure of this file
            log.exception("analysis of %r", job.path)
            return Rejected("internal", type(error).__name__, str(error))
        if isinstance(outcome, Analysed):
            fault = schema.fault_of(outcome.fingerprint)
            return replace(outcome, content=examined.content) if fault is None else invalid(fault)
        return outcome

    # timers and shutdown

    def _notify_later(self, delay: float) -> None:
        """Look for jobs again once a file that is being written may have settled."""
        loop = asyncio.get_running_loop()
        self._timers = {timer for timer in self._timers if not timer.cancelled() and timer.when() > loop.time()}
        self._timers.add(loop.call_later(delay, self._on_queued))

    async def close(self) -> None:
        """Cancel timers and requests."""
        for timer in self._timers:
            timer.cancel()
        for task in list(self._requests.values()):
            await cancel_and_wait(task)


def _log_failure(task: "asyncio.Task[Completion]") -> None:
    """Log the error of a request whose caller may have given up."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.warning("a requested analysis failed: %s", error)
