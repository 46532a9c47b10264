"""Results as records that travel from one database to another; what comes in is trusted in nothing."""

import json
import os
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from .. import schema
from ..models import FileStamp
from .database import Database
from .records import SELECT_FILES, FileRecord, StoredFingerprint, file_record, metadata_from_json

_LARGEST: Final = 2**63 - 1  # what SQLite can hold
_COLUMNS: Final = "file_id, algorithm_version, size, mtime_ns, source, analysed_at, processing_time_ms, metadata"
_STORE: Final = (
    f"INSERT OR REPLACE INTO fingerprints ({_COLUMNS}, {', '.join(schema.NAMES)})"
    f" VALUES ({', '.join('?' for _ in range(8 + len(schema.NAMES)))})"
)
_KNOWN: Final = """
SELECT f.id, f.size, f.mtime_ns, f.missing_since IS NULL AS present, p.file_id IS NOT NULL AS has_one,
       p.size IS f.size AND p.mtime_ns IS f.mtime_ns AND p.algorithm_version IS :version AS has_current
FROM files f LEFT JOIN fingerprints p ON p.file_id = f.id WHERE f.path = :path
"""


@dataclass(frozen=True, slots=True)
class Result:
    """One file's fingerprint with the path and the host's ids it goes by."""

    path: bytes
    fingerprint: StoredFingerprint
    track_ids: tuple[int, ...] = ()


class TakenIn(NamedTuple):
    """How many results were stored, and how many the database knew as well or better."""

    stored: int
    known: int


async def results(database: Database, after: bytes = b"", limit: int = 500) -> list[Result]:
    """Return stored results by path, those of files that are gone too.

    Parameters
    ----------
    database : Database
    after : bytes
        The last path of the page before.
    limit : int
        Most results to return.
    """
    rows = await database.read(
        f"{SELECT_FILES} WHERE p.file_id IS NOT NULL AND f.path > ? ORDER BY f.path LIMIT ?", (after, limit)
    )
    return [_result(file_record(row)) for row in rows]


def _result(record: FileRecord) -> Result:
    assert record.fingerprint is not None  # noqa: S101 - the query asks for those that have one
    return Result(record.path, record.fingerprint, tuple(sorted(record.track_ids)))


def result_record(result: Result) -> dict[str, Any]:
    """Return the JSON form of a result; ``result_from_json`` reads it."""
    stored = result.fingerprint
    return {
        "path": os.fsdecode(result.path),
        "size": stored.stamp.size,
        "mtime_ns": stored.stamp.mtime_ns,
        "metadata": stored.metadata.as_json(),
        "fingerprint": stored.values,
        "algorithm": schema.ALGORITHM,
        "algorithm_version": stored.algorithm_version,
        "analysed_at": stored.analysed_at,
        "processing_time_ms": stored.processing_time_ms,
        "track_ids": list(result.track_ids),
    }


def result_from_json(value: object) -> Result:
    """Return a result from JSON of unknown origin.

    Raises
    ------
    ValueError
        It is not of the form ``result_record`` gives; the sentence says what is wrong.
    """
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - a fault of the text, not of the caller
    if value.get("algorithm") != schema.ALGORITHM:
        raise ValueError(f"made by another algorithm than {schema.ALGORITHM}")
    version = _whole(value, "algorithm_version", least=1)
    if version > schema.ALGORITHM_VERSION:
        raise ValueError(f"made by algorithm version {version}, newer than {schema.ALGORITHM_VERSION}")
    values = value.get("fingerprint")
    fault = schema.fault_of(values)
    if fault is not None or not isinstance(values, dict):
        raise ValueError(f"fingerprint: {fault}")
    ids = value.get("track_ids", [])
    if not isinstance(ids, list):
        raise ValueError("track_ids is not a list")  # noqa: TRY004 - the same
    fingerprint = StoredFingerprint(
        values={name: float(values[name]) for name in schema.NAMES},
        metadata=metadata_from_json(value.get("metadata")),
        algorithm_version=version,
        stamp=FileStamp(_whole(value, "size"), _whole(value, "mtime_ns", least=-_LARGEST)),
        source="import",
        analysed_at=_number(value, "analysed_at"),
        processing_time_ms=_number(value, "processing_time_ms"),
    )
    return Result(_path(value), fingerprint, tuple(_whole({"track_ids": one}, "track_ids") for one in ids))


def _path(value: dict[str, Any]) -> bytes:
    text = value.get("path")
    try:
        path = os.fsencode(text) if isinstance(text, str) else b""
    except UnicodeEncodeError:
        path = b""
    if not os.path.isabs(path) or b"\0" in path or os.path.normpath(path) != path:
        raise ValueError("path is not the absolute path of a file")
    return path


def _whole(value: dict[str, Any], name: str, least: int = 0) -> int:
    number = value.get(name)
    if isinstance(number, bool) or not isinstance(number, int) or not least <= number <= _LARGEST:
        raise ValueError(f"{name} is not a whole number in range")
    return number


def _number(value: dict[str, Any], name: str) -> float:
    number = value.get(name)
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number < 1e12:
        raise ValueError(f"{name} is not a number in range")
    return float(number)


async def import_results(database: Database, batch: Sequence[Result]) -> TakenIn:
    """Store results that came from elsewhere, all in one transaction.

    A file that is not known yet counts as gone until a scan or a request comes across it; if it is unchanged then,
    nothing is analysed. What the database holds for a file as it is now is never replaced.
    """

    def operation(db: sqlite3.Connection) -> TakenIn:
        stored = 0
        for result in batch:
            stored += _take_in_one(db, result)
        return TakenIn(stored, len(batch) - stored)

    return await database.write(operation)


def _take_in_one(db: sqlite3.Connection, result: Result) -> bool:
    fingerprint, stamp = result.fingerprint, result.fingerprint.stamp
    values = {"path": result.path, "version": schema.ALGORITHM_VERSION}
    rows = db.execute(_KNOWN, values).fetchall()
    current = False
    if rows:
        (row,) = rows
        same = FileStamp(row["size"], row["mtime_ns"]) == stamp
        current = same and fingerprint.algorithm_version == schema.ALGORITHM_VERSION
        if row["has_current"] or (row["has_one"] and not current):
            return False
        file_id = row["id"]
    else:
        cursor = db.execute(
            "INSERT INTO files (path, size, mtime_ns, added_at, missing_since) VALUES (?, ?, ?, ?, ?)",
            (result.path, stamp.size, stamp.mtime_ns, time.time(), time.time()),
        )
        file_id = cursor.lastrowid
    _put(db, file_id, fingerprint)
    if current:
        db.execute("DELETE FROM failures WHERE file_id = ?", (file_id,))
        db.execute("DELETE FROM jobs WHERE file_id = ?", (file_id,))
    db.executemany("INSERT OR IGNORE INTO tracks VALUES (?, ?)", [(track_id, file_id) for track_id in result.track_ids])
    return True


def _put(db: sqlite3.Connection, file_id: int, fingerprint: StoredFingerprint) -> None:
    row = (
        file_id,
        fingerprint.algorithm_version,
        fingerprint.stamp.size,
        fingerprint.stamp.mtime_ns,
        fingerprint.source,
        fingerprint.analysed_at,
        fingerprint.processing_time_ms,
        json.dumps(fingerprint.metadata.as_json(), allow_nan=False),
    )
    db.execute(_STORE, (*row, *(fingerprint.values[name] for name in schema.NAMES)))
