"""Which results have been compared with their files, and which still have to be.

A result whose whole stamp matches is confirmed. Where only size and modification time match, it is served as
unconfirmed until the digest of the file's whole payload confirms it, or shows that the file has changed.
"""

import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from .. import schema
from ..files.paths import sort_range
from ..models import FileStamp
from . import fingerprints, former
from .clock import SKEW_SEC
from .database import Database
from .fingerprints import current
from .observations import queue
from .stamps import stamp_from_row

LOWEST_PRIORITY: Final = -1
_CANDIDATES: Final = (
    "SELECT f.id, f.path, f.size, f.mtime_ns, f.ctime_ns, f.inode, p.content, p.payload_digest, p.confirmed_at,"
    " coalesce(u.sampled, 1) AS sampled FROM fingerprints p JOIN files f ON f.id = p.file_id"
    f" LEFT JOIN unconfirmed u ON u.file_id = f.id WHERE f.missing_since IS NULL AND {current('p')}"
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stored result to compare with its file.

    ``sampled`` is True if the content id has been compared already; ``digest`` is None for results of versions that
    computed none.
    """

    file_id: int
    path: bytes
    stamp: FileStamp
    content: bytes | None
    digest: bytes | None
    sampled: bool


class Confirmations:
    """Reads and updates what is confirmed.

    Parameters
    ----------
    database : Database
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def pending(self, limit: int, blocked: Sequence[bytes] = ()) -> list[Candidate]:
        """Return unconfirmed results that can be checked now: by content id, or by digest where there is one.

        Parameters
        ----------
        limit : int
        blocked : sequence of bytes
            Folders whose files are skipped.
        """
        bounds = {f"b{index}": bound for index, bound in enumerate(b for folder in blocked for b in sort_range(folder))}
        outside = "".join(
            f" AND NOT (f.path > :b{index} AND f.path < :b{index + 1})" for index in range(0, len(bounds), 2)
        )
        return await self._candidates(
            "AND u.file_id IS NOT NULL AND (u.sampled = 0 OR p.payload_digest IS NOT NULL)"
            f"{outside} ORDER BY u.sampled, f.id",
            {"limit": limit, **bounds},
        )

    async def number_pending(self) -> int:
        """Count the results that ``pending`` returns, without limit."""
        (row,) = await self._database.read(
            "SELECT count(*) AS number FROM unconfirmed u JOIN fingerprints p ON p.file_id = u.file_id"
            f" JOIN files f ON f.id = u.file_id WHERE f.missing_since IS NULL AND {current('p')}"
            " AND (u.sampled = 0 OR p.payload_digest IS NOT NULL)",
            {"version": schema.ALGORITHM_VERSION},
        )
        return int(row["number"])

    async def number(self) -> int:
        """Count the results of present files that have not been compared with them."""
        (row,) = await self._database.read(
            "SELECT (SELECT count(*) FROM unconfirmed) - (SELECT count(*) FROM files f"
            " JOIN unconfirmed u ON u.file_id = f.id WHERE f.missing_since IS NOT NULL) AS number"
        )
        return int(row["number"])

    async def oldest(self, before: float, limit: int) -> list[Candidate]:
        """Return the results not confirmed since *before*, or by a clock that was fast; those never confirmed first.

        Parameters
        ----------
        before : float
            Unix time.
        limit : int
        """
        return await self._candidates(
            "AND (p.confirmed_at IS NULL OR p.confirmed_at < :before OR p.confirmed_at > :now)"
            " AND f.id NOT IN (SELECT file_id FROM jobs)"
            " ORDER BY p.confirmed_at",
            {"limit": limit, "before": before, "now": time.time() + SKEW_SEC},
        )

    async def _candidates(self, condition: str, values: dict[str, Any]) -> list[Candidate]:
        rows = await self._database.read(
            f"{_CANDIDATES} {condition} LIMIT :limit", {"version": schema.ALGORITHM_VERSION, **values}
        )
        return [
            Candidate(
                row["id"],
                row["path"],
                stamp_from_row(row),
                row["content"],
                row["payload_digest"],
                bool(row["sampled"]),
            )
            for row in rows
        ]

    async def doubt_untraceable(self, before: float) -> None:
        """Make the results unconfirmed whose file system leaves no trace of every edit, if confirmed before a time."""

        def operation(db: sqlite3.Connection) -> None:
            db.execute(
                "INSERT OR IGNORE INTO unconfirmed (file_id) SELECT p.file_id FROM fingerprints p"
                f" JOIN files f ON f.id = p.file_id WHERE f.missing_since IS NULL AND {current('p')}"
                " AND p.ctime_ns IS NULL AND p.confirmed_at < :before",
                {"version": schema.ALGORITHM_VERSION, "before": before},
            )

        await self._database.write(operation)

    async def sampled(self, file_id: int) -> None:
        """Record that the content id of a file agrees with its result."""

        def operation(db: sqlite3.Connection) -> None:
            db.execute("UPDATE unconfirmed SET sampled = 1 WHERE file_id = ?", (file_id,))

        await self._database.write(operation)

    async def confirm(self, file_id: int, stamp: FileStamp) -> None:
        """Record that the digest of a file agrees with its result.

        Parameters
        ----------
        file_id : int
        stamp : FileStamp
            Stamp of the file before and after it was read.
        """

        def operation(db: sqlite3.Connection) -> None:
            fingerprints.confirm(db, file_id, stamp)
            db.execute("DELETE FROM unconfirmed WHERE file_id = ?", (file_id,))

        await self._database.write(operation)

    async def refute(self, file_id: int) -> None:
        """Queue a file whose content does not agree with its result, which is not served any more."""

        def operation(db: sqlite3.Connection) -> None:
            discard(db, file_id)

        await self._database.write(operation)

    async def queue_unverifiable(self, file_id: int) -> None:
        """Queue a file whose result has no digest to compare, after all other jobs; the result is served until then."""

        def operation(db: sqlite3.Connection) -> None:
            db.execute(
                "INSERT INTO jobs (file_id, queued_at, sidecar_checked, afresh, priority) VALUES (?, ?, 1, 1, ?)"
                " ON CONFLICT (file_id) DO NOTHING",
                (file_id, time.time(), LOWEST_PRIORITY),
            )

        await self._database.write(operation)


def discard(db: sqlite3.Connection, file_id: int) -> None:
    """Delete the results of a file and queue it; its sidecar, made for the same stamp, is not believed.

    The results are kept for the audio that they were made from.
    """
    former.keep(db, file_id)
    for table in ("fingerprints", "unconfirmed", "parts", "parts_due"):
        db.execute(f"DELETE FROM {table} WHERE file_id = ?", (file_id,))
    if queue(db, "f.id = :p0", (file_id,)):
        db.execute("UPDATE jobs SET sidecar_checked = 1 WHERE file_id = ?", (file_id,))
