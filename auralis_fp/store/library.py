"""What is in the library: files seen and gone, their results, listings and counts."""

import json
import os
import time
from collections.abc import Iterable, Sequence
from typing import Any, Final

import aiosqlite

from .. import schema
from ..model import Analysed, Counts, FileEvent, FileStamp, Rejected
from .database import Database
from .records import SELECT_FILES, STATES, FileRecord, Page, Source, decode_key, encode_key, file_record

_SEEN: Final = "CREATE TEMP TABLE IF NOT EXISTS seen (path BLOB PRIMARY KEY, size INTEGER, mtime_ns INTEGER)"
_WALKED: Final = "CREATE TEMP TABLE IF NOT EXISTS walked (file_id INTEGER PRIMARY KEY)"
_CURRENT: Final = "{table}.size = f.size AND {table}.mtime_ns = f.mtime_ns AND {table}.algorithm_version = :version"
_PRESENT: Final = "f.missing_since IS NULL"


class Library:
    """Files and results in the database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def observe(self, events: Sequence[FileEvent], *, walk: bool = False) -> int:
        """Take note of files seen or gone; queue those without a current result.

        Parameters
        ----------
        events : sequence of FileEvent
            A gone path stands for the file, or for everything below the folder.
        walk : bool
            The events come from a walk through a whole library, which ``unseen`` is asked about later.

        Returns
        -------
        int
            Files queued.
        """
        seen = [(event.path, event.stamp.size, event.stamp.mtime_ns) for event in events if event.stamp is not None]
        gone = [event.path for event in events if event.stamp is None]

        async def operation(db: aiosqlite.Connection) -> int:
            for path in gone:
                await _mark_gone(db, "path = ? OR " + _below(), (path, *_below_range(path)))
            return await _take_in(db, seen, walk=walk) if seen else 0

        return await self.database.write(operation)

    async def confine(self, roots: Sequence[bytes]) -> None:
        """Set aside the files outside *roots*, with their results: folders taken off the list are not worked on."""
        inside = " OR ".join(_below() for _ in roots) or "false"
        ranges = [bound for root in roots for bound in _below_range(root)]

        async def operation(db: aiosqlite.Connection) -> None:
            await _mark_gone(db, f"NOT ({inside})", ranges)

        await self.database.write(operation)

    async def begin_walk(self) -> None:
        """Forget which files earlier walks have seen."""

        async def operation(db: aiosqlite.Connection) -> None:
            await db.execute(_WALKED)
            await db.execute("DELETE FROM walked")

        await self.database.write(operation)

    async def unseen(self, folder: bytes) -> list[bytes]:
        """Return the known files below *folder* that the walk has not come across."""

        async def operation(db: aiosqlite.Connection) -> list[bytes]:
            rows = await db.execute_fetchall(
                f"SELECT path FROM files WHERE missing_since IS NULL AND {_below()}"
                " AND id NOT IN (SELECT file_id FROM walked)",
                _below_range(folder),
            )
            return [row["path"] for row in rows]

        return await self.database.write(operation)

    async def record(
        self, file_id: int, outcome: Analysed | Rejected, stamp: FileStamp, *, claim: str | None, source: Source
    ) -> bool:
        """Store the outcome of a job and end the job.

        Parameters
        ----------
        file_id : int
        outcome : Analysed or Rejected
        stamp : FileStamp
            Of the file as it was analysed; if the file is another by now, nothing is stored and the job stays.
        claim : str or None
            The job's token; None where no job is needed (takeovers).
        source : str
            ``analysis``, ``sidecar`` or ``import``.

        Returns
        -------
        bool
            Whether it was stored.
        """

        async def operation(db: aiosqlite.Connection) -> bool:
            rows = await db.execute_fetchall(
                "SELECT j.attempts, j.claim FROM files f LEFT JOIN jobs j ON j.file_id = f.id"
                " WHERE f.id = ? AND f.size = ? AND f.mtime_ns = ?",
                (file_id, stamp.size, stamp.mtime_ns),
            )
            for row in rows:
                if claim is None or row["claim"] == claim:
                    attempts = (row["attempts"] or 0) + 1
                    await _store(db, file_id, outcome, stamp, source, attempts)
                    return True
            await db.execute("UPDATE jobs SET claim = NULL WHERE file_id = ? AND claim = ?", (file_id, claim))
            return False

        return await self.database.write(operation)

    async def link_track(self, track_id: int, file_id: int) -> None:
        """Remember the host's id of a file."""

        async def operation(db: aiosqlite.Connection) -> None:
            await db.execute(
                "INSERT INTO tracks VALUES (?, ?) ON CONFLICT (track_id) DO UPDATE SET file_id = excluded.file_id"
                " WHERE file_id != excluded.file_id",
                (track_id, file_id),
            )

        await self.database.write(operation)

    async def by_path(self, path: bytes) -> FileRecord | None:
        """Return what is known of the file at *path*."""
        return await self._one("f.path = ?", path)

    async def by_id(self, file_id: int) -> FileRecord | None:
        """Return what is known of the file with our id."""
        return await self._one("f.id = ?", file_id)

    async def by_track(self, track_id: int) -> FileRecord | None:
        """Return what is known of the file with the host's id."""
        return await self._one("f.id = (SELECT file_id FROM tracks WHERE track_id = ?)", track_id)

    async def _one(self, condition: str, value: Any) -> FileRecord | None:
        rows = await self.database.read(f"{SELECT_FILES} WHERE {condition}", (value,))
        return file_record(rows[0]) if rows else None

    async def files(
        self, *, state: str | None = None, query: str | None = None, after: str | None = None, limit: int = 100
    ) -> Page:
        """List files by path.

        Parameters
        ----------
        state : str, optional
            Only those in this state; if not given, all that are present.
        query : str, optional
            Only those whose path contains this text (ASCII letters in either case).
        after : str, optional
            The ``next`` of the page before.
        limit : int
            Most files to return.

        Raises
        ------
        ValueError
            The state or the key is none.
        """
        if state is not None and state not in STATES:
            raise ValueError(f"there is no state {state!r}; states are {', '.join(STATES)}")
        conditions = [_STATE_CONDITIONS.get(state or "", _PRESENT)]
        parameters: list[Any] = []
        if query:
            pattern = query.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            conditions.append("CAST(f.path AS TEXT) LIKE ? ESCAPE '\\'")
            parameters.append(f"%{pattern}%")
        if after:
            conditions.append("f.path > ?")
            parameters.append(decode_key(after))
        rows = await self.database.read(
            f"{SELECT_FILES} WHERE {' AND '.join(conditions)} ORDER BY f.path LIMIT ?", (*parameters, limit + 1)
        )
        items = [file_record(row) for row in rows[:limit]]
        return Page(items, encode_key(items[-1].path) if len(rows) > limit and items else None)

    async def counts(self) -> Counts:
        """Count the files that are present, by state."""
        (row,) = await self.database.read(
            "SELECT (SELECT count(*) FROM files WHERE missing_since IS NULL) AS total,"
            " (SELECT count(*) FROM jobs) AS jobs,"
            " (SELECT count(*) FROM jobs WHERE claim IS NOT NULL) AS running,"
            " (SELECT count(*) FROM jobs j JOIN fingerprints p USING (file_id) WHERE j.claim IS NULL) AS outdated,"
            " (SELECT count(*) FROM failures x JOIN files f ON f.id = x.file_id"
            "  WHERE f.missing_since IS NULL AND f.id NOT IN (SELECT file_id FROM jobs)) AS failed"
        )
        pending = row["jobs"] - row["running"] - row["outdated"]
        done = row["total"] - row["jobs"] - row["failed"]
        return Counts(
            done=done, outdated=row["outdated"], pending=pending, running=row["running"], failed=row["failed"]
        )

    async def failure_codes(self) -> dict[str, int]:
        """Count the failed files by the code of their failure, the most frequent first."""
        rows = await self.database.read(
            "SELECT x.code, count(*) AS number FROM failures x JOIN files f ON f.id = x.file_id"
            " WHERE f.missing_since IS NULL AND f.id NOT IN (SELECT file_id FROM jobs)"
            " GROUP BY x.code ORDER BY number DESC, x.code"
        )
        return {row["code"]: row["number"] for row in rows}

    async def remember(self, key: str, value: str) -> None:
        """Keep a value over restarts."""

        async def operation(db: aiosqlite.Connection) -> None:
            await db.execute("INSERT OR REPLACE INTO memory VALUES (?, ?)", (key, value))

        await self.database.write(operation)

    async def recall(self, key: str) -> str | None:
        """Return a value that was kept."""
        rows = await self.database.read("SELECT value FROM memory WHERE key = ?", (key,))
        return rows[0]["value"] if rows else None


