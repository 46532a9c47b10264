"""Debouncing of writes: a changed file is reported once it has stopped changing."""

import asyncio
import os
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from ..files.on_disk_names import on_disk_name
from ..files.open_files import is_open_for_writing
from ..files.rules import Presence, Rules
from ..files.scanner import stat_audio, walk
from ..models import FileEvent, FileStamp
from ..runtime.tasks import cancel_and_wait
from ..runtime.threads import in_daemon_thread

CHECK_EVERY_SEC: Final = 0.25  # at most; shorter for short settling times
SLOW_SEC: Final = 1.0  # a check of a library that takes longer goes on while the others are checked again
GROWTH: Final = 1.5  # of the settling time with each report of the same file
GROWTH_WHILE_OPEN: Final = 3.0  # while a program has it open for writing
LONGEST_PAUSE_SEC: Final = 600.0
FORGET_AFTER_SEC: Final = 3600.0  # without a change, a file is like a new one
_MOST_REMEMBERED: Final = 10_000
_BATCH: Final = 500


@dataclass(slots=True)
class _Reported:
    """A file that was reported, and may still grow."""

    stamp: FileStamp | None
    at: float
    times: int


@dataclass(slots=True)
class _Pending:
    root: bytes
    stamp: FileStamp | None
    since: float
    touched: bool = False  # since the last check began
    check_at: float = 0.0  # when to ask again whether a program is writing


