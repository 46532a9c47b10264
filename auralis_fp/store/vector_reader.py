"""Fingerprints as vectors, read by the similarity index in its own process. Blocking."""

import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, Self

from .. import schema
from ..files.paths import sort_range
from ..schema.parts import TIMBRE
from . import tagged
from .fingerprints import current, duration
from .observations import below

NAMES: Final = schema.names_of(schema.ALGORITHM_VERSION)
_VALUES: Final = ", ".join(f"p.{name}" for name in NAMES)
_CURRENT: Final = f"f.missing_since IS NULL AND {current('p', str(schema.ALGORITHM_VERSION))}"
_TIMBRE: Final = (
    "(SELECT q.data FROM parts q"
    f" WHERE q.file_id = {{id}} AND q.name = '{TIMBRE.name}' AND q.version = {TIMBRE.version})"
)
_SELECT: Final = (
    f"SELECT {{id}}, f.path, p.payload_digest, {duration('p')},"
    f" CASE WHEN json_valid(p.metadata) THEN json_extract(p.metadata, '$.undefined') END, {{timbre}}, {_VALUES}"
)
_ALL: Final = f"FROM files f JOIN fingerprints p ON p.file_id = f.id WHERE {_CURRENT} ORDER BY f.id"
_CHANGED: Final = (
    "FROM vector_changes c LEFT JOIN files f ON f.id = c.file_id"
    f" LEFT JOIN fingerprints p ON p.file_id = c.file_id AND {_CURRENT} WHERE c.sequence > ? ORDER BY c.sequence"
)
_CHUNK: Final = 2000
MAPPED_BYTES: Final = 1 << 30  # of the database; a read of many small parts takes half the time


class Vector(NamedTuple):
    """Fingerprint of one file; ``values`` is None if the file has no current one any more."""

    file_id: int
    path: bytes
    digest: bytes | None
    duration_sec: float
    undefined: int
    timbre: bytes | None
    values: tuple[float, ...] | None

    @property
    def folder(self) -> bytes:
        """Folder the file lies in."""
        return os.path.dirname(self.path)


