"""The ``files`` table: files seen and gone, their results and counts."""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from typing import Final

from .. import schema
from ..files.paths import sort_range
from ..models import Analysed, FileEvent, FileStamp, Part, PendingSidecar, Rejected
from ..states import Counts
from . import parts
from .database import Database
from .fingerprints import Source
from .forgetting import count_absence
from .observations import WALKED, below, mark_gone, merge_seen
from .one_record import one_record
from .outcomes import store_outcome
from .records import SELECT_FILES, STATES, FileRecord, file_record
from .stamps import to_sql

_PRESENT: Final = "f.missing_since IS NULL"
UNKNOWN_STAMP: Final = FileStamp(-1, 0)  # of a file whose stamp cannot be stored

_COUNTED: Final = frozenset(STATES) - {"missing"}


class Library:
    """Reads and writes files and their results.

    Parameters
    ----------
    database : Database
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    async def observe(self, events: Sequence[FileEvent], *, walk: bool = False) -> int:
        """Record files seen or gone; queue those without a current result.

        Parameters
        ----------
        events : sequence of FileEvent
            A path that is gone stands for the file, or for everything below the folder.
        walk : bool
            The events come from a walk of a whole library; ``unseen`` later returns what it did not find.

        Returns
        -------
        int
            Files queued.
        """
        seen = [(event.path, event.stamp) for event in events if event.stamp is not None]
        gone = [event.path for event in events if event.stamp is None]

        def operation(db: sqlite3.Connection) -> int:
            for path in gone:
                mark_gone(db, "path = ? OR " + below(), (path, *sort_range(path)))
            return merge_seen(db, seen, walk=walk) if seen else 0

        return await self.database.write(operation)

    async def confine(self, roots: Sequence[bytes]) -> None:
        """Mark the files outside *roots* as missing; their results are kept."""
        inside = " OR ".join(below() for _ in roots) or "false"
        ranges = [bound for root in roots for bound in sort_range(root)]

        def operation(db: sqlite3.Connection) -> None:
            mark_gone(db, f"NOT ({inside})", ranges)

        await self.database.write(operation)

    async def begin_walk(self) -> None:
        """Start a walk: clear the files that earlier walks have seen."""

        def operation(db: sqlite3.Connection) -> None:
            db.execute(WALKED)
            db.execute("DELETE FROM walked")

        await self.database.write(operation)

    async def unseen(self, folder: bytes) -> list[bytes]:
        """Return the known files below *folder* that the walk did not find."""

        def operation(db: sqlite3.Connection) -> list[bytes]:
            rows = db.execute(
                f"SELECT path FROM files WHERE missing_since IS NULL AND {below()}"
                " AND id NOT IN (SELECT file_id FROM walked)",
                sort_range(folder),
            ).fetchall()
            return [row["path"] for row in rows]

        return await self.database.write(operation)

    async def count_present(self, folder: bytes) -> int:
        """Return the number of known files below *folder* that are not gone."""
        condition = f"missing_since IS NULL AND {below()}"
        (row,) = await self.database.read(f"SELECT count(*) AS n FROM files WHERE {condition}", sort_range(folder))
        return int(row["n"])

    async def record(
        self,
        file_id: int,
        outcome: Analysed | Rejected,
        stamp: FileStamp,
        *,
        claim: str | None,
        source: Source,
        retry_at: float | None = None,
        sidecar_pending: bool = False,
    ) -> bool:
        """Store the outcome of a job and end the job; a failure does not replace a current result.

        Parameters
        ----------
        file_id : int
        outcome : Analysed or Rejected
        stamp : FileStamp
            Of the file as it was analysed; if it has changed since, nothing is stored and the job stays.
        claim : str or None
            Lease token of the job; None if no lease is needed (results read from sidecars).
        source : str
            ``analysis``, ``sidecar`` or ``import``.
        retry_at : float, optional
            Unix time at which an unreadable file is tried again.
        sidecar_pending : bool
            The sidecar still has to be written.

        Returns
        -------
        bool
            True if it was stored.
        """

        def operation(db: sqlite3.Connection) -> bool:
            rows = db.execute(
                "SELECT CAST(coalesce(j.attempts, 0) AS INTEGER) AS attempts"
                " FROM files f LEFT JOIN jobs j ON j.file_id = f.id"
                " WHERE f.id = :id AND f.size = :size AND f.mtime_ns = :mtime AND (:claim IS NULL OR j.claim = :claim)",
                {"id": file_id, "size": stamp.size, "mtime": to_sql(stamp.mtime_ns), "claim": claim},
            ).fetchall()
            if not rows:
                db.execute("UPDATE jobs SET claim = NULL WHERE file_id = ? AND claim = ?", (file_id, claim))
                return False
            store_outcome(db, file_id, outcome, stamp, source, rows[0]["attempts"] + 1, retry_at)
            if sidecar_pending:
                db.execute(
                    "INSERT OR IGNORE INTO sidecars_owed SELECT file_id FROM fingerprints WHERE file_id = ?", (file_id,)
                )
            db.execute("DELETE FROM jobs WHERE file_id = ?", (file_id,))
            return True

        return await self.database.write(operation)

    async def reject(self, path: bytes, rejected: Rejected, *, walk: bool = False) -> None:
        """Store a file that cannot be observed, with the failure that says why.

        Parameters
        ----------
        path : bytes
        rejected : Rejected
        walk : bool
            A walk saw the file.
        """
        await self.observe([FileEvent(path, UNKNOWN_STAMP)], walk=walk)
        record = await self.by_path(path)
        if record is not None:
            await self.record(record.id, rejected, UNKNOWN_STAMP, claim=None, source="analysis")

    async def count_absence(
        self, folder: bytes, except_below: Sequence[bytes] = (), strays: Sequence[bytes] = ()
    ) -> None:
        """Count the time since the last confirmed sweep as absence of the missing files; see ``forgetting``."""
        await count_absence(self.database, folder, except_below, strays)

    async def link_track(self, track_id: int, file_id: int) -> None:
        """Store the host's track id of a file."""

        def operation(db: sqlite3.Connection) -> None:
            db.execute(
                "INSERT INTO tracks VALUES (?, ?) ON CONFLICT (track_id) DO UPDATE SET file_id = excluded.file_id"
                " WHERE file_id != excluded.file_id",
                (track_id, file_id),
            )

        await self.database.write(operation)

    async def by_path(self, path: bytes) -> FileRecord | None:
        """Return the record of the file at *path*."""
        return await one_record(self.database, "f.path = ?", path)

    async def by_id(self, file_id: int) -> FileRecord | None:
        """Return the record of the file with this id."""
        return await one_record(self.database, "f.id = ?", file_id)

    async def by_track(self, track_id: int) -> FileRecord | None:
        """Return the record of the file with the host's track id."""
        return await one_record(self.database, "f.id = (SELECT file_id FROM tracks WHERE track_id = ?)", track_id)

    async def counts(self) -> Counts:
        """Return the number of files that are present, by state."""
        rows = await self.database.read("SELECT state, sum(number) AS number FROM state_counts GROUP BY state")
        return Counts(**{row["state"]: row["number"] for row in rows if row["state"] in _COUNTED})

    async def enqueue_sidecar(self, file_id: int) -> None:
        """Add a file to those whose sidecar still has to be written."""

        def operation(db: sqlite3.Connection) -> None:
            db.execute("INSERT OR IGNORE INTO sidecars_owed SELECT id FROM files WHERE id = ?", (file_id,))

        await self.database.write(operation)

    async def pending_sidecars(self, limit: int, after: int = 0) -> list[PendingSidecar]:
        """Return files whose sidecar still has to be written, by ids greater than *after*; offline folders included."""
        rows = await self.database.read(
            f"{SELECT_FILES} WHERE {_PRESENT} AND f.id > ? AND f.id IN (SELECT file_id FROM sidecars_owed)"
            " ORDER BY f.id LIMIT ?",
            (after, limit),
        )
        records = [file_record(row) for row in rows]
        known = await parts.of(self.database, [record.id for record in records])
        return [_pending_sidecar(record, known.get(record.id, ())) for record in records]

    async def sidecars_flushed(self, file_ids: Sequence[int]) -> None:
        """Remove files whose sidecar was written or is no longer needed."""

        def operation(db: sqlite3.Connection) -> None:
            db.executemany("DELETE FROM sidecars_owed WHERE file_id = ?", [(one,) for one in file_ids])

        await self.database.write(operation)

    async def finished(self, folder: bytes, after: int, limit: int) -> list[tuple[int, bytes]]:
        """Return present files below *folder* with a result, whose sidecar is not pending, by ids above *after*.

        Parameters
        ----------
        folder : bytes
        after : int
        limit : int

        Returns
        -------
        list of (int, bytes)
            Ids and paths.
        """
        rows = await self.database.read(
            "SELECT f.id, f.path FROM files f JOIN fingerprints p ON p.file_id = f.id"
            f" WHERE f.id > ? AND {_PRESENT} AND {below('f.path')}"
            " AND f.id NOT IN (SELECT file_id FROM sidecars_owed) AND f.id NOT IN (SELECT file_id FROM jobs)"
            " ORDER BY f.id LIMIT ?",
            (after, *sort_range(folder), limit),
        )
        return [(row["id"], row["path"]) for row in rows]

    async def sizes_left(self) -> dict[str, int]:
        """Return the number of queued bytes by ``kind_of`` the file name."""
        rows = await self.database.read(
            "SELECT substr(f.path, -4) AS ending, sum(f.size) AS size"
            " FROM jobs j JOIN files f ON f.id = j.file_id GROUP BY ending"
        )
        sizes: Counter[str] = Counter()
        for row in rows:
            sizes[kind_of(row["ending"])] += row["size"]
        return sizes

    async def remember(self, key: str, value: str) -> None:
        """Store a value under a key, across restarts."""

        def operation(db: sqlite3.Connection) -> None:
            db.execute("INSERT OR REPLACE INTO memory VALUES (?, ?)", (key, value))

        await self.database.write(operation)

    async def recall(self, key: str) -> str | None:
        """Return the value stored under a key."""
        rows = await self.database.read("SELECT value FROM memory WHERE key = ?", (key,))
        return rows[0]["value"] if rows else None


def _pending_sidecar(record: FileRecord, carried: tuple[Part, ...]) -> PendingSidecar:
    """Return what the sidecar of a file is to hold: nothing without a result of the present algorithm version."""
    known = record.fingerprint
    if known is None or known.algorithm_version != schema.ALGORITHM_VERSION:
        return PendingSidecar(record.id, record.path, record.stamp, None)
    return PendingSidecar(record.id, record.path, known.stamp, known.analysed(carried))


def kind_of(path: bytes) -> str:
    """Return the last four characters of a name in lower case: a cheap proxy of the format, also in SQL."""
    return path[-4:].decode("latin-1").lower()
