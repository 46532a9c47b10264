"""Tags in the database: files whose tags are pending, and the tags that were read."""

import json
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from ..files.paths import sort_range
from ..models import FileStamp
from ..tags.grouping import AlbumKind, group_of
from ..tags.model import FIELDS, Cover, TagReading, Tags
from .clock import limits, reached
from .damaged_pages import rows_of
from .database import Database
from .host_tracks import host_tags
from .observations import below
from .search_index import prepare_index, store_searchable
from .stamps import from_sql, to_sql

LONGEST_PAUSE_SEC: Final = 3600.0  # more than any postponement
TAGS_VERSION: Final = 1
"""Raised when readers find more or other tags than before; all files are then read again, at lowest priority."""

CHANGED_FILES: Final = 2  # the priority of files that have changed since their tags were read
VERSION_KEY: Final = "tags version"
_COLUMNS: Final = ", ".join(("file_id", "album_id", "album_kind", "artist_id", "cover", "cover_place", *FIELDS))


@dataclass(frozen=True, slots=True)
class DueFile:
    """A file whose tags are pending."""

    file_id: int
    path: bytes
    stamp: FileStamp
    priority: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTags:
    """The tags of a file as kept.

    ``album_id`` and ``artist_id`` are the same for all tracks of an album and by an artist (see ``tags.grouping``).
    """

    tags: Tags
    album_id: str
    album_kind: AlbumKind
    artist_id: str | None
    cover: Cover | None


