"""Which paths below the libraries are music, and whether a known file is still there.

Methods that read the disk block; they are called in threads.
"""

import contextlib
import errno
import fnmatch
import os
import re
import stat
from collections.abc import Sequence
from enum import Enum
from typing import Final

from .formats import is_music
from .on_disk_names import on_disk_name
from .paths import innermost, is_same_or_below, relative_path, split_path
from .regular import is_regular

UNFINISHED: Final = (b".part", b".partial", b".crdownload", b".tmp", b".download")
_GONE: Final = frozenset((errno.ENOENT, errno.ENOTDIR, errno.ELOOP))


class Presence(Enum):
    """State of a file that was seen before."""

    THERE = "there"
    GONE = "gone"
    UNREADABLE = "unreadable"
    AWAY = "away"  # its whole library is not mounted


class Rules:
    """Decides which paths below the libraries are considered.

    Parameters
    ----------
    roots : sequence of bytes
        The libraries. Links that lead out of all of them are not followed.
    ignore : sequence of str
        Shell patterns of names, or of paths below a root, to leave out.
    """

    def __init__(self, roots: Sequence[bytes], ignore: Sequence[str] = ()) -> None:
        self.set_roots(roots)
        self._devices: dict[bytes, int] = {}
        patterns = "|".join(fnmatch.translate(pattern.strip("/")) for pattern in ignore)
        self._ignored = re.compile(patterns) if patterns else None

    def set_roots(self, roots: Sequence[bytes]) -> None:
        """Replace the libraries. Blocking."""
        self._roots = {root: os.path.realpath(root) for root in roots}

    def root_of(self, path: bytes) -> bytes | None:
        """Return the innermost library that *path* lies in."""
        return innermost(path, self._roots)

    def bounds(self, path: bytes) -> tuple[bytes, ...]:
        """Return the folders, without links, one of which must hold the opened file; empty allows any."""
        return () if self.root_of(path) is None else tuple(self._roots.values())

    def remember_device(self, root: bytes) -> None:
        """Remember which device a swept library lies on. Blocking."""
        with contextlib.suppress(OSError):
            self._devices[root] = os.stat(root).st_dev

    def is_mounted(self, root: bytes) -> bool:
        """Return True if a library is readable, non-empty and on the device it was on before. Blocking."""
        try:
            device = os.stat(root).st_dev
            with os.scandir(root) as entries:
                return next(entries, None) is not None and self._devices.get(root, device) == device
        except OSError:
            return False

    def presence(self, path: bytes) -> Presence:
        """Return whether a music file seen before is still there. Blocking."""
        root = self.root_of(path)
        try:
            status = os.lstat(path)
            if stat.S_ISLNK(status.st_mode):
                status = os.stat(path)
            same_name = root is None or (self.contains(path) and on_disk_name(path, root) == path)
            if same_name and is_regular(status):
                return Presence.THERE
        except OSError as error:
            if root is not None and not self.is_mounted(root):
                return Presence.AWAY
            return Presence.GONE if error.errno in _GONE else Presence.UNREADABLE
        return Presence.GONE

    def admits_name(self, name: bytes, below_root: bytes) -> bool:
        """Return True unless an entry is hidden or ignored.

        Parameters
        ----------
        name : bytes
        below_root : bytes
            Its path below its root.
        """
        if name.startswith(b"."):
            return False
        if self._ignored is None:
            return True
        return not (self._ignored.match(os.fsdecode(name)) or self._ignored.match(os.fsdecode(below_root)))

    def admits_file(self, name: bytes) -> bool:
        """Return True if the name is that of a music file, completely written."""
        return is_music(name) and not name.lower().endswith(UNFINISHED)

    def admits_path(self, path: bytes, root: bytes) -> bool:
        """Return True if no component of *path* below *root* is hidden or ignored."""
        parts = split_path(relative_path(path, root) or b"")
        return all(self.admits_name(part, os.path.join(*parts[: index + 1])) for index, part in enumerate(parts))

    def contains(self, path: bytes) -> bool:
        """Return True if *path*, with links resolved, lies in one of the roots. Blocking."""
        real = os.path.realpath(path)
        return any(is_same_or_below(real, root) for root in self._roots.values())

    def reached_without_links(self, path: bytes, root: bytes) -> bool:
        """Return True if no folder between *root* and *path* is a link. Blocking."""
        below = os.path.relpath(os.path.dirname(path), root)
        return os.path.realpath(os.path.dirname(path)) == os.path.normpath(os.path.join(os.path.realpath(root), below))
