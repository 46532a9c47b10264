"""Results whose file has got other audio since: kept by the digest of their audio, in case it comes back elsewhere.

Without them, two files that exchange their names would be analysed again, depending on which is looked at first.
"""

import json
import sqlite3
import time
from dataclasses import replace
from typing import Final

from .. import schema
from ..runtime.serialization import to_json
from . import fingerprints, parts
from .records import SELECT_FILES, file_record
from .stamps import stamp_from_row
from .transfer import Result, result_from_json, result_record

_SUPERSEDED: Final = """
SELECT 1 FROM fingerprints p
WHERE p.file_id = :id AND p.payload_digest IS NOT NULL AND p.payload_digest IS NOT :digest
  AND p.algorithm_version = :version AND NOT EXISTS (
      SELECT 1 FROM fingerprints q
      WHERE q.payload_digest = p.payload_digest AND q.algorithm_version = :version AND q.file_id != :id)
"""
_WHERE: Final = "payload_digest = ? AND algorithm_version = ?"


def keep(db: sqlite3.Connection, file_id: int, digest: bytes | None = None) -> None:
    """Keep the result of a file that is about to be replaced, unless another file has the same audio.

    Parameters
    ----------
    db : sqlite3.Connection
    file_id : int
    digest : bytes, optional
        Payload digest of the result that takes its place.
    """
    values = {"id": file_id, "digest": digest, "version": schema.ALGORITHM_VERSION}
    if not db.execute(_SUPERSEDED, values).fetchall():
        return
    (row,) = db.execute(f"{SELECT_FILES} WHERE f.id = ?", (file_id,)).fetchall()
    record = file_record(row)
    if record.fingerprint is None:  # damaged
        return
    result = Result(record.path, record.fingerprint, parts=parts.of_file(db, file_id))
    db.execute(
        "INSERT OR REPLACE INTO former_results VALUES (?, ?, ?, ?, ?)",
        (
            record.fingerprint.payload_digest,
            record.fingerprint.content,
            record.fingerprint.algorithm_version,
            time.time(),
            to_json(result_record(result)),
        ),
    )


def restore(db: sqlite3.Connection, file_id: int, digest: bytes) -> bool:
    """Store a former result of the same audio as the result of a file. Return True if there was one.

    Parameters
    ----------
    db : sqlite3.Connection
    file_id : int
    digest : bytes
        Payload digest of the file.
    """
    rows = db.execute(
        f"DELETE FROM former_results WHERE {_WHERE} RETURNING record", (digest, schema.ALGORITHM_VERSION)
    ).fetchall()
    try:
        (result,) = (result_from_json(json.loads(row["record"])) for row in rows)
    except ValueError:  # there is none, or it is damaged
        return False
    (file,) = db.execute("SELECT size, mtime_ns, ctime_ns, inode FROM files WHERE id = ?", (file_id,)).fetchall()
    stored = replace(result.fingerprint, stamp=stamp_from_row(file), source="analysis", confirmed_at=time.time())
    fingerprints.put(db, file_id, stored)
    parts.put(db, file_id, result.parts)
    return True


def drop(db: sqlite3.Connection, older_than: float | None = None) -> int:
    """Delete former results: all, or those kept before a time (Unix, seconds). Return their number.

    Parameters
    ----------
    db : sqlite3.Connection
    older_than : float, optional
    """
    if older_than is None:
        return db.execute("DELETE FROM former_results").rowcount
    return db.execute("DELETE FROM former_results WHERE kept_at < ?", (older_than,)).rowcount
