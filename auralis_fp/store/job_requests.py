"""SQL of what users request of the job queue: retry, prioritise, cancel, skip."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Final

from ..models import Rejected
from .failures import fail_jobs
from .observations import queue

CANCELLED: Final = Rejected("queue", "cancelled", "Cancelled by you; tried again when the file changes, or on request.")
_CHOSEN: Final = " AND {} IN (SELECT value FROM json_each(?))"


def _values(file_ids: Sequence[int] | None) -> tuple[str, ...]:
    return () if file_ids is None else (json.dumps(list(file_ids)),)


def retry(db: sqlite3.Connection, file_ids: Sequence[int] | None) -> int:
    """Queue failed files again, all of them for None; return their number."""
    values = _values(file_ids)
    chosen = "f.missing_since IS NULL" + (" AND f.id IN (SELECT value FROM json_each(:p0))" if values else "")
    failed = f"SELECT f.id FROM failures x JOIN files f ON f.id = x.file_id WHERE {chosen}"
    rows = db.execute(failed, {f"p{index}": value for index, value in enumerate(values)}).fetchall()
    db.executemany("DELETE FROM failures WHERE file_id = ?", [(row["id"],) for row in rows])
    return queue(db, chosen, list(values))


def prioritise(db: sqlite3.Connection, file_ids: Sequence[int]) -> int:
    """Move files to the head of the queue; return how many of them are queued."""
    cursor = db.execute(
        "UPDATE jobs SET priority = (SELECT max(priority) + 1 FROM jobs), suspect = 0"
        " WHERE claim IS NULL AND file_id IN (SELECT value FROM json_each(?))",
        _values(file_ids),
    )
    return cursor.rowcount


def cancel(db: sqlite3.Connection, file_ids: Sequence[int] | None) -> int:
    """Remove queued files, all of them for None; return their number."""
    values = _values(file_ids)
    chosen = "j.claim IS NULL" + (_CHOSEN.format("j.file_id") if values else "")
    fail_jobs(db, f"{chosen} AND j.afresh = 0", values, CANCELLED)
    return db.execute(f"DELETE FROM jobs AS j WHERE {chosen}", values).rowcount


def skip(db: sqlite3.Connection, file_ids: Sequence[int] | None) -> int:
    """Do not retry failed files, all of them for None; return their number."""
    values = _values(file_ids)
    chosen = "file_id IN (SELECT id FROM files WHERE missing_since IS NULL) AND code != 'skipped'"
    chosen += _CHOSEN.format("file_id") if values else ""
    return db.execute(f"UPDATE failures SET code = 'skipped', retry_at = NULL WHERE {chosen}", values).rowcount
