"""Whether another program is writing to a file. Blocking."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_PROCESSES: Final = Path("/proc")


def is_open_for_writing(path: bytes, processes: Path = _PROCESSES) -> bool:
    """Return True if a process holds a file open for writing.

    Only the processes that this one may inspect are seen, and only on Linux.

    Parameters
    ----------
    path : bytes
    processes : Path
        The kernel's folder of processes.
    """
    if sys.platform != "linux":
        return False
    try:
        wanted = os.stat(path)
    except OSError:
        return False
    return any(_is_writer(descriptor, wanted) for descriptor in _descriptors(processes))


def _descriptors(processes: Path) -> Iterator[str]:
    """Yield the descriptors of all processes, as ``/proc/PID/fd/N``."""
    try:
        numbers = [entry.path for entry in os.scandir(processes) if entry.name.isdecimal()]
    except OSError:
        return
    for process in numbers:
        try:
            yield from [entry.path for entry in os.scandir(os.path.join(process, "fd"))]
        except OSError:  # of another user, or ended
            continue


def _is_writer(descriptor: str, wanted: os.stat_result) -> bool:
    try:
        # the owner's write permission of the link is that of the descriptor
        return bool(os.lstat(descriptor).st_mode & 0o200) and os.path.samestat(os.stat(descriptor), wanted)
    except OSError:  # closed meanwhile
        return False
