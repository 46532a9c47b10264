"""Stamps of files, without ctime and inode where the file system keeps neither."""

import time
from dataclasses import replace
from os import stat_result
from pathlib import Path
from typing import Final

from ..models import FileStamp
from .mounts import MOUNT_TABLE, WITHOUT_CTIME, read_mounts

FRESH_SEC: Final = 60.0  # how long the mount table is believed: a device number may get another file system


class Stamping:
    """Makes stamps by the kinds of the mounted file systems.

    FAT keeps no ctime, and its inodes are made up while it is mounted, so there an edit that sets back the modification
    time leaves no trace.

    Parameters
    ----------
    table : Path
        The kernel's mount table.
    """

    def __init__(self, table: Path = MOUNT_TABLE) -> None:
        self._table = table
        self._bare: frozenset[int] = frozenset()  # devices without ctime
        self._read_at = -FRESH_SEC

    def stamp_of(self, status: stat_result) -> FileStamp:
        """Return the stamp in a ``stat`` result. Blocking, once in a while."""
        now = time.monotonic()
        if now - self._read_at >= FRESH_SEC:
            self._read_at = now
            mounts = read_mounts(self._table)
            self._bare = frozenset(mount.device for mount in mounts if mount.kind in WITHOUT_CTIME)
        stamp = FileStamp.of(status)
        return replace(stamp, ctime_ns=None, inode=None) if status.st_dev in self._bare else stamp


stamp_of: Final = Stamping().stamp_of
