"""Status snapshots: built on demand, published to listeners at most four times a second."""

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Final

from .. import schema
from .._version import __version__
from ..files.omissions import Reason
from ..jobs.context import Context
from ..jobs.flights import Flights
from ..jobs.part_updates import PartUpdater
from ..runtime.single_flight import SingleFlight
from ..runtime.tasks import happens_within
from ..states import Counts, FolderState, ServiceState
from ..store.confirmation import Confirmations
from ..watching.watcher import Watcher
from ..workers.usage import Load, WorkerLoad
from .eta import History, Remainder
from .snapshot import (
    FileCounts,
    Folder,
    HealthSummary,
    HostSummary,
    LeftOutEntries,
    Machine,
    Parts,
    Rate,
    Status,
    Worker,
)

PAUSE_SEC: Final = 0.25  # least time between two events
PROGRESS_SEC: Final = 1.0  # between two events while a file is analysed
COST_FACTOR: Final = 10  # counting a huge library may take a tenth of the time


class ChangeSignal:
    """Tells the status board that there is a change to publish."""

    def __init__(self) -> None:
        self._pending = False
        self._event = asyncio.Event()

    def set(self) -> None:
        """Publish a new snapshot soon."""
        self._pending = True
        self._event.set()

    def wake(self) -> None:
        """End the current wait without a change."""
        self._event.set()

    def clear(self) -> None:
        """Mark all changes as published."""
        self._pending = False

    async def wait(self, limit_sec: Callable[[], float | None]) -> None:
        """Wait for a change, or until *limit_sec* seconds have passed; the limit is recomputed after each wake-up."""
        while not self._pending:
            self._event.clear()
            if not await happens_within(self._event, limit_sec()):
                return


