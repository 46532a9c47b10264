"""Rate limit per client: a token bucket for each address."""

import time
from collections import OrderedDict
from collections.abc import Callable
from math import ceil
from typing import Final

BURST_SEC: Final = 2.0  # bucket size, in seconds of the allowed rate
CLIENTS: Final = 1024  # buckets kept; the least recently used is dropped


class Limiter:
    """Token buckets, one for each client.

    Parameters
    ----------
    per_sec : int
        Sustained rate of requests per client; 0 disables the limit.
    now : callable
        Clock, in seconds.
    """

    def __init__(self, per_sec: int, now: Callable[[], float] = time.monotonic) -> None:
        self._per_sec = per_sec
        self._now = now
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # client: tokens left, time

    def wait_sec(self, client: str) -> int:
        """Take a token; return 0 if there was one, else the seconds to wait before the next request."""
        if not self._per_sec:
            return 0
        most, now = self._per_sec * BURST_SEC, self._now()
        left, counted_at = self._buckets.pop(client, (most, now))
        left = min(most, left + (now - counted_at) * self._per_sec)
        allowed = left >= 1
        self._buckets[client] = (left - 1 if allowed else left, now)
        if len(self._buckets) > CLIENTS:
            self._buckets.popitem(last=False)
        return 0 if allowed else ceil((1 - left) / self._per_sec)
