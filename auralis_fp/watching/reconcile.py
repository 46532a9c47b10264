"""Reconciliation of the database with what a sweep found on the disk."""

import asyncio
import logging
import os
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from ..errors import StorageError
from ..files.rules import Presence, Rules
from ..models import FileEvent, Rejected
from ..runtime.batches import isolate

log = logging.getLogger(__name__)

GONE_PER_WRITE: Final = 200  # so that other writers get a turn in between
_PLACES: Final = "library places"  # key in the database


class KnownFiles(Protocol):
    """The files in the database, as far as reconciliation needs them."""

    async def observe(self, events: Sequence[FileEvent], *, walk: bool = False) -> int:
        """Store files seen or gone; return how many were queued."""

    async def reject(self, path: bytes, rejected: Rejected, *, walk: bool = False) -> None:
        """Store a file that cannot be observed as a failure."""

    async def begin_walk(self) -> None:
        """Start recording which files a walk sees."""

    async def unseen(self, folder: bytes) -> list[bytes]:
        """Return the known files below *folder* that the walk has not seen."""

    async def count_present(self, folder: bytes) -> int:
        """Return the number of known files below *folder* that are not gone."""

    async def remember(self, key: str, value: str) -> None:
        """Keep a value over restarts."""

    async def recall(self, key: str) -> str | None:
        """Return a value that was kept."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a sweep means for the state of its library.

    Parameters
    ----------
    online : bool
        False if the library, or the disk it lies on, is not there.
    reason : str
        Why it is offline, or which part of it is.
    confirm : bool
        A second sweep must confirm this one before files are judged gone.
    """

    online: bool = True
    reason: str = ""
    confirm: bool = False


class Reconciler:
    """Receives what the watcher finds and keeps the database in step with it.

    A file is gone only if its folder was listed without it while every disk of the library was mounted.

    Parameters
    ----------
    library : KnownFiles
    rules : Rules
    on_queued : callable
        Called after files were queued or removed.
    on_online : callable
        Awaited with a library, or a mount point below one, and whether it is mounted.
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
        self._known = 0  # files of the library before its sweep
        self._away: dict[bytes, frozenset[bytes]] = {}  # unmounted mount points, by library
        self._doubted: dict[bytes, frozenset[bytes]] = {}  # files that only one sweep missed, by library
        self._saved = ""

    async def restore(self) -> None:
        """Load where the libraries lay before the last stop."""
        self._saved = await self._library.recall(_PLACES) or ""
        if self._saved:
            self._rules.places.load(self._saved)

    async def observe(self, events: Sequence[FileEvent], *, walk: bool = False) -> None:
        """Store files seen or gone; one that cannot be stored becomes a failure. *walk* marks those of a sweep."""
        queued = 0

        async def store(part: Sequence[FileEvent]) -> None:
            nonlocal queued
            queued += await self._library.observe(part, walk=walk)

        for event, error in await isolate(events, store):
            await self._reject(event, error, walk=walk)
        if queued or any(event.stamp is None for event in events):
            self._on_queued()

    async def _reject(self, event: FileEvent, error: Exception, *, walk: bool) -> None:
        log.warning("%r cannot be stored: %s", event.path, error)
        reason = f"The file cannot be stored in the database ({type(error).__name__}: {error})."
        try:
            await self._library.reject(event.path, Rejected("scan", "unstorable", reason), walk=walk)
        except StorageError:  # the database as a whole refuses to write: the sweep is repeated
            raise
        except Exception:  # not even its path: the log has it
            log.exception("%r: the failure cannot be stored either", event.path)

    async def begin_sweep(self, root: bytes) -> None:
        """Start recording which files of *root* a sweep sees."""
        await asyncio.to_thread(self._rules.refresh, root)
        self._known = await self._library.count_present(root)
        await self._library.begin_walk()

    async def end_sweep(self, root: bytes, found: int) -> Verdict:
        """Mark known files of *root* that the sweep did not see as gone, after checking each on the disk.

        Parameters
        ----------
        root : bytes
        found : int
            Files the sweep saw.
        """
        unseen = await self._library.unseen(root)
        if unseen and not found:
            reason = f"The folder is empty, but {len(unseen)} tracks of it are known; nothing is judged gone."
            return Verdict(online=False, reason=reason)
        displaced = await asyncio.to_thread(self._rules.places.displaced, root)
        if displaced:
            if 2 * len(unseen) > self._known:
                return Verdict(online=False, reason=f"{displaced} Its {len(unseen)} tracks are kept.")
            await self._remember(root)  # the tracks are here: the library was moved
        presences = await asyncio.to_thread(self._rules.presences, unseen)
        away = [path for path, presence in zip(unseen, presences, strict=True) if presence is Presence.AWAY]
        gone = [path for path, presence in zip(unseen, presences, strict=True) if presence is Presence.GONE]
        unmounted = await self._unmounted(root, away)
        if unmounted is None:
            return Verdict(online=False, reason="The folder went away during the sweep.")
        agreed = self._agreed(root, gone, halved=2 * found < self._known - len(away))
        if agreed is not None:
            await self._mark_gone(agreed)
        points = await asyncio.to_thread(self._rules.places.unmounted, root)
        await self._remember(root, points & frozenset(unmounted))
        await self._report_mounts(root, frozenset(unmounted))
        self._on_queued()
        return Verdict(reason=_describe(unmounted), confirm=agreed is None)

    async def set_online(self, root: bytes, *, online: bool) -> None:
        """Report whether *root* can be read."""
        await self._on_online(root, online)

    async def _unmounted(self, root: bytes, away: Sequence[bytes]) -> Counter[bytes] | None:
        """Count tracks by unmounted folder; None if the library itself is not mounted.

        A folder below which most of its tracks were seen is an ordinary folder by now.
        """
        folders = await asyncio.to_thread(self._rules.away_folders, away)
        points = await asyncio.to_thread(self._rules.places.unmounted, root)
        counts: Counter[bytes] = Counter(dict.fromkeys(points, 0))
        counts.update(folders.values())
        if root in counts:
            return None
        for point, missing in list(counts.items()):
            if not missing or await self._library.count_present(point) >= 2 * missing:
                del counts[point]
        return counts

    def _agreed(self, root: bytes, gone: Sequence[bytes], *, halved: bool) -> Sequence[bytes] | None:
        """Return the files to mark as gone; None if a second sweep must confirm a listing that lost over a half."""
        doubted = self._doubted.pop(root, None)
        if not gone or not halved:
            return gone
        if doubted is None:
            self._doubted[root] = frozenset(gone)
            return None
        return [path for path in gone if path in doubted]

    async def _mark_gone(self, gone: Sequence[bytes]) -> None:
        for start in range(0, len(gone), GONE_PER_WRITE):
            await self.observe([FileEvent(path, None) for path in gone[start : start + GONE_PER_WRITE]])

    async def _remember(self, root: bytes, unmounted: frozenset[bytes] = frozenset()) -> None:
        await asyncio.to_thread(self._rules.remember_place, root, unmounted)
        text = self._rules.places.dump()
        if text != self._saved:
            await self._library.remember(_PLACES, text)
            self._saved = text

    async def _report_mounts(self, root: bytes, unmounted: frozenset[bytes]) -> None:
        before = self._away.get(root, frozenset())
        self._away[root] = unmounted
        for point in sorted(unmounted | before):
            await self._on_online(point, point not in unmounted)


def _describe(unmounted: Counter[bytes]) -> str:
    return " ".join(
        f"The disk at {os.fsdecode(point)} is not mounted; its {count} tracks are kept."
        for point, count in sorted(unmounted.items())
        if count
    )
