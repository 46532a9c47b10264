"""The copy of the host's tracks: which file each of its ids means now, and the tags it has for the file."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ..tags.model import FIELDS, Tags
from .database import Database
from .host_library import HostTrack
from .observations import follow_moves

FEW: Final = 1000  # files whose tags the host has just changed; more come with a new library
_CHANGED: Final = 2  # the priorities of `tags_due`
_BACKGROUND: Final = 0
_NOW: Final = (
    "CREATE TEMP TABLE IF NOT EXISTS host_now (track_id INTEGER PRIMARY KEY, path BLOB, place BLOB, tags TEXT)"
)
_FILE_TAGS: Final = (
    "SELECT t.file_id AS file_id, h.tags AS tags, min(t.track_id) AS track_id"
    " FROM tracks t JOIN host_tracks h USING (track_id) GROUP BY t.file_id"
)
_LINK: Final = (
    "INSERT INTO tracks SELECT h.track_id, f.id FROM host_tracks h JOIN files f ON f.path = h.place WHERE true"
    " ON CONFLICT (track_id) DO UPDATE SET file_id = excluded.file_id WHERE file_id != excluded.file_id"
)
_CHANGES: Final = f"""
SELECT file_id, b.tags AS before, a.tags AS after, {", ".join(f"g.{name}" for name in FIELDS)}
FROM (SELECT file_id FROM host_before UNION SELECT file_id FROM ({_FILE_TAGS}))
LEFT JOIN host_before b USING (file_id) LEFT JOIN ({_FILE_TAGS}) a USING (file_id) JOIN tags g USING (file_id)
WHERE b.tags IS NOT a.tags
"""


class Merged(NamedTuple):
    """What a new reading of the host's library changed.

    Parameters
    ----------
    before, tracks : int
        Number of tracks in the earlier and in this reading.
    reassigned, gone : int
        Ids that now mean another path, and ids that mean nothing any more.
    """

    before: int
    tracks: int
    reassigned: int
    gone: int


class HostTracks:
    """Keeps the copy in our database.

    Parameters
    ----------
    database : Database
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def merge(self, tracks: Sequence[HostTrack], places: Mapping[bytes, bytes]) -> Merged:
        """Replace the copy, let the track ids follow it, and have the tags of the affected files read again.

        Parameters
        ----------
        tracks : sequence of HostTrack
        places : mapping
            Paths as our library spells them, where that differs.
        """
        rows = [(one.id, one.path, places.get(one.path, one.path), _as_json(one.tags)) for one in tracks]

        def operation(db: sqlite3.Connection) -> Merged:
            _remember(db)
            merged = _replace(db, rows)
            _link(db)
            return merged

        return await self._database.write(operation)

    async def link(self) -> None:
        """Let the ids of the host's tracks follow files that were found since."""

        def operation(db: sqlite3.Connection) -> None:
            unlinked = "SELECT 1 FROM host_tracks WHERE track_id NOT IN (SELECT track_id FROM tracks)"
            if db.execute(f"{unlinked} LIMIT 1").fetchall():
                _remember(db)
                _link(db)

        await self._database.write(operation)

    async def path_of(self, track_id: int) -> bytes | None:
        """Return the host's path of a track as last read, or None if it had no such track."""
        rows = await self._database.read("SELECT path FROM host_tracks WHERE track_id = ?", (track_id,))
        return rows[0]["path"] if rows else None

    async def coverage(self) -> tuple[int, int]:
        """Return the number of the host's tracks, and of those with a current fingerprint."""
        (row,) = await self._database.read(
            "SELECT (SELECT count(*) FROM host_tracks) AS tracks, (SELECT count(*) FROM host_tracks h"
            " JOIN tracks t USING (track_id) JOIN files f ON f.id = t.file_id JOIN fingerprints p USING (file_id)"
            " WHERE f.missing_since IS NULL AND t.file_id NOT IN (SELECT file_id FROM jobs)"
            " AND t.file_id NOT IN (SELECT file_id FROM failures)) AS done"
        )
        return row["tracks"], row["done"]

    async def descriptions(self, track_ids: Iterable[int]) -> dict[int, Tags]:
        """Return the host's tags of tracks by id, as last read."""
        rows = await self._database.read(
            "SELECT track_id, tags FROM host_tracks WHERE track_id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(track_ids)),),
        )
        return {row["track_id"]: Tags(**json.loads(row["tags"])) for row in rows}


def host_tags(db: sqlite3.Connection, file_id: int) -> dict[str, Any]:
    """Return the tags that the host has for a file, by field; empty if it does not have the file."""
    rows = db.execute(
        "SELECT h.tags FROM tracks t JOIN host_tracks h USING (track_id) WHERE t.file_id = ? ORDER BY track_id LIMIT 1",
        (file_id,),
    ).fetchall()
    found: dict[str, Any] = json.loads(rows[0]["tags"]) if rows else {}
    return found


def _remember(db: sqlite3.Connection) -> None:
    """Note the tags that the host has for each file, for ``_read_again``."""
    db.execute("DROP TABLE IF EXISTS host_before")
    db.execute(f"CREATE TEMP TABLE host_before AS {_FILE_TAGS}")
    db.execute("CREATE INDEX temp.host_before_by_file ON host_before (file_id)")


def _replace(db: sqlite3.Connection, rows: Sequence[tuple[int, bytes, bytes, str]]) -> Merged:
    db.execute(_NOW)
    db.execute("DELETE FROM host_now")
    db.executemany("INSERT INTO host_now VALUES (?, ?, ?, ?)", rows)
    (counts,) = db.execute(
        "SELECT count(*) AS before, coalesce(sum(n.track_id IS NULL), 0) AS gone,"
        " coalesce(sum(n.path IS NOT NULL AND n.path != h.path), 0) AS reassigned"
        " FROM host_tracks h LEFT JOIN host_now n USING (track_id)"
    ).fetchall()
    db.execute(
        "DELETE FROM tracks WHERE track_id NOT IN"
        " (SELECT track_id FROM host_tracks h JOIN host_now n USING (track_id) WHERE h.place = n.place)"
    )
    db.execute("DELETE FROM host_tracks WHERE track_id NOT IN (SELECT track_id FROM host_now)")
    db.execute(
        "INSERT INTO host_tracks SELECT * FROM host_now WHERE true ON CONFLICT (track_id) DO UPDATE SET"
        " path = excluded.path, place = excluded.place, tags = excluded.tags"
        " WHERE path != excluded.path OR place != excluded.place OR tags != excluded.tags"
    )
    return Merged(counts["before"], len(rows), counts["reassigned"], counts["gone"])


def _link(db: sqlite3.Connection) -> None:
    """Let the ids follow the host's paths, and files that have moved; queue the files whose tags that changes."""
    db.execute(_LINK)
    follow_moves(db, "id IN (SELECT file_id FROM tracks)", ())
    changed = [row["file_id"] for row in db.execute(_CHANGES).fetchall() if not _has_tags(row)]
    priority = _CHANGED if len(changed) <= FEW else _BACKGROUND
    db.executemany("INSERT OR IGNORE INTO tags_due (file_id, priority) VALUES (?, ?)", [(i, priority) for i in changed])


def _has_tags(row: sqlite3.Row) -> bool:
    """Return True if the host's tags are new, and those of the file already agree."""
    if row["before"] is not None or row["after"] is None:
        return False
    return all(row[name] == value for name, value in json.loads(row["after"]).items())


def _as_json(tags: Tags) -> str:
    return json.dumps({name: value for name, value in tags.as_dict().items() if value is not None}, sort_keys=True)
