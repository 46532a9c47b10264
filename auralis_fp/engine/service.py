"""The service: builds every long-lived part, answers for all of them, and ends them together."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from ..errors import AuralisError, RequestError, StorageError
from ..files.access import PathPolicy
from ..files.rules import Rules
from ..jobs.circuit_breaker import CircuitBreakers
from ..jobs.pipeline import Pipeline
from ..jobs.results import Context
from ..jobs.system_load import LoadMonitor
from ..jobs.throttle import BackgroundGate
from ..jobs.throughput import Throughput
from ..models import Health, StateName
from ..runtime.event_bus import EventBus, Subscription
from ..runtime.serialization import plain
from ..runtime.tasks import cancel_and_wait, supervise
from ..settings import Settings
from ..store.database import open_database
from ..store.files import Library
from ..store.host_library import HostLibrary
from ..store.job_queue import JobQueue
from ..store.queries import Queries
from ..store.records import FileRecord
from ..watching.watcher import Watcher
from ..workers.pidfiles import PidFiles
from ..workers.process import local_pool
from .lookup import Answer, FingerprintLookup, RequestCounters
from .metrics import Metrics
from .snapshot import Status
from .status import StatusBoard

log = logging.getLogger(__name__)

_PAUSED: Final = "paused"  # remembered over restarts


@dataclass(frozen=True, slots=True)
class _Running:
    """What exists while the service runs."""

    context: Context
    pipeline: Pipeline
    watcher: Watcher
    board: StatusBoard
    lookup: FingerprintLookup


class Service:
    """Everything the plugin does, without HTTP.

    ``fault`` says why it could not start; every method then raises 503 ``not_started`` with that sentence.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.fault: str | None = None
        self.metrics = Metrics()
        self._running: _Running | None = None
        self._host_library = HostLibrary(settings.host_database) if settings.host_database is not None else None

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Service"]:
        """Run the service for as long as the context lasts; a failed start is logged and kept, not raised."""
        async with AsyncExitStack() as stack:
            try:
                self._running = await self._start(stack)
                self.fault = None
            except Exception as error:  # the host goes on without us; every answer says why
                self.fault = f"The fingerprint service could not be started: {error}"
                log.log(logging.ERROR, "%s", self.fault, exc_info=None if isinstance(error, AuralisError) else error)
                await stack.aclose()
            try:
                yield self
            finally:
                self.stop_answering()
                stack.callback(self._forget)

    def _forget(self) -> None:
        self._running = None

    async def _start(self, stack: AsyncExitStack) -> _Running:
        settings, board_changed = self.settings, self._changed
        library_store = await stack.enter_async_context(open_database(settings.database))
        library, health, bus = Library(library_store), Health(), EventBus()
        library_store.trouble = lambda reason: self._show("database lock", reason)
        gate = BackgroundGate(settings.quiet_hours)
        gate.pause(paused=await library.recall(_PAUSED) == "yes")
        bus.handlers.append(self.metrics.note)
        stack.callback(bus.close)
        roots = [os.fsencode(folder) for folder in settings.libraries]
        pid_files = PidFiles(settings.data_dir / "workers")
        await asyncio.to_thread(pid_files.end_orphans)
        slots = await asyncio.to_thread(local_pool, settings, board_changed, pid_files)  # counts, makes shared memory
        pool = await stack.enter_async_context(slots)
        context = Context(
            settings=settings,
            library=library,
            job_queue=JobQueue(library_store),
            pool=pool,
            gate=gate,
            throughput=Throughput(),
            bus=bus,
            health=health,
            rules=await asyncio.to_thread(Rules, roots, settings.ignore),  # follows links: a disk may be asleep
            breakers=CircuitBreakers(),
        )
        machine = LoadMonitor(gate, settings.busy_percent, pool.pids)
        pipeline = Pipeline(context, board_changed, self._ask_sweep, machine.work_begins)
        watcher = Watcher(settings, pipeline.reconciler, health, board_changed, context.rules)
        board = StatusBoard(context, watcher, pipeline.results.finished, pipeline.in_work)
        boundary = PathPolicy(settings.libraries, anywhere=settings.allow_any_path)
        lookup = FingerprintLookup(boundary, library, pipeline)
        bus.handlers.append(lookup.note)
        running = self._running = _Running(context, pipeline, watcher, board, lookup)
        await stack.enter_async_context(pipeline)
        await stack.enter_async_context(watcher)
        for name, work in (("status", board.tell), ("first worker", pool.warm), ("machine", machine.watch)):
            task = asyncio.create_task(supervise(name, work, health), name=name)
            stack.push_async_callback(cancel_and_wait, task)
        return running

    def _show(self, part: str, reason: str | None) -> None:
        """Show what is wrong with a part, or that nothing is."""
        if self._running is None or reason == self._running.context.health.faults.get(part):
            return
        if reason is None:
            self._running.context.health.mark_up(part)
        else:
            log.warning("%s: %s", part, reason)
            self._running.context.health.mark_down(part, reason)
        self._changed()

    def _ask_sweep(self, path: bytes) -> None:
        if self._running is not None:
            self._running.watcher.scan(path)

    def _changed(self) -> None:
        if self._running is not None:
            self._running.board.changed()

    def stop_answering(self) -> None:
        """End event streams and let go of those who wait; called before the service ends."""
        if self._running is not None:
            self._running.lookup.stopping.set()
            self._running.context.bus.close()

    @property
    def _live(self) -> _Running:
        if self._running is None or self.fault is not None:
            known = self.fault or "The fingerprint service is not running."
            raise RequestError(503, "not_started", self._public(known))
        return self._running

    def _public(self, sentence: str) -> str:
        """Return a sentence without the places on this machine that it names; the log has them."""
        for place in (self.settings.data_dir, *self.settings.libraries):
            sentence = sentence.replace(str(place), place.name)
        return sentence

    # answers

    async def fingerprint(self, path: str | bytes | os.PathLike[str], track_id: int | None = None) -> Answer:
        """Return the fingerprint of the file at *path*, analysing it if need be.

        Parameters
        ----------
        path : path-like
            Absolute; bytes as the operating system spells it.
        track_id : int, optional
            The host's id of the file, remembered.

        Raises
        ------
        RequestError
            With the HTTP status that says why there is none.
        """
        return await self._live.lookup.fingerprint(os.fsencode(path), track_id)

    async def track(self, track_id: int) -> tuple[FileRecord, Answer | None]:
        """Return the file the host calls *track_id*, with its answer unless it is queued; 404 if unknown.

        An id that was never given with a path is looked up in the host's library, if its place is set.
        """
        try:
            return await self._live.lookup.track(track_id)
        except RequestError as unknown:
            if self._host_library is None or unknown.code != "track_not_found":
                raise
            try:
                path = await asyncio.to_thread(self._host_library.path_of, track_id)
            except StorageError as error:
                if error.code == "host_library_busy":
                    raise RequestError(503, error.code, "The player's library is busy; ask again.") from error
                self._show("host library", str(error))
                raise unknown from error
            self._show("host library", None)
            if path is None:
                raise
        return await self._live.lookup.track_at(track_id, path)

    async def titles(self, paths: Sequence[bytes]) -> dict[bytes, str]:
        """Return the titles the host's library has for files, as far as it can be asked."""
        if self._host_library is None or not paths:
            return {}
        try:
            found = await asyncio.to_thread(self._host_library.titles, paths)
        except StorageError as error:
            if error.code != "host_library_busy":
                self._show("host library", str(error))
            return {}
        self._show("host library", None)
        return found

    async def file(self, file_id: int) -> FileRecord:
        """Return the file with our id; 404 if there is none."""
        record = await self._live.context.library.by_id(file_id)
        if record is None:
            raise RequestError(404, "file_not_found", f"There is no file {file_id}.")
        return record

    @property
    def listings(self) -> Queries:
        """What can be looked up: files filtered and sorted, all fingerprints at once, what work costs."""
        return Queries(self._live.context.library.database)

    async def status(self) -> dict[str, Any]:
        """Return the status as ``GET /status`` answers it, as plain values."""
        return plain(await self.snapshot())

    async def snapshot(self) -> Status:
        """Return the status."""
        return await self._live.board.snapshot()

    def health(self) -> dict[str, Any]:
        """Return whether requests can be answered, without asking the database; 503 if they cannot."""
        board = self._live.board
        return plain(board.health()) | {"uptime_sec": board.uptime_sec, "state": board.state().state}

    @property
    def workers(self) -> int:
        """How many files are analysed at the same time at most."""
        return self._live.context.pool.size

    @property
    def counters(self) -> RequestCounters:
        """How requests were answered since the start."""
        return self._live.lookup.counters

    @property
    def analyses(self) -> tuple[int, int]:
        """How many files were analysed and how many rejected since the start."""
        recorder = self._live.pipeline.results
        return recorder.analysed, recorder.rejected

    @property
    def listeners(self) -> int:
        """How many listen to what happens."""
        return self._live.context.bus.listeners

    @property
    def last_event_id(self) -> int:
        """The id of the newest event."""
        return self._live.context.bus.last_id

    def subscribe(self, last_id: int | None = None) -> AbstractContextManager[Subscription]:
        """Listen to what happens, beginning after event *last_id* as far as remembered."""
        live = self._live
        live.board.attended()
        return live.context.bus.subscribe(last_id)

    # control

    def state(self) -> StateName:
        """Return the state by what the worker processes do, without asking the database."""
        return self._live.board.state().state

    def scan(self, folder: bytes | None = None) -> None:
        """Ask for a sweep of all libraries, or of the one *folder* lies in.

        Raises
        ------
        RequestError
            409 there is no library; 403 *folder* lies in none.
        """
        watcher = self._live.watcher
        if not self.settings.libraries:
            raise RequestError(409, "no_libraries", "There is no music folder to look through.")
        if not watcher.scan(folder):
            raise RequestError(403, "outside_roots", "The folder lies outside the music folders.")

    async def pause(self) -> None:
        """Pause background work, also over restarts; 409 if that is so already."""
        await self._pause(paused=True)

    async def resume(self) -> None:
        """Let background work go on; 409 if it is not paused."""
        await self._pause(paused=False)

    async def _pause(self, *, paused: bool) -> None:
        context = self._live.context
        if context.gate.paused == paused:
            word = "paused" if paused else "not paused"
            raise RequestError(409, word.replace(" ", "_"), f"Background work is {word} already.")
        context.gate.pause(paused=paused)
        self._changed()
        await context.library.remember(_PAUSED, "yes" if paused else "no")

    async def retry(self, file_ids: Sequence[int] | None = None) -> int:
        """Queue failed files once more, all or some; return how many."""
        live = self._live
        queued = await live.context.job_queue.retry(file_ids)
        live.pipeline.notify()
        return queued

    async def cancel(self, file_ids: Sequence[int] | None = None) -> int:
        """Take files off the list, all or some; they count as failed until they change. Return how many."""
        return await self._live.pipeline.cancel(file_ids)

    async def skip(self, file_ids: Sequence[int] | None = None) -> int:
        """Leave failed files alone, all or some, until they change or are asked for; return how many."""
        skipped = await self._live.context.job_queue.skip(file_ids)
        self._changed()
        return skipped

    async def reanalyse(self, file_ids: Sequence[int]) -> int:
        """Analyse files that are done once more; return how many of them wait for that or are worked on.

        What is known of them holds until the new result is there.
        """
        live = self._live
        waiting = await live.context.job_queue.reanalyse(file_ids)
        live.pipeline.notify()
        return waiting

    async def prioritise(self, file_ids: Sequence[int]) -> int:
        """Have files that wait worked on before the others; return how many of them wait."""
        return await self._live.context.job_queue.prioritise(file_ids)

    async def set_libraries(self, folders: Sequence[Path]) -> None:
        """Watch these folders of music from now on.

        What is known of folders that are taken off the list is kept: nothing is analysed again when they come back.

        Raises
        ------
        SettingsError
            None of the folders exists, or one is none.
        """
        live = self._live
        self.settings = await asyncio.to_thread(replace, self.settings, libraries=tuple(folders))  # looks at them
        roots = [os.fsencode(folder) for folder in self.settings.libraries]
        live.lookup.boundary = PathPolicy(self.settings.libraries, anywhere=self.settings.allow_any_path)
        await live.watcher.set_roots(roots)
        live.context.breakers.retain(roots)
        await live.context.library.confine(roots)

    def playing(self, playing: bool) -> None:  # noqa: FBT001 - playing(True) says it all
        """Take note that the host plays audio, or has stopped."""
        self._live.context.gate.playing(playing=playing)
        self._changed()
