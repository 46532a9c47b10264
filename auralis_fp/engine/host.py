"""The host's library: its database decides what a track id means, and its changes are followed."""

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeVar

from ..errors import RequestError, SettingsError, StorageError
from ..files.access import PathPolicy
from ..files.paths import is_below
from ..settings import Settings
from ..store.database import Database
from ..store.host_library import HostAlbum, HostLibrary, HostTrack, Version
from ..store.host_tracks import HostTracks, Merged
from ..store.job_queue import JobQueue
from ..tags.model import Tags
from .rejections import unknown_track
from .snapshot import HostSummary

log = logging.getLogger(__name__)

CHECK_SEC: Final = 2.0
PART: Final = "host library"
_BUSY: Final = "host_library_busy"

T = TypeVar("T")


class Host:
    """Follows the host's library.

    Parameters
    ----------
    library : HostLibrary
    database : Database
        Ours, which keeps the copy.
    job_queue : JobQueue
        Notifies of files that were found, and wakes the reading of tags.
    policy : callable
        Returns which paths may be named.
    report : callable
        Shows the fault of a part; see ``Components.report``.
    """

    def __init__(
        self,
        library: HostLibrary,
        database: Database,
        job_queue: JobQueue,
        policy: Callable[[], PathPolicy],
        report: Callable[[str, str | None], None],
    ) -> None:
        self._library = library
        self._copy = HostTracks(database)
        self._job_queue = job_queue
        self._policy = policy
        self._report = report
        self._version: Version | None = None
        self._generation = -1
        self._tracks = 0
        self._reset = ""
        self._reset_at: float | None = None
        self.folders: list[Path] = []

    @property
    def present(self) -> bool:
        """Whether the host's database has been read: then ids that requests mention are not remembered."""
        return bool(self._version)

    def summary(self) -> HostSummary:
        """Return what the status shows."""
        return HostSummary(tracks=self._tracks, reset_at=self._reset_at, note=self._reset)

    async def run(self, on_folders: Callable[[Sequence[Path]], Awaitable[None]] | None) -> None:
        """Follow changes until cancelled.

        Parameters
        ----------
        on_folders : callable or None
            Called with the host's music folders when they change; None if others were chosen.
        """
        watched: list[Path] | None = None
        while True:
            await self.check()
            if on_folders is not None and self.present and self.folders != watched:
                watched = self.folders
                try:
                    await on_folders(watched)
                except SettingsError as error:
                    log.warning("the music folders of the player cannot be used: %s", error)
            await asyncio.sleep(CHECK_SEC)

    async def check(self) -> None:
        """Read the host's library if it has changed, and link ids to files found since."""
        generation, version = self._job_queue.generation, await asyncio.to_thread(self._library.version)
        if version != self._version:
            await self._read(version)
        elif generation != self._generation:
            await self._copy.link()
        self._generation = generation

    async def _read(self, version: Version) -> None:
        try:
            tracks = await asyncio.to_thread(self._library.tracks)
            self.folders = await asyncio.to_thread(self._library.folders)
        except StorageError as error:
            if error.code != _BUSY:  # else it is read when the host lets us
                self._version = ()
                self._report(PART, str(error))
            return
        places = await asyncio.to_thread(_places, tracks, self.folders, self._policy())
        merged = await self._copy.merge(tracks, places)
        self._version, self._tracks = version, merged.tracks
        self._note_reset(merged)
        self._report(PART, None)
        self._job_queue.notify()

    def _note_reset(self, merged: Merged) -> None:
        """Say so if most ids have lost their meaning."""
        if 2 * (merged.reassigned + merged.gone) <= merged.before:
            return
        self._reset_at = time.time()
        self._reset = (
            f"The player's library was reset: of {merged.before} track ids, {merged.gone} are gone and"
            f" {merged.reassigned} mean other files. Fingerprints are kept and found again by path and content."
        )
        log.warning("%s", self._reset)

    async def locate(self, track_id: int) -> tuple[bytes, bool] | None:
        """Return the host's path of a track, and True if the stored link of its id agrees.

        Returns
        -------
        tuple or None
            None while the host has no library that can be read; stored links are all there is then.

        Raises
        ------
        RequestError
            404 if the host has no such track, 503 while its database is locked.
        """
        try:
            path = await self._ask(lambda: self._library.path_of(track_id))
        except StorageError:
            return None
        if path is None:
            raise unknown_track(track_id)
        return path, await self._copy.path_of(track_id) == path

    async def track(self, track_id: int) -> HostTrack | None:
        """Return a track of the host.

        Raises
        ------
        RequestError
            503 while its database is locked.
        StorageError
            It cannot be read.
        """
        return await self._ask(lambda: self._library.track(track_id))

    async def album(self, album_id: int) -> HostAlbum | None:
        """Return an album of the host; raises as ``track``."""
        return await self._ask(lambda: self._library.album(album_id))

    async def descriptions(self, track_ids: Iterable[int]) -> dict[int, Tags]:
        """Return the host's tags of tracks by id, as last read."""
        return await self._copy.descriptions(track_ids)

    async def coverage(self) -> tuple[int, int]:
        """Return the number of the host's tracks, and of those with a current fingerprint."""
        return await self._copy.coverage()

    async def _ask(self, query: Callable[[], T]) -> T:
        try:
            found = await asyncio.to_thread(query)
        except StorageError as error:
            if error.code == _BUSY:
                raise RequestError(503, error.code, "The player's library is busy; ask again.") from error
            self._report(PART, str(error))
            raise
        self._report(PART, None)
        return found


def with_host_folders(settings: Settings) -> Settings:
    """Return settings whose libraries are the host's music folders, if none were chosen. Blocking."""
    if settings.libraries or not settings.host_database:
        return settings
    try:
        folders = HostLibrary(settings.host_database).folders()
        return replace(settings, libraries=tuple(folders))
    except (StorageError, SettingsError) as error:  # it may come later, and the folders too
        log.info("no music folders from the player yet: %s", error)
        return settings


def _places(tracks: Sequence[HostTrack], folders: Sequence[Path], policy: PathPolicy) -> dict[bytes, bytes]:
    """Return the paths that our library spells in another way, such as through a link. Blocking."""
    roots = [os.fsencode(folder) for folder in folders]
    places = {}
    for track in tracks:
        if not any(is_below(track.path, root) for root in roots):
            try:
                places[track.path] = policy.resolve(track.path)[0]
            except RequestError:  # outside the libraries, or gone
                continue
    return places
