"""Which file is next: the policy over the table of jobs.

The table is the queue, so a hundred thousand files cost no memory and a restart resumes.
"""

import asyncio
import json
import secrets
from collections.abc import Sequence
from typing import Any, Final

import aiosqlite

from .model import FileStamp
from .store.database import Database
from .store.library import queue
from .store.records import Job

MAX_ATTEMPTS: Final = 2  # a file that killed its worker is tried once more, then only when it changes

_COLUMNS: Final = "f.id, f.path, f.size, f.mtime_ns, j.attempts"
_JOBS: Final = "jobs j JOIN files f ON f.id = j.file_id"


class Backlog:
    """The files that wait for work; newest first, nothing handed out twice."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.news = 0  # grows with every call of wake()
        self._waked = asyncio.Event()

    def wake(self) -> None:
        """Say that there may be something to do."""
        self.news += 1
        self._waked.set()
        self._waked = asyncio.Event()

    async def wait(self, news: int) -> None:
        """Wait until somebody says so; at once if that was since *news*."""
        while self.news == news:
            await self._waked.wait()

    async def release_claims(self) -> None:
        """Let go of what an earlier run had in flight; called once at start.

        Its sidecars are looked at again: a run that was killed may have written some without storing the results.
        """

        async def operation(db: aiosqlite.Connection) -> None:
            await db.execute("UPDATE jobs SET claim = NULL, sidecar_checked = 0 WHERE claim IS NOT NULL")

        await self._database.write(operation)

    async def ready(self) -> bool:
        """Say whether there is a job to claim."""
        sql = "SELECT 1 FROM jobs WHERE claim IS NULL AND sidecar_checked = 1 LIMIT 1"
        return bool(await self._database.read(sql))

    async def claim(self) -> Job | None:
        """Take the next job whose sidecar has been looked at; None if there is none."""
        return await self._claim("j.claim IS NULL AND j.sidecar_checked = 1 ORDER BY j.queued_at DESC LIMIT 1", ())

    async def claim_file(self, path: bytes) -> Job | None:
        """Take the job of one file; None if it has none, or somebody else took it."""
        return await self._claim("j.claim IS NULL AND f.path = ?", (path,))

    async def _claim(self, condition: str, parameters: tuple[Any, ...]) -> Job | None:
        token = secrets.token_hex(8)

        async def operation(db: aiosqlite.Connection) -> Job | None:
            rows = list(await db.execute_fetchall(f"SELECT {_COLUMNS} FROM {_JOBS} WHERE {condition}", parameters))
            if not rows:
                return None
            job = _job(rows[0], token)
            await db.execute("UPDATE jobs SET claim = ? WHERE file_id = ?", (token, job.file_id))
            return job

        return await self._database.write(operation)

    async def put_back(self, job: Job, *, tried: bool = False) -> None:
        """Return a job undone; *tried* counts the attempt."""

        async def operation(db: aiosqlite.Connection) -> None:
            await db.execute(
                "UPDATE jobs SET claim = NULL, attempts = attempts + ? WHERE file_id = ? AND claim = ?",
                (int(tried), job.file_id, job.claim),
            )

        await self._database.write(operation)

    async def unchecked(self, limit: int) -> list[Job]:
        """Return jobs whose sidecar has not been looked at."""
        rows = await self._database.read(
            f"SELECT {_COLUMNS} FROM {_JOBS} WHERE j.claim IS NULL AND j.sidecar_checked = 0"
            " ORDER BY j.queued_at DESC LIMIT ?",
            (limit,),
        )
        return [_job(row, "") for row in rows]

    async def mark_checked(self, file_ids: Sequence[int]) -> None:
        """Note that these files have no sidecar that helps."""

        async def operation(db: aiosqlite.Connection) -> None:
            await db.executemany(
                "UPDATE jobs SET sidecar_checked = 1 WHERE file_id = ?", [(file_id,) for file_id in file_ids]
            )

        await self._database.write(operation)

    async def retry(self, file_ids: Sequence[int] | None) -> int:
        """Queue failed files once more, all or some; return how many."""
        chosen = "f.missing_since IS NULL"
        if file_ids is not None:
            chosen += " AND f.id IN (SELECT value FROM json_each(:p0))"
        ids = [] if file_ids is None else [json.dumps(list(file_ids))]

        async def operation(db: aiosqlite.Connection) -> int:
            failed = f"SELECT f.id FROM failures x JOIN files f ON f.id = x.file_id WHERE {chosen}"
            rows = await db.execute_fetchall(failed, {f"p{index}": value for index, value in enumerate(ids)})
            await db.executemany("DELETE FROM failures WHERE file_id = ?", [(row["id"],) for row in rows])
            return await queue(db, chosen, ids)

        queued = await self._database.write(operation)
        self.wake()
        return queued


def _job(row: Any, claim: str) -> Job:
    return Job(row["id"], row["path"], FileStamp(row["size"], row["mtime_ns"]), row["attempts"], claim)
