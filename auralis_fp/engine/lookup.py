"""What a request for one file is answered with: from memory, the database, a sidecar, or an analysis."""

import asyncio
import logging
import os
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from .. import schema
from ..errors import RequestError
from ..files.access import PathPolicy
from ..jobs.pipeline import Pipeline
from ..models import Analysed, FileStamp, Rejected
from ..runtime.event_bus import Event
from ..runtime.serialization import public_reason
from ..store.files import Library
from ..store.fingerprints import Source, StoredFingerprint
from ..store.records import FileRecord

log = logging.getLogger(__name__)

REMEMBERED: Final = 1024  # answers kept in memory
LINK_PATIENCE_SEC: Final = 1.0
MOST_WAITING: Final = 256  # requests that may wait for an analysis at the same time
_UNKNOWN_FORMAT: Final = frozenset({"unsupported", "no_audio", "no_decoder"})
_REFUSED: Final = frozenset({"too_short", "non_finite"})


@dataclass(frozen=True, slots=True)
class Answer:
    """A fingerprint as a request gets it.

    Made by ``algorithm_version``: another than the present one only until the file, which is queued, is analysed anew.
    """

    file_id: int
    stamp: FileStamp
    analysed: Analysed
    source: Source
    algorithm_version: int


@dataclass(slots=True)
class RequestCounters:
    """How requests were answered since the start."""

    memory: int = 0
    store: int = 0
    sidecar: int = 0
    analysis: int = 0
    refused: int = 0


class FingerprintLookup:
    """Answers requests for single files; nothing is analysed twice.

    Parameters
    ----------
    boundary : PathPolicy
    library : Library
    pipeline : Pipeline
    """

    def __init__(self, boundary: PathPolicy, library: Library, pipeline: Pipeline) -> None:
        self.counters = RequestCounters()
        self.stopping = asyncio.Event()
        self.boundary = boundary
        self._library = library
        self._pipeline = pipeline
        self._recent: OrderedDict[bytes, Answer] = OrderedDict()
        self._linked: OrderedDict[int, int] = OrderedDict()
        self._links: set[asyncio.Task[None]] = set()
        self._waiting = 0
        self._replaced = 0  # results, since the start

    def note(self, event: Event) -> None:
        """Forget the answer for a file that was analysed once more."""
        if event.name == "result" and event.data["again"]:
            self._replaced += 1
            self._recent.pop(os.fsencode(event.data["path"]), None)

    async def fingerprint(self, path: bytes, track_id: int | None = None) -> Answer:
        """Return the fingerprint of the file at *path*, analysing it if need be; remember the host's id of it.

        Raises
        ------
        RequestError
            The file may not be named, is not there, or cannot be used.
        """
        try:
            place, stamp = await asyncio.to_thread(self.boundary.resolve, path)
            replaced, answer = self._replaced, self._recent.get(place)
            if answer is not None and answer.stamp == stamp:
                self.counters.memory += 1
            else:
                answer = await self._find(place, stamp, track_id)
        except RequestError:
            self.counters.refused += 1
            raise
        if replaced == self._replaced:  # else it may be the one just replaced
            self._recent[place] = answer
            self._recent.move_to_end(place)
            if len(self._recent) > REMEMBERED:
                self._recent.popitem(last=False)
        await self._link(track_id, answer.file_id)
        return answer

    async def track(self, track_id: int) -> tuple[FileRecord, Answer | None]:
        """Return the file the host calls *track_id*, and its answer if the music in it has been analysed.

        The answer may be outdated: made by an earlier version of the algorithm, from the same file.

        Raises
        ------
        RequestError
            404 unknown or gone; as ``fingerprint`` for a file that cannot be used.
        """
        record = await self._library.by_track(track_id)
        if record is None or record.state == "missing":
            raise unknown_track(track_id)
        return record, _standing(record)

    async def track_at(self, track_id: int, path: bytes) -> tuple[FileRecord, Answer | None]:
        """Return the same of the file that the host's library has for *track_id*; nothing is remembered.

        Raises
        ------
        RequestError
            404 it lies outside the libraries, is gone, or has not been found yet.
        """
        try:
            place, _ = await asyncio.to_thread(self.boundary.resolve, path)
        except RequestError:
            raise unknown_track(track_id) from None
        record = await self._library.by_path(place)
        if record is None or record.state == "missing":
            raise unknown_track(track_id)
        return record, _standing(record)

    async def _find(self, place: bytes, stamp: FileStamp, track_id: int | None) -> Answer:
        record = await self._library.by_path(place)
        if record is not None:
            await self._link(track_id, record.id)
            answer = _stored(record, stamp)
            if answer is not None:
                self.counters.store += 1
                return answer
        outcome: Analysed | Rejected | None = await self._pipeline.adopt(place, stamp)
        if outcome is not None:
            self.counters.sidecar += 1
        else:
            self.counters.analysis += 1
            outcome = await self._analyse(place, stamp)
        record = await self._library.by_path(place)
        if record is not None:
            await self._link(track_id, record.id)
        if isinstance(outcome, Rejected):
            raise http_error_for(outcome)
        answer = _stored(record, stamp) if record is not None else None
        if answer is None:
            raise RequestError(409, "file_changed", "The file changed while it was being analysed; ask again.")
        return answer

    async def _analyse(self, place: bytes, stamp: FileStamp) -> Analysed | Rejected:
        """Wait for the analysis, but not beyond the end of the service."""
        if self._waiting >= MOST_WAITING:
            raise RequestError(429, "too_many_requests", f"{MOST_WAITING} requests wait already; try again later.")
        self._waiting += 1
        work = asyncio.create_task(self._pipeline.fingerprint(place, stamp))
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

    async def _link(self, track_id: int | None, file_id: int) -> None:
        """Remember the host's id of a file; the answer does not wait long where another program holds the database."""
        if track_id is None or self._linked.get(track_id) == file_id:
            return
        linking = asyncio.create_task(self._library.link_track(track_id, file_id), name="link")
        self._links.add(linking)
        linking.add_done_callback(self._link_ended)
        await asyncio.wait({linking}, timeout=LINK_PATIENCE_SEC)
        if not linking.done():
            return
        linking.result()
        self._linked[track_id] = file_id
        if len(self._linked) > REMEMBERED:
            self._linked.popitem(last=False)

    def _link_ended(self, linking: "asyncio.Task[None]") -> None:
        self._links.discard(linking)
        if not linking.cancelled() and (error := linking.exception()) is not None:
            log.warning("the id of a track was not kept: %s", error)


