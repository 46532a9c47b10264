"""Files that change while they are analysed, such as recordings: each is held back longer after every change."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

LONGEST_PAUSE_SEC: Final = 600.0
FORGET_AFTER_SEC: Final = 3600.0  # without a change, a file is like a new one


@dataclass(slots=True)
class _Growing:
    pause_sec: float
    until: float


class GrowingFiles:
    """Exponential backoff per file.

    Parameters
    ----------
    settle_sec : float
        The first pause.
    now : callable, optional
        A monotonic clock in seconds.
    """

    def __init__(self, settle_sec: float, now: Callable[[], float] = time.monotonic) -> None:
        self._settle_sec = settle_sec
        self._now = now
        self._files: dict[bytes, _Growing] = {}

    def changed(self, path: bytes) -> float:
        """Record that a file changed during its analysis. Return the pause in seconds before the next one."""
        now = self._now()
        self._files = {path: file for path, file in self._files.items() if now - file.until < FORGET_AFTER_SEC}
        before = self._files.get(path)
        pause = self._settle_sec if before is None else min(2 * before.pause_sec, LONGEST_PAUSE_SEC)
        self._files[path] = _Growing(pause, now + pause)
        return pause

    def held(self) -> Sequence[bytes]:
        """Return the files that must not be analysed in the background now."""
        now = self._now()
        return [path for path, file in self._files.items() if now < file.until]