_STATE_CONDITIONS: Final = {
    "missing": "f.missing_since IS NOT NULL",
    "running": f"{_PRESENT} AND j.claim IS NOT NULL",
    "outdated": f"{_PRESENT} AND j.file_id IS NOT NULL AND j.claim IS NULL AND p.file_id IS NOT NULL",
    "pending": f"{_PRESENT} AND j.file_id IS NOT NULL AND j.claim IS NULL AND p.file_id IS NULL",
    "failed": f"{_PRESENT} AND j.file_id IS NULL AND x.file_id IS NOT NULL",
    "done": f"{_PRESENT} AND j.file_id IS NULL AND x.file_id IS NULL",
}


def _below() -> str:
    """Return the condition for paths below a folder, as a range that the index on paths serves."""
    return "(path > ? AND path < ?)"


def _below_range(folder: bytes) -> tuple[bytes, bytes]:
    separator = os.sep.encode()
    prefix = folder.rstrip(separator) + separator
    return prefix, prefix[:-1] + bytes([prefix[-1] + 1])


async def _mark_gone(db: aiosqlite.Connection, condition: str, parameters: Iterable[Any]) -> None:
    values = tuple(parameters)
    await db.execute(f"DELETE FROM jobs WHERE file_id IN (SELECT id FROM files WHERE {condition})", values)
    await db.execute(
        f"UPDATE files SET missing_since = ? WHERE missing_since IS NULL AND ({condition})",
        (time.time(), *values),
    )


