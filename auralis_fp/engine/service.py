"""The service without HTTP: lifecycle, requests and control."""

import logging
import os
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from ..errors import RequestError
from ..runtime.event_bus import Subscription
from ..runtime.serialization import plain
from ..similarity.protocol import MapQuery, TrackMap
from ..states import StateName
from ..store.confirmation import Confirmations
from ..store.queries import Queries
from ..store.records import FileRecord
from .audio import AudioFiles
from .duplicates import Duplicates
from .host import Host
from .lookup import Answer, RequestCounters
from .music import Music
from .seeds import Surroundings
from .similar_answers import SimilarTracks
from .similarity import SimilarRequest, SimilarTracksFinder
from .snapshot import Status
from .throttling import Throttling

log = logging.getLogger(__name__)


class Service(Throttling):
    """Everything the plugin does, without HTTP.

    ``fault`` is the reason why the service did not start; while it is set, every method raises 503 ``not_started``
    with that reason.

    Parameters
    ----------
    settings : Settings
    """

    # requests

    async def fingerprint(self, path: str | bytes | os.PathLike[str], track_id: int | None = None) -> Answer:
        """Return the fingerprint of the file at *path*, analysing it if necessary.

        Parameters
        ----------
        path : path-like
            Absolute; bytes as the operating system spells it.
        track_id : int, optional
            The host's id of the file, which is remembered unless the host's database says what ids mean.

        Raises
        ------
        RequestError
            With the HTTP status for the reason why there is no fingerprint.
        """
        live = self._live
        if live.host is not None and live.host.present:
            track_id = None
        return await live.lookup.fingerprint(os.fsencode(path), track_id)

    async def track(self, track_id: int) -> tuple[FileRecord, Answer | None]:
        """Return the file with the host's *track_id* and its answer, which is None while the file is queued.

        With a host database, it decides which file that is; without, the files that requests mentioned with an id.

        Raises
        ------
        RequestError
            404 if the id is unknown, 503 while the host's database is locked.
        """
        live = self._live
        found = None if live.host is None else await live.host.locate(track_id)
        if found is None:
            return await live.lookup.track(track_id)
        path, linked = found
        if linked:
            try:
                return await live.lookup.track(track_id)
            except RequestError as unknown:
                if unknown.code != "track_not_found":
                    raise
        return await live.lookup.track_at(track_id, path)

    async def file(self, file_id: int) -> FileRecord:
        """Return the file with our id; raise 404 if there is none."""
        record = await self._live.context.library.by_id(file_id)
        if record is None:
            raise RequestError(404, "file_not_found", f"There is no file {file_id}.")
        return record

    @property
    def similarity(self) -> SimilarTracksFinder:
        """Similar tracks, radios and paths."""
        live = self._live
        surroundings = Surroundings(live.lookup.policy, self._track_record, live.music.titles)
        return SimilarTracksFinder(live.context.library, live.index, surroundings)

    async def similar(self, request: SimilarRequest) -> SimilarTracks:
        """Return a page of similar tracks, nearest first; see ``similarity`` for more."""
        return await self.similarity.similar(request)

    async def track_map(self) -> TrackMap:
        """Return coordinates of all tracks on a map, from a process of its own."""
        found: TrackMap = await self._live.map_index.ask(MapQuery())
        return found

    @property
    def duplicates(self) -> Duplicates:
        """Groups of files with the same recording."""
        live = self._live
        return Duplicates(live.context.library, live.index)

    async def _track_record(self, track_id: int) -> FileRecord:
        return (await self.track(track_id))[0]

    @property
    def host(self) -> Host | None:
        """The host's library, or None without ``host_database``."""
        return self._live.host

    @property
    def music(self) -> Music:
        """Tags, covers, albums and artists."""
        return self._live.music

    @property
    def audio(self) -> AudioFiles:
        """The audio of the files, for players."""
        return self._live.audio

    @property
    def listings(self) -> Queries:
        """Queries: filtered and sorted files, all fingerprints, processing costs."""
        return Queries(self._live.context.library.database)

    async def status(self) -> dict[str, Any]:
        """Return the status as ``GET /status`` answers it, as plain values."""
        return plain(await self.snapshot())

    async def snapshot(self) -> Status:
        """Return the status."""
        return await self._live.board.snapshot()

    async def unconfirmed(self) -> int:
        """Return the number of results that are being compared with their files."""
        return await Confirmations(self._live.context.library.database).number_pending()

    def health(self) -> dict[str, Any]:
        """Return the health of the service without a query; raise 503 if it is not running."""
        board = self._live.board
        return plain(board.health()) | {"uptime_sec": board.uptime_sec, "state": board.state().state}

    @property
    def workers(self) -> int:
        """The greatest number of files analysed at the same time."""
        return self._live.context.pool.size

    @property
    def counters(self) -> RequestCounters:
        """How requests were answered since the start."""
        return self._live.lookup.counters

    @property
    def analyses(self) -> tuple[int, int]:
        """The numbers of files analysed and rejected since the start."""
        results = self._live.pipeline.results
        return results.analysed, results.rejected

    @property
    def listeners(self) -> int:
        """The number of event listeners."""
        return self._live.context.bus.listeners

    @property
    def last_event_id(self) -> int:
        """The id of the newest event."""
        return self._live.context.bus.last_id

    def subscribe(self, last_id: int | None = None) -> AbstractContextManager[Subscription]:
        """Subscribe to events, resuming after event *last_id* as far as they are kept."""
        live = self._live
        live.board.attended()
        return live.context.bus.subscribe(last_id)

    # control

    def state(self) -> StateName:
        """Return the service state as far as the workers show it, without a query."""
        return self._live.board.state().state

    def scan(self, folder: bytes | None = None) -> None:
        """Request a scan of all libraries, or of the one that contains *folder*.

        Raises
        ------
        RequestError
            409 without libraries; 403 if *folder* lies in none of them.
        """
        watcher = self._live.watcher
        if not self.settings.libraries:
            raise RequestError(409, "no_libraries", "There is no music folder to look through.")
        if not watcher.scan(folder):
            raise RequestError(403, "outside_roots", "The folder lies outside the music folders.")

    async def retry(self, file_ids: Sequence[int] | None = None) -> int:
        """Queue failed files again, all or some; return how many."""
        live = self._live
        queued = await live.context.job_queue.retry(file_ids)
        live.pipeline.notify()
        return queued

    async def cancel(self, file_ids: Sequence[int] | None = None) -> int:
        """Cancel jobs, all or some; their files count as failed until they change. Return how many."""
        return await self._live.pipeline.cancel(file_ids)

    async def skip(self, file_ids: Sequence[int] | None = None) -> int:
        """Ignore failed files, all or some, until they change or are retried; return how many."""
        live = self._live
        skipped = await live.context.job_queue.skip(file_ids)
        live.board.changed()
        return skipped

    async def reanalyse(self, file_ids: Sequence[int]) -> int:
        """Queue a forced analysis of done files; return how many are queued or running.

        Their present results stay valid until the new ones are stored.
        """
        live = self._live
        waiting = await live.context.job_queue.reanalyse(file_ids)
        live.pipeline.notify()
        return waiting

    async def prioritise(self, file_ids: Sequence[int]) -> int:
        """Move queued files to the front of the queue; return how many."""
        return await self._live.context.job_queue.prioritise(file_ids)
