"""Seeds of similarity queries: tracks by file id, host track id or path, and what goes with them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Final

from .. import schema
from ..errors import RequestError
from ..files.access import PathPolicy
from ..runtime.serialization import path_text, public_reason
from ..similarity.protocol import Filters, Selection
from ..store.files import Library
from ..store.records import FileRecord

MAX_SEEDS: Final = 100  # of each kind, in one request


@dataclass(frozen=True, slots=True)
class Seeds:
    """Tracks by our file id, by the host's track id, or by path."""

    files: Sequence[int] = ()
    tracks: Sequence[int] = ()
    paths: Sequence[bytes] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionRequest:
    """Which tracks to compare with, and which may be in the answer.

    Parameters
    ----------
    like, unlike : Seeds
        Tracks to be near to, and tracks to be far from.
    values : mapping
        Wished values by dimension; they replace those of the seeds, or stand alone.
    weights : mapping
        Weight of each family of dimensions, 1 if not given.
    filters : Filters
    """

    like: Seeds = Seeds()
    unlike: Seeds = Seeds()
    values: Mapping[str, float] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)
    filters: Filters = Filters()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What seeds and answers need of the service.

    Parameters
    ----------
    policy : PathPolicy
        Which paths may be named.
    track : callable
        Returns the file of a host track id.
    titles : callable
        Returns the titles of paths.
    """

    policy: PathPolicy
    track: Callable[[int], Awaitable[FileRecord]]
    titles: Callable[[Sequence[bytes]], Awaitable[Mapping[bytes, str]]]


class SeedResolver:
    """Finds the files that seeds name.

    Parameters
    ----------
    library : Library
    surroundings : Surroundings
    """

    def __init__(self, library: Library, surroundings: Surroundings) -> None:
        self._library = library
        self._surroundings = surroundings

    async def selection(self, request: SelectionRequest) -> Selection:
        """Return a request as the index takes it.

        Parameters
        ----------
        request : SelectionRequest

        Raises
        ------
        RequestError
            As for `ids`.
        """
        return Selection(
            like=await self.ids(request.like),
            unlike=await self.ids(request.unlike),
            values=dict(request.values),
            weights=dict(request.weights),
            filters=request.filters,
        )

    async def ids(self, seeds: Seeds) -> list[int]:
        """Return the file ids of seeds, each once.

        Parameters
        ----------
        seeds : Seeds

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
        records += [await self._surroundings.track(track_id) for track_id in seeds.tracks]
        records += [await self._at(path) for path in seeds.paths]
        for record in records:
            _require_fingerprint(record)
        return list(dict.fromkeys(record.id for record in records))

    async def _at(self, path: bytes) -> FileRecord:
        resolved, _ = await asyncio.to_thread(self._surroundings.policy.resolve, path)
        record = await self._library.by_path(resolved)
        if record is None:
            raise RequestError(409, "not_analysed", "The file is not known yet; request its fingerprint first.")
        return record


def _require_fingerprint(record: FileRecord) -> None:
    """Raise if a file has no current fingerprint."""
    name = PurePath(path_text(record.path)).name
    if record.failure is not None and record.state == "failed":
        reason = public_reason(record.failure.stage, record.failure.code, record.failure.reason)
        raise RequestError(409, "failed", f"{name} could not be analysed: {reason}", {"reason": record.failure.code})
    if record.state == "outdated" and not _is_current(record):
        raise RequestError(409, "outdated", f"{name} is being analysed again; its earlier result is outdated.")
    if record.state not in {"done", "outdated"}:
        raise RequestError(409, "not_analysed", f"{name} has not been analysed yet; it is {record.state}.")


def _is_current(record: FileRecord) -> bool:
    """Return True if the result belongs to the present file, although the file waits for another analysis."""
    known = record.fingerprint
    return known is not None and known.algorithm_version == schema.ALGORITHM_VERSION and known.stamp == record.stamp