class WriteDebouncer:
    """Holds changed paths until their size and time have stayed the same for a while.

    A file that changes again after it was reported is held longer each time, and much longer while a program has it
    open for writing, so that a recording is not analysed once for every burst of writing.

    Parameters
    ----------
    settle_sec : float
        How long a file must stay unchanged.
    rules : Rules
    report : callable
        Takes settled files, and files and folders that are gone.
    """

    def __init__(
        self,
        settle_sec: float,
        rules: Rules,
        report: Callable[[Sequence[FileEvent]], Awaitable[None]],
    ) -> None:
        self._settle_sec = settle_sec
        self._longest_pause = max(settle_sec, LONGEST_PAUSE_SEC)
        self._rules = rules
        self._report = report
        self._checks: dict[bytes, asyncio.Task[None]] = {}  # by library; more than one run only if a disk hangs
        self._pending: dict[bytes, _Pending] = {}
        self._reported: OrderedDict[bytes, _Reported] = OrderedDict()
        self._touched = asyncio.Event()

    @property
    def waiting(self) -> int:
        """Number of paths that have not settled."""
        return len(self._pending)

    def touch(self, path: bytes, root: bytes) -> None:
        """Start or restart the wait for *path*, which lies in the library *root*."""
        self._pending.setdefault(path, _Pending(root, None, time.monotonic())).touched = True
        self._touched.set()

    def defer(self, event: FileEvent, root: bytes, *, recent: bool) -> bool:
        """Hold a file that a sweep found while it is being written; return True if it is held.

        Parameters
        ----------
        event : FileEvent
        root : bytes
        recent : bool
            Hold files changed within the settling time: without events, a sweep is the first to notice.
        """
        reported = self._reported.get(event.path)
        grows = reported is not None and reported.stamp != event.stamp
        age = time.time() - event.stamp.mtime_ns / 1e9 if event.stamp is not None else self._settle_sec
        if grows or (recent and 0 <= age < self._settle_sec):
            self.touch(event.path, root)
        return event.path in self._pending

    def forget(self, root: bytes) -> None:
        """Drop the pending paths of an unwatched root."""
        self._pending = {path: entry for path, entry in self._pending.items() if entry.root != root}

    async def run(self) -> None:
        """Report settled paths until cancelled."""
        try:
            while True:
                self._touched.clear()
                if not self._pending:
                    await self._touched.wait()
                    continue
                await self._check_all()
                await asyncio.sleep(min(CHECK_EVERY_SEC, max(0.02, self._settle_sec / 4)))
        finally:
            for check in self._checks.values():
                await cancel_and_wait(check)
            self._checks.clear()

    async def _check_all(self) -> None:
        """Check the pending paths of each library once; one whose disk does not answer delays no other."""
        roots = {entry.root for entry in self._pending.values()} - self._checks.keys()
        for root in roots:
            self._checks[root] = asyncio.create_task(self._check_root(root), name="check of changed files")
        if roots:
            await asyncio.wait([self._checks[root] for root in roots], timeout=SLOW_SEC)
        for root, check in list(self._checks.items()):
            if check.done():
                del self._checks[root]
                check.result()

    async def _check_root(self, root: bytes) -> None:
        """Check the pending paths of a library; those that could not be reported stay pending."""
        pending = {path: entry for path, entry in self._pending.items() if entry.root == root}
        for entry in pending.values():
            entry.touched = False
        settled, inside = await in_daemon_thread(self._check, pending)
        events = [event for event in settled.values() if event is not None]
        for start in range(0, len(events), _BATCH):
            await self._report(events[start : start + _BATCH])
        for event in events:
            if event.stamp is not None:
                self._remember(event)
        for path in settled:
            if path in self._pending and not self._pending[path].touched:  # touched: changed during the check
                del self._pending[path]
        for path in inside:
            self.touch(path, root)

    def _check(self, pending: dict[bytes, _Pending]) -> tuple[dict[bytes, FileEvent | None], list[bytes]]:
        """Return the settled paths, and the paths to check instead of folders and of paths through links. Blocking.

        A settled path has an event, or None if it is not a music file.
        """
        settled: dict[bytes, FileEvent | None] = {}
        inside: list[bytes] = []
        now = time.monotonic()
        for path, entry in pending.items():
            if not self._rules.reached_by_walk(path, entry.root):
                settled[path] = None
                direct = self._rules.direct_path(path, entry.root)
                inside += [] if direct is None else [direct]
            elif os.path.isdir(path):  # created, or moved in with its content
                settled[path] = None
                inside += self._files_inside(path, entry.root)
            elif (stamp := stat_audio(path, self._rules)) is None or on_disk_name(path, entry.root) != path:
                placeholder = self._rules.presence(path) is Presence.PLACEHOLDER
                settled[path] = None if placeholder else FileEvent(path, None)  # another spelling has its own event
            elif not self._rules.admits_file(path):
                settled[path] = None
            elif stamp != entry.stamp:
                entry.stamp, entry.since = stamp, now
            if path not in settled and self._is_settled(path, entry, now):
                settled[path] = FileEvent(path, entry.stamp)
        return settled, inside

    def _is_settled(self, path: bytes, entry: _Pending, now: float) -> bool:
        """Return True if a file has been unchanged for long enough. Blocking."""
        quiet, times = now - entry.since, self._times_reported(path)
        if quiet < min(self._settle_sec * GROWTH**times, self._longest_pause) or now < entry.check_at:
            return False
        if not times or quiet >= min(self._settle_sec * GROWTH_WHILE_OPEN**times, self._longest_pause):
            return True
        entry.check_at = now + max(1.0, quiet / 4)
        return not is_open_for_writing(path)

    def _times_reported(self, path: bytes) -> int:
        """Return how often a file was reported lately."""
        reported = self._reported.get(path)
        if reported is None or time.monotonic() - reported.at > FORGET_AFTER_SEC:
            return 0
        return reported.times

    def _remember(self, event: FileEvent) -> None:
        times = self._times_reported(event.path) + 1
        self._reported[event.path] = _Reported(event.stamp, time.monotonic(), times)
        self._reported.move_to_end(event.path)
        while len(self._reported) > _MOST_REMEMBERED:
            self._reported.popitem(last=False)

    def _files_inside(self, folder: bytes, root: bytes) -> list[bytes]:
        """Return the music files below a folder; none if it is gone, or a link that is not followed."""
        if os.path.islink(folder) and not self._rules.follows(folder):
            return []
        try:
            return [event.path for event in walk(folder, root, self._rules)]
        except OSError:
            return []
