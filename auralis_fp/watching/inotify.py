"""Limits of inotify: detecting that they are reached, and how to raise them."""

import ctypes
import errno
import os
import sys
from pathlib import Path
from typing import Final

_IN_MODIFY: Final = 2
_LIMIT_ERRORS: Final = frozenset((errno.ENOSPC, errno.EMFILE, errno.ENFILE))
_WATCHES: Final = ("max_user_watches", 524_288)
_INSTANCES: Final = ("max_user_instances", 512)


def check_watch_capacity(folder: bytes) -> None:
    """Check that the system can watch one more folder. Blocking.

    The watcher library does not report folders it failed to watch.

    Raises
    ------
    OSError
        ENOSPC, EMFILE or ENFILE: a limit is reached, so events may be missing.
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.inotify_init1(os.O_CLOEXEC)
    try:
        if descriptor < 0 or libc.inotify_add_watch(descriptor, folder, _IN_MODIFY) < 0:
            number = ctypes.get_errno()
            if number in _LIMIT_ERRORS:  # other errors, such as a missing folder, are handled by the sweep
                raise OSError(number, os.strerror(number))
    finally:
        if descriptor >= 0:
            os.close(descriptor)


def describe_watch_error(error: Exception) -> str:
    """Return why events are unavailable, with the command that fixes it where one is known."""
    text, number = str(error).lower(), getattr(error, "errno", None)
    if "limit reached" in text or number == errno.ENOSPC:
        return f"The system's limit of watched folders is reached. To raise it: {_sysctl_command(*_WATCHES)}"
    if "too many open files" in text or number == errno.EMFILE:
        return f"The system's limit of inotify instances is reached. To raise it: {_sysctl_command(*_INSTANCES)}"
    return f"Changes cannot be followed here ({error})."


def _sysctl_command(name: str, minimum: int) -> str:
    """Return the command that raises a kernel limit to at least twice its present value."""
    try:
        current = int(Path(f"/proc/sys/fs/inotify/{name}").read_text(encoding="ascii"))
    except (OSError, ValueError):
        current = 0
    return f"sudo sysctl fs.inotify.{name}={max(minimum, 2 * current)}"
