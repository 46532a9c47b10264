"""What the worker processes take of the machine: looked at when somebody wants to see it, once a second at most."""

import asyncio
import time
from collections.abc import Sequence
from typing import Final, NamedTuple

import psutil

LOOK_EVERY_SEC: Final = 1.0


class Load(NamedTuple):
    """Of one process: share of one processor since the look before, and resident memory; None while unknown."""

    cpu_percent: float | None
    memory_bytes: int | None


class WorkerLoad:
    """Remembers the last look, since a share is taken between two."""

    def __init__(self) -> None:
        self._looked_at = 0.0
        self._spent: dict[int, float] = {}
        self._loads: dict[int, Load] = {}
        self._lock = asyncio.Lock()

    async def of(self, pids: Sequence[int]) -> dict[int, Load]:
        """Return the load of each of the processes that is there."""
        async with self._lock:
            if time.monotonic() - self._looked_at >= LOOK_EVERY_SEC or any(pid not in self._loads for pid in pids):
                await asyncio.to_thread(self._look, pids)
        return self._loads

    def _look(self, pids: Sequence[int]) -> None:
        now = time.monotonic()
        elapsed, spent, loads = now - self._looked_at, {}, {}
        for pid in pids:
            try:
                process = psutil.Process(pid)
                times, memory = process.cpu_times(), process.memory_info().rss
            except psutil.Error:  # it has ended meanwhile
                loads[pid] = Load(None, None)
                continue
            spent[pid] = times.user + times.system
            before = self._spent.get(pid)
            percent = None if before is None else round(max(0.0, 100 * (spent[pid] - before) / elapsed), 1)
            loads[pid] = Load(percent, memory)
        self._looked_at, self._spent, self._loads = now, spent, loads
