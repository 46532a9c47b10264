"""Debouncing of writes: a changed file is reported once it has stopped changing."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from ..files.on_disk_names import on_disk_name
from ..files.rules import Rules
from ..files.scanner import stat_audio, walk
from ..models import FileEvent, FileStamp

CHECK_EVERY_SEC: Final = 0.25  # at most; shorter for short settling times
_BATCH: Final = 500


@dataclass(slots=True)
class _Pending:
    root: bytes
    stamp: FileStamp | None
    since: float
    touched: bool = False  # since the last check began


class WriteDebouncer:
    """Holds changed paths until their size and time have stayed the same for a while.

    Parameters
    ----------
    settle_sec : float
        How long a file must stay unchanged.
    rules : Rules
    report : callable
        Takes settled files, and files and folders that are gone.
    threads : ThreadPoolExecutor
        Runs the checks.
    """

    def __init__(
        self,
        settle_sec: float,
        rules: Rules,
        report: Callable[[Sequence[FileEvent]], Awaitable[None]],
        threads: ThreadPoolExecutor,
    ) -> None:
        self._settle_sec = settle_sec
        self._rules = rules
        self._report = report
        self._threads = threads
        self._pending: dict[bytes, _Pending] = {}
        self._touched = asyncio.Event()

    @property
    def waiting(self) -> int:
        """Number of paths that have not settled."""
        return len(self._pending)

    def touch(self, path: bytes, root: bytes) -> None:
        """Start or restart the wait for *path*, which lies in the library *root*."""
        self._pending.setdefault(path, _Pending(root, None, time.monotonic())).touched = True
        self._touched.set()

    def forget(self, root: bytes) -> None:
        """Drop the pending paths of an unwatched root."""
        self._pending = {path: entry for path, entry in self._pending.items() if entry.root != root}

    async def run(self) -> None:
        """Report settled paths until cancelled."""
        while True:
            self._touched.clear()
            if not self._pending:
                await self._touched.wait()
                continue
            await self._check_all()
            await asyncio.sleep(min(CHECK_EVERY_SEC, max(0.02, self._settle_sec / 4)))

    async def _check_all(self) -> None:
        """Check every pending path once; paths that could not be reported stay pending."""
        for entry in self._pending.values():
            entry.touched = False
        loop = asyncio.get_running_loop()
        settled, inside = await loop.run_in_executor(self._threads, self._check, dict(self._pending))
        events = [event for event in settled.values() if event is not None]
        for start in range(0, len(events), _BATCH):
            await self._report(events[start : start + _BATCH])
        for path in settled:
            if path in self._pending and not self._pending[path].touched:  # touched: changed during the check
                del self._pending[path]
        for path, root in inside:
            self.touch(path, root)

    def _check(self, pending: dict[bytes, _Pending]) -> tuple[dict[bytes, FileEvent | None], list[tuple[bytes, bytes]]]:
        """Return the settled paths, and the (path, root) of files inside touched folders. Blocking.

        A settled path has an event, or None if it is not a music file.
        """
        settled: dict[bytes, FileEvent | None] = {}
        inside: list[tuple[bytes, bytes]] = []
        now = time.monotonic()
        for path, entry in pending.items():
            if not self._rules.reached_by_walk(path, entry.root):
                settled[path] = None
            elif os.path.isdir(path):  # created, or moved in with its content
                settled[path] = None
                inside += self._files_inside(path, entry.root)
            elif (stamp := stat_audio(path, self._rules)) is None or on_disk_name(path, entry.root) != path:
                settled[path] = FileEvent(path, None)  # another spelling has an event of its own
            elif not self._rules.admits_file(path):
                settled[path] = None
            elif stamp != entry.stamp:
                entry.stamp, entry.since = stamp, now
            if path not in settled and now - entry.since >= self._settle_sec:
                settled[path] = FileEvent(path, entry.stamp)
        return settled, inside

    def _files_inside(self, folder: bytes, root: bytes) -> list[tuple[bytes, bytes]]:
        """Return the music files below a folder; none if it is gone, or a link that is not followed."""
        if os.path.islink(folder) and not self._rules.follows(folder):
            return []
        try:
            return [(event.path, root) for event in walk(folder, root, self._rules)]
        except OSError:
            return []