async def _take_in(db: aiosqlite.Connection, seen: list[tuple[bytes, int, int]], *, walk: bool) -> int:
    """Bring ``files``, ``failures`` and ``jobs`` up to what was seen; files as they were known cost no write."""
    await db.execute(_SEEN)
    await db.execute("DELETE FROM seen")
    await db.executemany("INSERT OR REPLACE INTO seen VALUES (?, ?, ?)", seen)
    await db.execute(
        "INSERT INTO files (path, size, mtime_ns, added_at) SELECT path, size, mtime_ns, ? FROM seen WHERE true"
        " ON CONFLICT (path) DO UPDATE SET size = excluded.size, mtime_ns = excluded.mtime_ns, missing_since = NULL"
        " WHERE size != excluded.size OR mtime_ns != excluded.mtime_ns OR missing_since IS NOT NULL",
        (time.time(),),
    )
    if walk:
        await db.execute(_WALKED)
        await db.execute("INSERT OR IGNORE INTO walked SELECT f.id FROM seen CROSS JOIN files f USING (path)")
    return await queue(db, "f.path IN (SELECT path FROM seen)")


async def queue(db: aiosqlite.Connection, condition: str, parameters: Iterable[Any] = ()) -> int:
    """Queue the files that *condition* selects and that have no current result; return how many."""
    given = {f"p{index}": value for index, value in enumerate(parameters)}
    values = {**given, "version": schema.ALGORITHM_VERSION, "now": time.time()}
    needy = (
        f"SELECT f.id FROM files f WHERE {condition} AND {_PRESENT}"
        f" AND NOT EXISTS (SELECT 1 FROM fingerprints p WHERE p.file_id = f.id AND {_CURRENT.format(table='p')})"
        f" AND NOT EXISTS (SELECT 1 FROM failures x WHERE x.file_id = f.id AND {_CURRENT.format(table='x')})"
    )
    cursor = await db.execute(
        f"INSERT INTO jobs (file_id, queued_at) SELECT id, :now FROM ({needy}) WHERE true"
        " ON CONFLICT (file_id) DO NOTHING",
        values,
    )
    if cursor.rowcount:  # a failure of an earlier version of the file is history
        await db.execute("DELETE FROM failures WHERE file_id IN (SELECT file_id FROM jobs)")
    return cursor.rowcount


_VALUES: Final = ", ".join("?" for _ in range(8 + len(schema.NAMES)))
_STORE: Final = (
    "INSERT OR REPLACE INTO fingerprints (file_id, algorithm_version, size, mtime_ns, source, analysed_at,"
    f" processing_time_ms, metadata, {', '.join(schema.NAMES)}) VALUES ({_VALUES})"
)


async def _store(
    db: aiosqlite.Connection,
    file_id: int,
    outcome: Analysed | Rejected,
    stamp: FileStamp,
    source: Source,
    attempts: int,
) -> None:
    if isinstance(outcome, Analysed):
        fault = schema.fault_of(outcome.fingerprint)
        if fault is not None:
            outcome = Rejected("internal", "invalid_fingerprint", f"The analysis gave no valid fingerprint: {fault}.")
    version, now = schema.ALGORITHM_VERSION, time.time()
    if isinstance(outcome, Analysed):
        metadata = json.dumps(outcome.metadata.as_json(), allow_nan=False)
        row = (file_id, version, stamp.size, stamp.mtime_ns, source, now, outcome.processing_time_ms, metadata)
        await db.execute(_STORE, (*row, *(outcome.fingerprint[name] for name in schema.NAMES)))
        await db.execute("DELETE FROM failures WHERE file_id = ?", (file_id,))
    else:
        text = (outcome.stage, outcome.code, outcome.reason[:2000])
        await db.execute(
            "INSERT OR REPLACE INTO failures VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (file_id, version, stamp.size, stamp.mtime_ns, *text, attempts, now),
        )
    await db.execute("DELETE FROM jobs WHERE file_id = ?", (file_id,))
