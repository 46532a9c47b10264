"""Measured throughput, and the remaining time it implies."""

import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

WINDOW_SEC: Final = 120.0  # over which the rate is averaged
LEAST_SAMPLES: Final = 8  # finished tracks before a remaining time is given


class Rate(NamedTuple):
    """Tracks per second, and seconds of music per second."""

    tracks_per_sec: float
    times_real_time: float


class Throughput:
    """A moving average over recent analyses. Reused results (sidecars, duplicates) do not count.

    Parameters
    ----------
    now : callable, optional
        A monotonic clock in seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._finished: deque[tuple[float, float]] = deque()
        self._started: float | None = None
        self._kinds: dict[str, tuple[float, int]] = {}  # seconds of music and bytes, by file name ending

    def begin(self) -> None:
        """Record that the analysis of a file starts."""
        self._drop_old()
        if self._started is None or not self._finished:
            self._started = self._now()

    def finish(self, duration_sec: float, kind: str = "", size: int = 0) -> None:
        """Record a finished track.

        Parameters
        ----------
        duration_sec : float
        kind : str
            Ending of the file name, which stands for its format.
        size : int
            File size in bytes.
        """
        self._finished.append((self._now(), duration_sec))
        seconds, size_before = self._kinds.get(kind, (0.0, 0))
        self._kinds[kind] = (seconds + duration_sec, size_before + size)

    def music_sec(self, sizes: Mapping[str, int]) -> float | None:
        """Return the expected duration of files by their sizes, or None before the first finished track.

        Parameters
        ----------
        sizes : mapping of str to int
            Bytes by kind. Kinds without a finished track count as the mean of the others.
        """
        seconds, total = (sum(values) for values in zip(*self._kinds.values(), strict=True)) if self._kinds else (0, 0)
        if not total:
            return None
        expected = 0.0
        for kind, size in sizes.items():
            known, measured = self._kinds.get(kind, (0.0, 0))
            expected += size * (known / measured if measured else seconds / total)
        return expected

    def rate(self) -> Rate | None:
        """Return the rate over the last two minutes, or None if no track was finished in them."""
        self._drop_old()
        if not self._finished or self._started is None:
            return None
        now = self._now()
        span = max(1e-3, min(now - self._started, WINDOW_SEC))
        return Rate(len(self._finished) / span, sum(duration for _, duration in self._finished) / span)

    def eta_sec(self, music_left_sec: float | None) -> float | None:
        """Return the expected time in seconds for an amount of music, or None while it cannot be estimated."""
        rate = self.rate()
        if rate is None or len(self._finished) < LEAST_SAMPLES or not music_left_sec or not rate.times_real_time:
            return None
        return music_left_sec / rate.times_real_time

    def _drop_old(self) -> None:
        horizon = self._now() - WINDOW_SEC
        while self._finished and self._finished[0][0] < horizon:
            self._finished.popleft()
