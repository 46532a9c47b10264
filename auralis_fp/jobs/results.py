"""From the outcome of an analysis to what is stored, and what a failed one means: tried again, how and when, or not."""

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from ..errors import StorageError
from ..files.content_id import content_id
from ..files.rules import Presence, Rules
from ..files.scanner import stat_audio
from ..models import Analysed, FileEvent, FileStamp, Health, Isolation, Job, Rejected
from ..runtime.event_bus import EventBus
from ..runtime.payloads import failure_event, result_event
from ..runtime.tasks import FIRST_RETRY_SEC, LONGEST_RETRY_SEC, happens_within
from ..settings import Settings
from ..sidecars import storage as sidecar
from ..store.deduplication import reuse
from ..store.files import Library, kind_of
from ..store.job_queue import JobQueue
from ..store.records import FileRecord
from ..workers.protocol import Pool
from .circuit_breaker import CircuitBreakers
from .throttle import BackgroundGate
from .throughput import Throughput

log = logging.getLogger(__name__)

CHANGED: Final = Rejected("scan", "file_changed", "The file changed while it was being analysed; it is queued again.")
AWAY: Final = Rejected("scan", "offline", "The music folder cannot be read at the moment.")
READ_FAILED: Final = frozenset({"unreadable", "io_error"})
FIRST_READ_RETRY_SEC: Final = 60.0
LONGEST_READ_RETRY_SEC: Final = 6 * 3600.0
FIRST_SIDECAR_RETRY_SEC: Final = 10.0
LONGEST_SIDECAR_RETRY_SEC: Final = 600.0
SIDECARS_AT_ONCE: Final = 100
RETRY_ISOLATION: Final = {"timeout": Isolation.EXTENDED, "crashed": Isolation.SERIAL, "out_of_memory": Isolation.SERIAL}

Outcome = Analysed | Rejected


@dataclass(frozen=True, slots=True)
class Context:
    """What the pipeline works with; built by the service."""

    settings: Settings
    library: Library
    job_queue: JobQueue
    pool: Pool
    gate: BackgroundGate
    throughput: Throughput
    bus: EventBus
    health: Health
    rules: Rules
    breakers: CircuitBreakers


