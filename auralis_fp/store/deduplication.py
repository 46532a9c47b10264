"""Deduplication: reuse of results for the same audio elsewhere, and re-analysis of outdated results."""

import json
import sqlite3
import time
from collections.abc import Sequence
from typing import Final, NamedTuple

from .. import schema
from ..models import Job, Part
from . import failures, fingerprints, former, parts
from .database import Database
from .fingerprints import StoredFingerprint
from .observations import follow_moves, queue
from .records import SELECT_FILES, file_record
from .stamps import to_sql

_KNOWN: Final = (
    "SELECT 1 FROM fingerprints WHERE content = :content AND algorithm_version = :version"
    " UNION ALL SELECT 1 FROM former_results WHERE content = :content AND algorithm_version = :version LIMIT 1"
)
_VERSION: Final = "algorithm version"  # key: the version for which outdated results were last queued


async def is_known(database: Database, content: bytes) -> bool:
    """Return True if a current or former result has this content id; the payload digest decides.

    Parameters
    ----------
    database : Database
    content : bytes
    """
    return bool(await database.read(_KNOWN, {"content": content, "version": schema.ALGORITHM_VERSION}))


class Reused(NamedTuple):
    """The stored result of the same audio, and its parts."""

    fingerprint: StoredFingerprint
    parts: tuple[Part, ...]


async def reuse(database: Database, job: Job, digest: bytes) -> Reused | None:
    """End a job with a stored result of the same audio: of another file, of this one before it was retagged, or former.

    Parameters
    ----------
    database : Database
    job : Job
        A claimed job.
    digest : bytes
        Payload digest of its file.

    Returns
    -------
    Reused or None
        The result; None if there is none, or the claim is no longer valid.
    """

    def operation(db: sqlite3.Connection) -> Reused | None:
        held = db.execute(
            "SELECT 1 FROM jobs j JOIN files f ON f.id = j.file_id"
            " WHERE f.id = ? AND f.size = ? AND f.mtime_ns = ? AND j.claim = ?",
            (job.file_id, job.stamp.size, to_sql(job.stamp.mtime_ns), job.claim),
        ).fetchall()
        if not held:
            return None
        former.keep(db, job.file_id, digest)
        known_parts = parts.of_audio(db, digest)  # storing the fingerprint removes those of this file
        if fingerprints.copy(db, job.file_id, digest):
            parts.put(db, job.file_id, known_parts)
        elif not former.restore(db, job.file_id, digest):
            return None
        failures.clear(db, job.file_id)
        db.execute("DELETE FROM unconfirmed WHERE file_id = ?", (job.file_id,))
        db.execute("DELETE FROM jobs WHERE file_id = ?", (job.file_id,))
        follow_moves(db, "id IN (SELECT file_id FROM fingerprints WHERE payload_digest = ?)", (digest,))
        (row,) = db.execute(f"{SELECT_FILES} WHERE f.id = ?", (job.file_id,)).fetchall()
        known = file_record(row).fingerprint
        return None if known is None else Reused(known, parts.of_file(db, job.file_id))

    return await database.write(operation)


async def queue_outdated(database: Database) -> None:
    """Queue files whose result is of another algorithm version; done once per version."""

    def operation(db: sqlite3.Connection) -> None:
        rows = db.execute("SELECT value FROM memory WHERE key = ?", (_VERSION,)).fetchall()
        if rows and rows[0]["value"] == str(schema.ALGORITHM_VERSION):
            return
        queue(db, "true")
        db.execute("INSERT OR REPLACE INTO memory VALUES (?, ?)", (_VERSION, str(schema.ALGORITHM_VERSION)))

    await database.write(operation)


async def queue_forced(database: Database, file_ids: Sequence[int]) -> int:
    """Queue finished files for a forced re-run before all others; their results are served until it ends.

    Parameters
    ----------
    database : Database
    file_ids : sequence of int

    Returns
    -------
    int
        How many of the files are queued for a forced re-run or running.
    """
    chosen = (
        "SELECT f.id, :now, 1, 1, (SELECT coalesce(max(priority), 0) + 1 FROM jobs)"
        " FROM files f JOIN fingerprints p ON p.file_id = f.id WHERE f.id IN (SELECT value FROM json_each(:ids))"
        f" AND f.missing_since IS NULL AND {fingerprints.current('p')}"
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
