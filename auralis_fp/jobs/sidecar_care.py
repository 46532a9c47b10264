"""Sidecars that are missing, such as those that were deleted, are written again after the next sweep."""

import asyncio
import os
import time
from collections.abc import Sequence
from typing import Final

from ..runtime.threads import in_daemon_thread
from ..sidecars import storage
from .context import Context

BATCH: Final = 500
SHARE: Final = 0.05  # of the time since the last check of a folder, at most; network shares are slow


class SidecarCare:
    """Looks for the sidecars of files with a result, folder by folder, once each was swept.

    Parameters
    ----------
    context : Context
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._swept: set[bytes] = set()
        self._some = asyncio.Event()
        self._rest_until: dict[bytes, float] = {}

    def swept(self, folder: bytes) -> None:
        """Check the sidecars below *folder*: it has just been swept."""
        if self._context.outbox.enabled and time.monotonic() >= self._rest_until.get(folder, 0.0):
            self._swept.add(folder)
            self._some.set()

    async def run(self) -> None:
        """Check folders as they are swept; runs until cancelled."""
        while True:
            await self._some.wait()
            self._some.clear()
            while self._swept:
                folder = self._swept.pop()
                started = time.monotonic()
                await self._check(folder)
                ended = time.monotonic()
                self._rest_until[folder] = ended + (ended - started) / SHARE

    async def _check(self, folder: bytes) -> None:
        after = 0
        while files := await self._context.library.finished(folder, after, BATCH):
            after = files[-1][0]
            for file_id in await in_daemon_thread(self._without_sidecar, files):
                await self._context.outbox.enqueue(file_id)

    def _without_sidecar(self, files: Sequence[tuple[int, bytes]]) -> list[int]:
        settings = self._context.settings
        without = (each for each in files if not storage.find(each[1], settings).in_place)
        return [file_id for file_id, path in without if os.path.lexists(path)]
