"""Folders whose files are left alone for now: offline ones, and those whose disk or network keeps failing."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from ..files.paths import innermost

FAILURES_TO_REST: Final = 5  # in a row
FIRST_REST_SEC: Final = 30.0
LONGEST_REST_SEC: Final = 600.0


@dataclass(slots=True)
class _Folder:
    offline: bool = False
    failures: int = 0
    rest_sec: float = FIRST_REST_SEC
    rests_until: float = 0.0


class CircuitBreakers:
    """What is held, by folder: a circuit breaker each, and what the watcher says of them.

    Parameters
    ----------
    now : callable, optional
        A clock in seconds that never goes back.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._folders: dict[bytes, _Folder] = {}

    def set_online(self, root: bytes, *, online: bool) -> bool:
        """Take note of whether a folder can be read; say whether that is news."""
        folder = self._folders.setdefault(root, _Folder())
        changed = folder.offline is online
        folder.offline = not online
        if changed and online:
            self._folders[root] = _Folder()
        return changed

    def retain(self, roots: Sequence[bytes]) -> None:
        """Let go of all folders but these."""
        self._folders = {root: folder for root, folder in self._folders.items() if root in roots}

    def failed(self, path: bytes) -> float | None:
        """Take note that reading *path* failed; return for how many seconds its folder rests if that begins now."""
        folder = self._folder_of(path)
        if folder is None:
            return None
        folder.failures += 1
        if folder.failures < FAILURES_TO_REST or self._now() < folder.rests_until:
            return None
        rest = folder.rest_sec  # one more failure after the rest, and it rests twice as long
        folder.rests_until, folder.rest_sec = self._now() + rest, min(2 * rest, LONGEST_REST_SEC)
        return rest

    def succeeded(self, path: bytes) -> None:
        """Record that *path* was read, which closes the circuit breaker of its folder."""
        if any(folder.failures for folder in self._folders.values()):
            folder = self._folder_of(path)
            if folder is not None:
                folder.failures, folder.rest_sec, folder.rests_until = 0, FIRST_REST_SEC, 0.0

    def open(self) -> Sequence[bytes]:
        """Return the folders whose files are to be left alone now."""
        now = self._now()
        return [root for root, folder in self._folders.items() if folder.offline or now < folder.rests_until]

    def root_of(self, path: bytes) -> bytes | None:
        """Return the innermost known folder that *path* lies in."""
        return innermost(path, self._folders)

    def _folder_of(self, path: bytes) -> _Folder | None:
        root = self.root_of(path)
        return None if root is None else self._folders[root]