class StatusBoard:
    """Builds status snapshots and publishes them as events.

    Parameters
    ----------
    context : Context
    watcher : Watcher
    finished : callable
        Returns the number of analyses that have ended since the start.
    flights : Flights
        The jobs in progress.
    signal : ChangeSignal
    part_updater : PartUpdater
        Completes results that lack parts.
    """

    def __init__(
        self,
        context: Context,
        watcher: Watcher,
        finished: Callable[[], int],
        flights: Flights,
        signal: ChangeSignal,
        part_updater: PartUpdater,
    ) -> None:
        self._context = context
        self._watcher = watcher
        self._finished = finished
        self._flights = flights
        self._signal = signal
        self._part_updater = part_updater
        self._started = time.monotonic()
        self._history = History()
        self._remainder = Remainder(context)
        self._load = WorkerLoad()
        self._shared = SingleFlight(self._snapshot)
        self.host: Callable[[], HostSummary] | None = None

    @property
    def uptime_sec(self) -> int:
        """Seconds since the start."""
        return int(time.monotonic() - self._started)

    def changed(self) -> None:
        """Publish a new snapshot soon."""
        self._signal.set()

    def attended(self) -> None:
        """Account for a new listener, which may join in the middle of a long file."""
        self._signal.wake()

    async def snapshot(self) -> Status:
        """Return the current status. Concurrent callers share one snapshot."""
        return await self._shared.get()

    async def _snapshot(self) -> Status:
        counts = await self._context.library.counts()
        state = self.state(counts, await self._reachable(counts))
        self._history.update(self._finished())
        left = counts.pending + counts.outdated + counts.running
        throughput = self._context.throughput
        rate = throughput.rate() if state.state == "working" else None
        return Status(
            **state._asdict(),
            paused=self._context.gate.paused,
            counts=FileCounts(total=counts.total, **asdict(counts)),
            percent=counts.percent,
            unconfirmed=await Confirmations(self._context.library.database).number(),
            rate=Rate(
                tracks_per_sec=None if rate is None else round(rate.tracks_per_sec, 3),
                times_real_time=None if rate is None else round(rate.times_real_time, 2),
            ),
            eta_sec=None if rate is None else throughput.eta_sec(await self._remainder.music_sec(left)),
            workers=await self._workers(),
            folders=self.folders(),
            algorithm=schema.ALGORITHM,
            algorithm_version=schema.ALGORITHM_VERSION,
            parts=await self._parts(),
            updated_at=time.time(),
            version=__version__,
            uptime_sec=self.uptime_sec,
            health=self.health(),
            history=self._history.minutes(),
            machines=[Machine(**asdict(machine)) for machine in self._context.pool.machines()],
            host=None if self.host is None else self.host(),
        )

    async def _parts(self) -> Parts:
        kinds = {kind.name: kind.version for kind in self._context.settings.parts}
        versions = {"fingerprint": schema.ALGORITHM_VERSION, **kinds}
        return Parts(versions, await self._part_updater.waiting(), self._part_updater.completed)

    async def _workers(self) -> list[Worker]:
        states = self._context.pool.states()
        used = await self._load.of([worker.pid for worker in states if worker.pid is not None])
        idle = Load(None, None)
        ids = {os.fsdecode(flight.job.path): flight.job.file_id for flight in self._flights.all()}
        return [
            Worker(**asdict(worker), file_id=ids.get(worker.path or ""), **used.get(worker.pid or 0, idle)._asdict())
            for worker in states
        ]

    def folders(self) -> list[Folder]:
        """Return the state of the music folders."""
        return [self._folder(folder) for folder in self._watcher.folders()]

    def _folder(self, folder: FolderState) -> Folder:
        left_out = [
            LeftOutEntries(Reason(one.reason), one.suffix, one.count, [*one.examples], one.setting, one.text)
            for one in folder.left_out
        ]
        return Folder(**asdict(folder) | {"reason": self._reason(folder), "left_out": left_out})

    def _reason(self, folder: FolderState) -> str:
        return folder.reason or self._context.health.notes.get(folder.path, "")

    def health(self) -> HealthSummary:
        """Return the overall health with its reasons, without a query."""
        faults = self._context.health.faults.items()
        reasons = [f"{part[:1].upper()}{part[1:]}: {reason}" for part, reason in faults]
        reasons += [f"{folder.path}: {folder.reason}" for folder in self._watcher.folders() if not folder.online]
        unprotected = [f"Analysis processes run without {each}." for each in self._context.pool.lacking()]
        unprotected += self._context.health.unprotected
        return HealthSummary("degraded" if reasons else "healthy", reasons, unprotected, self._context.pool.kernels())

    async def _reachable(self, counts: Counts) -> int:
        """Return how many of the queued files lie in folders that can be read now."""
        queued = counts.pending + counts.outdated
        unreadable = self._context.breakers.open()
        return await self._context.job_queue.reachable(unreadable) if queued and unreadable else queued

    def state(self, counts: Counts | None = None, reachable: int | None = None) -> ServiceState:
        """Return the service state.

        Parameters
        ----------
        counts : Counts, optional
            Without them, the state as far as the workers show it.
        reachable : int, optional
            How many of the queued files can be read now; all by default.
        """
        folders = self._watcher.folders()
        known = counts is not None
        if counts is None:
            counts = Counts(running=sum(worker.state == "working" for worker in self._context.pool.states()))
        if not self._watcher.scanned_once:
            return ServiceState("starting", "Looking through the music folders for the first time.")
        if folders and not any(folder.online for folder in folders):
            return ServiceState("offline", "No music folder can be read at the moment.")
        return self._work_state(counts, reachable, known=known)

    def _work_state(self, counts: Counts, reachable: int | None, *, known: bool) -> ServiceState:
        """Return the state of the jobs, the folders being there; *known* is False if some may be queued uncounted."""
        gate = self._context.gate
        blocked = gate.blocked_by() if gate.blocks_all() else None
        background = sum(not flight.requested for flight in self._flights.all())
        if counts.running:
            if blocked is not None and background:
                return ServiceState("pausing", f"{blocked.reason} {_ending(background)}", blocked.until)
            return ServiceState("working", _remaining(counts))
        if blocked is not None and (blocked.state == "paused" or not known):
            return blocked
        if not counts.pending + counts.outdated:  # nothing waits for the end of quiet hours or of playback
            return ServiceState("idle", _idle_reason(counts))
        if reachable == 0:
            return ServiceState("offline", f"{_remaining(counts)} All of them lie in folders that cannot be read now.")
        return blocked or ServiceState("working", _remaining(counts))

    async def run(self) -> None:
        """Publish a snapshot after each change while there are listeners; runs until cancelled."""
        bus = self._context.bus
        while True:
            await self._signal.wait(self._limit_sec)
            self._signal.clear()
            self._history.update(self._finished())
            if not bus.listeners:
                await asyncio.sleep(PAUSE_SEC)
                continue
            started = time.monotonic()
            bus.publish("status", await self.snapshot(), remember=False)
            await asyncio.sleep(max(PAUSE_SEC, COST_FACTOR * (time.monotonic() - started)))

    def _limit_sec(self) -> float | None:
        """Return the most seconds between two snapshots; None unless a listener follows a running analysis."""
        watched = self._context.bus.listeners and any(one.state == "working" for one in self._context.pool.states())
        return PROGRESS_SEC if watched else None


def _idle_reason(counts: Counts) -> str:
    if not counts.total:
        return "No music has been found yet."
    if not counts.failed:
        return "Everything is up to date."
    return f"All is done but {counts.failed} {'file' if counts.failed == 1 else 'files'} that could not be used."


def _remaining(counts: Counts) -> str:
    left = counts.running + counts.pending + counts.outdated
    return f"{left} {'track' if left == 1 else 'tracks'} to go."


def _ending(jobs: int) -> str:
    return "One track is still being analysed." if jobs == 1 else f"{jobs} tracks are still being analysed."
