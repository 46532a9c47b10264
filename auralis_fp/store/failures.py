"""The ``failures`` table: why a file could not be analysed, and when it is tried again."""

import sqlite3
import time
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from .. import schema
from ..models import FileStamp, Rejected
from .stamps import Row, to_sql

LONGEST_REASON: Final = 2000  # characters
_INSERT: Final = (
    "INSERT OR REPLACE INTO failures"
    " (file_id, algorithm_version, size, mtime_ns, stage, code, reason, attempts, failed_at, retry_at)"
)


class StoredFailure(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the table; ``retry_at`` is None if the file is not tried again before it changes."""

    stage: str
    code: str
    reason: str
    attempts: int
    failed_at: float
    retry_at: float | None = None


def put(db: sqlite3.Connection, file_id: int, stamp: FileStamp, failure: StoredFailure) -> None:
    """Store the failure of a file, replacing an earlier one.

    Parameters
    ----------
    db : sqlite3.Connection
    file_id : int
    stamp : FileStamp
        Stamp of the file that failed.
    failure : StoredFailure
    """
    db.execute(
        f"{_INSERT} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            file_id,
            schema.ALGORITHM_VERSION,
            stamp.size,
            to_sql(stamp.mtime_ns),
            failure.stage,
            failure.code,
            failure.reason[:LONGEST_REASON],
            failure.attempts,
            failure.failed_at,
            failure.retry_at,
        ),
    )


def fail_jobs(db: sqlite3.Connection, condition: str, values: Sequence[Any], rejected: Rejected) -> None:
    """Store the same failure for all matching jobs; the caller deletes the jobs.

    Parameters
    ----------
    db : sqlite3.Connection
    condition : str
        SQL condition over ``jobs j`` and ``files f``.
    values : sequence
        Its parameters.
    rejected : Rejected
    """
    db.execute(
        f"{_INSERT} SELECT f.id, ?, f.size, f.mtime_ns, ?, ?, ?, j.attempts, ?, NULL"
        f" FROM jobs j JOIN files f ON f.id = j.file_id WHERE {condition}",
        (schema.ALGORITHM_VERSION, rejected.stage, rejected.code, rejected.reason, time.time(), *values),
    )


def clear(db: sqlite3.Connection, file_id: int) -> None:
    """Delete the failure of a file."""
    db.execute("DELETE FROM failures WHERE file_id = ?", (file_id,))


def from_row(row: Row) -> StoredFailure:
    """Return the failure in a row of ``SELECT_FILES``."""
    return StoredFailure(
        stage=row["stage"],
        code=row["code"],
        reason=row["reason"],
        attempts=row["attempts"],
        failed_at=row["failed_at"],
        retry_at=row["retry_at"],
    )
