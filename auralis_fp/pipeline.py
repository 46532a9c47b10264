"""From files seen to results stored: the tasks that take in, take over, analyse and record."""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Final, Self

from . import schema
from .backlog import MAX_ATTEMPTS, Backlog
from .bus import Bus
from .errors import StorageError
from .model import Analysed, FileEvent, FileStamp, Health, Rejected
from .permission import Permission
from .pool import Slot, WorkerPool
from .scanner import Rules, look_at
from .settings import Settings
from .store import sidecar
from .store.library import Library
from .store.records import Job
from .tasks import FIRST_RETRY_SEC, LONGEST_RETRY_SEC, cancel_and_wait, supervise
from .throughput import Throughput
from .wire import failure_record, outcome_record

log = logging.getLogger(__name__)

TAKE_OVER: Final = 200  # sidecars looked at in one go
CHANGED: Final = Rejected("scan", "file_changed", "The file changed while it was being analysed; it is queued again.")

Outcome = Analysed | Rejected


@dataclass(frozen=True, slots=True)
class Parts:
    """What the pipeline works with; built by the service."""

    settings: Settings
    library: Library
    backlog: Backlog
    pool: WorkerPool
    permission: Permission
    throughput: Throughput
    bus: Bus
    health: Health
    rules: Rules


