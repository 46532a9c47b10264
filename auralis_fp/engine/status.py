"""What the service says of itself: one snapshot, told to listeners at most four times a second."""

import asyncio
import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict
from math import floor
from typing import Final

from .. import schema
from .._version import __version__
from ..jobs.results import Context
from ..models import Counts, FolderState, Job, ServiceState
from ..runtime.single_flight import SingleFlight
from ..runtime.tasks import happens_within
from ..watching.watcher import Watcher
from ..workers.usage import Load, WorkerLoad
from .snapshot import FileCounts, Folder, HealthSummary, HistoryMinute, Rate, Status, Worker

PAUSE_SEC: Final = 0.25  # between two events at least
PROGRESS_SEC: Final = 1.0  # while something runs, its progress is told this often
COST_FACTOR: Final = 10  # in a huge library counting may take at most a tenth of the time
ESTIMATE_SEC: Final = 20.0  # what is left is looked through this often; in between it shrinks with the count
HISTORY_MIN: Final = 60


class History:
    """Finished files a minute, over the last hour."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._minutes: deque[list[int]] = deque(maxlen=HISTORY_MIN)  # minute, files
        self._last: int | None = None

    def note(self, finished: int) -> None:
        """Take note of how many files are finished since the start."""
        new = finished - self._last if self._last is not None else 0
        self._last = finished
        if new:
            minute = int(self._now() // 60)
            if not self._minutes or self._minutes[-1][0] != minute:
                self._minutes.append([minute, 0])
            self._minutes[-1][1] += new

    def minutes(self) -> list[HistoryMinute]:
        """Return the minutes in which something was finished, oldest first."""
        oldest = self._now() // 60 - HISTORY_MIN
        return [HistoryMinute(60 * minute, number) for minute, number in self._minutes if minute > oldest]


class Remainder:
    """How much music is left, from what the files weigh; asked of the database now and then only.

    Parameters
    ----------
    parts : Context
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._sizes: dict[str, int] = {}
        self._files = 0
        self._looked: float | None = None

    async def music_sec(self, files_left: int) -> float | None:
        """Return the seconds of music in the files that are left; None while nobody can tell."""
        stale = self._looked is None or time.monotonic() - self._looked > ESTIMATE_SEC
        if stale or files_left > self._files:
            self._sizes, self._files = await self._context.library.sizes_left(), files_left
            self._looked = time.monotonic()
        expected = self._context.throughput.music_sec(self._sizes)
        return None if expected is None or not self._files else expected * files_left / self._files