class TagStore:
    """The tags of all files.

    Parameters
    ----------
    database : Database
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def prepare(self) -> bool:
        """Queue all files if the tags were read by another version. Return True if the search index can be used."""

        def operation(db: sqlite3.Connection) -> bool:
            indexed = prepare_index(db)
            rows = db.execute("SELECT value FROM memory WHERE key = ?", (VERSION_KEY,)).fetchall()
            if not rows or rows[0]["value"] != str(TAGS_VERSION):
                db.execute("INSERT OR IGNORE INTO tags_due (file_id, priority) SELECT id, 0 FROM files")
                db.execute("INSERT OR REPLACE INTO memory VALUES (?, ?)", (VERSION_KEY, str(TAGS_VERSION)))
            return indexed

        return await self._database.write(operation)

    async def due(self, limit: int, *, least_priority: int = 0, blocked: Sequence[bytes] = ()) -> list[DueFile]:
        """Return files with pending tags: changed files first, then new files, then the rest.

        Parameters
        ----------
        limit : int
        least_priority : int
            ``CHANGED_FILES`` for changed files only.
        blocked : sequence of bytes
            Folders whose files are skipped.
        """
        outside = "".join(" AND NOT " + below("f.path") for _ in blocked)
        rows = await self._database.read(
            "SELECT f.id, f.path, f.size, f.mtime_ns, d.priority FROM tags_due d JOIN files f ON f.id = d.file_id"
            f" WHERE d.priority >= ? AND {reached('d.not_before')} AND f.missing_since IS NULL{outside}"
            " ORDER BY d.priority DESC, d.file_id DESC LIMIT ?",
            (
                least_priority,
                *limits(time.time(), LONGEST_PAUSE_SEC),
                *(bound for folder in blocked for bound in sort_range(folder)),
                limit,
            ),
        )
        return [_due_file(row) for row in rows]

    async def waiting(self) -> int:
        """Return how many files that are present have tags still to be read."""
        (row,) = await self._database.read(
            "SELECT count(*) AS number FROM tags_due d JOIN files f ON f.id = d.file_id WHERE f.missing_since IS NULL"
        )
        return int(row["number"])

    async def record(self, readings: Sequence[tuple[DueFile, TagReading]]) -> list[int]:
        """Store the tags of files that have not changed since. Return the ids of files whose tags are new."""

        def operation(db: sqlite3.Connection) -> list[int]:
            return [file.file_id for file, reading in readings if _store_reading(db, file, reading)]

        return await self._database.write(operation)

    async def queue_without_ctime(self, folders: Sequence[bytes]) -> None:
        """Queue the files, after all others, whose stamp does not show every edit.

        Parameters
        ----------
        folders : sequence of bytes
            Folders on file systems without ctime; files whose stamp has no ctime are queued wherever they are.
        """
        unseen = " OR ".join(("f.ctime_ns IS NULL", *(below("f.path") for _ in folders)))

        def operation(db: sqlite3.Connection) -> None:
            db.execute(
                "INSERT OR IGNORE INTO tags_due (file_id, priority) SELECT f.id, 0 FROM files f"
                f" WHERE f.missing_since IS NULL AND ({unseen})",
                [bound for folder in folders for bound in sort_range(folder)],
            )

        await self._database.write(operation)

    async def postpone(self, file_ids: Sequence[int], until: float) -> None:
        """Read the tags of these files no earlier than *until*, in Unix seconds."""

        def operation(db: sqlite3.Connection) -> None:
            db.execute(
                "UPDATE tags_due SET not_before = ? WHERE file_id IN (SELECT value FROM json_each(?))",
                (until, json.dumps(list(file_ids))),
            )

        await self._database.write(operation)

    async def titles(self, paths: Sequence[bytes]) -> dict[bytes, str]:
        """Return the titles of files by path; those without one are left out."""
        rows = await self._database.read(
            "SELECT f.path, tg.title FROM files f JOIN tags tg ON tg.file_id = f.id"
            f" WHERE f.path IN ({', '.join('?' * len(paths))}) AND tg.title IS NOT NULL",
            paths,
        )
        return {row["path"]: row["title"] for row in rows}

    async def of_files(self, file_ids: Sequence[int]) -> dict[int, StoredTags]:
        """Return the tags of files by their ids; files whose tags have not been read are left out."""
        found = await rows_of(self._database, file_ids, f"SELECT {_COLUMNS} FROM tags WHERE file_id")
        return {row["file_id"]: _stored_tags(row) for row in found.rows}


def _due_file(row: sqlite3.Row) -> DueFile:
    return DueFile(row["id"], row["path"], FileStamp(row["size"], from_sql(row["mtime_ns"])), row["priority"])


def _stored_tags(row: sqlite3.Row) -> StoredTags:
    """Return the tags in a row of ``_COLUMNS``."""
    _, album_id, album_kind, artist_id, cover, place, *values = row  # a row searches all names for each value
    tags = dict(zip(FIELDS, values, strict=True))
    if tags["compilation"] is not None:
        tags["compilation"] = bool(tags["compilation"])
    return StoredTags(
        tags=Tags(**tags),
        album_id=album_id,
        album_kind=album_kind,
        artist_id=artist_id,
        cover=None if cover is None else Cover(cover, place),
    )


def _store_reading(db: sqlite3.Connection, file: DueFile, reading: TagReading) -> bool:
    unchanged = db.execute(
        "SELECT 1 FROM files WHERE id = ? AND size = ? AND mtime_ns = ?",
        (file.file_id, file.stamp.size, to_sql(file.stamp.mtime_ns)),
    ).fetchall()
    if not unchanged:
        return False
    tags = msgspec.structs.replace(reading.tags, **host_tags(db, file.file_id))  # the host outranks the readers
    group = group_of(tags, file.path)
    cover = (None, None) if reading.cover is None else (reading.cover.digest, reading.cover.place)
    db.execute("DELETE FROM tags_due WHERE file_id = ?", (file.file_id,))
    values = {
        "version": TAGS_VERSION, "album_id": group.album_id, "album_kind": group.kind, "artist_id": group.artist_id,
        "cover": cover[0], "cover_place": cover[1], "problems": "\n".join(reading.problems), **tags.as_dict(),
    }  # fmt: skip
    known = db.execute(f"SELECT {', '.join(values)} FROM tags WHERE file_id = ?", (file.file_id,)).fetchall()
    if known and tuple(known[0]) == tuple(values.values()):
        return False
    row = {"file_id": file.file_id, "read_at": time.time(), **values}
    db.execute(
        f"INSERT OR REPLACE INTO tags ({', '.join(row)}) VALUES ({', '.join('?' for _ in row)})", tuple(row.values())
    )
    store_searchable(db, file.file_id, tags, file.path)
    return True
