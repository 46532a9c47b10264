"""Finished files per minute, and the amount of music that is left."""

import time
from collections import deque
from collections.abc import Callable
from typing import Final

from ..jobs.context import Context
from .snapshot import HistoryMinute

ESTIMATE_SEC: Final = 20.0  # between two queries; meanwhile the estimate shrinks with the number of files
HISTORY_MIN: Final = 60


class History:
    """Finished files per minute, over the last hour.

    Parameters
    ----------
    now : callable, optional
        A clock in Unix seconds.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._minutes: deque[list[int]] = deque(maxlen=HISTORY_MIN)  # minute, files
        self._last: int | None = None

    def update(self, finished: int) -> None:
        """Count the files finished since the previous call, given the total since the start."""
        new = finished - self._last if self._last is not None else 0
        self._last = finished
        if new:
            minute = int(self._now() // 60)
            if not self._minutes or self._minutes[-1][0] != minute:
                self._minutes.append([minute, 0])
            self._minutes[-1][1] += new

    def minutes(self) -> list[HistoryMinute]:
        """Return the minutes in which files were finished, oldest first."""
        oldest = self._now() // 60 - HISTORY_MIN
        return [HistoryMinute(60 * minute, number) for minute, number in self._minutes if minute > oldest]


class Remainder:
    """Estimates the duration of the queued music from file sizes, with occasional queries.

    Parameters
    ----------
    context : Context
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._sizes: dict[str, int] = {}
        self._files = 0
        self._queried_at: float | None = None

    async def music_sec(self, files_left: int) -> float | None:
        """Return the estimated duration in seconds of *files_left* files, or None if unknown."""
        stale = self._queried_at is None or time.monotonic() - self._queried_at > ESTIMATE_SEC
        if stale or files_left > self._files:
            self._sizes, self._files = await self._context.library.sizes_left(), files_left
            self._queried_at = time.monotonic()
        expected = self._context.throughput.music_sec(self._sizes)
        return None if expected is None or not self._files else expected * files_left / self._files