class Pipeline:
    """Keeps the slots busy with what the backlog holds, and sees every result into the store."""

    def __init__(self, parts: Parts, on_change: Callable[[], None]) -> None:
        self._parts = parts
        self._on_change = on_change
        self._in_flight: dict[bytes, asyncio.Future[Outcome]] = {}
        self._asked: dict[tuple[bytes, FileStamp], asyncio.Task[Outcome]] = {}
        self._later: asyncio.TimerHandle | None = None
        self.analysed = 0  # since the start
        self.rejected = 0
        self._unchecked = asyncio.Event()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._parts.backlog.release_claims()
        if roots := [os.fsencode(folder) for folder in self._parts.settings.libraries]:
            await self._parts.library.confine(roots)
        self._stack.push_async_callback(self._abandon)
        self._start("sidecar take-over", self._take_over)
        for number in range(2 * self._parts.pool.size):  # while one records, another keeps the slot busy
            self._start(f"dispatcher {number}", self._dispatch)
        self.wake()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._stack.aclose()

    def _start(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        task = asyncio.create_task(supervise(name, work, self._parts.health), name=name)
        self._stack.push_async_callback(cancel_and_wait, task)

    async def _abandon(self) -> None:
        if self._later is not None:
            self._later.cancel()
        for task in list(self._asked.values()):
            await cancel_and_wait(task)

    def wake(self) -> None:
        """Look for work: something was queued."""
        self._unchecked.set()
        self._parts.backlog.wake()
        self._on_change()

    def _wake_later(self) -> None:
        """Look again once a file that is being written may have settled."""
        if self._later is None:
            self._later = asyncio.get_running_loop().call_later(self._parts.settings.settle_sec, self._settled)

    def _settled(self) -> None:
        self._later = None
        self.wake()

    # what the watcher tells

    async def observe(self, events: Sequence[FileEvent], *, walk: bool = False) -> None:
        """Take in what the watcher saw."""
        if await self._parts.library.observe(events, walk=walk) or any(event.stamp is None for event in events):
            self.wake()

    async def begin_sweep(self) -> None:
        """Begin to note what a walk comes across."""
        await self._parts.library.begin_walk()

    async def end_sweep(self, root: bytes, found: int) -> str | None:
        """Mark what the walk through *root* did not come across, and really is not there, as gone."""
        library, rules = self._parts.library, self._parts.rules
        unseen = await library.unseen(root)
        if unseen and not found:
            return f"The folder is empty, but {len(unseen)} tracks of it are known; nothing is judged gone."
        gone = await asyncio.to_thread(lambda: [path for path in unseen if look_at(path, rules) is None])
        if gone:
            await library.observe([FileEvent(path, None) for path in gone])
        self.wake()
        return None

    # background work

    async def _take_over(self) -> None:
        """Look at the sidecars of what is queued; what they hold needs no analysis."""
        backlog, settings = self._parts.backlog, self._parts.settings
        while True:
            self._unchecked.clear()
            while jobs := await backlog.unchecked(TAKE_OVER):
                found = await asyncio.to_thread(_read_sidecars, jobs, settings)
                await backlog.mark_checked(
                    [job.file_id for job, known in zip(jobs, found, strict=True) if known is None]
                )
                taken = [(job, known) for job, known in zip(jobs, found, strict=True) if known is not None]
                await asyncio.gather(*(self._adopt(job, known) for job, known in taken))
                backlog.wake()
                self._on_change()
            await self._unchecked.wait()

    async def _adopt(self, job: Job, known: Analysed) -> None:
        await self._parts.library.record(job.file_id, known, job.stamp, claim=None, source="sidecar")

    async def _dispatch(self) -> None:
        """Work on one file after another, whenever background work is allowed and a slot is free."""
        parts = self._parts
        while True:
            await parts.permission.wait()
            news = parts.backlog.news
            if not (await parts.backlog.ready() and await self._work_once()):
                await parts.backlog.wait(news)

    async def _work_once(self) -> bool:
        """Work on the next file as soon as a slot is free; say whether there was one."""
        parts = self._parts
        async with AsyncExitStack() as lease:
            slot = await lease.enter_async_context(parts.pool.lease())
            job = None if parts.permission.refusal() else await parts.backlog.claim()
            if job is None:
                return False
            with self._flight(job) as flight:
                flight.set_result(await self._see_through(job, slot, lease))
        return True

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
        parts = self._parts
        while True:
            flight = self._in_flight.get(path)
            if flight is not None:
                outcome = await asyncio.shield(flight)
            else:
                await parts.library.observe([FileEvent(path, stamp)])
                job = await parts.backlog.claim_file(path)
                if job is None:
                    record = await parts.library.by_path(path)
                    if record is not None and record.state in {"done", "failed"}:  # finished a moment ago
                        return record.outcome()
                    await asyncio.sleep(0.01)  # a claim that is just being made or let go
                    continue
                outcome = await self._work_ahead(job)
            if not (isinstance(outcome, Rejected) and outcome.code == "crashed"):
                return outcome  # a crash may be tried once more; after that it is stored and found above

    async def _work_ahead(self, job: Job) -> Outcome:
        with self._flight(job) as flight:
            async with AsyncExitStack() as lease:
                slot = await lease.enter_async_context(self._parts.pool.lease(interactive=True))
                outcome = await self._see_through(job, slot, lease)
            flight.set_result(outcome)
            return outcome

    async def adopt(self, path: bytes, stamp: FileStamp) -> Analysed | None:
        """Take over what a sidecar holds for this very file, if there is one to believe."""
        known = await asyncio.to_thread(sidecar.read, path, stamp, self._parts.settings)
        if known is None:
            return None
        await self._parts.library.observe([FileEvent(path, stamp)])
        record = await self._parts.library.by_path(path)
        if record is None or record.stamp != stamp:
            return None
        await self._parts.library.record(record.id, known, stamp, claim=None, source="sidecar")
        self._on_change()
        return known

    # one file, from claim to stored result

    @contextmanager
    def _flight(self, job: Job) -> Iterator["asyncio.Future[Outcome]"]:
        """Hold a claimed job where others who want the same file find it."""
        flight: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._in_flight[job.path] = flight
        self._on_change()
        try:
            yield flight
        except Exception as error:
            flight.set_exception(error)
            flight.exception()  # nobody need have joined
            raise
        finally:
            flight.cancel()  # where it has come to nothing
            del self._in_flight[job.path]
            self._on_change()

    async def _see_through(self, job: Job, slot: Slot, lease: AsyncExitStack) -> Outcome:
        """Analyse the file of a claimed job and store what came of it; the slot is free as soon as it can be."""
        outcome = await self._analyse(job, slot)
        await lease.aclose()
        return await self._settle(job, outcome)

    async def _analyse(self, job: Job, slot: Slot) -> Outcome:
        if await self._stamp(job.path) != job.stamp:
            return CHANGED
        self._parts.throughput.begin()
        self._on_change()
        try:
            outcome = await slot.run(job.path)
        except Exception as error:  # stored as this file's failure, and logged
            log.exception("analysis of %r", job.path)
            return Rejected("internal", type(error).__name__, str(error))
        fault = schema.fault_of(outcome.fingerprint) if isinstance(outcome, Analysed) else None
        if fault is not None:
            return Rejected("internal", "invalid_fingerprint", f"The analysis gave no valid fingerprint: {fault}.")
        return outcome

    async def _stamp(self, path: bytes) -> FileStamp | None:
        return await asyncio.to_thread(look_at, path, self._parts.rules)

    async def _settle(self, job: Job, outcome: Outcome) -> Outcome:
        """Store an outcome, unless the file was another before or after; retried for as long as the store is down."""
        health, pause = self._parts.health, FIRST_RETRY_SEC
        while True:
            try:
                settled = await self._settle_now(job, outcome)
            except StorageError as error:
                health.mark_down("database", f"Results cannot be stored: {error}. Tried again all the time.")
                self._on_change()
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_RETRY_SEC)
            else:
                health.mark_up("database")
                return settled

    async def _settle_now(self, job: Job, outcome: Outcome) -> Outcome:
        parts = self._parts
        now = await self._stamp(job.path)
        if now != job.stamp:
            await parts.backlog.put_back(job)
            await self.observe([FileEvent(job.path, now)])
            self._wake_later()
            return CHANGED
        if isinstance(outcome, Rejected) and outcome.stage == "worker" and job.attempts + 1 < MAX_ATTEMPTS:
            await parts.backlog.put_back(job, tried=True)
            parts.backlog.wake()
            return outcome
        if isinstance(outcome, Analysed):
            await self._write_sidecar(job, outcome)
        stored = await parts.library.record(job.file_id, outcome, job.stamp, claim=job.claim, source="analysis")
        if stored:
            self._tell(job, outcome)
        return outcome

    async def _write_sidecar(self, job: Job, analysed: Analysed) -> None:
        """Write the sidecar; that it cannot be written is shown, and fails nothing."""
        part = "sidecars"
        try:
            await asyncio.to_thread(sidecar.write, job.path, analysed, job.stamp, self._parts.settings)
        except OSError as error:
            self._parts.health.mark_down(part, f"Sidecars cannot be written: {error.strerror}.")
        else:
            self._parts.health.mark_up(part)

    def _tell(self, job: Job, outcome: Outcome) -> None:
        identity: dict[str, Any] = {"id": job.file_id, "path": os.fsdecode(job.path)}
        if isinstance(outcome, Rejected):
            self.rejected += 1
            log.info("%r cannot be used: %s", job.path, outcome.reason)
            self._parts.bus.publish("failure", identity | failure_record(outcome))
        else:
            self.analysed += 1
            self._parts.throughput.finish(outcome.metadata.duration_sec)
            self._parts.bus.publish("result", outcome_record(os.fsdecode(job.path), outcome) | identity)


def _read_sidecars(jobs: Sequence[Job], settings: Settings) -> list[Analysed | None]:
    """Return what the sidecars of these files hold. Blocks."""
    return [sidecar.read(job.path, job.stamp, settings) for job in jobs]
