"""Transactions that bring files, jobs and track ids up to date with what was seen on the disk."""

import json
import sqlite3
import time
from collections.abc import Iterable, Sequence
from typing import Any, Final

from .. import schema
from ..models import FileStamp
from .fingerprints import current
from .stamps import to_sql

WALKED: Final = "CREATE TEMP TABLE IF NOT EXISTS walked (file_id INTEGER PRIMARY KEY)"
_SEEN: Final = (
    "CREATE TEMP TABLE IF NOT EXISTS seen (path BLOB PRIMARY KEY, size INTEGER, mtime_ns INTEGER, ctime_ns INTEGER,"
    " inode INTEGER)"
)
_TOUCHED: Final = """
SELECT f.id, f.path FROM seen s CROSS JOIN files f USING (path)
WHERE s.ctime_ns IS NOT NULL AND (f.ctime_ns IS NOT s.ctime_ns OR f.inode IS NOT s.inode)
"""
_UNCONFIRMED: Final = f"""
INSERT OR IGNORE INTO unconfirmed (file_id)
SELECT f.id FROM files f JOIN fingerprints p ON p.file_id = f.id
WHERE f.id IN (SELECT value FROM json_each(:ids)) AND {current("p")}
  AND (p.ctime_ns IS NOT f.ctime_ns OR p.inode IS NOT f.inode)
"""
_PRESENT: Final = "f.missing_since IS NULL"
_SAME_AUDIO: Final = "id IN (SELECT p.file_id FROM fingerprints p JOIN fingerprints q ON q.content = p.content WHERE "


def below(column: str = "path") -> str:
    """Return the SQL condition for paths below a folder: a range that the index on paths serves.

    Its two parameters are ``files.paths.sort_range`` of the folder.
    """
    return f"({column} > ? AND {column} < ?)"


def mark_gone(db: sqlite3.Connection, condition: str, parameters: Iterable[Any]) -> None:
    """Mark files as missing, delete their jobs, and move their track ids to copies of the same audio.

    Parameters
    ----------
    db : sqlite3.Connection
    condition : str
        SQL condition over ``files``.
    parameters : iterable
        Its parameters.
    """
    values = tuple(parameters)
    db.execute(f"DELETE FROM jobs WHERE file_id IN (SELECT id FROM files WHERE {condition})", values)
    db.execute(
        f"UPDATE files SET missing_since = ? WHERE missing_since IS NULL AND ({condition})",
        (time.time(), *values),
    )
    follow_moves(db, condition, values)


def follow_moves(db: sqlite3.Connection, condition: str, parameters: Iterable[Any]) -> None:
    """Move the track ids of missing files to a present file with the same audio, where there is one.

    Parameters
    ----------
    db : sqlite3.Connection
    condition : str
        SQL condition over ``files``.
    parameters : iterable
        Its parameters.
    """
    db.execute(
        "UPDATE tracks SET file_id = coalesce((SELECT q.file_id FROM fingerprints p"
        " JOIN fingerprints q ON q.content = p.content"
        " AND (q.payload_digest = p.payload_digest OR q.payload_digest IS NULL OR p.payload_digest IS NULL)"
        " JOIN files g ON g.id = q.file_id AND g.missing_since IS NULL"
        " WHERE p.file_id = tracks.file_id LIMIT 1), file_id)"
        f" WHERE file_id IN (SELECT id FROM files WHERE missing_since IS NOT NULL AND ({condition}))",
        tuple(parameters),
    )


def merge_seen(db: sqlite3.Connection, seen: Sequence[tuple[bytes, FileStamp]], *, walk: bool) -> int:
    """Update ``files``, ``failures`` and ``jobs`` from a listing; return the number of files queued.

    A file that was replaced while it waited counts as queued again: its sidecar has to be checked.
    Unchanged files cost no write. A result whose file differs only in ctime or inode becomes unconfirmed.

    Parameters
    ----------
    db : sqlite3.Connection
    seen : sequence of (path, stamp)
    walk : bool
        Remember the files as seen by the current walk.
    """
    db.execute(_SEEN)
    db.execute("DELETE FROM seen")
    db.executemany(
        "INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?, ?)",
        [
            (path, stamp.size, to_sql(stamp.mtime_ns), to_sql(stamp.ctime_ns), to_sql(stamp.inode))
            for path, stamp in seen
        ],
    )
    replaced = db.execute(  # such a file starts without the attempts of the earlier one
        "UPDATE jobs SET attempts = 0, suspect = 0, sidecar_checked = 0, afresh = 0 WHERE claim IS NULL AND file_id IN"
        " (SELECT f.id FROM seen s CROSS JOIN files f USING (path) WHERE f.size != s.size OR f.mtime_ns != s.mtime_ns)"
    ).rowcount
    returned = db.execute(
        "SELECT f.id FROM seen s CROSS JOIN files f USING (path) WHERE f.missing_since IS NOT NULL"
    ).fetchall()
    db.execute(
        "INSERT INTO files (path, size, mtime_ns, added_at) SELECT path, size, mtime_ns, ? FROM seen WHERE true"
        " ON CONFLICT (path) DO UPDATE SET size = excluded.size, mtime_ns = excluded.mtime_ns, missing_since = NULL,"
        " absent_sec = 0, forgotten_at = NULL"
        " WHERE size != excluded.size OR mtime_ns != excluded.mtime_ns OR missing_since IS NOT NULL",
        (time.time(),),
    )
    touched = json.dumps([row["id"] for row in db.execute(_TOUCHED).fetchall()])
    if touched != "[]":
        db.execute(
            "UPDATE files SET ctime_ns = s.ctime_ns, inode = s.inode FROM seen s"
            " WHERE files.path = s.path AND files.id IN (SELECT value FROM json_each(?))",
            (touched,),
        )
        db.execute(_UNCONFIRMED, {"ids": touched, "version": schema.ALGORITHM_VERSION})
    if ids := [row["id"] for row in returned]:
        follow_moves(db, _SAME_AUDIO + "q.file_id IN (SELECT value FROM json_each(?)))", (json.dumps(ids),))
    if walk:
        db.execute(WALKED)
        db.execute("INSERT OR IGNORE INTO walked SELECT f.id FROM seen CROSS JOIN files f USING (path)")
    return replaced + queue(db, "f.path IN (SELECT path FROM seen)")


def queue(db: sqlite3.Connection, condition: str, parameters: Iterable[Any] = ()) -> int:
    """Queue the files that match and have no current result. Return how many.

    Parameters
    ----------
    db : sqlite3.Connection
    condition : str
        SQL condition over ``files f``; its parameters are named ``:p0``, ``:p1``, ...
    parameters : iterable
        Their values.
    """
    given = {f"p{index}": value for index, value in enumerate(parameters)}
    values = {**given, "version": schema.ALGORITHM_VERSION, "now": time.time()}
    without_result = (
        f"SELECT f.id FROM files f WHERE {condition} AND {_PRESENT}"
        f" AND NOT EXISTS (SELECT 1 FROM fingerprints p WHERE p.file_id = f.id AND {current('p')})"
        f" AND NOT EXISTS (SELECT 1 FROM failures x WHERE x.file_id = f.id AND {current('x')})"
    )
    cursor = db.execute(
        f"INSERT INTO jobs (file_id, queued_at) SELECT id, :now FROM ({without_result}) WHERE true"
        " ON CONFLICT (file_id) DO NOTHING",
        values,
    )
    if cursor.rowcount:  # failures of earlier contents
        db.execute("DELETE FROM failures WHERE file_id IN (SELECT file_id FROM jobs)")
    return cursor.rowcount