class StatusBoard:
    """Puts the snapshot together.

    Parameters
    ----------
    parts : Context
    watcher : Watcher
    finished : callable
        How many analyses have ended since the start.
    in_work : callable
        The jobs that are being worked on.
    """

    def __init__(
        self, context: Context, watcher: Watcher, finished: Callable[[], int], in_work: Callable[[], Sequence[Job]]
    ) -> None:
        self._context = context
        self._watcher = watcher
        self._finished = finished
        self._in_work = in_work
        self._news = asyncio.Event()
        self._due = False  # there is something new to tell
        self._started = time.monotonic()
        self._history = History()
        self._remainder = Remainder(context)
        self._load = WorkerLoad()
        self._shared = SingleFlight(self._snapshot)

    @property
    def uptime_sec(self) -> int:
        """Seconds since the start."""
        return int(time.monotonic() - self._started)

    def changed(self) -> None:
        """Take note that there is something new to tell."""
        self._due = True
        self._news.set()

    def attended(self) -> None:
        """Take note that somebody begins to listen, perhaps in the middle of a long file."""
        self._news.set()

    async def snapshot(self) -> Status:
        """Return the current status. Concurrent callers share one snapshot."""
        return await self._shared.get()

    async def _snapshot(self) -> Status:
        counts = await self._context.library.counts()
        standing = self.state(counts)
        self._history.note(self._finished())
        left = counts.pending + counts.outdated + counts.running
        throughput = self._context.throughput
        rate = throughput.rate() if standing.state == "working" else None
        return Status(
            **standing._asdict(),
            counts=FileCounts(total=counts.total, **asdict(counts)),
            percent=floor(100 * counts.done / counts.total) if counts.total else 0,
            rate=Rate(
                tracks_per_sec=None if rate is None else round(rate.tracks_per_sec, 3),
                times_real_time=None if rate is None else round(rate.times_real_time, 2),
            ),
            eta_sec=None if rate is None else throughput.eta_sec(await self._remainder.music_sec(left)),
            workers=await self._workers(),
            folders=[Folder(**asdict(folder) | {"reason": self._reason(folder)}) for folder in self._watcher.folders()],
            algorithm=schema.ALGORITHM,
            algorithm_version=schema.ALGORITHM_VERSION,
            updated_at=time.time(),
            version=__version__,
            uptime_sec=self.uptime_sec,
            health=self.health(),
            history=self._history.minutes(),
        )

    async def _workers(self) -> list[Worker]:
        states = self._context.pool.states()
        used = await self._load.of([worker.pid for worker in states if worker.pid is not None])
        idle = Load(None, None)
        ids = {os.fsdecode(job.path): job.file_id for job in self._in_work()}
        return [
            Worker(**asdict(worker), file_id=ids.get(worker.path or ""), **used.get(worker.pid or 0, idle)._asdict())
            for worker in states
        ]

    def _reason(self, folder: FolderState) -> str:
        return folder.reason or self._context.health.notes.get(folder.path, "")

    def health(self) -> HealthSummary:
        """Return the overall health with its reasons, without asking the database."""
        faults = self._context.health.faults.items()
        reasons = [f"{part[:1].upper()}{part[1:]}: {reason}" for part, reason in faults]
        reasons += [f"{folder.path}: {folder.reason}" for folder in self._watcher.folders() if not folder.online]
        return HealthSummary("degraded" if reasons else "healthy", reasons)

    def state(self, counts: Counts | None = None) -> ServiceState:
        """Return how the work stands; without *counts*, by what the worker processes do."""
        folders = self._watcher.folders()
        if counts is None:
            counts = Counts(running=sum(worker.state == "working" for worker in self._context.pool.states()))
        if not self._watcher.scanned_once:
            return ServiceState("starting", "Looking through the music folders for the first time.")
        if folders and not any(folder.online for folder in folders):
            return ServiceState("offline", "No music folder can be read at the moment.")
        if counts.running:
            return ServiceState("working", _to_go(counts))
        blocked = self._context.gate.blocked_by()
        if blocked is not None:
            return blocked
        if counts.pending or counts.outdated:
            return ServiceState("working", _to_go(counts))
        return ServiceState("idle", _nothing_to_do(counts))

    async def tell(self) -> None:
        """Publish snapshots as things change, for as long as somebody listens; idle otherwise."""
        bus = self._context.bus
        while True:
            await self._wait()
            self._due = False
            self._history.note(self._finished())
            if not bus.listeners:
                await asyncio.sleep(PAUSE_SEC)
                continue
            began = time.monotonic()
            bus.publish("status", await self.snapshot(), remember=False)
            await asyncio.sleep(max(PAUSE_SEC, COST_FACTOR * (time.monotonic() - began)))

    async def _wait(self) -> None:
        """Wait for a change; while a listener watches something run, not longer than a moment."""
        while not self._due:
            self._news.clear()
            watched = self._context.bus.listeners and any(w.state == "working" for w in self._context.pool.states())
            if not await happens_within(self._news, PROGRESS_SEC if watched else None):
                return


def _nothing_to_do(counts: Counts) -> str:
    if not counts.total:
        return "No music has been found yet."
    if not counts.failed:
        return "Everything is up to date."
    return f"All is done but {counts.failed} {'file' if counts.failed == 1 else 'files'} that could not be used."


def _to_go(counts: Counts) -> str:
    left = counts.running + counts.pending + counts.outdated
    return f"{left} {'track' if left == 1 else 'tracks'} to go."
