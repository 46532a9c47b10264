"""What is in the library: files seen and gone, their results and counts."""

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from .. import schema
from ..files.paths import sort_range
from ..models import Analysed, Counts, FileEvent, FileStamp, Rejected
from .database import Database
from .records import SELECT_FILES, FileRecord, Source, file_record

_SEEN: Final = "CREATE TEMP TABLE IF NOT EXISTS seen (path BLOB PRIMARY KEY, size INTEGER, mtime_ns INTEGER)"
_WALKED: Final = "CREATE TEMP TABLE IF NOT EXISTS walked (file_id INTEGER PRIMARY KEY)"
CURRENT: Final = "{table}.size = f.size AND {table}.mtime_ns = f.mtime_ns AND {table}.algorithm_version = :version"
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

        def operation(db: sqlite3.Connection) -> int:
            for path in gone:
                _mark_gone(db, "path = ? OR " + below(), (path, *sort_range(path)))
            return _take_in(db, seen, walk=walk) if seen else 0

        return await self.database.write(operation)

    async def confine(self, roots: Sequence[bytes]) -> None:
        """Set aside the files outside *roots*, with their results: folders taken off the list are not worked on."""
        inside = " OR ".join(below() for _ in roots) or "false"
        ranges = [bound for root in roots for bound in sort_range(root)]

        def operation(db: sqlite3.Connection) -> None:
            _mark_gone(db, f"NOT ({inside})", ranges)

        await self.database.write(operation)

    async def begin_walk(self) -> None:
        """Forget which files earlier walks have seen."""

        def operation(db: sqlite3.Connection) -> None:
            db.execute(_WALKED)
            db.execute("DELETE FROM walked")

        await self.database.write(operation)

    async def unseen(self, folder: bytes) -> list[bytes]:
        """Return the known files below *folder* that the walk has not come across."""

        def operation(db: sqlite3.Connection) -> list[bytes]:
            rows = db.execute(
                f"SELECT path FROM files WHERE missing_since IS NULL AND {below()}"
                " AND id NOT IN (SELECT file_id FROM walked)",
                sort_range(folder),
            ).fetchall()
            return [row["path"] for row in rows]

        return await self.database.write(operation)

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
        """Store the outcome of a job and end the job; a result that still holds is not given up for a failure.

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
        retry_at : float, optional
            When a file that could not be read is to be tried again, in Unix seconds.
        owes_sidecar : bool
            Its sidecar is yet to be written.

        Returns
        -------
        bool
            Whether it was stored.
        """

        def operation(db: sqlite3.Connection) -> bool:
            rows = db.execute(
                "SELECT j.attempts, j.claim FROM files f LEFT JOIN jobs j ON j.file_id = f.id"
                " WHERE f.id = ? AND f.size = ? AND f.mtime_ns = ?",
                (file_id, stamp.size, stamp.mtime_ns),
            ).fetchall()
            for row in rows:
                if claim is None or row["claim"] == claim:
                    attempts = (row["attempts"] or 0) + 1
                    fault = schema.fault_of(outcome.fingerprint) if isinstance(outcome, Analysed) else None
                    if isinstance(outcome, Rejected) or fault is not None:
                        failure = outcome if isinstance(outcome, Rejected) else invalid(fault)
                        if not _is_done(db, file_id):
                            store_failure(db, file_id, failure, stamp, attempts, retry_at)
                    else:
                        _store(db, file_id, outcome, stamp, source)
                        if sidecar_pending:
                            db.execute("INSERT OR IGNORE INTO sidecars_owed VALUES (?)", (file_id,))
                    db.execute("DELETE FROM jobs WHERE file_id = ?", (file_id,))
                    return True
            db.execute("UPDATE jobs SET claim = NULL WHERE file_id = ? AND claim = ?", (file_id, claim))
            return False

        return await self.database.write(operation)

    async def link_track(self, track_id: int, file_id: int) -> None:
        """Remember the host's id of a file."""

        def operation(db: sqlite3.Connection) -> None:
            db.execute(
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

    async def enqueue_sidecar(self, file_id: int) -> None:
        """Remember that the sidecar of a file could not be written."""

        def operation(db: sqlite3.Connection) -> None:
            db.execute("INSERT OR IGNORE INTO sidecars_owed SELECT id FROM files WHERE id = ?", (file_id,))

        await self.database.write(operation)

    async def pending_sidecars(self, limit: int) -> list[FileRecord]:
        """Return files whose sidecar is yet to be written, those of offline folders too."""
        rows = await self.database.read(
            f"{SELECT_FILES} WHERE {_PRESENT} AND f.id IN (SELECT file_id FROM sidecars_owed) LIMIT ?", (limit,)
        )
        return [file_record(row) for row in rows]

    async def sidecars_flushed(self, file_ids: Sequence[int]) -> None:
        """Take note that these sidecars were written, or need not be."""

        def operation(db: sqlite3.Connection) -> None:
            db.executemany("DELETE FROM sidecars_owed WHERE file_id = ?", [(one,) for one in file_ids])

        await self.database.write(operation)

    async def sizes_left(self) -> dict[str, int]:
        """Return how many bytes wait to be worked on, by ``kind_of`` their names."""
        rows = await self.database.read(
            "SELECT substr(f.path, -4) AS ending, sum(f.size) AS size"
            " FROM jobs j JOIN files f ON f.id = j.file_id GROUP BY ending"
        )
        sizes: Counter[str] = Counter()
        for row in rows:
            sizes[kind_of(row["ending"])] += row["size"]
        return sizes

    async def remember(self, key: str, value: str) -> None:
        """Keep a value over restarts."""

        def operation(db: sqlite3.Connection) -> None:
            db.execute("INSERT OR REPLACE INTO memory VALUES (?, ?)", (key, value))

        await self.database.write(operation)

    async def recall(self, key: str) -> str | None:
        """Return a value that was kept."""
        rows = await self.database.read("SELECT value FROM memory WHERE key = ?", (key,))
        return rows[0]["value"] if rows else None


def kind_of(path: bytes) -> str:
    """Return what tells formats apart cheaply, in SQL too: the last four letters of a name."""
    return path[-4:].decode("latin-1").lower()


def below(column: str = "path") -> str:
    """Return the condition for paths below a folder, as a range that the index on paths serves."""
    return f"({column} > ? AND {column} < ?)"


def _mark_gone(db: sqlite3.Connection, condition: str, parameters: Iterable[Any]) -> None:
    values = tuple(parameters)
    db.execute(f"DELETE FROM jobs WHERE file_id IN (SELECT id FROM files WHERE {condition})", values)
    db.execute(
        f"UPDATE files SET missing_since = ? WHERE missing_since IS NULL AND ({condition})",
        (time.time(), *values),
    )
    follow_moves(db, f"{condition}", values)


_SAME_MUSIC: Final = "id IN (SELECT p.file_id FROM fingerprints p JOIN fingerprints q ON q.content = p.content WHERE "


def follow_moves(db: sqlite3.Connection, condition: str, parameters: Iterable[Any]) -> None:
    """Let the host's ids of files that are gone go with the music, where it lies elsewhere now."""
    db.execute(
        "UPDATE tracks SET file_id = coalesce((SELECT q.file_id FROM fingerprints p"
        " JOIN fingerprints q ON q.content = p.content JOIN files g ON g.id = q.file_id AND g.missing_since IS NULL"
        " WHERE p.file_id = tracks.file_id LIMIT 1), file_id)"
        f" WHERE file_id IN (SELECT id FROM files WHERE missing_since IS NOT NULL AND ({condition}))",
        tuple(parameters),
    )


def _take_in(db: sqlite3.Connection, seen: list[tuple[bytes, int, int]], *, walk: bool) -> int:
    """Bring ``files``, ``failures`` and ``jobs`` up to what was seen; files as they were known cost no write."""
    db.execute(_SEEN)
    db.execute("DELETE FROM seen")
    db.executemany("INSERT OR REPLACE INTO seen VALUES (?, ?, ?)", seen)
    db.execute(  # another file in the same place: what its forerunner did is not held against it
        "UPDATE jobs SET attempts = 0, suspect = 0, sidecar_checked = 0, afresh = 0 WHERE claim IS NULL AND file_id IN"
        " (SELECT f.id FROM seen s CROSS JOIN files f USING (path) WHERE f.size != s.size OR f.mtime_ns != s.mtime_ns)"
    )
    returned = db.execute(
        "SELECT f.id FROM seen s CROSS JOIN files f USING (path) WHERE f.missing_since IS NOT NULL"
    ).fetchall()
    db.execute(
        "INSERT INTO files (path, size, mtime_ns, added_at) SELECT path, size, mtime_ns, ? FROM seen WHERE true"
        " ON CONFLICT (path) DO UPDATE SET size = excluded.size, mtime_ns = excluded.mtime_ns, missing_since = NULL"
        " WHERE size != excluded.size OR mtime_ns != excluded.mtime_ns OR missing_since IS NOT NULL",
        (time.time(),),
    )
    if ids := [row["id"] for row in returned]:
        follow_moves(db, _SAME_MUSIC + "q.file_id IN (SELECT value FROM json_each(?)))", (json.dumps(ids),))
    if walk:
        db.execute(_WALKED)
        db.execute("INSERT OR IGNORE INTO walked SELECT f.id FROM seen CROSS JOIN files f USING (path)")
    return queue(db, "f.path IN (SELECT path FROM seen)")


def queue(db: sqlite3.Connection, condition: str, parameters: Iterable[Any] = ()) -> int:
    """Queue the files that *condition* selects and that have no current result; return how many."""
    given = {f"p{index}": value for index, value in enumerate(parameters)}
    values = {**given, "version": schema.ALGORITHM_VERSION, "now": time.time()}
    needy = (
        f"SELECT f.id FROM files f WHERE {condition} AND {_PRESENT}"
        f" AND NOT EXISTS (SELECT 1 FROM fingerprints p WHERE p.file_id = f.id AND {CURRENT.format(table='p')})"
        f" AND NOT EXISTS (SELECT 1 FROM failures x WHERE x.file_id = f.id AND {CURRENT.format(table='x')})"
    )
    cursor = db.execute(
        f"INSERT INTO jobs (file_id, queued_at) SELECT id, :now FROM ({needy}) WHERE true"
        " ON CONFLICT (file_id) DO NOTHING",
        values,
    )
    if cursor.rowcount:  # a failure of an earlier version of the file is history
        db.execute("DELETE FROM failures WHERE file_id IN (SELECT file_id FROM jobs)")
    return cursor.rowcount


_COLUMNS: Final = (
    "file_id, algorithm_version, size, mtime_ns, source, analysed_at, processing_time_ms, metadata, content"
)
_STORE: Final = (
    f"INSERT OR REPLACE INTO fingerprints ({_COLUMNS}, {', '.join(schema.NAMES)})"
    f" VALUES ({', '.join('?' for _ in range(9 + len(schema.NAMES)))})"
)


def _store(db: sqlite3.Connection, file_id: int, outcome: Analysed, stamp: FileStamp, source: Source) -> None:
    metadata = json.dumps(outcome.metadata.as_json(), allow_nan=False)
    made = (schema.ALGORITHM_VERSION, stamp.size, stamp.mtime_ns, source, time.time(), outcome.processing_time_ms)
    values = (outcome.fingerprint[name] for name in schema.NAMES)
    db.execute(_STORE, (file_id, *made, metadata, outcome.content, *values))
    db.execute("DELETE FROM failures WHERE file_id = ?", (file_id,))


def store_failure(
    db: sqlite3.Connection,
    file_id: int,
    rejected: Rejected,
    stamp: FileStamp,
    attempts: int,
    retry_at: float | None = None,
) -> None:
    """Keep why a file cannot be used."""
    db.execute(
        "INSERT OR REPLACE INTO failures (file_id, algorithm_version, size, mtime_ns, stage, code, reason, attempts,"
        " failed_at, retry_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            file_id,
            schema.ALGORITHM_VERSION,
            stamp.size,
            stamp.mtime_ns,
            rejected.stage,
            rejected.code,
            rejected.reason[:2000],
            attempts,
            time.time(),
            retry_at,
        ),
    )


