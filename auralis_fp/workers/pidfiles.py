"""A file for each worker process, so that the next run can end what a killed run has left behind.

On Linux the kernel ends workers with their parent, elsewhere they leave by themselves; but not one that is stopped
before it could ask for that, or that hangs in a decoder where there is no such kernel.
"""

import logging
import os
from math import isclose
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

_CLOCK_SEC: Final = 2.0  # by which the start of a process may seem to move when the clock is set


class PidFiles:
    """The worker processes of one data folder. The functions block; they are called in threads.

    Parameters
    ----------
    folder : Path
        Where the files lie; made when it is needed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, pid: int) -> None:
        """Take note of a process that this one has started."""
        import psutil  # noqa: PLC0415 - not needed for the host to import us

        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            started = psutil.Process(pid).create_time()
            partial = self._folder / f"{pid}.partial"
            partial.write_text(f"{started!r} {os.getpid()}", encoding="ascii")
            partial.replace(self._folder / str(pid))  # there is a whole note, or none
        except (OSError, psutil.Error) as error:  # the work goes on; only a later clearing up may miss this one
            log.warning("worker %d could not be noted: %s", pid, error)

    def remove(self, pid: int) -> None:
        """Forget a process that is gone."""
        try:
            (self._folder / str(pid)).unlink(missing_ok=True)
        except OSError as error:  # found, and taken for what it is, by the next run
            log.warning("the note of worker %d could not be removed: %s", pid, error)

    def end_orphans(self) -> list[int]:
        """Kill the processes that are noted and have lost their parent; return their ids."""
        ended = []
        for file in sorted(self._folder.glob("*")):
            try:
                pid, (started, parent) = int(file.name), file.read_text(encoding="ascii").split()
                left = _orphan(pid, float(started), int(parent))
            except (OSError, ValueError):  # not one of ours
                continue
            if left is None:
                continue
            if left:
                log.warning("worker %d of an earlier run was still there", pid)
                ended.append(pid)
            self.remove(pid)
        return ended


def _orphan(pid: int, started: float, parent: int) -> bool | None:
    """Kill a process that has lost its parent; say whether there was one, None if its parent lives."""
    import psutil  # noqa: PLC0415 - not needed for the host to import us

    try:
        process = psutil.Process(pid)
        if not isclose(process.create_time(), started, rel_tol=0, abs_tol=_CLOCK_SEC):
            return False
        above = process.parent()
        if above is not None and above.pid == parent:
            return None
        process.kill()
        process.wait(10)
    except psutil.Error:  # gone meanwhile
        return False
    return True
