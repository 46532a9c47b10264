"""Storage of the host's track ids. A database that cannot be written delays it, but no answer."""

import asyncio
import logging
from collections import OrderedDict
from typing import Final

from ..errors import StorageError
from ..runtime.tasks import FIRST_RETRY_SEC, LONGEST_RETRY_SEC, Backoff, cancel_and_wait
from ..states import Health
from ..store.files import Library

log = logging.getLogger(__name__)

CACHED: Final = 1024  # links known to be stored
PENDING: Final = 10_000  # links kept in memory while they cannot be stored
PATIENCE_SEC: Final = 1.0
PART: Final = "track ids"


class TrackLinks:
    """Links the host's track ids to files.

    Parameters
    ----------
    library : Library
    health : Health
    """

    def __init__(self, library: Library, health: Health) -> None:
        self._library = library
        self._health = health
        self._stored: OrderedDict[int, int] = OrderedDict()
        self._pending: OrderedDict[int, int] = OrderedDict()
        self._linking: dict[tuple[int, int], asyncio.Task[None]] = {}
        self._retry: asyncio.Task[None] | None = None

    def pending(self, track_id: int) -> int | None:
        """Return the file id for a track id that is not stored yet."""
        return self._pending.get(track_id)

    async def link(self, track_id: int | None, file_id: int) -> None:
        """Store the host's id of a file, now or later, without waiting long for a locked database.

        Parameters
        ----------
        track_id : int or None
            None for no id.
        file_id : int
        """
        linking = self.begin(track_id, file_id)
        if linking is not None:
            await asyncio.wait({linking}, timeout=PATIENCE_SEC)

    def begin(self, track_id: int | None, file_id: int) -> "asyncio.Task[None] | None":
        """Begin to store the host's id of a file. Return the task that does, or None if there is nothing to store.

        Parameters
        ----------
        track_id : int or None
            None for no id.
        file_id : int
        """
        if track_id is None or self._stored.get(track_id) == file_id:
            return None
        link = track_id, file_id
        if link not in self._linking:
            self._pending[track_id] = file_id
            if len(self._pending) > PENDING:
                self._pending.popitem(last=False)
            task = self._linking[link] = asyncio.create_task(self._store(track_id, file_id), name="link")
            task.add_done_callback(lambda _: self._linking.pop(link))
        return self._linking[link]

    async def _store(self, track_id: int, file_id: int) -> None:
        try:
            await self._library.link_track(track_id, file_id)
        except StorageError as error:
            self._health.mark_down(PART, f"They cannot be stored: {error}. Tried again later.")
            if self._retry is None:
                log.warning("a track id could not be stored: %s", error)
                self._retry = asyncio.create_task(self._store_pending(), name="track ids")
            return
        if self._pending.get(track_id) == file_id:
            del self._pending[track_id]
        self._stored[track_id] = file_id
        if len(self._stored) > CACHED:
            self._stored.popitem(last=False)

    async def _store_pending(self) -> None:
        """Store pending links until all are stored."""
        backoff = Backoff(FIRST_RETRY_SEC, LONGEST_RETRY_SEC)
        while self._pending:
            await asyncio.sleep(backoff.next())
            for track_id, file_id in list(self._pending.items()):
                await self._store(track_id, file_id)
                if track_id in self._pending:  # still no room
                    break
        self._health.mark_up(PART)
        self._retry = None

    async def close(self) -> None:
        """Stop storing links."""
        for task in (self._retry, *self._linking.values()):
            if task is not None:
                await cancel_and_wait(task)
