"""Similar tracks and playlists: the index process ranks, the answers are completed here."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ..errors import RequestError
from ..similarity import protocol
from ..similarity.process import IndexProcess
from ..store.files import Library
from ..store.queries import Queries
from .seeds import SeedResolver, Seeds, SelectionRequest, Surroundings
from .similar_answers import KnownFiles, PlaylistAnswer, SimilarTracks

CURSOR: Final = r"^[0-9]{1,9}-[0-9]{1,9}-[0-9]{1,9}$"
CURVES: Final[Mapping[str, Sequence[tuple[float, float]]]] = {
    "flat": ((0.0, 0.5), (1.0, 0.5)),
    "rise": ((0.0, 0.2), (1.0, 0.9)),
    "fall": ((0.0, 0.9), (1.0, 0.2)),
    "arc": ((0.0, 0.3), (0.6, 0.95), (1.0, 0.3)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarRequest(SelectionRequest):
    """A page of similar tracks.

    Parameters
    ----------
    limit : int
        Most tracks to return.
    after : str, optional
        Cursor: ``next`` of the page before.
    """

    limit: int = 20
    after: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RadioRequest(SelectionRequest):
    """A playlist of tracks near to seeds.

    Parameters
    ----------
    tracks, minutes : optional
        Length; 20 tracks if neither is given.
    number : int
        Each number gives another list, the same one every time.
    spread : float
        0 for the nearest tracks, 1 for tracks that differ from each other.
    gap, cap : mapping, optional
        How many tracks of another ``folder``, ``album`` or ``artist`` come between two of one, and how many of one
        there are at most. If not given, limits that give way where they would end the list.
    curve : sequence of tuple
        Points of position and energy, 0 to 1.
    """

    tracks: int | None = None
    minutes: float | None = None
    number: int = 0
    spread: float = 0.3
    gap: dict[str, int] | None = None
    cap: dict[str, int] | None = None
    curve: Sequence[tuple[float, float]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PathRequest:
    """Tracks that lead from one track to another; ``tracks`` counts both ends."""

    start: Seeds
    end: Seeds
    tracks: int = 10
    filters: protocol.Filters = field(default_factory=protocol.Filters)


class SimilarTracksFinder:
    """Resolves seeds, asks the index, and completes its answers.

    Parameters
    ----------
    library : Library
    index : IndexProcess
    surroundings : Surroundings
    """

    def __init__(self, library: Library, index: IndexProcess, surroundings: Surroundings) -> None:
        self._seeds = SeedResolver(library, surroundings)
        self._titles = surroundings.titles
        self._queries = Queries(library.database)
        self._index = index

    async def similar(self, request: SimilarRequest) -> SimilarTracks:
        """Return a page of similar tracks.

        Parameters
        ----------
        request : SimilarRequest

        Raises
        ------
        RequestError
            A seed is unknown or has no current fingerprint, the cursor is invalid or outdated; 503 while the index is
            down.
        """
        generation, offset, shown = _position(request.after)
        selection = await self._seeds.selection(request)
        query = protocol.SimilarQuery(selection=selection, limit=request.limit, offset=offset, generation=generation)
        page: protocol.SimilarPage = await self._index.ask(query)
        more = None if page.next is None else f"{page.generation}-{page.next}-{shown + len(page.items)}"
        known = await self._known(page.items)
        return SimilarTracks(known.similar(page.items, shown), page.total, more, page.note)

    async def compare(self, first: Seeds, second: Seeds) -> protocol.Comparison:
        """Return how alike two tracks are.

        Parameters
        ----------
        first, second : Seeds
            One track each.

        Raises
        ------
        RequestError
            As for `similar`; 409 if either is not one track.
        """
        ids = await self._pair(first, second, "One track is compared with one track.")
        comparison: protocol.Comparison = await self._index.ask(protocol.CompareQuery(first=ids[0], second=ids[1]))
        return comparison

    async def radio(self, request: RadioRequest) -> PlaylistAnswer:
        """Return a playlist of tracks near to seeds.

        Parameters
        ----------
        request : RadioRequest

        Raises
        ------
        RequestError
            As for `similar`.
        """
        query = protocol.PlaylistQuery(
            selection=await self._seeds.selection(request),
            tracks=20 if request.tracks is None and request.minutes is None else request.tracks,
            minutes=request.minutes,
            number=request.number,
            spread=request.spread,
            gap=request.gap,
            cap=request.cap,
            curve=list(request.curve),
        )
        return await self._playlist(query)

    async def path(self, request: PathRequest) -> PlaylistAnswer:
        """Return tracks that lead from one track to another.

        Parameters
        ----------
        request : PathRequest

        Raises
        ------
        RequestError
            As for `similar`; 409 if an end is not one track.
        """
        start, end = await self._pair(request.start, request.end, "A path leads from one track to one track.")
        query = protocol.PathQuery(start=start, end=end, tracks=request.tracks, filters=request.filters)
        return await self._playlist(query)

    async def flow(self, tracks: Seeds) -> PlaylistAnswer:
        """Return tracks in an order with small steps, beginning with the first.

        Parameters
        ----------
        tracks : Seeds

        Raises
        ------
        RequestError
            As for `similar`.
        """
        return await self._playlist(protocol.FlowQuery(tracks=await self._seeds.ids(tracks)))

    async def _pair(self, first: Seeds, second: Seeds, refusal: str) -> tuple[int, int]:
        """Return the file ids of two tracks; raise RequestError with a text unless each is one."""
        ids = [await self._seeds.ids(seeds) for seeds in (first, second)]
        if [len(one) for one in ids] != [1, 1]:
            raise RequestError(409, "one_track_needed", refusal)
        return ids[0][0], ids[1][0]

    async def _playlist(self, query: protocol.Query) -> PlaylistAnswer:
        found: protocol.Playlist = await self._index.ask(query)
        known = await self._known(found.items)
        items = known.playlist(found.items)
        return PlaylistAnswer(items, round(sum(item.duration_sec for item in items), 3), found.note)

    async def _known(self, items: Sequence[protocol.Neighbour | protocol.PlaylistEntry]) -> KnownFiles:
        """Return the files that an answer names."""
        records = await self._queries.records([one for item in items for one in (item.file_id, *item.copies)])
        titles = await self._titles([record.path for record in records])
        return KnownFiles({record.id: record for record in records}, titles)


def _position(cursor: str | None) -> tuple[int | None, int, int]:
    """Return the generation, the offset, and the number of tracks shown before, that a cursor stands for."""
    if cursor is None:
        return None, 0, 0
    if re.match(CURSOR, cursor) is None:
        raise RequestError(400, "bad_field", "after: not a cursor of this listing.", {"field": "after"})
    generation, offset, shown = map(int, cursor.split("-"))
    return generation, offset, shown
