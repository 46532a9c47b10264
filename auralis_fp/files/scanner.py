"""Walking through a folder of music: one pass, nothing kept, links contained.

These functions block; they are called in threads.
"""

import contextlib
import errno
import fnmatch
import os
import re
import stat
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Final

from ..models import FileEvent, FileStamp
from .formats import is_music
from .on_disk_names import on_disk_name
from .paths import directory_prefix, innermost, is_same_or_below, relative_path, split_path
from .regular import is_regular

UNFINISHED: Final = (b".part", b".partial", b".crdownload", b".tmp", b".download")


_GONE: Final = frozenset((errno.ENOENT, errno.ENOTDIR, errno.ELOOP))


class Presence(Enum):
    """Where a file is that was there before."""

    THERE = "there"
    GONE = "gone"
    UNREADABLE = "unreadable"  # there, or perhaps there
    AWAY = "away"  # with its whole library


class Rules:
    """Which paths below the roots are looked at.

    Parameters
    ----------
    roots : sequence of bytes
        The libraries; links that lead out of all of them are not followed.
    ignore : sequence of str
        Shell patterns of names, or of paths below a root, to leave out.
    """

    def __init__(self, roots: Sequence[bytes], ignore: Sequence[str] = ()) -> None:
        self.set_roots(roots)
        self._devices: dict[bytes, int] = {}
        patterns = "|".join(fnmatch.translate(pattern.strip("/")) for pattern in ignore)
        self._ignored = re.compile(patterns) if patterns else None

    def set_roots(self, roots: Sequence[bytes]) -> None:
        """Change the libraries. Blocks."""
        self._roots = {root: os.path.realpath(root) for root in roots}

    def root_of(self, path: bytes) -> bytes | None:
        """Return the innermost library that *path* lies in."""
        return innermost(path, self._roots)

    def bounds(self, path: bytes) -> tuple[bytes, ...]:
        """Return the folders, free of links, that the file at *path* must lie below once it is open; none: anywhere."""
        return () if self.root_of(path) is None else tuple(self._roots.values())

    def remember_device(self, root: bytes) -> None:
        """Remember where a library that was just looked through lies. Blocks."""
        with contextlib.suppress(OSError):
            self._devices[root] = os.stat(root).st_dev

    def is_mounted(self, root: bytes) -> bool:
        """Say whether a library can be asked what is in it: there, not empty, on the disk it was on. Blocks."""
        try:
            device = os.stat(root).st_dev
            with os.scandir(root) as entries:
                return next(entries, None) is not None and self._devices.get(root, device) == device
        except OSError:
            return False

    def presence(self, path: bytes) -> Presence:
        """Say where a music file is that was there before. Blocks."""
        root = self.root_of(path)
        try:
            status = os.lstat(path)
            if stat.S_ISLNK(status.st_mode):
                status = os.stat(path)
            spelt_so = root is None or (self.contains(path) and on_disk_name(path, root) == path)
            if spelt_so and is_regular(status):
                return Presence.THERE
        except OSError as error:
            if root is not None and not self.is_mounted(root):
                return Presence.AWAY
            return Presence.GONE if error.errno in _GONE else Presence.UNREADABLE
        return Presence.GONE

    def admits_name(self, name: bytes, below_root: bytes) -> bool:
        """Say whether an entry called *name*, at *below_root* under its root, may be looked at."""
        if name.startswith(b"."):
            return False
        if self._ignored is None:
            return True
        return not (self._ignored.match(os.fsdecode(name)) or self._ignored.match(os.fsdecode(below_root)))

    def admits_file(self, name: bytes) -> bool:
        """Say whether a file called *name* is finished music."""
        return is_music(name) and not name.lower().endswith(UNFINISHED)

    def contains(self, path: bytes) -> bool:
        """Say whether *path*, its links resolved, lies in one of the roots."""
        real = os.path.realpath(path)
        return any(is_same_or_below(real, root) for root in self._roots.values())

    def reached_without_links(self, path: bytes, root: bytes) -> bool:
        """Say whether no link to a folder lies on the way from *root* to *path*. Blocks."""
        below = os.path.relpath(os.path.dirname(path), root)
        return os.path.realpath(os.path.dirname(path)) == os.path.normpath(os.path.join(os.path.realpath(root), below))

    def admits_path(self, path: bytes, root: bytes) -> bool:
        """Say whether everything on the way from *root* to *path*, which lies in it, may be looked at."""
        parts = split_path(relative_path(path, root) or b"")
        return all(self.admits_name(part, os.path.join(*parts[: index + 1])) for index, part in enumerate(parts))


def stat_audio(path: bytes, rules: Rules) -> FileStamp | None:
    """Return the stamp of a music file; None if there is none at *path*."""
    try:
        status = os.lstat(path)
        if stat.S_ISLNK(status.st_mode):
            if not rules.contains(path):
                return None
            status = os.stat(path)
    except OSError:  # gone, or not to be read: not there for us
        return None
    return FileStamp.of(status) if is_regular(status) else None


def walk(folder: bytes, root: bytes, rules: Rules) -> Iterator[FileEvent]:
    """Yield the music files below *folder*, which lies in *root*.

    Links to folders are not followed: what they lead to is found in its own place, or does not belong to the libraries.

    Raises
    ------
    OSError
        *folder* itself cannot be read. Folders below it that cannot be read are passed over.
    """
    visited: set[tuple[int, int]] = set()
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        try:
            status = os.stat(current)
            if (status.st_dev, status.st_ino) in visited:  # mounted at a second place
                continue
            visited.add((status.st_dev, status.st_ino))
            with os.scandir(current) as entries:
                yield from _entries(entries, root, rules, waiting)
        except OSError:
            if current == folder:
                raise


def _entries(
    entries: Iterator["os.DirEntry[bytes]"], root: bytes, rules: Rules, waiting: list[bytes]
) -> Iterator[FileEvent]:
    prefix = len(directory_prefix(root))
    for entry in entries:
        if not rules.admits_name(entry.name, entry.path[prefix:]):
            continue
        try:
            if entry.is_dir(follow_symlinks=False):
                waiting.append(entry.path)
            elif entry.is_symlink() and not rules.contains(entry.path):
                continue
            elif rules.admits_file(entry.name) and entry.is_file():
                yield FileEvent(entry.path, FileStamp.of(entry.stat()))
        except OSError:  # vanished between the listing and the look
            continue