class ResultWriter:
    """Sees outcomes into the store.

    Parameters
    ----------
    parts : Context
    observe : callable
        Takes what turned out to have happened to a file meanwhile.
    on_change : callable
        Told when there is something new to show.
    on_away : callable
        Takes the path of a file whose library is not to be found.
    """

    def __init__(
        self,
        context: Context,
        observe: Callable[[list[FileEvent]], Awaitable[None]],
        on_change: Callable[[], None],
        on_away: Callable[[bytes], None],
    ) -> None:
        self._context = context
        self._observe = observe
        self._on_change = on_change
        self._on_away = on_away
        self.analysed = 0  # since the start
        self.rejected = 0
        self.reused = 0
        self._rests: list[asyncio.TimerHandle] = []
        self.read_failed = asyncio.Event()  # there is a file to be read again later
        self._owing = asyncio.Event()  # there is a sidecar to be written later

    def finished(self) -> int:
        """Return how many analyses have ended since the start."""
        return self.analysed + self.rejected

    async def stamp(self, path: bytes) -> FileStamp | None:
        """Return the stamp of a file as it is now."""
        return await asyncio.to_thread(stat_audio, path, self._context.rules)

    async def identify(self, job: Job) -> tuple[bytes | None, Analysed | None]:
        """Return what names the music in the file of a job, and the result that is known for it elsewhere.

        With a result the job is done, and nothing is to be analysed. A job that is to be analysed afresh has none.
        """
        context = self._context
        content = await asyncio.to_thread(self._name, job)
        if content is None or job.force:
            return content, None
        known = await reuse(context.library.database, job, content)
        if known is None:
            known = await asyncio.to_thread(sidecar.read, job.path, job.stamp, context.settings, content)
            if known is None:
                return content, None
            stored = await context.library.record(job.file_id, known, job.stamp, claim=job.claim, source="sidecar")
            if not stored:
                return content, None
        self.reused += 1
        if not await self._write_sidecar(job.path, replace(known, content=content), job.stamp):
            await self._owe(job.file_id)
        context.bus.publish("result", result_event(job.file_id, job.path, known))
        return content, known

    def _name(self, job: Job) -> bytes | None:
        """Return what names the music in a file, unless it is another by now. Blocks."""
        if stat_audio(job.path, self._context.rules) != job.stamp:
            return None
        content = content_id(job.path, self._context.rules.bounds(job.path))
        return content if stat_audio(job.path, self._context.rules) == job.stamp else None

    async def commit(self, job: Job, outcome: Outcome, *, sidecar_later: bool = False) -> Outcome:
        """Store an outcome, unless the file was another before or after; retried for as long as the store is down.

        Parameters
        ----------
        job : Job
        outcome : Analysed or Rejected
        sidecar_later : bool
            Somebody waits for the answer: the disk's share of it is not waited for, but owed.

        Returns
        -------
        Analysed or Rejected
            The outcome, or ``CHANGED`` or ``AWAY`` if it does not count.
        """
        health, pause = self._context.health, FIRST_RETRY_SEC
        while True:
            try:
                settled = await self._commit_now(job, outcome, sidecar_later=sidecar_later)
            except StorageError as error:
                health.mark_down("database", f"Results cannot be stored: {error}. Tried again all the time.")
                self._on_change()
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_RETRY_SEC)
            else:
                health.mark_up("database")
                return settled

    async def _commit_now(self, job: Job, outcome: Outcome, *, sidecar_later: bool) -> Outcome:
        context = self._context
        now = await self.stamp(job.path)
        if now is None:
            match await asyncio.to_thread(context.rules.presence, job.path):
                case Presence.AWAY:
                    context.breakers.set_online(context.rules.root_of(job.path) or b"", online=False)
                    await context.job_queue.release(job)
                    self._on_away(job.path)
                    return AWAY
                case Presence.UNREADABLE:
                    now, outcome = job.stamp, Rejected("scan", "io_error", "The file cannot be looked at.")
                case Presence.THERE | Presence.GONE:  # there: it came back this very moment
                    now = await self.stamp(job.path)
        if now != job.stamp:
            await context.job_queue.release(job)
            await self._observe([FileEvent(job.path, now)])
            return CHANGED
        if isinstance(outcome, Rejected) and await self._tried_again(job, outcome):
            return outcome
        await self._store(job, outcome, sidecar_later=sidecar_later)
        return outcome

    async def _tried_again(self, job: Job, rejected: Rejected) -> bool:
        """Queue a job once more that deserves it; say whether it does."""
        job_queue = self._context.job_queue
        if rejected.code == "unavailable":
            await job_queue.release(job)
            return True
        if rejected.stage != "worker" or job.attempts:
            return False
        await job_queue.release(job, RETRY_ISOLATION.get(rejected.code, Isolation.SERIAL))
        return True

    async def _store(self, job: Job, outcome: Outcome, *, sidecar_later: bool) -> None:
        context = self._context
        retry_at, owing = None, False
        if isinstance(outcome, Analysed):
            owing = sidecar_later and context.settings.sidecars != "off"
            owing = owing or not await self._write_sidecar(job.path, outcome, job.stamp)
            context.breakers.succeeded(job.path)
        elif outcome.code in READ_FAILED:
            retry_at = time.time() + min(FIRST_READ_RETRY_SEC * 4.0**job.attempts, LONGEST_READ_RETRY_SEC)
        stored = await context.library.record(
            job.file_id,
            outcome,
            job.stamp,
            claim=job.claim,
            source="analysis",
            retry_at=retry_at,
            sidecar_pending=owing,
        )
        if stored:
            self._tell(job, outcome)
        if owing:
            self._owing.set()
        if retry_at is not None:
            self.read_failed.set()
        if isinstance(outcome, Rejected) and outcome.code == "io_error":
            self._open_breaker(job.path)

    def _open_breaker(self, path: bytes) -> None:
        """Let a folder rest whose disk or network keeps failing."""
        rest, root = self._context.breakers.failed(path), self._context.rules.root_of(path)
        if rest is None or root is None:
            return
        part = f"reading {os.fsdecode(root)}"
        self._context.health.mark_down(part, f"Reading fails again and again; tried again in {rest:.0f} s.")
        log.warning("%r rests for %.0f s: reading fails", root, rest)
        self._rests.append(asyncio.get_running_loop().call_later(rest, self._breaker_closed, part))

    def _breaker_closed(self, part: str) -> None:
        self._context.health.mark_up(part)
        self._context.job_queue.notify()
        self._on_change()

    def close(self) -> None:
        """End what is timed."""
        for timer in self._rests:
            timer.cancel()

    async def read_again(self) -> None:
        """Queue files that could not be read when their time has come; runs until cancelled."""
        while True:
            self.read_failed.clear()
            now = time.time()
            due = await self._context.job_queue.retry_due(now)
            await happens_within(self.read_failed, None if due is None else max(1.0, due - now))

    async def _write_sidecar(self, path: bytes, analysed: Analysed, stamp: FileStamp) -> bool:
        """Write the sidecar; that it cannot be written is shown, and fails nothing. Say whether none is owing."""
        part, loop = "sidecars", asyncio.get_running_loop()
        rules, settings = self._context.rules, self._context.settings
        folder = os.fsdecode(rules.root_of(path) or b"")

        def refused(error: OSError | None) -> None:
            loop.call_soon_threadsafe(self._note, folder, error)

        try:
            await asyncio.to_thread(sidecar.write, path, analysed, stamp, settings, refused, rules.bounds(path))
        except OSError as error:
            self._context.health.mark_down(part, f"They cannot be written: {error.strerror}. Tried again later.")
            return False
        return True

    def _note(self, folder: str, error: OSError | None) -> None:
        """Say once of each library that its sidecars lie elsewhere."""
        notes = self._context.health.notes
        if error is None:
            notes.pop(folder, None)
        elif folder and folder not in notes:
            notes[folder] = f"Sidecars cannot be written here ({error.strerror}); they go to the data folder."
            log.warning("%s: %s", folder, notes[folder])

    async def _owe(self, file_id: int) -> None:
        await self._context.library.enqueue_sidecar(file_id)
        self._owing.set()

    async def flush_sidecars(self) -> None:
        """Write sidecars that could not be written, when there is room again; runs until cancelled."""
        pause = FIRST_SIDECAR_RETRY_SEC
        while True:
            self._owing.clear()
            owed = await self._context.library.pending_sidecars(SIDECARS_AT_ONCE)
            if not owed:
                self._context.health.mark_up("sidecars")
                pause = FIRST_SIDECAR_RETRY_SEC
                await self._owing.wait()
                continue
            if await self._pay(owed):
                continue
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_SIDECAR_RETRY_SEC)

    async def flush_last(self) -> None:
        """Write what sidecars can still be written at the end."""
        await self._pay(await self._context.library.pending_sidecars(SIDECARS_AT_ONCE))

    async def _pay(self, owed: Sequence[FileRecord]) -> bool:
        """Write the sidecars of these files; say whether there was room for all."""
        paid, room = [], True
        for record in owed:
            now, known = await self.stamp(record.path), record.fingerprint
            if known is not None and known.stamp == now:  # else it is analysed again, and gets a sidecar then
                bounds = self._context.rules.bounds(record.path)
                content = await asyncio.to_thread(content_id, record.path, bounds)
                analysed = Analysed(known.values, known.metadata, known.processing_time_ms, content)
                room = await self._write_sidecar(record.path, analysed, now)
            if not room or now is None:  # None: its folder is away
                room = False
                break
            paid.append(record.id)
        await self._context.library.sidecars_flushed(paid)
        return room

    def _tell(self, job: Job, outcome: Outcome) -> None:
        if isinstance(outcome, Rejected):
            self.rejected += 1
            fields: dict[str, Any] = {"outcome": "rejected", "stage": outcome.stage, "code": outcome.code}
            log.debug("%r cannot be used: %s", job.path, outcome.reason, extra=self._identity(job) | fields)
            self._context.bus.publish("failure", failure_event(job.file_id, job.path, outcome, again=job.force))
        else:
            self.analysed += 1
            seconds = outcome.processing_time_ms / 1000
            fields = {"outcome": "analysed", "seconds": seconds, "audio_sec": outcome.metadata.duration_sec}
            log.debug("%r analysed in %.2f s", job.path, seconds, extra={**self._identity(job), **fields})
            self._context.throughput.finish(outcome.metadata.duration_sec, kind_of(job.path), job.stamp.size)
            self._context.bus.publish("result", result_event(job.file_id, job.path, outcome, again=job.force))

    @staticmethod
    def _identity(job: Job) -> dict[str, Any]:
        return {"id": job.file_id, "path": os.fsdecode(job.path)}
