"""Audio of the files for players: opened through the path policy, read in blocks, a bounded number at a time."""

import asyncio
import os
import threading
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from ..errors import RequestError
from ..files.access import PathPolicy
from ..files.media_types import HEAD_BYTES, media_type
from ..models import FileStamp
from ..runtime.threads import in_daemon_thread, start_daemon_thread
from ..store.records import FileRecord
from .lookup import FingerprintLookup

MAX_OPEN: Final = 64  # files open at the same time
OPEN_WAIT_SEC: Final = 10.0  # for one of them to be closed
MAX_READS: Final = 4  # files looked up and blocks read at the same time, each in a thread
READ_LIMIT_SEC: Final = 30.0  # for the disk to answer
BLOCK_BYTES: Final = 64 << 10


class AudioFile:
    """One open audio file.

    Parameters
    ----------
    descriptor : int
    stamp : FileStamp
    media_type : str
    """

    def __init__(self, descriptor: int, stamp: FileStamp, media_type: str) -> None:
        self.stamp = stamp
        self.media_type = media_type
        self._descriptor = descriptor
        self._close = weakref.finalize(
            self, os.close, descriptor
        )  # also where the request has ended while the file was opened
        self._in_use = threading.Lock()  # a read that hangs keeps the descriptor open

    @classmethod
    def open(cls, policy: PathPolicy, path: bytes) -> "AudioFile":
        """Open a file that browsers play. Blocking.

        Parameters
        ----------
        policy : PathPolicy
        path : bytes

        Raises
        ------
        RequestError
            As ``PathPolicy.open``; 415 if no browser plays the format.
        """
        descriptor, stamp = policy.open(path)
        file = cls(descriptor, stamp, "")
        try:
            kind = media_type(path, file.read(0, min(HEAD_BYTES, stamp.size)))
            if kind is None:
                suffix = Path(os.fsdecode(path)).suffix
                raise RequestError(415, "not_playable", f"Web browsers do not play files of this format ({suffix}).")
        except RequestError:
            file.close()
            raise
        file.media_type = kind
        return file

    def read(self, offset: int, length: int) -> bytes:
        """Return bytes of the file as it was opened. Blocking.

        Parameters
        ----------
        offset, length : int
            Within the size that ``stamp`` has.

        Raises
        ------
        RequestError
            409 the file has been written to; 503 the disk fails.
        """
        try:
            with self._in_use:
                os.lseek(self._descriptor, offset, os.SEEK_SET)
                data = os.read(self._descriptor, length)
                unchanged = FileStamp.of(os.fstat(self._descriptor)) == self.stamp
        except OSError as error:
            raise RequestError(503, "io_error", "The disk with the file does not answer; try again later.") from error
        if not unchanged or (length and not data):
            raise RequestError(409, "file_changed", "The file changed while it was being read; ask again.")
        return data

    def close(self) -> None:
        """Close the file, after a read that is in progress. Blocking."""
        with self._in_use:
            self._close()


class AudioFiles:
    """Opens and reads audio files for players.

    Reads run in threads of their own, so that a disk that does not answer delays no other request.

    Parameters
    ----------
    lookup : FingerprintLookup
        Has the current path policy, and tells when the service stops.
    """

    def __init__(self, lookup: FingerprintLookup) -> None:
        self.stopping = lookup.stopping
        self._lookup = lookup
        self._open = asyncio.Semaphore(MAX_OPEN)
        self._reads = asyncio.Semaphore(MAX_READS)

    @asynccontextmanager
    async def opened(self, find: Callable[[], Awaitable[FileRecord]]) -> AsyncIterator[AudioFile]:
        """Open the audio of a file for as long as the context lasts.

        Parameters
        ----------
        find : callable
            Looks the file up. It is called when there is a place, so that hundreds of requests do not queue in
            front of others at the database.

        Raises
        ------
        RequestError
            As ``find`` and ``AudioFile.open``; 429 if too many files are open; 503 if the disk does not answer.
        """
        try:
            async with asyncio.timeout(OPEN_WAIT_SEC):
                await self._open.acquire()
        except TimeoutError:
            raise RequestError(
                429, "too_many_streams", f"{MAX_OPEN} files are being played; try again later."
            ) from None
        try:
            async with self._disk():
                record = await find()
                file = await in_daemon_thread(AudioFile.open, self._lookup.policy, record.path)
            try:
                yield file
            finally:
                start_daemon_thread(file.close)
        finally:
            self._open.release()

    async def read(self, file: AudioFile, offset: int, length: int) -> bytes:
        """Return bytes of an open file.

        Parameters
        ----------
        file : AudioFile
        offset, length : int

        Raises
        ------
        RequestError
            As ``AudioFile.read``.
        """
        async with self._disk():
            return await in_daemon_thread(file.read, offset, length)

    @asynccontextmanager
    async def _disk(self) -> AsyncIterator[None]:
        """Limit the number of reads at the same time, and their time."""
        try:
            async with self._reads, asyncio.timeout(READ_LIMIT_SEC):
                yield
        except TimeoutError:
            raise RequestError(503, "io_error", "The disk with the file does not answer; try again later.") from None
