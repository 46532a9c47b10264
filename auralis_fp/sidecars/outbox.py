"""Sidecars that are yet to be written: a persistent outbox, flushed in the background."""

import asyncio
import logging
import os
from collections.abc import Sequence
from typing import Final, Protocol

from ..files.rules import Rules
from ..files.scanner import stat_audio
from ..models import Analysed, FileStamp, PendingSidecar
from ..runtime.tasks import Backoff
from ..runtime.threads import in_daemon_thread
from ..settings import Settings
from ..states import Health
from . import storage
from .format import SUFFIX

log = logging.getLogger(__name__)

FIRST_RETRY_SEC: Final = 10.0
LONGEST_RETRY_SEC: Final = 600.0
BATCH: Final = 100
GATHER_SEC: Final = 0.1  # the sidecars of requests that follow each other are written together
WRITE_LIMIT_SEC: Final = 30.0  # for one sidecar


class _MissingError(Exception):
    """The file is not there, perhaps with its folder."""


class OutboxStore(Protocol):
    """Keeps the list of pending sidecars."""

    async def enqueue_sidecar(self, file_id: int) -> None:
        """Add a file."""

    async def pending_sidecars(self, limit: int, after: int = 0) -> list[PendingSidecar]:
        """Return files whose sidecar is pending, by ids greater than *after*."""

    async def sidecars_flushed(self, file_ids: Sequence[int]) -> None:
        """Remove files."""


class Outbox:
    """Writes sidecars, now or later; a failure to write is reported and retried with exponential backoff.

    Parameters
    ----------
    store : OutboxStore
    rules : Rules
    settings : Settings
    health : Health
    """

    def __init__(self, store: OutboxStore, rules: Rules, settings: Settings, health: Health) -> None:
        self._store = store
        self._rules = rules
        self._settings = settings
        self._health = health
        self._pending = asyncio.Event()
        self._after = 0  # file id after which the current pass continues
        self._asked: set[int] = set()  # since the present batch was read, so perhaps too late for it

    @property
    def enabled(self) -> bool:
        """Whether sidecars are written at all."""
        return self._settings.sidecars != "off"

    async def write(self, path: bytes, analysed: Analysed, stamp: FileStamp, *, verify: bool = False) -> bool:
        """Write a sidecar. Errors are reported, never raised.

        Parameters
        ----------
        path : bytes
            The audio file.
        analysed : Analysed
        stamp : FileStamp
            The audio file as it was analysed.
        verify : bool
            Do nothing if the file has changed since: a sidecar of its new state will follow.

        Returns
        -------
        bool
            False if the sidecar could not be written, or the file was not found.
        """
        loop = asyncio.get_running_loop()

        def refused(error: OSError) -> None:
            loop.call_soon_threadsafe(self._note_refusal, path, error)

        def write() -> bytes | None:
            if verify and (now := stat_audio(path, self._rules)) != stamp:
                if now is None:
                    raise _MissingError
                return None
            return storage.write(path, analysed, stamp, self._settings, refused, self._rules.bounds(path))

        try:
            async with asyncio.timeout(WRITE_LIMIT_SEC):
                place = await in_daemon_thread(write)
        except _MissingError:
            return False
        except TimeoutError:  # the thread waits for a disk or network share that does not answer
            self._health.mark_down("sidecars", f"Writing one takes over {WRITE_LIMIT_SEC:.0f} s. Tried again later.")
            return False
        except OSError as error:
            reason = error.strerror or str(error)
            self._health.mark_down("sidecars", f"They cannot be written: {reason}. Tried again later.")
            return False
        except Exception:  # a result that has no valid sidecar: the others do not wait for it
            log.exception("sidecar of %r", path)
            return True
        if self._health.notes and place == path + SUFFIX:  # the folder is writable again
            self._health.notes.pop(self._folder(path), None)
        return True

    async def enqueue(self, file_id: int) -> None:
        """Have the sidecar of a file written later."""
        self.expect(file_id)
        await self._store.enqueue_sidecar(file_id)
        self._pending.set()

    def expect(self, file_id: int) -> None:
        """Keep a file that is about to be enqueued, even if its sidecar is being written at this moment."""
        self._asked.add(file_id)

    def notify(self) -> None:
        """Flush soon: a sidecar was enqueued together with its result."""
        self._pending.set()

    async def run(self) -> None:
        """Write pending sidecars as they come; runs until cancelled."""
        backoff = Backoff(FIRST_RETRY_SEC, LONGEST_RETRY_SEC)
        while True:
            self._pending.clear()
            if await self._write_pending():
                self._health.mark_up("sidecars")
                backoff.reset()
                await self._pending.wait()
                await asyncio.sleep(GATHER_SEC)
            else:
                await asyncio.sleep(backoff.next())

    async def flush(self) -> None:
        """Write what can be written now, once."""
        await self._write_batch(await self._next_batch(0))

    async def _write_pending(self) -> bool:
        """Try each pending sidecar once; one that fails does not delay the others. Return True if all are written."""
        complete = self._after == 0
        while pending := await self._next_batch(self._after):
            self._after = pending[-1].file_id
            written = await self._write_batch(pending)
            complete = complete and written == len(pending)
            if written == 0 and len(pending) == BATCH:  # probably the whole disk; continue here after the pause
                return False
        self._after = 0
        return complete

    async def _next_batch(self, after: int) -> list[PendingSidecar]:
        self._asked.clear()
        return await self._store.pending_sidecars(BATCH, after)

    async def _write_batch(self, pending: Sequence[PendingSidecar]) -> int:
        """Write sidecars; return how many were written or are not needed any more."""
        written = [
            item.file_id
            for item in pending
            if item.analysed is None or await self.write(item.path, item.analysed, item.stamp, verify=True)
        ]
        await self._store.sidecars_flushed([one for one in written if one not in self._asked])
        return len(written)

    def _folder(self, path: bytes) -> str:
        """Return the library that contains a file."""
        return os.fsdecode(self._rules.root_of(path) or b"")

    def _note_refusal(self, path: bytes, error: OSError) -> None:
        """Note once per library that its sidecars go to the data directory."""
        notes, folder = self._health.notes, self._folder(path)
        if folder and folder not in notes:
            notes[folder] = f"Sidecars cannot be written here ({error.strerror}); they go to the data folder."
            log.warning("%s: %s", folder, notes[folder])
