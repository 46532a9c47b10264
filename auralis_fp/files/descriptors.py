"""Where an open file really lies: asked of the handle, since what a path leads to may change at any moment."""

import os
import sys
from collections.abc import Sequence
from typing import Final

from .paths import is_same_or_below

_GET_PATH: Final = 50  # fcntl's F_GETPATH on macOS
_PATH_BYTES: Final = 1024


def realpath_of(descriptor: int, path: bytes) -> bytes | None:
    """Return the path of an open file, free of links.

    Parameters
    ----------
    descriptor : int
    path : bytes
        By which it was opened.

    Returns
    -------
    bytes or None
        None if that cannot be told for certain.
    """
    try:
        if sys.platform == "darwin":
            import fcntl  # noqa: PLC0415 - not everywhere

            return fcntl.fcntl(descriptor, _GET_PATH, bytes(_PATH_BYTES)).rstrip(b"\0")
        return os.readlink(b"/proc/self/fd/%d" % descriptor)
    except OSError:  # no such place on this system: the path's own answer, if it leads to this very file
        return _resolved(descriptor, path)


def _resolved(descriptor: int, path: bytes) -> bytes | None:
    try:
        real = os.path.realpath(path)
        return real if os.path.samestat(os.stat(real), os.fstat(descriptor)) else None
    except OSError:
        return None


def is_within(descriptor: int, path: bytes, folders: Sequence[bytes]) -> bool:
    """Return True if an open file is one of *folders*, which contain no links, or lies below one."""
    real = realpath_of(descriptor, path)
    return real is not None and any(is_same_or_below(real, folder) for folder in folders)
