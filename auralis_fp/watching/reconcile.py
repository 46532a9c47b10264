"""Reconciliation of the database with what a sweep found on the disk."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

from ..files.rules import Presence, Rules
from ..models import FileEvent

GONE_PER_WRITE: Final = 200  # so that other writers get a turn in between


class KnownFiles(Protocol):
    """The files in the database, as far as reconciliation needs them."""

    async def observe(self, events: Sequence[FileEvent], *, walk: bool = False) -> int:
        """Store files seen or gone; return how many were queued."""

    async def begin_walk(self) -> None:
        """Start recording which files a walk sees."""

    async def unseen(self, folder: bytes) -> list[bytes]:
        """Return the known files below *folder* that the walk has not seen."""


class Reconciler:
    """Receives what the watcher finds and keeps the database in step with it.

    Parameters
    ----------
    library : KnownFiles
    rules : Rules
    on_queued : callable
        Called after files were queued or removed.
    on_online : callable
        Awaited with a root and whether it is readable.
    """

    def __init__(
        self,
        library: KnownFiles,
        rules: Rules,
        on_queued: Callable[[], None],
        on_online: Callable[[bytes, bool], Awaitable[None]],
    ) -> None:
        self._library = library
        self._rules = rules
        self._on_queued = on_queued
        self._on_online = on_online

    async def observe(self, events: Sequence[FileEvent], *, walk: bool = False) -> None:
        """Store files seen or gone. *walk* marks those of a sweep."""
        queued = await self._library.observe(events, walk=walk)
        if queued or any(event.stamp is None for event in events):
            self._on_queued()

    async def begin_sweep(self) -> None:
        """Start recording which files a sweep sees."""
        await self._library.begin_walk()

    async def end_sweep(self, root: bytes, found: int) -> str | None:
        """Mark known files of *root* that the sweep did not see as gone, after checking each on the disk.

        Parameters
        ----------
        root : bytes
        found : int
            Files the sweep saw.

        Returns
        -------
        str or None
            Why nothing was marked, if the root looks unmounted.
        """
        unseen = await self._library.unseen(root)
        if unseen and not found:
            return f"The folder is empty, but {len(unseen)} tracks of it are known; nothing is judged gone."
        presences = await asyncio.to_thread(lambda: [self._rules.presence(path) for path in unseen])
        if Presence.AWAY in presences:
            return "The folder went away during the sweep."
        gone = [path for path, presence in zip(unseen, presences, strict=True) if presence is Presence.GONE]
        for start in range(0, len(gone), GONE_PER_WRITE):
            await self._library.observe([FileEvent(path, None) for path in gone[start : start + GONE_PER_WRITE]])
        await asyncio.to_thread(self._rules.remember_device, root)
        self._on_queued()
        return None

    async def set_online(self, root: bytes, *, online: bool) -> None:
        """Report whether *root* can be read."""
        await self._on_online(root, online)
