"""The mount table: which file system a folder lies on, and whether it announces changes.

All functions but ``read_mounts`` are pure.
"""

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from .paths import is_below, is_same_or_below

MOUNT_TABLE: Final = Path("/proc/self/mountinfo")
# File systems of this machine's own disks: every change passes the kernel, which announces it. All other kinds are
# doubtful: network and cluster file systems, FUSE pools, cloud drives, folders of a virtual machine's host, autofs.
LOCAL_FILE_SYSTEMS: Final = frozenset(
    (
        *("ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "bcachefs", "f2fs", "jfs", "reiserfs", "nilfs2", "ubifs"),
        *("vfat", "msdos", "exfat", "ntfs", "ntfs3", "fuseblk", "fuse.ntfs-3g", "fuse.exfat", "fuse.exfat-fuse"),
        *("apfs", "fuse.apfs", "hfs", "hfsplus", "udf", "iso9660", "squashfs", "erofs"),
        *("tmpfs", "ramfs", "rootfs", "overlay", "aufs", "fuse.fuse-overlayfs", "ecryptfs"),
    )
)
# File systems that keep no time of the last status change (ctime): an edit that sets back the modification time, and
# keeps the size, leaves no trace there.
WITHOUT_CTIME: Final = frozenset({"vfat", "msdos", "exfat", "fuse.exfat", "fuse.exfat-fuse"})
_OCTAL: Final = re.compile(rb"\\([0-7]{3})")


class Mount(NamedTuple):
    """One line of the mount table; ``numbers``, of the mount and its device, tell it from a later one."""

    point: bytes
    kind: str
    source: bytes
    numbers: bytes = b""
    root: bytes = b""  # the folder of the file system that is mounted; empty if unknown

    @property
    def device(self) -> int:
        """Number of the device, as in a ``stat`` result; -1 if unknown."""
        major, _, minor = self.numbers.rpartition(b" ")[2].partition(b":")
        return os.makedev(int(major), int(minor)) if major.isdigit() and minor.isdigit() else -1


def parse_mounts(table: bytes) -> tuple[Mount, ...]:
    """Return the mounts of a ``mountinfo`` table, in its order; lines of another form are skipped."""
    mounts = []
    for line in table.splitlines():
        left, _, right = line.partition(b" - ")
        fields, rest = left.split(b" "), right.split(b" ")
        if len(fields) >= 5 and len(rest) >= 2:
            kind = rest[0].decode("ascii", "replace")
            mounts.append(
                Mount(_unescaped(fields[4]), kind, _unescaped(rest[1]), b" ".join(fields[:3]), _unescaped(fields[3]))
            )
    return tuple(mounts)


def read_mounts(table: Path = MOUNT_TABLE) -> tuple[Mount, ...]:
    """Return the mounts of this process; none on systems without such a table. Blocking."""
    try:
        return parse_mounts(table.read_bytes()) if sys.platform == "linux" else ()
    except OSError:
        return ()


def mount_of(path: bytes, mounts: Sequence[Mount]) -> Mount | None:
    """Return the innermost mount that holds *path*, which contains no links; of mounts at one point, the last."""
    holding = [mount for mount in mounts if is_same_or_below(path, mount.point)]
    return max(reversed(holding), key=lambda mount: len(mount.point), default=None)


def mounts_below(folder: bytes, mounts: Sequence[Mount]) -> tuple[Mount, ...]:
    """Return the visible mounts below *folder*, which contains no links; of mounts at one point, the last."""
    below = {mount.point: mount for mount in mounts if is_below(mount.point, folder)}
    return tuple(below.values())


def is_local(mount: Mount | None) -> bool:
    """Return True for a file system of this machine's own disks."""
    return mount is not None and mount.kind in LOCAL_FILE_SYSTEMS


def doubtful_kinds(folder: bytes, mounts: Sequence[Mount]) -> tuple[str, ...]:
    """Return the kinds of file system at and below *folder* on which changes may not be announced.

    Parameters
    ----------
    folder : bytes
        Without links.
    mounts : sequence of Mount
    """
    return tuple(sorted(_kinds(folder, mounts) - LOCAL_FILE_SYSTEMS))


def lacks_ctime(folder: bytes, mounts: Sequence[Mount]) -> bool:
    """Return True if a file system at or below *folder* keeps no ctime.

    Parameters
    ----------
    folder : bytes
        Without links.
    mounts : sequence of Mount
    """
    return not WITHOUT_CTIME.isdisjoint(_kinds(folder, mounts))


def _kinds(folder: bytes, mounts: Sequence[Mount]) -> frozenset[str]:
    """Return the kinds of file system at and below *folder*."""
    concerned = (mount_of(folder, mounts), *mounts_below(folder, mounts))
    return frozenset(mount.kind for mount in concerned if mount is not None)


def _unescaped(field: bytes) -> bytes:
    return _OCTAL.sub(lambda match: bytes([int(match[1], 8)]), field)
