"""The job queue: the ``jobs`` table and the order in which jobs are leased.

The queue is in the database, so its length costs no memory and a restart resumes it.
"""

import asyncio
import math
import secrets
import sqlite3
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from ..files.paths import sort_range
from ..models import FileStamp, Isolation, Job
from . import job_requests
from .clock import limits, reached
from .database import Database
from .deduplication import queue_forced
from .observations import below, merge_seen
from .stamps import stamp_from_row

_COLUMNS: Final = "f.id, f.path, f.size, f.mtime_ns, f.ctime_ns, f.inode, j.attempts, j.suspect, j.afresh"
_CLAIMED: Final = "file_id AS id, attempts, suspect, afresh, " + ", ".join(
    f"(SELECT {name} FROM files WHERE id = file_id) AS {name}"
    for name in ("path", "size", "mtime_ns", "ctime_ns", "inode")
)
_JOBS: Final = "jobs j JOIN files f ON f.id = j.file_id"
_NEXT: Final = "j.claim IS NULL AND j.sidecar_checked = 1"
_ORDER: Final = "ORDER BY j.suspect, j.priority DESC, j.queued_at DESC LIMIT 1"


class JobQueue:
    """A persistent queue with leases: newest jobs first, no job leased twice.

    Parameters
    ----------
    database : Database
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.generation = 0  # grows with every call of notify()
        self._waked = asyncio.Event()

    def notify(self) -> None:
        """Wake the waiters: there may be a job to claim."""
        self.generation += 1
        self._waked.set()
        self._waked = asyncio.Event()

    async def wait(self, generation: int) -> None:
        """Wait for a notification; return at once if there was one since *generation*."""
        while self.generation == generation:
            await self._waked.wait()

    async def release_claims(self, *, orderly: bool = False) -> list[bytes]:
        """Release the leases of an earlier run; called once at start, and *orderly* at shutdown.

        The sidecars of the files are checked again: a run that was killed may have written some without storing the
        results. One of the files may have ended it, so unless the end was orderly they run last and alone.

        Parameters
        ----------
        orderly : bool
            The run ended normally.

        Returns
        -------
        list of bytes
            Paths of the released files.
        """

        def operation(db: sqlite3.Connection) -> list[bytes]:
            rows = db.execute(f"SELECT f.path FROM {_JOBS} WHERE j.claim IS NOT NULL").fetchall()
            db.execute(
                "UPDATE jobs SET claim = NULL, sidecar_checked = afresh, suspect = max(suspect, ?)"
                " WHERE claim IS NOT NULL",
                (int(Isolation.NORMAL if orderly else Isolation.SERIAL),),
            )
            return [row["path"] for row in rows]

        return await self._database.write(operation)

    async def next_isolation(self, blocked: Sequence[bytes] = ()) -> Isolation | None:
        """Return the isolation of the next job; None if there is no job to claim.

        Parameters
        ----------
        blocked : sequence of bytes
            Folders whose files are skipped.
        """
        rows = await self._database.read(
            f"SELECT j.suspect FROM {_JOBS} WHERE {_NEXT}{_outside(blocked)} {_ORDER}", _bounds(blocked)
        )
        return _isolation(rows[0]["suspect"]) if rows else None

    async def reachable(self, blocked: Sequence[bytes]) -> int:
        """Return how many jobs wait for files outside of these folders."""
        rows = await self._database.read(
            f"SELECT count(*) AS number FROM {_JOBS} WHERE j.claim IS NULL{_outside(blocked)}", _bounds(blocked)
        )
        return int(rows[0]["number"])

    async def claim(
        self,
        blocked: Sequence[bytes] = (),
        *,
        up_to: Isolation = Isolation.SERIAL,
        held: Sequence[bytes] = (),
    ) -> Job | None:
        """Lease the next job whose sidecar has been checked; None if there is none.

        Parameters
        ----------
        blocked : sequence of bytes
            Folders whose files are skipped.
        up_to : Isolation
            Highest isolation to lease.
        held : sequence of bytes
            Files to skip.
        """
        other = f" AND f.path NOT IN ({', '.join('?' for _ in held)})" if held else ""
        condition = f"{_NEXT} AND j.suspect <= {int(up_to)}{_outside(blocked)}{other} {_ORDER}"
        return await self._claim(condition, (*_bounds(blocked), *held))

    async def claim_file(self, path: bytes, stamp: FileStamp | None = None) -> Job | None:
        """Lease the job of one file.

        Parameters
        ----------
        path : bytes
        stamp : FileStamp, optional
            The file as it is now: queues it in the same transaction, unless it has a current result.

        Returns
        -------
        Job or None
            None if the file has no job, or the job is leased already.
        """
        seen = None if stamp is None else (path, stamp)
        return await self._claim("j.claim IS NULL AND f.path = ?", (path,), seen)

    async def _claim(
        self, condition: str, parameters: tuple[Any, ...], seen: tuple[bytes, FileStamp] | None = None
    ) -> Job | None:
        token = secrets.token_hex(8)

        def operation(db: sqlite3.Connection) -> Job | None:
            if seen is not None:
                merge_seen(db, [seen], walk=False)
            rows = db.execute(
                f"UPDATE jobs SET claim = ? WHERE file_id = (SELECT j.file_id FROM {_JOBS} WHERE {condition})"
                f" RETURNING {_CLAIMED}",
                (token, *parameters),
            ).fetchall()
            return _job(rows[0], token) if rows else None

        return await self._database.write(operation)

    async def release(self, job: Job, isolation: Isolation | None = None) -> None:
        """Release the lease of a job. With a new *isolation*, count the attempt."""

        def operation(db: sqlite3.Connection) -> None:
            db.execute(
                "UPDATE jobs SET claim = NULL, attempts = attempts + ?, suspect = ? WHERE file_id = ? AND claim = ?",
                (
                    int(isolation is not None),
                    int(job.isolation if isolation is None else isolation),
                    job.file_id,
                    job.claim,
                ),
            )

        await self._database.write(operation)

    async def without_sidecar_check(self, limit: int, blocked: Sequence[bytes] = ()) -> list[Job]:
        """Return jobs whose sidecar has not been checked.

        Parameters
        ----------
        limit : int
        blocked : sequence of bytes
            Folders whose files are skipped.
        """
        rows = await self._database.read(
            f"SELECT {_COLUMNS} FROM {_JOBS} WHERE j.claim IS NULL AND j.sidecar_checked = 0{_outside(blocked)}"
            " ORDER BY j.priority DESC, j.queued_at DESC LIMIT ?",
            (*_bounds(blocked), limit),
        )
        return [_job(row, "") for row in rows]

    async def mark_checked(self, file_ids: Sequence[int]) -> None:
        """Record that these files have no usable sidecar."""

        def operation(db: sqlite3.Connection) -> None:
            db.executemany(
                "UPDATE jobs SET sidecar_checked = 1 WHERE file_id = ?", [(file_id,) for file_id in file_ids]
            )

        await self._database.write(operation)

    async def retry(self, file_ids: Sequence[int] | None) -> int:
        """Queue failed files again, all of them for None. Return their number."""
        queued = await self._database.write(partial(job_requests.retry, file_ids=file_ids))
        self.notify()
        return queued

    async def reanalyse(self, file_ids: Sequence[int]) -> int:
        """Queue finished files for a forced re-run before all others. Return how many are queued or running."""
        waiting = await queue_forced(self._database, file_ids)
        self.notify()
        return waiting

    async def prioritise(self, file_ids: Sequence[int]) -> int:
        """Move these files to the head of the queue. Return how many of them are queued."""
        return await self._database.write(partial(job_requests.prioritise, file_ids=file_ids))

    async def cancel(self, file_ids: Sequence[int] | None) -> int:
        """Remove queued files, all of them for None. Return their number.

        They count as failed until they change; files queued for a forced re-run keep their result instead.
        """
        return await self._database.write(partial(job_requests.cancel, file_ids=file_ids))

    async def skip(self, file_ids: Sequence[int] | None) -> int:
        """Do not retry failed files, all of them for None, until they change or are requested. Return their number.

        Their reason is kept; their code becomes ``skipped``.
        """
        return await self._database.write(partial(job_requests.skip, file_ids=file_ids))

    async def retry_due(
        self, now: float, folder: bytes | None = None, *, longest_sec: float = math.inf
    ) -> float | None:
        """Queue the unreadable files that are due for a retry.

        Parameters
        ----------
        now : float
            Unix time.
        folder : bytes, optional
            Queue all unreadable files below this folder instead, due or not.
        longest_sec : float
            The longest pause before a retry. One that is farther ahead was set by a wrong clock, and is due.

        Returns
        -------
        float or None
            Unix time of the next retry.
        """
        due, values = reached("x.retry_at"), limits(now, longest_sec)  # type: tuple[str, tuple[Any, ...]]
        if folder is not None:
            due, values = "x.retry_at IS NOT NULL AND " + below("f.path"), sort_range(folder)

        def operation(db: sqlite3.Connection) -> tuple[int, float | None]:
            chosen = f"failures x JOIN files f ON f.id = x.file_id WHERE f.missing_since IS NULL AND {due}"
            cursor = db.execute(
                "INSERT INTO jobs (file_id, queued_at, attempts, sidecar_checked)"
                f" SELECT f.id, ?, x.attempts, ? FROM {chosen} ON CONFLICT (file_id) DO NOTHING",
                (now, folder is None, *values),  # the first attempt has checked it; the folder may have changed
            )
            db.execute(f"DELETE FROM failures WHERE file_id IN (SELECT f.id FROM {chosen})", values)
            (following,) = db.execute(
                "SELECT min(x.retry_at) AS at FROM failures x JOIN files f ON f.id = x.file_id"
                " WHERE f.missing_since IS NULL"
            ).fetchall()
            return cursor.rowcount, following["at"]

        queued, following = await self._database.write(operation)
        if queued:
            self.notify()
        return following


def _outside(folders: Sequence[bytes]) -> str:
    """Return the SQL condition that excludes the folders."""
    return "".join(" AND NOT " + below("f.path") for _ in folders)


def _bounds(folders: Sequence[bytes]) -> tuple[bytes, ...]:
    return tuple(bound for folder in folders for bound in sort_range(folder))


def _isolation(value: Any) -> Isolation:
    """Return the isolation of a job; a damaged value counts as the strictest."""
    try:
        return Isolation(value)
    except ValueError:
        return Isolation.SERIAL


def _job(row: Any, claim: str) -> Job:
    stamp = stamp_from_row(row)
    return Job(row["id"], row["path"], stamp, row["attempts"], claim, _isolation(row["suspect"]), bool(row["afresh"]))
