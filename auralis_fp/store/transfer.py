"""Export and import of results as JSON records; imported records are validated field by field."""

import os
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, NamedTuple, TypeVar

from .. import schema
from ..files.content_id import parse_content_id, parse_payload_digest
from ..models import FileStamp, Part, TrackMetadata
from . import failures, fingerprints, parts
from .database import Database
from .fingerprints import StoredFingerprint
from .records import SELECT_FILES, file_record
from .stamps import from_sql, to_sql

T = TypeVar("T")

_MOST_PARTS: Final = 10
_LARGEST: Final = 2**63 - 1  # the largest integer SQLite stores
_LARGEST_TIME: Final = 2**95  # nanoseconds: more than a file system with 64 bits of seconds holds
_KNOWN: Final = """
SELECT f.id, f.size, f.mtime_ns, f.missing_since IS NULL AS present, p.file_id IS NOT NULL AS has_one,
       p.size IS f.size AND p.mtime_ns IS f.mtime_ns AND p.algorithm_version IS :version AS has_current
FROM files f LEFT JOIN fingerprints p ON p.file_id = f.id WHERE f.path = :path
"""


@dataclass(frozen=True, slots=True)
class Result:
    """The fingerprint of one file with its path and the host's track ids."""

    path: bytes
    fingerprint: StoredFingerprint
    track_ids: tuple[int, ...] = ()
    parts: tuple[Part, ...] = ()


class Imported(NamedTuple):
    """How many results were stored, and how many were already known."""

    stored: int
    known: int


class Page(NamedTuple, Generic[T]):
    """A page of results, and the paths of those that are damaged."""

    results: list[T]
    damaged: list[bytes]


class Columns(NamedTuple):
    """What an export holds of a result beside its path; see ``StoredFingerprint``."""

    size: int
    mtime_ns: int
    metadata: TrackMetadata
    values: Mapping[str, float]
    algorithm_version: int
    analysed_at: float
    processing_time_ms: float
    content: bytes | None
    payload_digest: bytes | None
    track_ids: Sequence[int]
    parts: Sequence[Part]


async def results_where(database: Database, condition: str, values: Sequence[object]) -> Page[Result]:
    """Return the stored results that match.

    Parameters
    ----------
    database : Database
    condition : str
        SQL condition over ``files f``, with what may follow it.
    values : sequence
        Its parameters.
    """
    rows = await database.read(f"{SELECT_FILES} WHERE p.file_id IS NOT NULL AND {condition}", values)
    records = [file_record(row) for row in rows]
    known = await parts.of(database, [record.id for record in records])
    found = [
        Result(record.path, record.fingerprint, tuple(sorted(record.track_ids)), known.get(record.id, ()))
        for record in records
        if record.fingerprint is not None
    ]
    return Page(found, [record.path for record in records if record.fingerprint is None])


def result_record(result: Result) -> dict[str, Any]:
    """Return the JSON form of a result; ``result_from_json`` reads it."""
    return {"path": os.fsdecode(result.path), **record_of(columns_of(result))}


def columns_of(result: Result) -> Columns:
    """Return what an export holds of a result."""
    stored = result.fingerprint
    return Columns(
        stored.stamp.size,
        stored.stamp.mtime_ns,
        stored.metadata,
        stored.values,
        stored.algorithm_version,
        stored.analysed_at,
        stored.processing_time_ms,
        stored.content,
        stored.payload_digest,
        result.track_ids,
        result.parts,
    )


def record_of(columns: Columns) -> dict[str, Any]:
    """Return the JSON form of a result without its path."""
    content, digest = columns.content, columns.payload_digest
    record = {
        "size": columns.size,
        "mtime_ns": columns.mtime_ns,
        "metadata": columns.metadata.as_json(),
        "fingerprint": schema.with_null(columns.values, columns.metadata.undefined),
        "algorithm": schema.ALGORITHM,
        "algorithm_version": columns.algorithm_version,
        "analysed_at": columns.analysed_at,
        "processing_time_ms": columns.processing_time_ms,
        "content_id": None if content is None else content.hex(),
        "payload_digest": None if digest is None else digest.hex(),
        "track_ids": list(columns.track_ids),
    }
    if columns.parts:
        record["parts"] = [part.as_json() for part in columns.parts]
    return record


