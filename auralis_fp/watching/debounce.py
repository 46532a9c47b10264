"""Files that are still being written: reported once they stop changing."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from ..files.on_disk_names import on_disk_name
from ..files.scanner import Rules, stat_audio, walk
from ..models import FileEvent, FileStamp

LOOK_EVERY_SEC: Final = 0.25  # at most; scaled down with short settling times
_BATCH: Final = 500


@dataclass(slots=True)
class _Touched:
    root: bytes
    stamp: FileStamp | None
    since: float
    again: bool = False


class WriteDebouncer:
    """Paths that changed, waiting until size and time have stayed the same for a while.

    Parameters
    ----------
    settle_sec : float
        How long a file must not have changed.
    rules : Rules
    report : callable
        Takes settled files, gone ones, and gone folders.
    threads : ThreadPoolExecutor
        Where files are looked at.
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
        self._touched: dict[bytes, _Touched] = {}
        self._news = asyncio.Event()

    @property
    def waiting(self) -> int:
        """How many paths wait until they rest."""
        return len(self._touched)

    def touch(self, path: bytes, root: bytes) -> None:
        """Take note that something happened at *path*, in the library *root*."""
        self._touched.setdefault(path, _Touched(root, None, time.monotonic())).again = True
        self._news.set()

    def forget(self, root: bytes) -> None:
        """Let go of what was touched in a library that is no longer watched."""
        self._touched = {path: entry for path, entry in self._touched.items() if entry.root != root}

    async def run(self) -> None:
        """Report what has settled, until cancelled."""
        while True:
            self._news.clear()
            if not self._touched:
                await self._news.wait()
                continue
            await self._round()
            await asyncio.sleep(min(LOOK_EVERY_SEC, max(0.02, self._settle_sec / 4)))

    async def _round(self) -> None:
        """Look at everything that was touched, once; what cannot be reported stays."""
        for entry in self._touched.values():
            entry.again = False
        looking = asyncio.get_running_loop().run_in_executor(self._threads, self._look, dict(self._touched))
        settled, inside = await looking
        events = [event for event in settled.values() if event is not None]
        for start in range(0, len(events), _BATCH):
            await self._report(events[start : start + _BATCH])
        for path in settled:
            if (
                path in self._touched and not self._touched[path].again
            ):  # else something happened while it was looked at
                del self._touched[path]
        for path, root in inside:
            self.touch(path, root)

    def _look(self, touched: dict[bytes, _Touched]) -> tuple[dict[bytes, FileEvent | None], list[tuple[bytes, bytes]]]:
        """Return what is settled, and the files inside folders that were touched. Blocks.

        What is settled is an event, or None for what turned out to be nothing of ours.
        """
        settled: dict[bytes, FileEvent | None] = {}
        inside: list[tuple[bytes, bytes]] = []
        now = time.monotonic()
        for path, entry in touched.items():
            if not self._rules.reached_without_links(path, entry.root):
                settled[path] = None
            elif os.path.isdir(path):  # moved in as a whole, or just made
                settled[path] = None
                inside += self._inside(path, entry.root)
            elif (stamp := stat_audio(path, self._rules)) is None or on_disk_name(path, entry.root) != path:
                settled[path] = FileEvent(path, None)  # what other spelling there is has an event of its own
            elif not self._rules.admits_file(path):
                settled[path] = None
            elif stamp != entry.stamp:
                entry.stamp, entry.since = stamp, now
            if path not in settled and now - entry.since >= self._settle_sec:
                settled[path] = FileEvent(path, entry.stamp)
        return settled, inside

    def _inside(self, folder: bytes, root: bytes) -> list[tuple[bytes, bytes]]:
        """Return the music files below a folder; none for a link, and for a folder that is gone again."""
        if os.path.islink(folder):
            return []
        try:
            return [(event.path, root) for event in walk(folder, root, self._rules)]
        except OSError:
            return []
