"""Reconciliation of the database with what a sweep found on the disk."""

import logging
import os
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final, Protocol

from ..errors import CORRUPT, StorageError
from ..files.paths import innermost, is_below
from ..files.rules import Presence, Rules
from ..models import FileEvent, Rejected
from ..runtime.batches import ITEM_ERRORS, isolate
from ..runtime.threads import in_time

log = logging.getLogger(__name__)

FOUND_PER_WRITE: Final = 500
HANG_LIMIT_SEC: Final = 120.0  # for one call into the file system, in which a disk may have to wake up
LOOKED_AT_ONCE: Final = 1000  # files
GONE_PER_WRITE: Final = 200  # so that other writers get a turn in between
_PLACES: Final = "library places"  # key in the database
_EVENT_ERRORS: Final = ITEM_ERRORS | {CORRUPT}  # a damaged page concerns the files on it


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

    async def count_absence(
        self, folder: bytes, except_below: Sequence[bytes] = (), strays: Sequence[bytes] = ()
    ) -> None:
        """Count the time since the last confirmed sweep as absence of the missing files, and of the strays' tracks."""

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
        Awaited with a library, or a mount point below one, and whether its disk is there.
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
        self._displaced = ""  # why the library is not where it was
        self._doubtful: frozenset[bytes] = frozenset()  # folders that are on another disk than before
        self._found: list[FileEvent] = []  # files seen in those: stored once the folder is accepted
        self._away: dict[bytes, frozenset[bytes]] = {}  # mount points whose disk is not there, by library
        self._doubted: dict[bytes, frozenset[bytes]] = {}  # files that only one sweep missed, by library
        self._saved = ""

    async def restore(self) -> None:
        """Load where the libraries lay before the last stop.

        A folder that was not in the settings meanwhile is not remembered: adding it again accepts where it lies now.
        """
        self._saved = await self._library.recall(_PLACES) or ""
        if self._saved:
            self._rules.load_places(self._saved)
            await self._save()

    async def observe(self, events: Sequence[FileEvent], *, walk: bool = False) -> None:
        """Store files seen or gone; one that cannot be stored becomes a failure. *walk* marks those of a sweep."""
        if walk and self._doubtful:
            self._found += [event for event in events if innermost(event.path, self._doubtful) is not None]
            events = [event for event in events if innermost(event.path, self._doubtful) is None]
        await self._store(events, walk=walk)

    async def _store(self, events: Sequence[FileEvent], *, walk: bool = False) -> None:
        queued = 0

        async def store(part: Sequence[FileEvent]) -> None:
            nonlocal queued
            queued += await self._library.observe(part, walk=walk)

        for event, error in await isolate(events, store, _EVENT_ERRORS):
            await self._reject(event, error, walk=walk)
        if queued or any(event.stamp is None for event in events):
            self._on_queued()

    async def _reject(self, event: FileEvent, error: Exception, *, walk: bool) -> None:
        log.warning("%r cannot be stored: %s", event.path, error)
        reason = f"The file cannot be stored in the database ({type(error).__name__}: {error})."
        try:
            await self._library.reject(event.path, Rejected("scan", "unstorable", reason), walk=walk)
        except StorageError as refused:
            if refused.code != CORRUPT:  # the database as a whole refuses to write: the sweep is repeated
                raise
        except Exception:  # not even its path: the log has it
            log.exception("%r: the failure cannot be stored either", event.path)

    async def begin_sweep(self, root: bytes) -> None:
        """Start recording which files of *root* a sweep sees."""
        await in_time(HANG_LIMIT_SEC, self._rules.refresh, root)
        self._displaced = await in_time(HANG_LIMIT_SEC, self._rules.places.displaced, root)
        points = await in_time(HANG_LIMIT_SEC, self._rules.places.away, root)
        self._doubtful = frozenset({root}) if self._displaced else points
        self._found = []
        self._known = await self._library.count_present(root)
        await self._library.begin_walk()

    async def end_sweep(self, root: bytes, found: int, strays: Sequence[bytes] = ()) -> Verdict:
        """Mark known files of *root* that the sweep did not see as gone, after checking each on the disk.

        Parameters
        ----------
        root : bytes
        found : int
            Files the sweep saw.
        strays : sequence of bytes
            Sidecars without their track.
        """
        unseen = await self._library.unseen(root)
        if unseen and not found:
            reason = f"The folder is empty, but {len(unseen)} tracks of it are known; nothing is judged gone."
            return Verdict(online=False, reason=reason)
        if self._displaced:
            if not await self._adopt(root, unseen):
                return Verdict(online=False, reason=f"{self._displaced} {_kept(len(unseen))}")
            await self._remember(root)
            unseen = await self._library.unseen(root)
        presences = await self._presences(unseen)
        away = [path for path, presence in zip(unseen, presences, strict=True) if presence is Presence.AWAY]
        gone = [path for path, presence in zip(unseen, presences, strict=True) if presence is Presence.GONE]
        kept = await self._kept(root, unseen, away)
        if kept is None:
            return Verdict(online=False, reason="The folder went away during the sweep.")
        agreed = self._agreed(root, gone, halved=2 * (found - len(self._found)) < self._known - len(away))
        if agreed is not None:
            await self._mark_gone(agreed)
            await self._library.count_absence(root, tuple(kept), strays)
        points = await in_time(HANG_LIMIT_SEC, self._rules.places.away, root)
        await self._remember(root, points & frozenset(kept))
        await self._report_mounts(root, frozenset(kept))
        self._on_queued()
        place = await in_time(HANG_LIMIT_SEC, self._rules.places.current, root)
        return Verdict(reason=self._describe(kept, place.below.keys()), confirm=agreed is None)

    async def _presences(self, paths: Sequence[bytes]) -> list[Presence]:
        """Look for files on the disk, some at a time, so that only a disk that does not answer exceeds the limit."""
        found: list[Presence] = []
        for start in range(0, len(paths), LOOKED_AT_ONCE):
            found += await in_time(HANG_LIMIT_SEC, self._rules.presences, paths[start : start + LOOKED_AT_ONCE])
        return found

    async def set_online(self, root: bytes, *, online: bool) -> None:
        """Report whether *root* can be read."""
        await self._on_online(root, online)

    async def _adopt(self, folder: bytes, unseen: Sequence[bytes]) -> bool:
        """Accept a folder on another disk than before, and store its files, if half of its known files are there."""
        known = {path for path in unseen if is_below(path, folder)}
        found = [event for event in self._found if is_below(event.path, folder)]
        if 2 * sum(event.path in known for event in found) < len(known):
            return False
        self._found = [event for event in self._found if not is_below(event.path, folder)]
        for start in range(0, len(found), FOUND_PER_WRITE):
            await self._store(found[start : start + FOUND_PER_WRITE], walk=True)
        return True

    async def _kept(self, root: bytes, unseen: Sequence[bytes], away: Sequence[bytes]) -> Counter[bytes] | None:
        """Count tracks by the folder whose disk is not there; None if it is the library itself.

        What is there now is accepted below a mount point where half of its tracks were found.
        """
        folders = await in_time(HANG_LIMIT_SEC, self._rules.away_folders, away)
        points = await in_time(HANG_LIMIT_SEC, self._rules.places.away, root)
        counts: Counter[bytes] = Counter(dict.fromkeys(points, 0))
        counts.update(folders.values())
        if root in counts:
            return None
        for point in points:
            if await self._adopt(point, unseen):
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

    async def _remember(self, root: bytes, away: frozenset[bytes] = frozenset()) -> None:
        await in_time(HANG_LIMIT_SEC, self._rules.remember_place, root, away)
        await self._save()

    async def _save(self) -> None:
        """Store where the libraries lie, if that has changed."""
        text = self._rules.places.dump()
        if text != self._saved:
            await self._library.remember(_PLACES, text)
            self._saved = text

    async def _report_mounts(self, root: bytes, away: frozenset[bytes]) -> None:
        before = self._away.get(root, frozenset())
        self._away[root] = away
        for point in sorted(away | before):
            await self._on_online(point, point not in away)

    def _describe(self, kept: Counter[bytes], mounted: AbstractSet[bytes]) -> str:
        """Return which disks are not there.

        Parameters
        ----------
        kept : Counter
            Tracks by mount point.
        mounted : set of bytes
            Mount points that hold another disk.
        """
        sentences = []
        for folder, count in sorted(kept.items()):
            others = sum(is_below(event.path, folder) for event in self._found)
            waiting = f"; {others} files found in its place wait" if others else ""
            if count and folder in mounted:
                sentences.append(f"Another disk is mounted at {os.fsdecode(folder)}{waiting}. {_kept(count)}")
            elif count:
                name = os.fsdecode(folder)
                sentences.append(f"The disk at {name} is not mounted; its {count} tracks are kept{waiting}.")
        return " ".join(sentences)


def _kept(tracks: int) -> str:
    return f"Its {tracks} tracks are kept. To accept this one, remove the folder from the settings and add it again."
