"""Circuit breakers: folders whose files are not read for now, being offline or after repeated I/O errors."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from ..files.paths import innermost

FAILURES_TO_OPEN: Final = 5  # in a row
FIRST_OPEN_SEC: Final = 30.0
LONGEST_OPEN_SEC: Final = 600.0


@dataclass(slots=True)
class _Breaker:
    offline: bool = False
    failures: int = 0
    pause_sec: float = FIRST_OPEN_SEC
    open_until: float = 0.0


class CircuitBreakers:
    """One circuit breaker per folder, with exponential backoff.

    Parameters
    ----------
    now : callable, optional
        A monotonic clock in seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._breakers: dict[bytes, _Breaker] = {}

    def set_online(self, root: bytes, *, online: bool) -> bool:
        """Record whether a folder can be read.

        Parameters
        ----------
        root : bytes
        online : bool

        Returns
        -------
        bool
            True if that changed.
        """
        breaker = self._breakers.setdefault(root, _Breaker())
        changed = breaker.offline is online
        breaker.offline = not online
        if changed and online:
            self._breakers[root] = _Breaker()
        return changed

    def retain(self, roots: Sequence[bytes]) -> None:
        """Drop the breakers of all other folders."""
        self._breakers = {root: breaker for root, breaker in self._breakers.items() if root in roots}

    def failed(self, path: bytes) -> float | None:
        """Record that reading *path* failed. Return the pause in seconds if the breaker of its folder opens now."""
        breaker = self._breaker_of(path)
        if breaker is None:
            return None
        breaker.failures += 1
        if breaker.failures < FAILURES_TO_OPEN or self._now() < breaker.open_until:
            return None
        pause = breaker.pause_sec  # one more failure after the pause opens it for twice as long
        breaker.open_until, breaker.pause_sec = self._now() + pause, min(2 * pause, LONGEST_OPEN_SEC)
        return pause

    def succeeded(self, path: bytes) -> None:
        """Record that *path* was read, which closes the breaker of its folder."""
        breaker = self._breaker_of(path)
        if breaker is not None:
            breaker.failures, breaker.pause_sec, breaker.open_until = 0, FIRST_OPEN_SEC, 0.0

    @property
    def failing(self) -> bool:
        """Whether reading has failed in any folder since it last succeeded there."""
        return any(breaker.failures for breaker in self._breakers.values())

    def open(self) -> Sequence[bytes]:
        """Return the folders whose files must not be read now."""
        now = self._now()
        return [root for root, breaker in self._breakers.items() if breaker.offline or now < breaker.open_until]

    def root_of(self, path: bytes) -> bytes | None:
        """Return the innermost known folder that contains *path*."""
        return innermost(path, self._breakers)

    def _breaker_of(self, path: bytes) -> _Breaker | None:
        root = self.root_of(path)
        return None if root is None else self._breakers[root]
