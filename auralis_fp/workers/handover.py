"""Opening what a task needs, and handing it over to a worker."""

import contextlib
import os
import sys
import threading
from collections.abc import Sequence
from typing import Final, NamedTuple

from ..errors import ScanError
from ..files.opening import open_file
from ..models import FileStamp, Rejected
from ..tags.folder_pictures import open_folder_pictures
from .channel import Channel
from .messages import Request, encode
from .tasks import WITH_PICTURES

PASSES_DESCRIPTORS: Final = sys.platform == "linux"
"""Whether workers get open files; elsewhere they get paths."""


CHANGED: Final = "file_changed"
_COARSE_NS: Final = 1000  # SMB keeps times in steps of 100 ns


class OneFile(NamedTuple):
    """A file for a task.

    Parameters
    ----------
    path : bytes
        As the operating system spells it.
    bounds : sequence of bytes
        Resolved folders, one of which must contain the file when it is opened; empty for no restriction.
    stamp : FileStamp, optional
        What the opened file must have.
    """

    path: bytes
    bounds: Sequence[bytes] = ()
    stamp: FileStamp | None = None


class Handover:
    """One file on its way to a worker.

    Opening may hang on a disk that does not answer, so it happens in a thread of its own, which may be abandoned;
    ``close`` may be called at any time.

    Parameters
    ----------
    task : str
        Name of the task.
    file : OneFile
    """

    def __init__(self, task: str, file: OneFile) -> None:
        self._task, self._path, self._bounds, self._stamp = task, *file
        self._lock = threading.Lock()
        self._descriptors: list[int] = []
        self._closed = False
        self.id = os.urandom(8)  # not to be guessed: a worker cannot answer in advance

    def open(self) -> Rejected | None:
        """Open the file, and the pictures in its folder if the task needs them. Return why it cannot be opened."""
        if not PASSES_DESCRIPTORS:
            with contextlib.suppress(OSError):  # the worker says why it cannot be opened
                return self._fault_of(os.stat(self._path))
            return None
        try:
            opened = [open_file(self._path, self._bounds)]
        except ScanError as error:
            return Rejected(error.stage, error.code, str(error))
        except OSError as error:  # the service has no descriptors left, which is not the file's fault
            return Rejected("worker", "unavailable", f"The file cannot be opened now: {error.strerror}.")
        if self._task in WITH_PICTURES:
            opened += open_folder_pictures(self._path, self._bounds)
        with self._lock:
            self._descriptors = opened
        if self._closed:
            self.close()
            return None
        return self._fault_of(os.fstat(opened[0]))

    def _fault_of(self, status: os.stat_result) -> Rejected | None:
        """Return the outcome for a file that has not the stamp it must have."""
        found = FileStamp.of(status)
        if self._stamp is None or _agree(found, self._stamp):
            return None
        return Rejected("scan", CHANGED, f"The file is of {_shown(found)}, and not of {_shown(self._stamp)}.")

    def send(self, channel: Channel) -> None:
        """Send the request with the open files, and close them here. Blocking.

        Raises
        ------
        OSError
            The worker has ended.
        """
        if PASSES_DESCRIPTORS:
            request = Request(id=self.id, task=self._task)
        else:
            request = Request(id=self.id, task=self._task, path=self._path, bounds=list(self._bounds))
        try:
            with self._lock:
                if not self._closed:
                    channel.send(encode(request), self._descriptors)
        finally:
            self.close()

    def close(self) -> None:
        """Close what is open here."""
        with self._lock:
            self._closed = True
            descriptors, self._descriptors = self._descriptors, []
            for descriptor in descriptors:
                os.close(descriptor)


def _agree(one: FileStamp, other: FileStamp) -> bool:
    """Return True if size and time agree as far as network file systems keep times."""
    return one.size == other.size and abs(one.mtime_ns - other.mtime_ns) < _COARSE_NS


def _shown(stamp: FileStamp) -> str:
    return f"{stamp.size} bytes, {stamp.mtime_ns / 1e9:.6f} s"
