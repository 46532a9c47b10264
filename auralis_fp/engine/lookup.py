"""Answers to requests for one file: from memory, the database, a sidecar, or an analysis."""

import asyncio
import logging
import os
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from .. import schema
from ..errors import RequestError, StorageError
from ..files.access import PathPolicy
from ..files.content_id import content_id
from ..jobs.context import Completion, Context
from ..jobs.dispatcher import Dispatcher
from ..models import Analysed, FileEvent, FileStamp, Rejected
from ..runtime.event_bus import Event
from ..sidecars import storage
from ..sidecars.format import Document, match
from ..store.confirmation import Confirmations
from ..store.fingerprints import Source, StoredFingerprint
from ..store.records import FileRecord
from .disk_reads import from_disk
from .rejections import http_error_for, unknown_track
from .track_links import TrackLinks

log = logging.getLogger(__name__)
CACHED: Final = 1024  # answers kept in memory
MOST_WAITING: Final = 256  # requests that may wait for an analysis at the same time


@dataclass(frozen=True, slots=True)
class Answer:
    """A fingerprint as a request gets it.

    ``algorithm_version`` differs from the present one only until the file, which is queued, has been analysed again.
    ``confirmed`` is False while only the content id, which samples the audio, shows that the result is the file's.
    """

    file_id: int
    stamp: FileStamp
    analysed: Analysed
    source: Source
    algorithm_version: int
    confirmed: bool


@dataclass(slots=True)
class RequestCounters:
    """How requests were answered since the start."""

    memory: int = 0
    store: int = 0
    sidecar: int = 0
    analysis: int = 0
    refused: int = 0


