"""How much one client may ask: a bucket of requests for each address, filled again as time passes."""

import time
from collections import OrderedDict
from collections.abc import Callable
from math import ceil
from typing import Final

BURST_SEC: Final = 2.0  # so many seconds' requests may come at once
CLIENTS: Final = 1024  # whose buckets are remembered; the full ones of others need not be


class Limiter:
    """Counts the requests of each client.

    Parameters
    ----------
    per_sec : int
        Requests a second that a client may go on sending; 0 for no limit.
    now : callable
        The time in seconds.
    """

    def __init__(self, per_sec: int, now: Callable[[], float] = time.monotonic) -> None:
        self._per_sec = per_sec
        self._now = now
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # client: requests left, when

    def wait_sec(self, client: str) -> int:
        """Count a request; return 0 if it may be answered, else after how many seconds to come back."""
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