def result_from_json(value: object) -> Result:
    """Return a result from JSON of unknown origin.

    Raises
    ------
    ValueError
        The value does not have the form that ``result_record`` returns; the message names the fault.
    """
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - a fault of the text, not of the caller
    if value.get("algorithm") != schema.ALGORITHM:
        raise ValueError(f"made by another algorithm than {schema.ALGORITHM}")
    version = _whole(value, "algorithm_version", least=1)
    if version > schema.ALGORITHM_VERSION:
        raise ValueError(f"made by algorithm version {version}, newer than {schema.ALGORITHM_VERSION}")
    metadata = TrackMetadata.from_json(value.get("metadata"))
    values = schema.without_null(value.get("fingerprint"), metadata.undefined)
    fault = schema.fault_of(values, version)
    if fault is not None or not isinstance(values, dict):
        raise ValueError(f"fingerprint: {fault}")
    ids = value.get("track_ids", [])
    if not isinstance(ids, list):
        raise ValueError("track_ids is not a list")  # noqa: TRY004 - the same
    fingerprint = StoredFingerprint(
        values=schema.values_of(values, version),
        metadata=metadata,
        algorithm_version=version,
        stamp=FileStamp(_whole(value, "size"), _whole(value, "mtime_ns", least=-_LARGEST_TIME, most=_LARGEST_TIME)),
        source="import",
        analysed_at=_number(value, "analysed_at"),
        processing_time_ms=_number(value, "processing_time_ms"),
        content=_digest(value, "content_id", parse_content_id),
        payload_digest=_digest(value, "payload_digest", parse_payload_digest),
    )
    track_ids = tuple(_whole({"track_ids": one}, "track_ids") for one in ids)
    carried = value.get("parts", [])
    if not isinstance(carried, list):
        raise ValueError("parts is not a list")  # noqa: TRY004 - the same
    return Result(_path(value), fingerprint, track_ids, tuple(Part.from_json(part) for part in carried[:_MOST_PARTS]))


def _digest(value: dict[str, Any], name: str, parse: Callable[[object], bytes | None]) -> bytes | None:
    """Return a digest of a record; exports of earlier versions have none."""
    digest = parse(value.get(name))
    if digest is None and value.get(name) is not None:
        raise ValueError(f"{name} is not a digest in hexadecimal")
    return digest


def _path(value: dict[str, Any]) -> bytes:
    text = value.get("path")
    try:
        path = os.fsencode(text) if isinstance(text, str) else b""
    except UnicodeEncodeError:
        path = b""
    if not os.path.isabs(path) or b"\0" in path or os.path.normpath(path) != path:
        raise ValueError("path is not the absolute path of a file")
    return path


def _whole(value: dict[str, Any], name: str, least: int = 0, most: int = _LARGEST) -> int:
    number = value.get(name)
    if isinstance(number, bool) or not isinstance(number, int) or not least <= number <= most:
        raise ValueError(f"{name} is not a whole number in range")
    return number


def _number(value: dict[str, Any], name: str) -> float:
    number = value.get(name)
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number < 1e12:
        raise ValueError(f"{name} is not a number in range")
    return float(number)


async def import_results(database: Database, batch: Sequence[Result]) -> Imported:
    """Store imported results in one transaction.

    An unknown file counts as missing until a scan or a request finds it; if it is unchanged then, it is not analysed.
    A current result in the database is never replaced.

    Parameters
    ----------
    database : Database
    batch : sequence of Result
    """

    def operation(db: sqlite3.Connection) -> Imported:
        stored = 0
        for result in batch:
            stored += _import_one(db, result)
        return Imported(stored, len(batch) - stored)

    return await database.write(operation)


def _import_one(db: sqlite3.Connection, result: Result) -> bool:
    fingerprint, stamp = result.fingerprint, result.fingerprint.stamp
    values = {"path": result.path, "version": schema.ALGORITHM_VERSION}
    rows = db.execute(_KNOWN, values).fetchall()
    current = False
    if rows:
        (row,) = rows
        same = FileStamp(row["size"], from_sql(row["mtime_ns"])) == stamp
        current = same and fingerprint.algorithm_version == schema.ALGORITHM_VERSION
        if row["has_current"] or (row["has_one"] and not current):
            return False
        file_id = row["id"]
    else:
        cursor = db.execute(
            "INSERT INTO files (path, size, mtime_ns, added_at, missing_since) VALUES (?, ?, ?, ?, ?)",
            (result.path, stamp.size, to_sql(stamp.mtime_ns), time.time(), time.time()),
        )
        file_id = cursor.lastrowid
    fingerprints.put(db, file_id, fingerprint)
    parts.put(db, file_id, result.parts)
    db.execute("INSERT OR REPLACE INTO unconfirmed VALUES (?, 0)", (file_id,))
    if current:
        failures.clear(db, file_id)
        db.execute("DELETE FROM jobs WHERE file_id = ?", (file_id,))
    db.executemany("INSERT OR IGNORE INTO tracks VALUES (?, ?)", [(track_id, file_id) for track_id in result.track_ids])
    return True
