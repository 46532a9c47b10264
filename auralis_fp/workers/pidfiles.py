"""One PID file per worker process, so that the next run can end the orphans of a killed one.

On Linux the kernel ends workers with their parent; elsewhere they exit by themselves. Neither reaches a worker that was
stopped before it could ask for that, or one that hangs in a decoder on a system without such a kernel feature.
"""

import hashlib
import logging
import os
import stat
import tempfile
from collections.abc import Iterator
from math import isclose
from pathlib import Path
from typing import Final

import psutil

log = logging.getLogger(__name__)

_CLOCK_SEC: Final = 2.0  # a process start time may shift by this much when the clock is set


class PidFiles:
    """The PID files of one data directory. All methods block; call them in a thread.

    Where the disk of the data directory is full, they are written to a private folder for temporary files.

    Parameters
    ----------
    folder : Path
        Created on first use.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        name = hashlib.blake2b(os.fsencode(folder.absolute()), digest_size=8).hexdigest()
        try:
            self._reserve = Path(tempfile.gettempdir(), f"auralis-fp-workers-{name}")
        except FileNotFoundError:  # all such folders are read-only
            self._reserve = folder

    def write(self, pid: int) -> None:
        """Record a process started by this one."""
        try:
            started = psutil.Process(pid).create_time()
        except psutil.Error:  # it has ended
            return
        for folder in (self._folder, self._reserve):
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                if folder == self._reserve and not _is_private(folder):
                    continue
                partial = folder / f"{pid}.partial"
                partial.write_text(f"{started!r} {os.getpid()}", encoding="ascii")
                partial.replace(folder / str(pid))  # readers see the whole record or none
            except OSError as error:  # the job continues; only a later clean-up may miss this process
                log.warning("the PID file of worker %d could not be written: %s", pid, error)
            else:
                return

    def remove(self, pid: int) -> None:
        """Remove the record of a process that has ended."""
        for folder in self._folders():
            try:
                (folder / str(pid)).unlink(missing_ok=True)
            except OSError as error:  # the next run finds that the process is gone
                log.warning("the PID file of worker %d could not be removed: %s", pid, error)

    def _folders(self) -> Iterator[Path]:
        """Yield the folders that may have PID files."""
        yield self._folder
        if _is_private(self._reserve):
            yield self._reserve

    def end_orphans(self) -> list[int]:
        """Kill recorded processes whose parent is gone; return their ids."""
        ended = []
        for file in (file for folder in self._folders() for file in sorted(folder.glob("*"))):
            try:
                pid, (started, parent) = int(file.name), file.read_text(encoding="ascii").split()
                killed = _kill_orphan(pid, float(started), int(parent))
            except (OSError, ValueError):  # not a PID file
                continue
            if killed is None:
                continue
            if killed:
                log.warning("worker %d of an earlier run was still running; it was ended", pid)
                ended.append(pid)
            self.remove(pid)
        return ended


def _is_private(folder: Path) -> bool:
    """Return True if a folder is there and no other user can write to it."""
    try:
        status = folder.lstat()
    except OSError:
        return False
    mine = not hasattr(os, "getuid") or status.st_uid == os.getuid()
    return stat.S_ISDIR(status.st_mode) and mine and not status.st_mode & 0o022


def _kill_orphan(pid: int, started: float, parent: int) -> bool | None:
    """Kill a process whose parent is gone. Return True if it was killed, None if its parent is alive."""
    try:
        process = psutil.Process(pid)
        if not isclose(process.create_time(), started, rel_tol=0, abs_tol=_CLOCK_SEC):
            return False
        above = process.parent()
        if above is not None and above.pid == parent:
            return None
        process.kill()
        process.wait(10)
    except psutil.Error:  # it ended meanwhile
        return False
    return True
