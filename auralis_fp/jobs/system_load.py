"""Processor load caused by other programs, sampled only while there is background work."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

import psutil

from .throttle import BackgroundGate

SAMPLE_EVERY_SEC: Final = 3.0
SAMPLES: Final = 4  # consecutive ones that must agree before the state changes
CALM_SHARE: Final = 0.75  # of the limit: hysteresis before the machine counts as calm again


class Usage(NamedTuple):
    """Processor time in seconds: of all programs at normal priority, of this one, and the time available."""

    all_programs: float
    ours: float
    available: float


def usage(pids: Iterable[int]) -> Usage:
    """Return the processor time used so far; *pids* are the worker processes."""
    times = psutil.cpu_times()
    low_priority = getattr(times, "nice", 0.0)  # yields to us, and so does not count as load
    busy = times.user + times.system + getattr(times, "irq", 0.0) + getattr(times, "softirq", 0.0)
    this = psutil.Process().cpu_times()
    ours = this.user + this.system
    for pid in () if hasattr(times, "nice") else pids:  # where the system reports it, "nice" includes the workers
        try:
            spent = psutil.Process(pid).cpu_times()
        except psutil.Error:  # it ended meanwhile
            continue
        ours += spent.user + spent.system
    idle = times.idle + getattr(times, "iowait", 0.0) + getattr(times, "steal", 0.0)
    return Usage(busy, ours, busy + low_priority + idle)


def others_percent(before: Usage, after: Usage) -> float:
    """Return the share of all processors that other programs used between two samples.

    Parameters
    ----------
    before, after : Usage

    Returns
    -------
    float
        Percent, 0 to 100.
    """
    available = after.available - before.available
    spent = after.all_programs - before.all_programs - (after.ours - before.ours)
    return max(0.0, min(100.0, 100 * spent / available)) if available > 0 else 0.0


class LoadMonitor:
    """Closes the gate for background jobs while other programs keep the machine busy.

    Parameters
    ----------
    gate : BackgroundGate
    busy_percent : float
        Share of all processors used by other programs above which the machine is busy; 0 disables the monitor.
    pids : callable
        Returns the ids of the worker processes.
    sample : callable, optional
        Replaces the sampling of the real machine.
    """

    def __init__(
        self,
        gate: BackgroundGate,
        busy_percent: float,
        pids: Callable[[], list[int]],
        sample: Callable[[Iterable[int]], Usage] = usage,
    ) -> None:
        self._gate = gate
        self._limit = busy_percent
        self._pids = pids
        self._sample = sample
        self._work = asyncio.Event()

    def work_started(self) -> None:
        """Record that the analysis of a file starts."""
        self._work.set()

    async def run(self) -> None:
        """Sample while background jobs run or wait for a calm machine; runs until cancelled."""
        while self._limit:
            await self._work.wait()
            self._work.clear()
            await self._follow()

    async def _follow(self) -> None:
        """Sample until no job has started for a while and the machine is calm."""
        before, idle, agreeing = self._sample(self._pids()), 0, 0  # samples without work, samples that agree
        while True:
            await asyncio.sleep(SAMPLE_EVERY_SEC)
            after = self._sample(self._pids())
            percent, before = others_percent(before, after), after
            busy = self._gate.machine_busy
            agreeing = agreeing + 1 if (percent >= self._limit) is not busy else 0
            if busy and percent > CALM_SHARE * self._limit:
                agreeing = 0
            if agreeing >= SAMPLES:
                self._gate.busy(busy=not busy)
                agreeing = 0
            idle = 0 if self._work.is_set() else idle + 1
            self._work.clear()
            if idle > SAMPLES and not self._gate.machine_busy:
                return
