"""Results that hold for more than the file they were made of, and those that no longer hold."""

import json
import sqlite3
import time
from collections.abc import Sequence
from typing import Final

from .. import schema
from ..models import Analysed, Job
from .database import Database
from .files import CURRENT, follow_moves, queue
from .records import SELECT_FILES, file_record

_MADE: Final = "algorithm_version, source, analysed_at, processing_time_ms, metadata, content"
_COPY: Final = (
    f"INSERT OR REPLACE INTO fingerprints (file_id, size, mtime_ns, {_MADE}, {', '.join(schema.NAMES)})"
    f" SELECT f.id, f.size, f.mtime_ns, {', '.join('p.' + name for name in (*_MADE.split(', '), *schema.NAMES))}"
    " FROM fingerprints p, files f WHERE f.id = ? AND p.content = ? AND p.algorithm_version = ? LIMIT 1"
)
_KNOWN: Final = "SELECT 1 FROM fingerprints WHERE content = ? AND algorithm_version = ? LIMIT 1"
_VERSION: Final = "algorithm version"  # what the whole database was last looked through for


async def reuse(database: Database, job: Job, content: bytes) -> Analysed | None:
    """End a job with the result that another file, or an earlier state of this one, has for the same music.

    Returns
    -------
    Analysed or None
        The result; None if there is none, or the job is no longer held.
    """
    if not await database.read(_KNOWN, (content, schema.ALGORITHM_VERSION)):
        return None

    def operation(db: sqlite3.Connection) -> Analysed | None:
        held = db.execute(
            "SELECT 1 FROM jobs j JOIN files f ON f.id = j.file_id"
            " WHERE f.id = ? AND f.size = ? AND f.mtime_ns = ? AND j.claim = ?",
            (job.file_id, job.stamp.size, job.stamp.mtime_ns, job.claim),
        ).fetchall()
        if not held:
            return None
        cursor = db.execute(_COPY, (job.file_id, content, schema.ALGORITHM_VERSION))
        if not cursor.rowcount:
            return None
        db.execute("DELETE FROM failures WHERE file_id = ?", (job.file_id,))
        db.execute("DELETE FROM jobs WHERE file_id = ?", (job.file_id,))
        follow_moves(db, "id IN (SELECT file_id FROM fingerprints WHERE content = ?)", (content,))
        (row,) = db.execute(f"{SELECT_FILES} WHERE f.id = ?", (job.file_id,)).fetchall()
        outcome = file_record(row).outcome()
        assert isinstance(outcome, Analysed)  # noqa: S101 - it was just stored
        return outcome

    return await database.write(operation)


async def queue_outdated(database: Database) -> None:
    """Queue what was made by another version of the algorithm; looked for once for each version."""

    def operation(db: sqlite3.Connection) -> None:
        rows = db.execute("SELECT value FROM memory WHERE key = ?", (_VERSION,)).fetchall()
        if rows and rows[0]["value"] == str(schema.ALGORITHM_VERSION):
            return
        queue(db, "true")
        db.execute("INSERT OR REPLACE INTO memory VALUES (?, ?)", (_VERSION, str(schema.ALGORITHM_VERSION)))

    await database.write(operation)


async def queue_forced(database: Database, file_ids: Sequence[int]) -> int:
    """Queue files that are done once more, before all others; their results stay until the new ones are there.

    Returns
    -------
    int
        How many of the files wait to be analysed again, or are being so.
    """
    chosen = (
        "SELECT f.id, :now, 1, 1, (SELECT coalesce(max(priority), 0) + 1 FROM jobs)"
        " FROM files f JOIN fingerprints p ON p.file_id = f.id WHERE f.id IN (SELECT value FROM json_each(:ids))"
        f" AND f.missing_since IS NULL AND {CURRENT.format(table='p')}"
    )
    values = {"now": time.time(), "ids": json.dumps(list(file_ids)), "version": schema.ALGORITHM_VERSION}

    def operation(db: sqlite3.Connection) -> int:
        db.execute(
            f"INSERT INTO jobs (file_id, queued_at, sidecar_checked, afresh, priority) {chosen}"
            " ON CONFLICT (file_id) DO NOTHING",
            values,
        )
        waiting = "SELECT count(*) AS number FROM jobs WHERE afresh = 1 AND file_id IN (SELECT value FROM json_each(?))"
        (row,) = db.execute(waiting, (values["ids"],)).fetchall()
        return int(row["number"])

    return await database.write(operation)
