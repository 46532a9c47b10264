"""The last known state of each music folder, kept in the database for the command line."""

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from ..errors import StorageError
from ..runtime.payloads import Payload
from ..runtime.serialization import to_json
from ..store.files import Library
from .snapshot import Folder, LeftOutEntries

log = logging.getLogger(__name__)

_KEY: Final = "folders"


class FolderAccount(Payload, frozen=True):
    """A music folder as of its last sweep: the files found, and what was left out for which reason."""

    path: str
    online: bool
    files: int
    last_scan: float | None
    left_out: list[LeftOutEntries]


class FolderAccounts:
    """Stores the accounts of the folders whenever a sweep has changed them.

    Parameters
    ----------
    library : Library
    folders : callable
        Returns the current state of the folders.
    """

    def __init__(self, library: Library, folders: Callable[[], Sequence[Folder]]) -> None:
        self._library = library
        self._folders = folders
        self._changed = asyncio.Event()
        self._stored: list[FolderAccount] = []

    def notify(self) -> None:
        """Compare the accounts with the stored ones soon."""
        self._changed.set()

    async def run(self) -> None:
        """Store changed accounts; runs until cancelled."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            await self.store()

    async def close(self) -> None:
        """Store the last changes; an error is logged, because the accounts are only informative."""
        try:
            await self.store()
        except StorageError as error:
            log.warning("the accounts of the folders cannot be stored: %s", error)

    async def store(self) -> None:
        """Store the accounts if a sweep has changed them."""
        accounts = [_account(folder) for folder in self._folders() if folder.last_scan is not None]
        if accounts and accounts != self._stored:
            await self._library.remember(_KEY, to_json(accounts))
            self._stored = accounts


def _account(folder: Folder) -> FolderAccount:
    return FolderAccount(folder.path, folder.online, folder.files, folder.last_scan, folder.left_out)


async def stored_accounts(library: Library) -> list[FolderAccount]:
    """Return the stored accounts; none if they were stored by a version with other fields."""
    text = await library.recall(_KEY)
    if text is None:
        return []
    try:
        return msgspec.convert(json.loads(text), list[FolderAccount])
    except msgspec.ValidationError:
        return []
