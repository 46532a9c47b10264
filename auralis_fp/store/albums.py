"""Albums and artists: groups of tracks, counted in SQL and described from their tracks."""

import asyncio
import json
import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final, Generic, NamedTuple, TypeVar

from .. import schema
from ..tags.folding import fold
from ..tags.grouping import VARIOUS_ARTISTS, AlbumKind, album_artist, album_folder
from ..tags.model import FIELDS, Tags
from .database import Database
from .filters import PRESENT, FileQuery, file_filter
from .fingerprints import duration
from .search_index import index_state

_FROM: Final = "tags tg JOIN files f ON f.id = tg.file_id JOIN searchable s ON s.file_id = tg.file_id"
_ALBUM_SORTS: Final = {
    "title": "min(tg.album_kind), min(s.album), min(f.path)",
    "artist": "min(s.artist), min(s.album), min(f.path)",
    "year": "min(tg.year) IS NULL, min(tg.year), min(s.album), min(f.path)",
    "tracks": "count(*), min(f.path)",
}
_ARTIST_SORTS: Final = {
    "name": "min(s.artist), tg.artist_id",
    "tracks": "count(*), tg.artist_id",
    "albums": "count(DISTINCT tg.album_id), tg.artist_id",
}
ALBUM_SORTS: Final = tuple(_ALBUM_SORTS)
ARTIST_SORTS: Final = tuple(_ARTIST_SORTS)
_TRACKS: Final = (
    f"SELECT tg.*, f.path, p.file_id AS analysed, {duration('p')} AS duration_sec,"
    f" {', '.join(f'p.{name}' for name in schema.NAMES)}"
    " FROM tags tg JOIN files f ON f.id = tg.file_id LEFT JOIN fingerprints p ON p.file_id = tg.file_id"
    f" AND p.algorithm_version = {schema.ALGORITHM_VERSION}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupQuery:
    """Which albums or artists to list, and in which order.

    Parameters
    ----------
    query : str, optional
        A search, see ``search_query``: only groups with a track that it matches.
    artist : str, optional
        Only albums with a track by the artist with this id.
    sort : str
        One of ``ALBUM_SORTS`` or ``ARTIST_SORTS``.
    descending : bool
    offset : int
        Groups to skip.
    limit : int
    """

    query: str | None = None
    artist: str | None = None
    sort: str
    descending: bool = False
    offset: int = 0
    limit: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What albums and artists have in common: their tracks in numbers.

    ``duration_sec`` and ``fingerprint`` (the median of each dimension) are those of the *analysed* tracks.
    """

    id: str
    tracks: int
    analysed: int
    duration_sec: float
    fingerprint: dict[str, float] | None
    cover_file_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Album(Group):
    """An album, or the tracks of a folder that have no album tag (``kind`` ``folder``)."""

    kind: AlbumKind
    title: str
    artist: str | None
    year: int | None
    discs: int
    compilation: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Artist(Group):
    """An artist, by the tags of single tracks."""

    name: str
    albums: int


G = TypeVar("G", bound=Group)


class Groups(NamedTuple, Generic[G]):
    """One page of groups, and the number of groups on all pages."""

    items: list[G]
    total: int


class AlbumStore:
    """Reads albums and artists.

    Parameters
    ----------
    database : Database
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def albums(self, wanted: GroupQuery) -> Groups[Album]:
        """Return a page of albums. Their tracks have ``album_id`` in common."""
        return await self._page(wanted, "album_id", _ALBUM_SORTS[wanted.sort], _album)

    async def artists(self, wanted: GroupQuery) -> Groups[Artist]:
        """Return a page of artists. Their tracks have ``artist_id`` in common; tracks without one are left out."""
        return await self._page(wanted, "artist_id", _ARTIST_SORTS[wanted.sort], _artist)

    async def _page(
        self, wanted: GroupQuery, column: str, order: str, describe: Callable[[str, list[sqlite3.Row]], G]
    ) -> Groups[G]:
        conditions, parameters = [PRESENT, f"tg.{column} IS NOT NULL"], list[Any]()
        if wanted.artist is not None:
            conditions.append(f"tg.{column} IN (SELECT {column} FROM tags WHERE artist_id = ?)")
            parameters.append(wanted.artist)
        if wanted.query:
            matching = file_filter(FileQuery(query=wanted.query), await index_state(self._database))
            ids, values = matching.select("f.id")
            conditions.append(f"tg.{column} IN (SELECT {column} FROM tags WHERE file_id IN ({ids}))")
            parameters += values
        where = " AND ".join(conditions)
        (row,) = await self._database.read(f"SELECT count(DISTINCT tg.{column}) FROM {_FROM} WHERE {where}", parameters)
        if wanted.descending:
            order = ", ".join(f"{one} DESC" for one in order.split(", "))
        rows = await self._database.read(
            f"SELECT tg.{column} AS id FROM {_FROM} WHERE {where} GROUP BY tg.{column}"
            f" ORDER BY {order} LIMIT ? OFFSET ?",
            (*parameters, wanted.limit, wanted.offset),
        )
        order_of_ids = [one["id"] for one in rows]
        tracks = await self._database.read(
            f"{_TRACKS} WHERE {PRESENT} AND tg.{column} IN (SELECT value FROM json_each(?)) ORDER BY tg.file_id",
            (json.dumps(order_of_ids),),
        )
        items = await asyncio.to_thread(_described, order_of_ids, column, tracks, describe)
        return Groups(items, int(row[0]))


def _described(
    ids: Sequence[str], column: str, tracks: Sequence[sqlite3.Row], describe: Callable[[str, list[sqlite3.Row]], G]
) -> list[G]:
    by_id: dict[str, list[sqlite3.Row]] = {one: [] for one in ids}
    for track in tracks:
        by_id[track[column]].append(track)
    return [describe(one, group) for one, group in by_id.items() if group]


def _album(album_id: str, tracks: list[sqlite3.Row]) -> Album:
    tags = [_tags(row) for row in tracks]
    artists = [album_artist(one) for one in tags]
    named = _most_common(artist for artist in artists if artist is not None)
    if named is None:
        named = _shared_artist([one.artist for one in tags])
    kind: AlbumKind = tracks[0]["album_kind"]
    folder = os.path.basename(album_folder(tracks[0]["path"]))
    return Album(
        **_common(album_id, tracks),
        kind=kind,
        title=_most_common(one.album for one in tags if one.album) or folder,
        artist=named,
        year=_most_common(one.year for one in tags if one.year is not None),
        discs=max(1, len({one.disc for one in tags if one.disc is not None})),
        compilation=named == VARIOUS_ARTISTS,
    )


def _shared_artist(artists: Sequence[str | None]) -> str | None:
    """Return the one artist of all tracks, or ``Various Artists``; None if no track has one."""
    spelt = {fold(artist or "") for artist in artists}
    if spelt == {""}:
        return None
    return _most_common(artist or "" for artist in artists) if len(spelt) == 1 else VARIOUS_ARTISTS


def _artist(artist_id: str, tracks: list[sqlite3.Row]) -> Artist:
    names = (row["artist"] or row["album_artist"] for row in tracks)
    return Artist(
        **_common(artist_id, tracks),
        name=_most_common(names) or "",
        albums=len({row["album_id"] for row in tracks if row["album_kind"] == "album"}),
    )


def _common(group_id: str, tracks: list[sqlite3.Row]) -> dict[str, Any]:
    analysed = [row for row in tracks if row["analysed"] is not None]
    values = {name: round(median(row[name] for row in analysed), 6) for name in schema.NAMES} if analysed else None
    cover = _most_common(row["cover"] for row in tracks if row["cover"] is not None)
    return {
        "id": group_id,
        "tracks": len(tracks),
        "analysed": len(analysed),
        "duration_sec": round(sum(row["duration_sec"] for row in analysed), 3),
        "fingerprint": values,
        "cover_file_id": next((row["file_id"] for row in tracks if cover and row["cover"] == cover), None),
    }


def _tags(row: sqlite3.Row) -> Tags:
    return Tags(**{name: row[name] for name in FIELDS})


T = TypeVar("T", int, str)


def _most_common(values: Iterable[T]) -> T | None:
    """Return the most frequent value, the least of several; None if there is none."""
    counted = Counter(values)
    return min(counted, key=lambda value: (-counted[value], value)) if counted else None
