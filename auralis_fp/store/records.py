"""Records of files, joined from their tables."""

import sqlite3
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

import msgspec

from .. import schema
from ..models import Analysed, FileStamp, Rejected
from . import failures, fingerprints
from .failures import StoredFailure
from .fingerprints import StoredFingerprint
from .stamps import Row, stamp_from_row

State = Literal["done", "outdated", "pending", "running", "failed", "missing"]
STATES: Final[tuple[State, ...]] = ("done", "outdated", "pending", "running", "failed", "missing")


class FileRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One file with its state, its fingerprint or failure, and the host's track ids.

    ``damaged`` is True if the stored fingerprint is invalid; it is then left out.
    """

    id: int
    path: bytes
    stamp: FileStamp
    state: State
    fingerprint: StoredFingerprint | None = None
    failure: StoredFailure | None = None
    track_ids: tuple[int, ...] = ()
    damaged: bool = False

    def outcome(self) -> Analysed | Rejected:
        """Return the stored result in the form that the analysis returns."""
        if self.failure is not None:
            return Rejected(self.failure.stage, self.failure.code, self.failure.reason)
        if self.fingerprint is None:
            raise LookupError(f"file {self.id} has no result")
        return self.fingerprint.analysed()


class Page(NamedTuple):
    """One page of a listing, the cursor of the next page (None at the end), and the matches on all pages if counted.

    ``unreadable`` has the ids of files whose rows lie on damaged pages of the database.
    """

    items: list[FileRecord]
    next: str | None
    total: int | None
    unreadable: Sequence[int] = ()


DAMAGED: Final = StoredFailure(
    stage="internal",
    code="damaged_result",
    reason="The stored result is damaged; it is restored or computed again.",
    attempts=0,
    failed_at=0.0,
)
#: One row per file, with what ``damaged_record`` needs; append a WHERE clause.
SELECT_PATHS: Final = "SELECT f.id, f.path, f.size, f.mtime_ns, f.ctime_ns, f.inode FROM files f"
#: One row per file; append a WHERE clause. The definition of the states.
SELECT_FILES: Final = """
SELECT f.id, f.path, f.size, f.mtime_ns, f.ctime_ns, f.inode,
       s.state,
       x.file_id AS failed, x.stage, x.code, x.reason, x.attempts, x.failed_at, x.retry_at,
       (SELECT group_concat(t.track_id) FROM tracks t WHERE t.file_id = f.id) AS track_ids,
       p.file_id AS fingerprinted, p.algorithm_version, p.size AS analysed_size, p.mtime_ns AS analysed_mtime_ns,
       p.ctime_ns AS analysed_ctime_ns, p.inode AS analysed_inode, p.payload_digest, p.confirmed_at,
       p.source, p.analysed_at, p.processing_time_ms, p.metadata, p.content, {values}
FROM files f
JOIN file_states s ON s.file_id = f.id
LEFT JOIN fingerprints p ON p.file_id = f.id
LEFT JOIN failures x ON x.file_id = f.id
""".replace("{values}", ", ".join(f"p.{name}" for name in schema.NAMES))


def file_record(row: sqlite3.Row) -> FileRecord:
    """Return the record in a row of ``SELECT_FILES``; a damaged fingerprint becomes a failure."""
    values: Row = row
    fingerprint, failure, damaged = None, None, False
    if row["fingerprinted"] is not None:
        values = dict(zip(row.keys(), row, strict=True))  # a row searches the names for each value
        try:
            fingerprint = fingerprints.from_row(values)
        except (TypeError, ValueError):
            damaged = True
    if values["failed"] is not None:
        failure = failures.from_row(values)
    elif damaged:
        failure = DAMAGED
    return FileRecord(
        id=values["id"],
        path=values["path"],
        stamp=stamp_from_row(values),
        state="failed" if damaged and values["state"] == "done" else values["state"],
        fingerprint=fingerprint,
        failure=failure,
        track_ids=tuple(int(part) for part in (values["track_ids"] or "").split(",") if part),
        damaged=damaged,
    )


def damaged_record(row: sqlite3.Row) -> FileRecord:
    """Return the record of a file in a row of ``SELECT_PATHS``, whose other rows lie on damaged pages."""
    return FileRecord(
        id=row["id"], path=row["path"], stamp=stamp_from_row(row), state="failed", failure=DAMAGED, damaged=True
    )
