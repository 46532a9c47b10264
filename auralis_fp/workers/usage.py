"""Processor and memory use of the worker processes, sampled on demand, at most once a second."""

import asyncio
import time
from collections.abc import Sequence
from typing import Final, NamedTuple

import psutil

SAMPLE_EVERY_SEC: Final = 1.0


class Load(NamedTuple):
    """Usage of one process: share of one processor since the previous sample, and resident memory; None if unknown."""

    cpu_percent: float | None
    memory_bytes: int | None


class WorkerLoad:
    """Keeps the previous sample, from which processor shares are computed."""

    def __init__(self) -> None:
        self._sampled_at = 0.0
        self._spent: dict[int, float] = {}
        self._loads: dict[int, Load] = {}
        self._lock = asyncio.Lock()

    async def of(self, pids: Sequence[int]) -> dict[int, Load]:
        """Return the usage of each process, by its id."""
        async with self._lock:
            if time.monotonic() - self._sampled_at >= SAMPLE_EVERY_SEC or any(pid not in self._loads for pid in pids):
                await asyncio.to_thread(self._sample, pids)
        return self._loads

    def _sample(self, pids: Sequence[int]) -> None:
        now = time.monotonic()
        elapsed, spent, loads = now - self._sampled_at, {}, {}
        for pid in pids:
            try:
                process = psutil.Process(pid)
                times, memory = process.cpu_times(), process.memory_info().rss
            except psutil.Error:  # it ended meanwhile
                loads[pid] = Load(None, None)
                continue
            spent[pid] = times.user + times.system
            before = self._spent.get(pid)
            percent = None if before is None else round(max(0.0, 100 * (spent[pid] - before) / elapsed), 1)
            loads[pid] = Load(percent, memory)
        self._sampled_at, self._spent, self._loads = now, spent, loads
