"""Start and stop of a service: a failed start is kept as its fault, and repeated where the reason may pass."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final, Self

from ..errors import AuralisError, RequestError, StorageError
from ..files.access import PathPolicy
from ..runtime.tasks import Backoff, cancel_and_wait
from ..settings import Settings
from .access import Access
from .assembly import Components, assemble
from .host import with_host_folders
from .metrics import Metrics

log = logging.getLogger(__name__)

FIRST_START_RETRY_SEC: Final = 1.0
LONGEST_START_RETRY_SEC: Final = 5.0
_TEMPORARY: Final = frozenset({"in_use", "unwritable", "locked", "disk_full"})


class Lifecycle:
    """The lifecycle of a service, and access to its parts while it runs.

    Parameters
    ----------
    settings : Settings
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._follows_host = bool(settings.host_database) and not settings.libraries
        self.fault: str | None = None
        self.access = Access(settings)
        self.metrics = Metrics()
        self._running: Components | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        """Run the service for as long as the context lasts.

        A start that fails is logged and kept as ``fault``. Where the reason may pass, as when another service uses the
        data folder, the start is repeated until it succeeds.
        """
        waiting: asyncio.Task[None] | None = None
        async with AsyncExitStack() as stack:
            stack.callback(self._forget)
            if await self._start(stack) in _TEMPORARY:
                waiting = asyncio.create_task(self._start_later(stack), name="start")
            try:
                yield self
            finally:
                if waiting is not None:
                    await cancel_and_wait(waiting)
                self.stop_answering()

    async def _start(self, stack: AsyncExitStack) -> str | None:
        """Start all parts. Return None, or the code of the error that prevented it."""
        async with AsyncExitStack() as attempt:
            try:
                await asyncio.to_thread(self.access.prepare)
                if self._follows_host:
                    self.settings = await asyncio.to_thread(with_host_folders, self.settings)
                on_folders = self.set_libraries if self._follows_host else None
                self._running = await assemble(self.settings, self.metrics, attempt, on_folders)
                self._running.context.health.unprotected = self.access.unprotected()
            except Exception as error:  # the host application continues; every answer gives the reason
                fault = _fault_of(error)
                if fault != self.fault:
                    log.log(logging.ERROR, "%s", fault, exc_info=None if isinstance(error, AuralisError) else error)
                self.fault = fault
                return error.code if isinstance(error, StorageError) else "failed"
            stack.push_async_exit(attempt.pop_all())
        self.fault = None
        return None

    async def _start_later(self, stack: AsyncExitStack) -> None:
        """Repeat the start until it succeeds or fails for good."""
        backoff = Backoff(FIRST_START_RETRY_SEC, LONGEST_START_RETRY_SEC)
        code: str | None = "in_use"
        while code in _TEMPORARY:
            await asyncio.sleep(backoff.next())
            code = await self._start(stack)
        if code is None:
            log.info("the fingerprint service has started")

    async def set_libraries(self, folders: Sequence[Path]) -> None:
        """Replace the watched libraries.

        Results of removed libraries are kept: nothing is analysed again when they return.

        Raises
        ------
        SettingsError
            None of the folders exists, or a path is not a folder.
        """
        live = self._live
        self.settings = await asyncio.to_thread(replace, self.settings, libraries=tuple(folders))  # validates them
        roots = [os.fsencode(folder) for folder in self.settings.libraries]
        live.lookup.policy = PathPolicy.from_settings(self.settings)
        await live.watcher.set_roots(roots)
        live.context.breakers.retain(roots)
        await live.context.library.confine(roots)

    def _forget(self) -> None:
        self._running = None

    def stop_answering(self) -> None:
        """End event streams and waiting requests. Called before the service stops."""
        if self._running is not None:
            self._running.lookup.stopping.set()
            self._running.context.bus.close()

    @property
    def _live(self) -> Components:
        if self._running is None or self.fault is not None:
            reason = self.fault or "The fingerprint service is not running."
            raise RequestError(503, "not_started", self._public(reason))
        return self._running

    def _public(self, sentence: str) -> str:
        """Return a sentence with local paths reduced to their names; the log has them in full."""
        for place in (self.settings.data_dir, *self.settings.libraries):
            sentence = sentence.replace(str(place), place.name)
        return sentence


def _fault_of(error: Exception) -> str:
    """Return the sentence for a start that failed."""
    waits = isinstance(error, StorageError) and error.code == "in_use"
    return f"The fingerprint service {'is waiting for its data folder' if waits else 'could not be started'}: {error}"