class FingerprintLookup:
    """Answers requests for single files; each file is analysed at most once.

    Parameters
    ----------
    policy : PathPolicy
    context : Context
    dispatcher : Dispatcher
    on_change : callable
        Called when a result was stored.
    """

    def __init__(
        self, policy: PathPolicy, context: Context, dispatcher: Dispatcher, on_change: Callable[[], None]
    ) -> None:
        self.counters = RequestCounters()
        self.stopping = asyncio.Event()
        self.policy = policy
        self._library = context.library
        self._outbox = context.outbox
        self._confirmations = Confirmations(context.library.database)
        self._settings = context.settings
        self._dispatcher = dispatcher
        self._on_change = on_change
        self._cache: OrderedDict[bytes, Answer] = OrderedDict()
        self.links = TrackLinks(context.library, context.health)
        self._waiting = 0
        self._replaced = 0  # results replaced since the start

    def on_event(self, event: Event) -> None:
        """Drop the cached answer for a file that has a new result."""
        if event.name == "result":
            cached = self._cache.pop(os.fsencode(event.data["path"]), None)
            self._replaced += event.data["again"] or cached is not None

    async def fingerprint(self, path: bytes, track_id: int | None = None) -> Answer:
        """Return the fingerprint of the file at *path*, analysing it if necessary.

        Parameters
        ----------
        path : bytes
        track_id : int, optional
            The host's id of the file, which is remembered.

        Raises
        ------
        RequestError
            The file may not be named, does not exist, or cannot be analysed.
        """
        try:
            path, stamp, sidecars = await self._resolve(path)
            replaced = self._replaced
            answer, refuted = await self._known(path, stamp, track_id)
            if answer is None:
                documents = await from_disk(storage.load, path, self._settings) if sidecars.anywhere else []
                answer = await self._find(path, stamp, track_id, documents, refuted=refuted)
            elif not sidecars.in_place and self._outbox.enabled:
                await self._restore_sidecar(answer.file_id)
        except RequestError:
            self.counters.refused += 1
            raise
        if replaced == self._replaced and answer.confirmed:  # else this may be the answer that was just replaced
            self._cache[path] = answer
            self._cache.move_to_end(path)
            if len(self._cache) > CACHED:
                self._cache.popitem(last=False)
        await self.links.link(track_id, answer.file_id)
        return answer

    async def _resolve(self, path: bytes) -> tuple[bytes, FileStamp, storage.Existing]:
        """Return a path as the library spells it, its stamp, and where it has sidecars; 503 if its disk is away."""

        def resolve() -> tuple[bytes, FileStamp, storage.Existing]:
            resolved, stamp = self.policy.resolve(path)
            return resolved, stamp, storage.find(resolved, self._settings)

        return await from_disk(resolve)

    async def track(self, track_id: int) -> tuple[FileRecord, Answer | None]:
        """Return the file with the host's *track_id*, and its answer if it has been analysed.

        The answer may be outdated: from an earlier version of the algorithm, for the same file.

        Raises
        ------
        RequestError
            404 if the id is unknown or the file is gone; as ``fingerprint`` if the file cannot be analysed.
        """
        pending = self.links.pending(track_id)
        record = await (self._library.by_track(track_id) if pending is None else self._library.by_id(pending))
        if record is None or record.state == "missing":
            raise unknown_track(track_id)
        return record, _known(record)

    async def track_at(self, track_id: int, path: bytes) -> tuple[FileRecord, Answer | None]:
        """Return the same for the path that the host's library has for *track_id*. The id is not stored.

        Parameters
        ----------
        track_id : int
        path : bytes

        Raises
        ------
        RequestError
            404 if the file lies outside the libraries, is gone, or has not been found yet.
        """
        try:
            resolved = (await self._resolve(path))[0]
        except RequestError:
            raise unknown_track(track_id) from None
        record = await self._library.by_path(resolved)
        if record is None or record.state == "missing":
            raise unknown_track(track_id)
        return record, _known(record)

    async def _known(self, path: bytes, stamp: FileStamp, track_id: int | None) -> tuple[Answer | None, bool]:
        """Return the answer from memory or the database, and True if the stored result was of other audio."""
        cached = self._cache.get(path)
        if cached is not None and cached.stamp.confirms(stamp):
            self.counters.memory += 1
            return cached, False
        record = await self._library.by_path(path)
        if record is not None:
            await self.links.link(track_id, record.id)
        answer = None if record is None else _stored(record, stamp)
        if record is None or answer is None:
            return None, False
        if not answer.confirmed and not await self._agrees(path, stamp, record):
            return None, True
        self.counters.store += 1
        return answer, False

    async def _restore_sidecar(self, file_id: int) -> None:
        """Have a sidecar that was deleted written again; the answer does not depend on it."""
        try:
            await self._outbox.enqueue(file_id)
        except StorageError as error:
            log.debug("a sidecar cannot be queued: %s", error)

    async def _find(
        self, path: bytes, stamp: FileStamp, track_id: int | None, documents: list[Document], *, refuted: bool
    ) -> Answer:
        """Return the answer from a sidecar, unless the same result was refuted, or from an analysis."""
        analysed = match(documents, stamp) if documents and not refuted else None
        if analysed is not None and (file_id := await self._adopt(path, stamp, analysed)) is not None:
            self.counters.sidecar += 1
            await self.links.link(track_id, file_id)
            return Answer(file_id, stamp, analysed, "sidecar", schema.ALGORITHM_VERSION, analysed.confirmed)
        self.counters.analysis += 1
        on_file = partial(self.links.begin, track_id)
        done = await self._wait_for(self._dispatcher.fingerprint(path, stamp, documents, on_file))
        await self.links.link(track_id, done.file_id)
        if isinstance(done.outcome, Rejected):
            raise http_error_for(done.outcome)
        if done.stamp != stamp:  # the request joined the analysis of an earlier state of the file
            raise RequestError(409, "file_changed", "The file changed while it was being analysed; ask again.")
        confirmed = done.outcome.confirmed
        return Answer(done.file_id, stamp, done.outcome, done.source, schema.ALGORITHM_VERSION, confirmed)

    async def _agrees(self, path: bytes, stamp: FileStamp, record: FileRecord) -> bool:
        """Return True if the content id of a file is that of its unconfirmed result; else discard the result."""
        await self._library.observe([FileEvent(path, stamp)])  # the verifier reads the whole file later
        known = None if record.fingerprint is None else record.fingerprint.content
        if known is None or await from_disk(content_id, path) in {known, None}:
            return True
        await self._confirmations.refute(record.id)
        return False

    async def _adopt(self, path: bytes, stamp: FileStamp, analysed: Analysed) -> int | None:
        """Store the result of a sidecar. Return the file id, or None if the file has changed or another is meant."""
        content = None if analysed.confirmed else analysed.content
        if content is not None and await from_disk(content_id, path) != content:
            return None
        try:
            await self._library.observe([FileEvent(path, stamp)])
            record = await self._library.by_path(path)
            if record is None or record.stamp != stamp:
                return None
            await self._library.record(record.id, analysed, stamp, claim=None, source="sidecar")
        except StorageError:  # as with damaged pages: the answer needs no more than the id
            record = await self._library.by_path(path)
            if record is None or record.stamp != stamp:
                raise
        self._on_change()
        return record.id

    async def _wait_for(self, analysis: Coroutine[Any, Any, Completion]) -> Completion:
        """Return the outcome of an analysis, or raise if there are too many requests or the service stops."""
        if self._waiting >= MOST_WAITING:
            analysis.close()
            raise RequestError(429, "too_many_requests", f"{MOST_WAITING} requests wait already; try again later.")
        self._waiting += 1
        work = asyncio.create_task(analysis)
        end = asyncio.create_task(self.stopping.wait())
        try:
            await asyncio.wait({work, end}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done() or work.cancelled():
                raise RequestError(503, "stopping", "The service is being stopped.")
            return work.result()
        finally:
            self._waiting -= 1
            work.cancel()
            end.cancel()


def _known(record: FileRecord) -> Answer | None:
    """Return the result of an unchanged file, even if outdated; raise if it is a failure."""
    known = record.fingerprint
    if record.failure is None and known is not None and known.stamp == record.stamp:
        return _answer(record, known, record.stamp)
    return _stored(record, record.stamp)


def _stored(record: FileRecord, stamp: FileStamp) -> Answer | None:
    """Return the current result of a file with this stamp; raise if it is a failure."""
    if record.fingerprint is not None and is_current(record.fingerprint, stamp):
        return _answer(record, record.fingerprint, stamp)
    if record.state == "failed" and record.failure is not None and record.stamp == stamp and not record.damaged:
        raise http_error_for(Rejected(record.failure.stage, record.failure.code, record.failure.reason))
    return None


def _answer(record: FileRecord, known: StoredFingerprint, stamp: FileStamp) -> Answer:
    confirmed = known.stamp.confirms(stamp)
    return Answer(record.id, known.stamp, known.analysed(), known.source, known.algorithm_version, confirmed)


def is_current(known: StoredFingerprint, stamp: FileStamp) -> bool:
    """Return True if a fingerprint is of the present algorithm version and of the file with this *stamp*."""
    return known.algorithm_version == schema.ALGORITHM_VERSION and known.stamp == stamp
