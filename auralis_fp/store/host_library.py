"""The host's library database: ids, paths, tags and music folders, opened read-only for each query.

The database belongs to another program: it may be locked, missing, replaced, or have another schema. These functions
block; call them in a thread.
"""

import contextlib
import json
import os
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ..errors import StorageError
from ..tags import clean
from ..tags.model import Tags

PATIENCE_SEC: Final = 1.0  # waiting for a lock of another program
MADE_UP: Final = frozenset({"unknown", "unknown artist", "unknown album", "unknown title"})  # for files without tags
_TRACK_COLUMNS: Final = ("id", "filepath", "title", "album_id", "track_number", "disc_number", "year")
_NAMES: Final = {
    "artist": "SELECT x.track_id, r.name FROM track_artist x JOIN artists r ON r.id = x.artist_id",
    "genre": "SELECT x.track_id, g.name FROM track_genre x JOIN genres g ON g.id = x.genre_id",
}
Version = tuple[tuple[str, int, int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HostTrack:
    """A track of the host's library. ``tags`` has title, artist, album, genre, numbers and year as far as known."""

    id: int
    path: bytes
    album_id: int | None
    tags: Tags


@dataclass(frozen=True, slots=True)
class HostAlbum:
    """An album of the host's library, with the ids of its tracks."""

    title: str | None
    track_ids: tuple[int, ...]


class HostLibrary:
    """Queries the host's database.

    Parameters
    ----------
    places : sequence of Path
        Where versions of the host keep it: an SQLite file with a table ``tracks`` that has ``id``, ``title`` and
        ``filepath``. Of several that exist, the one written last is read.
    """

    def __init__(self, places: Sequence[Path]) -> None:
        self._places = places

    def version(self) -> Version:
        """Return what changes whenever the host writes its database; empty while there is none."""
        place = self._newest()
        return () if place is None else _stamps(place)

    def path_of(self, track_id: int) -> bytes | None:
        """Return the path of a track, or None if the host has no such track.

        Raises
        ------
        StorageError
            The database cannot be read: ``no_host_library`` if there is none, ``host_library_busy`` or
            ``host_library``.
        """
        with self._opened() as database:
            row = database.execute("SELECT filepath FROM tracks WHERE id = ?", (track_id,)).fetchone()
        return None if row is None else _path(row[0])

    def tracks(self) -> list[HostTrack]:
        """Return all tracks, by id.

        Raises
        ------
        StorageError
            As for ``path_of``.
        """
        with self._opened() as database:
            return _tracks(database)

    def track(self, track_id: int) -> HostTrack | None:
        """Return one track.

        Raises
        ------
        StorageError
            As for ``path_of``.
        """
        with self._opened() as database:
            return next(iter(_tracks(database, "id = ?", "x.track_id = ?", track_id)), None)

    def album(self, album_id: int) -> HostAlbum | None:
        """Return an album.

        Raises
        ------
        StorageError
            As for ``path_of``.
        """
        with self._opened() as database:
            row = database.execute("SELECT title FROM albums WHERE id = ?", (album_id,)).fetchone()
            ids = database.execute("SELECT id FROM tracks WHERE album_id = ? ORDER BY id", (album_id,)).fetchall()
        return (
            None if row is None else HostAlbum(_printable(row[0]), tuple(one for (one,) in ids if isinstance(one, int)))
        )

    def folders(self) -> list[Path]:
        """Return the music folders of the host. Versions without a list scan the folder that holds their database.

        Raises
        ------
        StorageError
            As for ``path_of``.
        """
        with self._opened() as database:
            if "scan_folders" in _columns(database, "user_settings"):
                row = database.execute("SELECT scan_folders FROM user_settings ORDER BY id LIMIT 1").fetchone()
                if row is not None and (listed := _folders(row[0])):
                    return listed
        place = self._newest()
        return [place.parent.parent] if place is not None and place.parent.name == "Auralis" else []

    def _newest(self) -> Path | None:
        """Return the database that was written last, or None if none exists."""
        stamps = {place: max((stamp[1] for stamp in _stamps(place)), default=None) for place in self._places}
        found = {place: written for place, written in stamps.items() if written is not None and place.exists()}
        return max(found, key=lambda place: found[place], default=None)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        place = self._newest()
        if place is None:
            raise StorageError("no_host_library", "The player has no library yet.")
        address = f"{place.absolute().as_uri()}?mode=ro"
        try:
            with contextlib.closing(sqlite3.connect(address, uri=True, timeout=PATIENCE_SEC)) as database:
                database.text_factory = _decoded
                database.execute("BEGIN")  # all queries see the same state
                yield database
        except sqlite3.Error as error:
            busy = getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
            code = "host_library_busy" if busy else "host_library"
            raise StorageError(code, f"The player's library cannot be read: {error}.") from error


def _stamps(place: Path) -> Version:
    """Return name, modification time, size and inode of a database and its write-ahead log, as far as they exist."""
    found = []
    for path in (place, place.with_name(f"{place.name}-wal")):
        with contextlib.suppress(OSError):
            status = path.stat()
            found.append((str(path), status.st_mtime_ns, status.st_size, status.st_ino))
    return tuple(found)


def _tracks(
    database: sqlite3.Connection, condition: str = "true", of_names: str = "true", *values: int
) -> list[HostTrack]:
    present = [name if name in _columns(database, "tracks") else f"NULL AS {name}" for name in _TRACK_COLUMNS]
    present[:3] = _TRACK_COLUMNS[:3]  # without these it is not a library
    rows = database.execute(f"SELECT {', '.join(present)} FROM tracks WHERE {condition} ORDER BY id", values).fetchall()
    known = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    names = {
        field: _names(database, f"{query} WHERE {of_names} ORDER BY x.rowid", values)
        for field, query in _NAMES.items()
        if {f"track_{field}", f"{field}s"} <= known
    }
    albums = dict(database.execute("SELECT id, title FROM albums").fetchall()) if "albums" in known else {}
    found = (_track(row, names, albums) for row in rows)
    return [track for track in found if track is not None]


def _names(database: sqlite3.Connection, query: str, values: Sequence[int]) -> dict[int, list[str]]:
    names: dict[int, list[str]] = defaultdict(list)
    for track_id, name in database.execute(query, values):
        if isinstance(name, str):
            names[track_id].append(name)
    return names


def _track(
    row: Sequence[Any], names: Mapping[str, Mapping[int, list[str]]], albums: Mapping[int, Any]
) -> HostTrack | None:
    track_id, filepath, title, album_id, track, disc, year = row
    path = _path(filepath)
    if path is None or not isinstance(track_id, int):
        return None
    tags = Tags(
        title=_text(title),
        artist=_joined(names.get("artist", {}).get(track_id, [])),
        album=_text(albums.get(album_id)),
        genre=_joined(names.get("genre", {}).get(track_id, [])),
        track=clean.number_pair(str(track))[0],
        disc=clean.number_pair(str(disc))[0],
        year=clean.year(str(year)),
    )
    return HostTrack(id=track_id, path=path, album_id=album_id if isinstance(album_id, int) else None, tags=tags)


def _decoded(text: bytes) -> str:
    """Return a text of the database; one that is not UTF-8 costs no other track."""
    return text.decode("utf-8", "surrogateescape")


def _printable(value: object) -> str | None:
    return clean.text(value) if isinstance(value, str) else None


def _text(value: object) -> str | None:
    cleaned = _printable(value)
    return None if cleaned is None or cleaned.casefold() in MADE_UP else cleaned


def _joined(names: Sequence[str]) -> str | None:
    return clean.joined([name for name in names if _text(name) is not None])


def _path(value: object) -> bytes | None:
    return os.fsencode(value) if isinstance(value, str) and os.path.isabs(value) and "\0" not in value else None


def _columns(database: sqlite3.Connection, table: str) -> set[str]:
    return {row[0] for row in database.execute("SELECT name FROM pragma_table_info(?)", (table,))}


def _folders(listed: object) -> list[Path]:
    """Return the absolute paths of a JSON list of folders."""
    try:
        names = json.loads(listed) if isinstance(listed, str) else []
    except (ValueError, RecursionError):
        return []
    texts = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
    return [Path(name) for name in texts if Path(name).is_absolute() and "\0" not in name]
