"""Files that are still being written: reported once they stop changing."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from .model import FileEvent, FileStamp
from .scanner import Rules, look_at, walk

LOOK_EVERY_SEC: Final = 0.25  # at most; scaled down with short settling times
_BATCH: Final = 500


@dataclass(slots=True)
class _Touched:
    root: bytes
    stamp: FileStamp | None
    since: float


class Settling:
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

    def touch(self, path: bytes, root: bytes) -> None:
        """Take note that something happened at *path*, in the library *root*."""
        self._touched.setdefault(path, _Touched(root, None, time.monotonic()))
        self._news.set()

    async def run(self) -> None:
        """Report what has settled, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await self._news.wait()
            self._news.clear()
            while self._touched:
                settled, inside = await loop.run_in_executor(self._threads, self._look, dict(self._touched))
                for path, root in inside:
                    self.touch(path, root)
                for path in settled:
                    self._touched.pop(path, None)
                events = list(settled.values())
                for start in range(0, len(events), _BATCH):
                    await self._report([event for event in events[start : start + _BATCH] if event is not None])
                if self._touched:
                    await asyncio.sleep(min(LOOK_EVERY_SEC, max(0.02, self._settle_sec / 4)))

    def _look(self, touched: dict[bytes, _Touched]) -> tuple[dict[bytes, FileEvent | None], list[tuple[bytes, bytes]]]:
        """Return what is settled, and the files inside folders that were touched. Blocks.

        What is settled is an event, or None for what turned out to be nothing of ours.
        """
        settled: dict[bytes, FileEvent | None] = {}
        inside: list[tuple[bytes, bytes]] = []
        now = time.monotonic()
        for path, entry in touched.items():
            if os.path.isdir(path):  # moved in as a whole, or just made
                settled[path] = None
                inside += [(event.path, entry.root) for event in walk(path, entry.root, self._rules)]
                continue
            stamp = look_at(path, self._rules)
            if stamp is None:
                settled[path] = FileEvent(path, None)
            elif not self._rules.admits_file(path):
                settled[path] = None
            elif stamp != entry.stamp:
                entry.stamp, entry.since = stamp, now
            if stamp is not None and path not in settled and now - entry.since >= self._settle_sec:
                settled[path] = FileEvent(path, stamp)
        return settled, inside
