"""How fast the work goes, measured; and what that says about the time left."""

import time
from collections import deque
from collections.abc import Callable, Mapping
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
        self._kinds: dict[str, tuple[float, int]] = {}  # seconds of music, and bytes, by the end of the name

    def begin(self) -> None:
        """Note that work is going on; called whenever a file is begun."""
        self._forget_old()
        if self._started is None or not self._finished:
            self._started = self._now()

    def finish(self, duration_sec: float, kind: str = "", size: int = 0) -> None:
        """Note one finished track of *duration_sec* seconds of music, and how many bytes of which kind held it."""
        self._finished.append((self._now(), duration_sec))
        seconds, size_before = self._kinds.get(kind, (0.0, 0))
        self._kinds[kind] = (seconds + duration_sec, size_before + size)

    def music_sec(self, sizes: Mapping[str, int]) -> float | None:
        """Return how many seconds of music files of these kinds and sizes should hold; None before any was finished.

        A kind that was not met so far is taken for the mean of the others.
        """
        seconds, total = (sum(values) for values in zip(*self._kinds.values(), strict=True)) if self._kinds else (0, 0)
        if not total:
            return None
        expected = 0.0
        for kind, size in sizes.items():
            known, held = self._kinds.get(kind, (0.0, 0))
            expected += size * (known / held if held else seconds / total)
        return expected

    def rate(self) -> Rate | None:
        """Return the rate over the last two minutes; None if nothing was finished in them."""
        self._forget_old()
        if not self._finished or self._started is None:
            return None
        now = self._now()
        span = max(1e-3, min(now - self._started, WINDOW_SEC))
        return Rate(len(self._finished) / span, sum(duration for _, duration in self._finished) / span)

    def eta_sec(self, music_left_sec: float | None) -> float | None:
        """Return the seconds that so much music takes; None while that would be a guess."""
        rate = self.rate()
        if rate is None or len(self._finished) < HONEST_AFTER or not music_left_sec or not rate.times_real_time:
            return None
        return music_left_sec / rate.times_real_time

    def _forget_old(self) -> None:
        horizon = self._now() - WINDOW_SEC
        while self._finished and self._finished[0][0] < horizon:
            self._finished.popleft()
