"""A recording sink for the watcher, and waiting for conditions."""

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from auralis_fp.models import FileEvent, FileStamp
from auralis_fp.watching.reconcile import Verdict
from patience import LIMIT_SEC


async def until(true: Callable[[], object], limit_sec: float = LIMIT_SEC) -> None:
    """Wait until *true* returns a true value; fail after the time limit."""
    give_up = time.monotonic() + limit_sec
    while not true():
        assert time.monotonic() < give_up, "the condition was not met in time"
        await asyncio.sleep(0.01)


class Listener:
    """Keeps the set of files that the watcher reported, as the database would."""

    def __init__(self) -> None:
        self.events: list[FileEvent] = []
        self.known: dict[bytes, FileStamp] = {}
        self.begun: list[bytes] = []
        self.sweeps: list[bytes] = []
        self.walked: set[bytes] = set()
        self.refusal: str | None = None
        self.found = 0
        self.strays: list[bytes] = []
        self.online: dict[bytes, bool] = {}

    async def observe(self, events: Sequence[FileEvent], *, walk: bool = False) -> None:
        """Record files seen and gone."""
        for event in events:
            if walk:
                self.walked.add(event.path)
            else:
                self.events.append(event)
            if event.stamp is not None:
                self.known[event.path] = event.stamp
                continue
            for path in list(self.known):
                if path == event.path or path.startswith(event.path + b"/"):
                    del self.known[path]

    async def begin_sweep(self, root: bytes) -> None:
        """Forget earlier sweeps."""
        self.begun.append(root)
        self.walked.clear()

    async def end_sweep(self, root: bytes, found: int, strays: Sequence[bytes] = ()) -> Verdict:
        """Drop what the sweep did not see."""
        self.strays = list(strays)
        self.sweeps.append(root)
        self.found = found
        if self.refusal is not None:
            return Verdict(online=False, reason=self.refusal)
        for path in list(self.known):
            if path.startswith(root + b"/") and path not in self.walked:
                del self.known[path]
        return Verdict()

    async def set_online(self, root: bytes, *, online: bool) -> None:
        """Record which folders can be read."""
        self.online[root] = online

    def names(self) -> set[str]:
        """Return the names of the present files."""
        return {os.fsdecode(os.path.basename(path)) for path in self.known}  # noqa: PTH119 - bytes

    def holds(self, path: Path) -> bool:
        """Return True if a file is known as it is now."""
        return self.known.get(os.fsencode(path)) == FileStamp.of(path.stat())