class VectorReader:
    """A connection that reads vectors and the log of their changes.

    Parameters
    ----------
    path : Path
        The database, which exists and is up to date.

    Attributes
    ----------
    has_timbre : bool
        Whether results are to have the extended vector.
    """

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA query_only = ON")
        self._connection.execute("PRAGMA busy_timeout = 10000")
        self._connection.execute(f"PRAGMA mmap_size = {MAPPED_BYTES}")
        wanted = self._connection.execute("SELECT 1 FROM part_kinds WHERE name = ? AND version = ?", TIMBRE)
        self.has_timbre = bool(wanted.fetchall())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def database_id(self) -> str:
        """Return the random id that the database was given when it was created."""
        (row,) = self._connection.execute("SELECT id FROM identity").fetchall()
        return str(row[0])

    def sequence(self) -> int:
        """Return the position of the newest change; in a transaction, of the newest that it sees."""
        (row,) = self._connection.execute("SELECT coalesce(max(sequence), 0) FROM vector_changes").fetchall()
        return int(row[0])

    def count(self) -> int:
        """Count the fingerprints, current or not."""
        (row,) = self._connection.execute("SELECT count(*) FROM fingerprints").fetchall()
        return int(row[0])

    def change_count(self, since: int) -> int:
        """Count the files that changed after a position."""
        (row,) = self._connection.execute("SELECT count(*) FROM vector_changes WHERE sequence > ?", (since,)).fetchall()
        return int(row[0])

    def all(self) -> Iterator[list[Vector]]:
        """Yield all current vectors in chunks, by id, from one snapshot of the database."""
        return self._read("f.id", _ALL, ())

    def changes(self, since: int) -> Iterator[list[Vector]]:
        """Yield in chunks the vectors that changed after a position, those that are gone without values."""
        return self._read("c.file_id", _CHANGED, (since,))

    def snapshot(self) -> None:
        """Begin to read one state of the database, until `release`."""
        self._connection.execute("BEGIN")

    def release(self) -> None:
        """End the snapshot."""
        self._connection.rollback()

    def ids_below(self, folders: Sequence[bytes]) -> list[int]:
        """Return the ids of all files below any of the folders."""
        condition = " OR ".join(below() for _ in folders) or "false"
        bounds = [bound for folder in folders for bound in sort_range(folder)]
        return [row[0] for row in self._connection.execute(f"SELECT id FROM files WHERE {condition}", bounds)]

    def ids_tagged(
        self,
        artists: Sequence[str] | None,
        albums: Sequence[str] | None,
        genres: Sequence[str] | None,
        years: tagged.Years,
    ) -> list[int]:
        """Return the ids of the files whose tags fit; see ``tagged.ids_tagged``.

        Parameters
        ----------
        artists, albums, genres : sequence of str or None
        years : tuple
        """
        return tagged.ids_tagged(self._connection, artists, albums, genres, years)

    def ids_sharing(self, kind: Literal["artist", "album"], file_ids: Sequence[int]) -> list[int]:
        """Return the ids of the files that have the artist or the album of any of some files.

        Parameters
        ----------
        kind : str
        file_ids : sequence of int
        """
        return tagged.ids_sharing(self._connection, kind, file_ids)

    def paths(self, file_ids: Sequence[int]) -> dict[int, bytes]:
        """Return the paths of files by id."""
        sql = "SELECT id, path FROM files WHERE id IN (SELECT value FROM json_each(?))"
        return dict(self._connection.execute(sql, (json.dumps(list(file_ids)),)).fetchall())

    def groups(self, file_ids: Sequence[int]) -> dict[str, list[str | None]]:
        """Return the folder, album and artist of files, in the order of the ids.

        The album of a file whose tags name none, or have not been read, is its folder; its artist is None.
        """
        sql = (
            "SELECT f.id, f.path, t.album_id, t.artist_id FROM files f LEFT JOIN tags t ON t.file_id = f.id"
            " WHERE f.id IN (SELECT value FROM json_each(?))"
        )
        rows = self._connection.execute(sql, (json.dumps(list(file_ids)),)).fetchall()
        known = {file_id: (os.fsdecode(os.path.dirname(path)), album, artist) for file_id, path, album, artist in rows}
        found = [known.get(file_id, (None, None, None)) for file_id in file_ids]
        return {
            "folder": [folder for folder, _, _ in found],
            "album": [album or folder for folder, album, _ in found],
            "artist": [artist for _, _, artist in found],
        }

    def parts(self, name: str, version: int, file_ids: Sequence[int]) -> dict[int, bytes]:
        """Return a part of each of the files that has it.

        Parameters
        ----------
        name : str
            Of the part.
        version : int
            Of the part; others are left out.
        file_ids : sequence of int
        """
        sql = (
            "SELECT file_id, data FROM parts WHERE name = ? AND version = ?"
            " AND file_id IN (SELECT value FROM json_each(?))"
        )
        return dict(self._connection.execute(sql, (name, version, json.dumps(list(file_ids)))).fetchall())

    def decisions(self, file_ids: Sequence[int] | None = None) -> dict[tuple[int, int], bool]:
        """Return what a person decided about pairs of files: True if they hold the same recording.

        Parameters
        ----------
        file_ids : sequence of int, optional
            Only pairs with one of these files.
        """
        sql = "SELECT first, second, same FROM duplicate_decisions"
        ids: tuple[str, ...] = ()
        if file_ids is not None:
            given = "(SELECT value FROM json_each(?))"
            sql, ids = f"{sql} WHERE first IN {given} OR second IN {given}", (json.dumps(list(file_ids)),) * 2
        rows = self._connection.execute(sql, ids).fetchall()
        return {(first, second): bool(same) for first, second, same in rows}

    def _read(self, file_id: str, source: str, parameters: tuple[Any, ...]) -> Iterator[list[Vector]]:
        timbre = _TIMBRE.format(id=file_id) if self.has_timbre else "NULL"
        cursor = self._connection.execute(f"{_SELECT.format(id=file_id, timbre=timbre)} {source}", parameters)
        while rows := cursor.fetchmany(_CHUNK):
            yield [_vector(row) for row in rows]


def _vector(row: tuple[Any, ...]) -> Vector:
    file_id, path, digest, seconds, undefined, timbre, *values = row
    if seconds is None:  # no current fingerprint, or damaged metadata
        return Vector(file_id, path or b"", None, 0.0, 0, None, None)
    return Vector(file_id, path, digest, seconds, undefined_mask(undefined or "[]"), timbre, tuple(values))


def undefined_mask(names: str) -> int:
    """Return the names in a JSON list as a bit mask, bit i for dimension i of the present algorithm version."""
    if names == "[]":
        return 0
    given = set(json.loads(names))
    return sum(1 << i for i, name in enumerate(NAMES) if name in given)
