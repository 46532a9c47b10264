"""The real path of an open file. The descriptor is asked, because what a path leads to may change at any moment."""

import os
import sys
from collections.abc import Sequence
from typing import Final

from .paths import is_same_or_below

_F_GETPATH: Final = 50  # macOS
_PATH_BYTES: Final = 1024


def realpath_of(descriptor: int, path: bytes) -> bytes | None:
    """Return the path of an open file with links resolved.

    Parameters
    ----------
    descriptor : int
    path : bytes
        The path it was opened by.

    Returns
    -------
    bytes or None
        None if the system cannot tell.
    """
    try:
        if sys.platform == "darwin":
            import fcntl  # not everywhere

            return fcntl.fcntl(descriptor, _F_GETPATH, bytes(_PATH_BYTES)).rstrip(b"\0")
        return os.readlink(b"/proc/self/fd/%d" % descriptor)
    except OSError:  # no /proc here
        return _verified_realpath(descriptor, path)


def _verified_realpath(descriptor: int, path: bytes) -> bytes | None:
    """Return the real path of *path* if it leads to the open file."""
    try:
        real = os.path.realpath(path)
        return real if os.path.samestat(os.stat(real), os.fstat(descriptor)) else None
    except OSError:
        return None


def is_within(descriptor: int, path: bytes, folders: Sequence[bytes]) -> bool:
    """Return True if an open file is one of *folders*, which contain no links, or lies below one.

    Parameters
    ----------
    descriptor : int
    path : bytes
        The path it was opened by.
    folders : sequence of bytes
    """
    real = realpath_of(descriptor, path)
    return real is not None and any(is_same_or_below(real, folder) for folder in folders)