def _is_done(db: sqlite3.Connection, file_id: int) -> bool:
    """Say whether there is a result of the file as it is, and of this version."""
    current = CURRENT.format(table="p")
    known = f"SELECT 1 FROM fingerprints p JOIN files f ON f.id = p.file_id WHERE f.id = :id AND {current}"
    return bool(db.execute(known, {"id": file_id, "version": schema.ALGORITHM_VERSION}).fetchall())


def fail_jobs(db: sqlite3.Connection, chosen: str, values: Sequence[Any], rejected: Rejected) -> None:
    """Keep for all jobs *chosen* that they cannot be done; the jobs themselves are the caller's to end."""
    db.execute(
        "INSERT OR REPLACE INTO failures (file_id, algorithm_version, size, mtime_ns, stage, code, reason, attempts,"
        " failed_at) SELECT f.id, ?, f.size, f.mtime_ns, ?, ?, ?, j.attempts, ?"
        f" FROM jobs j JOIN files f ON f.id = j.file_id WHERE {chosen}",
        (schema.ALGORITHM_VERSION, rejected.stage, rejected.code, rejected.reason, time.time(), *values),
    )


def invalid(fault: str | None) -> Rejected:
    """Return the answer for an analysis whose result cannot be believed."""
    return Rejected("internal", "invalid_fingerprint", f"The analysis gave no valid fingerprint: {fault}.")
