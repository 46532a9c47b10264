"""From files seen to results stored: the tasks that take in, take over, analyse and record."""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

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
from .wire import outcome_record

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
        self._answers: set[asyncio.Task[Outcome]] = set()
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
        for task in list(self._answers):
            await cancel_and_wait(task)

    def wake(self) -> None:
        """Look for work: something was queued."""
        self._unchecked.set()
        self._parts.backlog.wake()
        self._on_change()

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
                found = await asyncio.to_thread(
                    lambda jobs=jobs: [sidecar.read(j.path, j.stamp, settings) for j in jobs]
                )
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
            async with AsyncExitStack() as lease:
                slot = await lease.enter_async_context(parts.pool.lease())
                job = None if parts.permission.refusal() else await parts.backlog.claim()
                if job is not None:
                    await self._see_through(job, slot, lease)
                    continue
            await parts.backlog.wait(news)

    # work somebody waits for

    async def fingerprint(self, path: bytes, stamp: FileStamp) -> Outcome:
        """Return the outcome of a file that has no current result, ahead of all background work.

        A job that is running already is joined. The work goes on if the caller gives up.

        Parameters
        ----------
        path : bytes
        stamp : FileStamp
            The file as it is now.
        """
        while (flight := self._in_flight.get(path)) is None:
            await self._parts.library.observe([FileEvent(path, stamp)])
            job = await self._parts.backlog.claim_file(path)
            if job is not None:
                task = asyncio.create_task(self._answer(job), name="interactive analysis")
                self._answers.add(task)
                task.add_done_callback(self._answers.discard)
                return await asyncio.shield(task)
            if path not in self._in_flight:
                record = await self._parts.library.by_path(path)
                if record is not None and record.state in {"done", "failed"}:  # finished a moment ago
                    return record.outcome()
                await asyncio.sleep(0.01)  # a claim that is just being made or let go
        return await asyncio.shield(flight)

    async def _answer(self, job: Job) -> Outcome:
        self._on_change()
        async with AsyncExitStack() as lease:
            slot = await lease.enter_async_context(self._parts.pool.lease(interactive=True))
            return await self._see_through(job, slot, lease)

    # one file, from claim to stored result

    async def _see_through(self, job: Job, slot: Slot, lease: AsyncExitStack) -> Outcome:
        """Analyse the file of a claimed job and store what came of it; the slot is free as soon as it can be."""
        flight: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._in_flight[job.path] = flight
        try:
            outcome = await self._analyse(job, slot)
            await lease.aclose()
            outcome = await self._settle(job, outcome)
        except BaseException:
            flight.cancel()
            raise
        else:
            flight.set_result(outcome)
            return outcome
        finally:
            del self._in_flight[job.path]
            self._on_change()

    async def _analyse(self, job: Job, slot: Slot) -> Outcome:
        if await self._stamp(job.path) != job.stamp:
            return CHANGED
        self._parts.throughput.begin()
        self._on_change()
        return await slot.run(job.path)

    async def _stamp(self, path: bytes) -> FileStamp | None:
        return await asyncio.to_thread(look_at, path, self._parts.rules)

    async def _settle(self, job: Job, outcome: Outcome) -> Outcome:
        """Store an outcome, unless the file was another before or after; retried for as long as the store is down."""
        parts = self._parts
        now = await self._stamp(job.path)
        if now != job.stamp:
            await parts.backlog.put_back(job)
            await self.observe([FileEvent(job.path, now)])
            return CHANGED
        if isinstance(outcome, Rejected) and outcome.stage == "worker" and job.attempts + 1 < MAX_ATTEMPTS:
            await parts.backlog.put_back(job, tried=True)
            parts.backlog.wake()
            return outcome
        if isinstance(outcome, Analysed):
            await self._write_sidecar(job, outcome)
        await self._record(job, outcome)
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

    async def _record(self, job: Job, outcome: Outcome) -> None:
        parts, pause = self._parts, FIRST_RETRY_SEC
        while True:
            try:
                stored = await parts.library.record(job.file_id, outcome, job.stamp, claim=job.claim, source="analysis")
            except StorageError as error:
                parts.health.mark_down("database", f"Results cannot be stored: {error}. Tried again all the time.")
                self._on_change()
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_RETRY_SEC)
            else:
                parts.health.mark_up("database")
                break
        if stored:
            self._tell(job, outcome)

    def _tell(self, job: Job, outcome: Outcome) -> None:
        identity: dict[str, Any] = {"id": job.file_id, "path": os.fsdecode(job.path)}
        if isinstance(outcome, Rejected):
            log.info("%r cannot be used: %s", job.path, outcome.reason)
            self._parts.bus.publish("failure", identity | asdict(outcome))
        else:
            self._parts.throughput.finish(outcome.metadata.duration_sec)
            self._parts.bus.publish("result", outcome_record(os.fsdecode(job.path), outcome) | identity)