def unknown_track(track_id: int) -> RequestError:
    """Return the answer for a track that no file is known for."""
    return RequestError(404, "track_not_found", f"No file is known for track {track_id}.")


def _standing(record: FileRecord) -> Answer | None:
    """Return what is known of a file, outdated or not, as long as it is the same file; raise if that is a failure."""
    known = record.fingerprint
    if record.failure is None and known is not None and known.stamp == record.stamp:
        return _answer(record, known)
    return _stored(record, record.stamp)


def _stored(record: FileRecord, stamp: FileStamp) -> Answer | None:
    """Return what is stored for the file as it is now; raise if that is a failure."""
    if record.fingerprint is not None and is_current(record.fingerprint, stamp):
        return _answer(record, record.fingerprint)
    if record.state == "failed" and record.failure is not None and record.stamp == stamp:
        raise http_error_for(Rejected(record.failure.stage, record.failure.code, record.failure.reason))
    return None


def _answer(record: FileRecord, known: StoredFingerprint) -> Answer:
    return Answer(record.id, known.stamp, known.analysed(), known.source, known.algorithm_version)


def is_current(known: StoredFingerprint, stamp: FileStamp) -> bool:
    """Say whether a stored fingerprint is of this version and of the file as *stamp* has it."""
    return known.algorithm_version == schema.ALGORITHM_VERSION and known.stamp == stamp


def http_error_for(rejected: Rejected) -> RequestError:
    """Return the answer that stands for a file that cannot be used."""
    stage, code = rejected.stage, rejected.code
    status = _STAGE_STATUS.get(stage, 500)
    if code in _REFUSED:
        status = 422
    elif stage == "decode" and code in _UNKNOWN_FORMAT:
        status = 415
    elif stage == "scan":
        status = _SCAN_STATUS.get(code, 400)
    elif code in {"timeout", "unavailable"}:
        status = 503
    return RequestError(status, code, public_reason(stage, code, rejected.reason), {"stage": stage})


_STAGE_STATUS: Final = {"queue": 409, "decode": 400, "analysis": 422, "worker": 500, "internal": 500}
_SCAN_STATUS: Final = {
    "missing": 404,
    "outside_roots": 403,
    "unreadable": 403,
    "not_regular": 415,
    "file_changed": 409,
    "offline": 503,
    "io_error": 503,
}
