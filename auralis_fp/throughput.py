"""How fast the work goes, measured; and what that says about the time left."""

import time
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

WINDOW_SEC: Final = 120.0  # what "now" means for a rate
HONEST_AFTER: Final = 8  # finished tracks before a time left is worth saying


class Rate(NamedTuple):
    """Tracks a second, and seconds of music a second."""

    tracks_per_sec: float
    times_real_time: float


class Throughput:
    """Finished analyses of the recent past. Results that cost nothing (sidecars, repeats) do not count."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._finished: deque[tuple[float, float]] = deque()
        self._started: float | None = None

    def begin(self) -> None:
        """Note that work is going on; called whenever a file is begun."""
        self._forget_old()
        if self._started is None or not self._finished:
            self._started = self._now()

    def finish(self, duration_sec: float) -> None:
        """Note one finished track of *duration_sec* seconds of music."""
        self._finished.append((self._now(), duration_sec))

    def rate(self) -> Rate | None:
        """Return the rate over the last two minutes; None if nothing was finished in them."""
        self._forget_old()
        if not self._finished or self._started is None:
            return None
        now = self._now()
        span = max(1e-3, min(now - self._started, WINDOW_SEC))
        return Rate(len(self._finished) / span, sum(duration for _, duration in self._finished) / span)

    def eta_sec(self, tracks_left: int) -> float | None:
        """Return the seconds left for *tracks_left*; None while that would be a guess."""
        rate = self.rate()
        if rate is None or len(self._finished) < HONEST_AFTER or not tracks_left:
            return None
        return tracks_left / rate.tracks_per_sec

    def _forget_old(self) -> None:
        horizon = self._now() - WINDOW_SEC
        while self._finished and self._finished[0][0] < horizon:
            self._finished.popleft()
