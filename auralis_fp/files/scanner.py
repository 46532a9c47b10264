"""Walking the libraries: finds music files in one pass and keeps nothing.

These functions block; they are called in threads.
"""

import os
import stat
from collections.abc import Iterator

from ..models import FileEvent, FileStamp
from .paths import directory_prefix
from .regular import is_regular
from .rules import Rules


def stat_audio(path: bytes, rules: Rules) -> FileStamp | None:
    """Return the stamp of the regular file at *path*; None for anything else and for links out of the libraries."""
    try:
        status = os.lstat(path)
        if stat.S_ISLNK(status.st_mode):
            if not rules.contains(path):
                return None
            status = os.stat(path)
    except OSError:  # missing or unreadable
        return None
    return FileStamp.of(status) if is_regular(status) else None


def walk(folder: bytes, root: bytes, rules: Rules) -> Iterator[FileEvent]:
    """Yield the music files below *folder*, which lies in *root*.

    Links to folders are not followed: their targets are either found in their own place or outside the libraries.

    Parameters
    ----------
    folder : bytes
    root : bytes
    rules : Rules

    Raises
    ------
    OSError
        *folder* itself cannot be read. Unreadable folders below it are skipped.
    """
    visited: set[tuple[int, int]] = set()
    pending = [folder]
    while pending:
        current = pending.pop()
        try:
            status = os.stat(current)
            if (status.st_dev, status.st_ino) in visited:  # mounted at a second place
                continue
            visited.add((status.st_dev, status.st_ino))
            with os.scandir(current) as entries:
                yield from _entries(entries, root, rules, pending)
        except OSError:
            if current == folder:
                raise


def _entries(
    entries: Iterator["os.DirEntry[bytes]"], root: bytes, rules: Rules, pending: list[bytes]
) -> Iterator[FileEvent]:
    prefix = len(directory_prefix(root))
    for entry in entries:
        if not rules.admits_name(entry.name, entry.path[prefix:]):
            continue
        try:
            if entry.is_dir(follow_symlinks=False):
                pending.append(entry.path)
            elif entry.is_symlink() and not rules.contains(entry.path):
                continue
            elif rules.admits_file(entry.name) and entry.is_file():
                yield FileEvent(entry.path, FileStamp.of(entry.stat()))
        except OSError:  # removed after it was listed
            continue
