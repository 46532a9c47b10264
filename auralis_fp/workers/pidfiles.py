"""One PID file per worker process, so that the next run can end the orphans of a killed one.

On Linux the kernel ends workers with their parent; elsewhere they exit by themselves. Neither reaches a worker that was
stopped before it could ask for that, or one that hangs in a decoder on a system without such a kernel feature.
"""

import logging
import os
from math import isclose
from pathlib import Path
from typing import Final

import psutil

log = logging.getLogger(__name__)

_CLOCK_SEC: Final = 2.0  # a process start time may shift by this much when the clock is set


class PidFiles:
    """The PID files of one data directory. All methods block; call them in a thread.

    Parameters
    ----------
    folder : Path
        Created on first use.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, pid: int) -> None:
        """Record a process started by this one."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            started = psutil.Process(pid).create_time()
            partial = self._folder / f"{pid}.partial"
            partial.write_text(f"{started!r} {os.getpid()}", encoding="ascii")
            partial.replace(self._folder / str(pid))  # readers see the whole record or none
        except (OSError, psutil.Error) as error:  # the job continues; only a later clean-up may miss this process
            log.warning("the PID file of worker %d could not be written: %s", pid, error)

    def remove(self, pid: int) -> None:
        """Remove the record of a process that has ended."""
        try:
            (self._folder / str(pid)).unlink(missing_ok=True)
        except OSError as error:  # the next run finds that the process is gone
            log.warning("the PID file of worker %d could not be removed: %s", pid, error)

    def end_orphans(self) -> list[int]:
        """Kill recorded processes whose parent is gone; return their ids."""
        ended = []
        for file in sorted(self._folder.glob("*")):
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
