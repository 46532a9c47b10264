"""Similar tracks by file, host track id or path: seeds are resolved here, the index process ranks."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Final

from ..errors import RequestError
from ..files.access import PathPolicy
from ..runtime.payloads import Payload
from ..runtime.serialization import path_text, public_reason
from ..similarity.process import IndexProcess
from ..similarity.protocol import Difference, Filters, Neighbour, SimilarPage, SimilarQuery
from ..store.files import Library
from ..store.queries import Queries
from ..store.records import FileRecord

MAX_SEEDS: Final = 100  # of each kind, in one request
CURSOR: Final = r"^[0-9]{1,9}-[0-9]{1,9}$"


@dataclass(frozen=True, slots=True)
class Seeds:
    """Tracks by our file id, by the host's track id, or by path."""

    files: Sequence[int] = ()
    tracks: Sequence[int] = ()
    paths: Sequence[bytes] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarRequest:
    """What to look for.

    Parameters
    ----------
    like, unlike : Seeds
        Tracks to be near to, and tracks to be far from.
    values : mapping
        Wished values by dimension; they replace those of the seeds, or stand alone.
    weights : mapping
        Weight of each family of dimensions, 1 if not given.
    filters : Filters
    limit : int
        Most tracks to return.
    after : str, optional
        Cursor: ``next`` of the page before.
    """

    like: Seeds = Seeds()
    unlike: Seeds = Seeds()
    values: Mapping[str, float] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)
    filters: Filters = Filters()
    limit: int = 20
    after: str | None = None


class FamilyDifference(Payload, frozen=True):
    """Distance within one family of dimensions, and the mean distance of random pairs."""

    family: str
    distance: float
    expected: float


class SimilarTrack(Payload, frozen=True):
    """A similar track; `similarity` is the share of random pairs of tracks that are farther apart than `distance`."""

    file_id: int
    track_ids: list[int]
    path: str
    name: str
    title: str | None
    rank: int
    distance: float
    similarity: float
    reason: str
    families: list[FamilyDifference]


class SimilarTracks(Payload, frozen=True):
    """A page of similar tracks, nearest first; `note` says why an answer is empty."""

    items: list[SimilarTrack]
    total: int
    next: str | None
    note: str


Titles = Callable[[Sequence[bytes]], Awaitable[Mapping[bytes, str]]]
TrackLookup = Callable[[int], Awaitable[FileRecord]]


class SimilarTracksFinder:
    """Resolves seeds, asks the index, and completes its answers.

    Parameters
    ----------
    library : Library
    index : IndexProcess
    """

    def __init__(self, library: Library, index: IndexProcess) -> None:
        self._library = library
        self._queries = Queries(library.database)
        self._index = index

    async def similar(
        self, request: SimilarRequest, policy: PathPolicy, track: TrackLookup, titles: Titles
    ) -> SimilarTracks:
        """Return a page of similar tracks.

        Parameters
        ----------
        request : SimilarRequest
        policy : PathPolicy
            For seeds that are named by path.
        track : callable
            Returns the file of a host track id.
        titles : callable
            Returns the host's titles of paths.

        Raises
        ------
        RequestError
            A seed is unknown or has no current fingerprint, the cursor is invalid or outdated; 503 while the index is
            down.
        """
        generation, offset = _position(request.after)
        query = SimilarQuery(
            like=await self.resolve(request.like, policy, track),
            unlike=await self.resolve(request.unlike, policy, track),
            values=dict(request.values),
            weights=dict(request.weights),
            filters=request.filters,
            limit=request.limit,
            offset=offset,
            generation=generation,
        )
        page: SimilarPage = await self._index.ask(query)
        end = offset + len(page.items)
        more = f"{page.generation}-{end}" if page.items and end < page.total else None
        return SimilarTracks(await self._tracks(page.items, offset, titles), page.total, more, page.note)

    async def resolve(self, seeds: Seeds, policy: PathPolicy, track: TrackLookup) -> list[int]:
        """Return the file ids of seeds, each once.

        Parameters
        ----------
        seeds : Seeds
        policy, track
            As for `similar`.

        Raises
        ------
        RequestError
            404 a seed is unknown, 409 it has no current fingerprint.
        """
        records = []
        for file_id in seeds.files:
            record = await self._library.by_id(file_id)
            if record is None or record.state == "missing":
                raise RequestError(404, "file_not_found", f"There is no file {file_id}.")
            records.append(record)
        records += [await track(track_id) for track_id in seeds.tracks]
        records += [await self._at(path, policy) for path in seeds.paths]
        for record in records:
            _require_fingerprint(record)
        return list(dict.fromkeys(record.id for record in records))

    async def _at(self, path: bytes, policy: PathPolicy) -> FileRecord:
        resolved, _ = await asyncio.to_thread(policy.resolve, path)
        record = await self._library.by_path(resolved)
        if record is None:
            raise RequestError(409, "not_analysed", "The file is not known yet; request its fingerprint first.")
        return record

    async def _tracks(self, items: Sequence[Neighbour], offset: int, titles: Titles) -> list[SimilarTrack]:
        records = {one.id: one for one in await self._queries.records([item.file_id for item in items])}
        known = await titles([record.path for record in records.values()])
        found = [(item, records[item.file_id]) for item in items if item.file_id in records]
        return [
            _track(item, record, offset + rank, known.get(record.path)) for rank, (item, record) in enumerate(found, 1)
        ]


def _track(item: Neighbour, record: FileRecord, rank: int, title: str | None) -> SimilarTrack:
    path = path_text(record.path)
    return SimilarTrack(
        file_id=record.id,
        track_ids=list(record.track_ids),
        path=path,
        name=PurePath(path).name,
        title=title,
        rank=rank,
        distance=item.distance,
        similarity=item.similarity,
        reason=item.reason,
        families=[_family(one) for one in item.families],
    )


def _family(one: Difference) -> FamilyDifference:
    return FamilyDifference(one.family, one.distance, one.expected)


def _require_fingerprint(record: FileRecord) -> None:
    """Raise if a file has no current fingerprint."""
    name = PurePath(path_text(record.path)).name
    if record.failure is not None and record.state == "failed":
        reason = public_reason(record.failure.stage, record.failure.code, record.failure.reason)
        raise RequestError(409, "failed", f"{name} could not be analysed: {reason}", {"reason": record.failure.code})
    if record.state == "outdated":
        raise RequestError(409, "outdated", f"{name} is being analysed again; its earlier result is outdated.")
    if record.state != "done":
        raise RequestError(409, "not_analysed", f"{name} has not been analysed yet; it is {record.state}.")


def _position(cursor: str | None) -> tuple[int | None, int]:
    """Return the generation and the offset that a cursor stands for."""
    if cursor is None:
        return None, 0
    number, _, offset = cursor.partition("-")
    if re.match(CURSOR, cursor) is None:
        raise RequestError(400, "bad_field", "after: not a cursor of this listing.", {"field": "after"})
    return int(number), int(offset)
