"""Regular files: the check that a path leads to a file, not to a folder, pipe or device.

Opening a pipe blocks until it has a writer, and opening some devices changes their state, so the check comes before
opening. These functions block; they are called in threads.
"""

import os
import stat
from typing import Final

_READ_FLAGS: Final = (
    os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
)


class NotRegularFileError(OSError):
    """The path leads to a folder, pipe or device.

    Parameters
    ----------
    kind : str
        ``"a folder"`` or ``"a device or pipe"``.
    """

    def __init__(self, kind: str) -> None:
        super().__init__(f"This is {kind}, not a file.")
        self.kind = kind


def is_regular(status: os.stat_result) -> bool:
    """Return True if a ``stat`` result describes a regular file."""
    return stat.S_ISREG(status.st_mode)


def require_regular(status: os.stat_result) -> os.stat_result:
    """Return a ``stat`` result that describes a regular file.

    Raises
    ------
    NotRegularFileError
        It describes something else.
    """
    if not is_regular(status):
        raise NotRegularFileError("a folder" if stat.S_ISDIR(status.st_mode) else "a device or pipe")
    return status


def open_regular(path: bytes, *, follow: bool = True, dir_fd: int | None = None) -> int:
    """Open a regular file for reading and return its descriptor. Never waits for the other end of a pipe.

    Parameters
    ----------
    path : bytes
    follow : bool
        Follow a link at *path*; otherwise a link is refused.
    dir_fd : int, optional
        Open folder that *path* is relative to.

    Raises
    ------
    NotRegularFileError
        The path leads to something else.
    OSError, ValueError
        It cannot be opened, or contains a null byte.
    """
    require_regular(os.stat(path, dir_fd=dir_fd, follow_symlinks=follow))
    flags = _READ_FLAGS | (0 if follow else getattr(os, "O_NOFOLLOW", 0))
    descriptor = os.open(path, flags, dir_fd=dir_fd)
    try:
        require_regular(os.fstat(descriptor))
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
