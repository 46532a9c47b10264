"""Files that have been gone for long: forgotten, and finally deleted with their results by ``prune``.

Only time during which a file was looked for counts as absence: a disk in a drawer forgets nothing.
"""

import sqlite3
import time
from collections.abc import Sequence
from typing import Final, NamedTuple

from ..files.paths import sort_range
from . import former
from .database import Database
from .observations import below

LONGEST_STEP_SEC: Final = 86_400.0  # counted between two sweeps at most
_LAST_SWEEP: Final = "confirmed sweep of "  # and the folder in hexadecimal: key of the time


class Prunable(NamedTuple):
    """What ``prune`` would delete: numbers of forgotten files, their results and former results, and some paths."""

    files: int
    results: int
    former: int
    examples: list[bytes]


async def count_absence(
    database: Database, folder: bytes, except_below: Sequence[bytes] = (), strays: Sequence[bytes] = ()
) -> None:
    """Add the time since the last confirmed sweep of a folder to the absence of its missing files.

    The same time counts for sidecars whose track is missing.

    Parameters
    ----------
    database : Database
    folder : bytes
        Was listed completely.
    except_below : sequence of bytes
        Folders in it that could not be listed.
    strays : sequence of bytes
        All sidecars in it without their track.
    """
    outside = "".join(f" AND NOT {below()}" for _ in except_below)
    bounds = [bound for one in (folder, *except_below) for bound in sort_range(one)]
    key, now = _LAST_SWEEP + folder.hex(), time.time()

    def operation(db: sqlite3.Connection) -> None:
        rows = db.execute("SELECT value FROM memory WHERE key = ?", (key,)).fetchall()
        elapsed = min(max(0.0, now - float(rows[0]["value"])), LONGEST_STEP_SEC) if rows else 0.0
        db.execute("INSERT OR REPLACE INTO memory VALUES (?, ?)", (key, str(now)))
        db.execute(
            "UPDATE files SET absent_sec = absent_sec + ?"
            f" WHERE missing_since IS NOT NULL AND forgotten_at IS NULL AND {below()}{outside}",
            (elapsed, *bounds),
        )
        here = f"{below()}{outside}"
        db.execute(f"UPDATE stray_sidecars SET absent_sec = absent_sec + ? WHERE {here}", (elapsed, *bounds))
        known = {row["path"] for row in db.execute(f"SELECT path FROM stray_sidecars WHERE {here}", bounds)}
        db.executemany("DELETE FROM stray_sidecars WHERE path = ?", [(path,) for path in known.difference(strays)])
        db.executemany("INSERT OR IGNORE INTO stray_sidecars (path) VALUES (?)", [(path,) for path in strays])

    await database.write(operation)


async def forget(database: Database, after_sec: float, limit: int = 1000) -> list[bytes]:
    """Forget missing files whose absence has lasted long enough; return their paths.

    Their jobs, failures, track ids and tags are deleted. A result with a payload digest is kept, so that the same audio
    elsewhere needs no analysis.

    Parameters
    ----------
    database : Database
    after_sec : float
        Absence in seconds.
    limit : int
        Most files.
    """

    def operation(db: sqlite3.Connection) -> list[bytes]:
        rows = db.execute(
            "SELECT id, path FROM files WHERE missing_since IS NOT NULL AND forgotten_at IS NULL AND absent_sec >= ?"
            " LIMIT ?",
            (after_sec, limit),
        ).fetchall()
        for row in rows:
            for table in ("jobs", "failures", "tracks", "sidecars_owed", "unconfirmed", "parts_due"):
                db.execute(f"DELETE FROM {table} WHERE file_id = ?", (row["id"],))
            db.execute("UPDATE files SET forgotten_at = ? WHERE id = ?", (time.time(), row["id"]))
            db.execute(
                "DELETE FROM files WHERE id = ? AND NOT EXISTS (SELECT 1 FROM fingerprints WHERE file_id = files.id"
                " AND payload_digest IS NOT NULL)",
                (row["id"],),
            )
        former.drop(db, older_than=time.time() - after_sec)
        return [row["path"] for row in rows]

    return await database.write(operation)


async def take_strays(database: Database, after_sec: float, limit: int = 1000) -> list[bytes]:
    """Return the sidecars whose track has been missing for long enough, and forget that they were seen.

    Parameters
    ----------
    database : Database
    after_sec : float
        Absence in seconds.
    limit : int
        Most sidecars.
    """

    def operation(db: sqlite3.Connection) -> list[bytes]:
        rows = db.execute(
            "DELETE FROM stray_sidecars WHERE path IN"
            " (SELECT path FROM stray_sidecars WHERE absent_sec >= ? LIMIT ?) RETURNING path",
            (after_sec, limit),
        )
        return [row["path"] for row in rows]

    return await database.write(operation)


async def prunable(database: Database, examples: int = 10) -> Prunable:
    """Return what ``prune`` would delete.

    Parameters
    ----------
    database : Database
    examples : int
        Most paths to name.
    """
    (row,) = await database.read(
        "SELECT count(*) AS files, count(p.file_id) AS results FROM files f"
        " LEFT JOIN fingerprints p ON p.file_id = f.id WHERE f.forgotten_at IS NOT NULL"
    )
    paths = await database.read(
        "SELECT path FROM files WHERE forgotten_at IS NOT NULL ORDER BY path LIMIT ?", (examples,)
    )
    (kept,) = await database.read("SELECT count(*) AS number FROM former_results")
    return Prunable(row["files"], row["results"], kept["number"], [path["path"] for path in paths])


async def prune(database: Database) -> int:
    """Delete forgotten files with their results, and former results. Return the number of files."""

    def operation(db: sqlite3.Connection) -> int:
        former.drop(db)
        return db.execute("DELETE FROM files WHERE forgotten_at IS NOT NULL").rowcount

    return await database.write(operation)
