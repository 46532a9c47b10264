"""How busy other programs keep the machine: looked at only while there is background work."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

import psutil

from .throttle import BackgroundGate

LOOK_EVERY_SEC: Final = 3.0
LOOKS: Final = 4  # in a row, before it is called busy, or no longer so
CALM_SHARE: Final = 0.75  # of the limit: below it the machine is no longer busy


class Usage(NamedTuple):
    """Seconds of processor time since some moment: of all programs, of ours, and how many there were."""

    all_programs: float
    ours: float
    available: float


def usage(pids: Iterable[int]) -> Usage:
    """Return what the processors have done so far; *pids* are our workers'."""
    times = psutil.cpu_times()
    polite = getattr(times, "nice", 0.0)  # those who give way need not be given way to
    busy = times.user + times.system + getattr(times, "irq", 0.0) + getattr(times, "softirq", 0.0)
    this = psutil.Process().cpu_times()
    ours = this.user + this.system
    for pid in () if hasattr(times, "nice") else pids:  # counted as polite, where that is known
        try:
            spent = psutil.Process(pid).cpu_times()
        except psutil.Error:  # ended meanwhile
            continue
        ours += spent.user + spent.system
    return Usage(busy, ours, busy + polite + times.idle + getattr(times, "iowait", 0.0) + getattr(times, "steal", 0.0))


def others_percent(before: Usage, after: Usage) -> float:
    """Return the share of all processors that other programs took in between, in percent."""
    available = after.available - before.available
    spent = after.all_programs - before.all_programs - (after.ours - before.ours)
    return max(0.0, min(100.0, 100 * spent / available)) if available > 0 else 0.0


class LoadMonitor:
    """Tells the permission whether the machine is busy.

    Parameters
    ----------
    permission : BackgroundGate
    busy_percent : float
        Share of all processors that other programs must take for that; 0 for never.
    pids : callable
        Our workers' process ids.
    look : callable, optional
        Replaces the look at the real machine.
    """

    def __init__(
        self,
        gate: BackgroundGate,
        busy_percent: float,
        pids: Callable[[], list[int]],
        look: Callable[[Iterable[int]], Usage] = usage,
    ) -> None:
        self._gate = gate
        self._limit = busy_percent
        self._pids = pids
        self._look = look
        self._work = asyncio.Event()

    def work_started(self) -> None:
        """Take note that a file is begun: for as long as that goes on the machine is looked at."""
        self._work.set()

    async def run(self) -> None:
        """Watch the machine while there is work, and while work waits for it; runs until cancelled."""
        while self._limit:
            await self._work.wait()
            self._work.clear()
            await self._follow()

    async def _follow(self) -> None:
        """Look until there was no work for a while and the machine is calm."""
        before, idle, agreeing = self._look(self._pids()), 0, 0  # looks since the last work, looks that agree
        while True:
            await asyncio.sleep(LOOK_EVERY_SEC)
            after = self._look(self._pids())
            percent, before = others_percent(before, after), after
            busy = self._gate.machine_busy
            agreeing = agreeing + 1 if (percent >= self._limit) is not busy else 0
            if busy and percent > CALM_SHARE * self._limit:
                agreeing = 0
            if agreeing >= LOOKS:
                self._gate.busy(busy=not busy)
                agreeing = 0
            idle = 0 if self._work.is_set() else idle + 1
            self._work.clear()
            if idle > LOOKS and not self._gate.machine_busy:
                return
