"""The ``fingerprints`` table: its columns, its single INSERT, and which rows are current."""

import json
import sqlite3
import time
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from .. import schema
from ..models import Analysed, FileStamp, Part, Rejected, TrackMetadata
from .stamps import Row, stamp_from_row, to_sql

Source = Literal["analysis", "sidecar", "import"]

#: Columns that describe how a fingerprint was made; a copy for another file takes them over.
ORIGIN_COLUMNS: Final = (
    "algorithm_version",
    "source",
    "analysed_at",
    "processing_time_ms",
    "metadata",
    "content",
    "payload_digest",
)
COLUMNS: Final = (
    "file_id",
    "size",
    "mtime_ns",
    "ctime_ns",
    "inode",
    "confirmed_at",
    *ORIGIN_COLUMNS,
    *schema.COLUMNS,
)
_NUMBER: Final = "typeof({column}) NOT IN ('real', 'integer') OR {column} NOT BETWEEN {low!r} AND {high!r}"


def damaged(table: str) -> str:
    """Return the SQL condition that the stored values or metadata of a row are invalid.

    Parameters
    ----------
    table : str
        Alias of ``fingerprints``.
    """
    values = (
        f"{table}.algorithm_version >= {each.since} AND"
        f" ({_NUMBER.format(column=f'{table}.{each.name}', low=each.low, high=each.high)})"
        for each in schema.DIMENSIONS
    )
    metadata = f"CASE WHEN json_valid({table}.metadata) THEN json_type({table}.metadata) END IS NOT 'object'"
    digests = (f"typeof({table}.{name}) NOT IN ('blob', 'null')" for name in ("content", "payload_digest"))
    return " OR ".join((metadata, *digests, *values))


_INSERT: Final = f"INSERT OR REPLACE INTO fingerprints ({', '.join(COLUMNS)})"
_PUT: Final = f"{_INSERT} VALUES ({', '.join('?' * len(COLUMNS))})"
_COPIED: Final = ", ".join(f"p.{name}" for name in (*ORIGIN_COLUMNS, *schema.COLUMNS))
_COPY: Final = (
    f"{_INSERT} SELECT f.id, f.size, f.mtime_ns, f.ctime_ns, f.inode, :now, {_COPIED} FROM fingerprints p, files f"
    " WHERE f.id = :id AND p.payload_digest = :digest AND p.algorithm_version = :version"
    f" AND NOT ({damaged('p')}) LIMIT 1"
)
_METADATA: Final = msgspec.json.Decoder(TrackMetadata)
_CURRENT: Final = "{table}.size = f.size AND {table}.mtime_ns = f.mtime_ns AND {table}.algorithm_version = {version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFingerprint:
    """A row of the table.

    ``values`` holds the dimensions of ``algorithm_version``. ``stamp`` is that of the file for which the result was
    last confirmed, at ``confirmed_at``; None if it never was. ``content`` and ``payload_digest`` are those of its
    audio, None if unknown.
    """

    values: dict[str, float]
    metadata: TrackMetadata
    algorithm_version: int
    stamp: FileStamp
    source: Source
    analysed_at: float
    processing_time_ms: float
    content: bytes | None = None
    payload_digest: bytes | None = None
    confirmed_at: float | None = None

    def analysed(self, parts: tuple[Part, ...] = ()) -> Analysed:
        """Return the fingerprint, with its parts if they are given, in the form that the analysis returns."""
        return Analysed(
            self.values, self.metadata, self.processing_time_ms, self.content, self.payload_digest, parts=parts
        )


def current(table: str, version: str = ":version") -> str:
    """Return the SQL condition that a row belongs to the file as it is now and to an algorithm version.

    Parameters
    ----------
    table : str
        Alias of ``fingerprints`` or ``failures``; the alias of ``files`` is ``f``.
    version : str, optional
        SQL expression of the algorithm version.
    """
    return _CURRENT.format(table=table, version=version)


def duration(table: str = "") -> str:
    """Return the SQL expression of a track's duration in seconds, NULL if the metadata are damaged.

    Parameters
    ----------
    table : str, optional
        Alias of ``fingerprints``.
    """
    column = f"{table}.metadata" if table else "metadata"
    return f"CASE WHEN json_valid({column}) THEN json_extract({column}, '$.duration_sec') END"


def put(db: sqlite3.Connection, file_id: int, fingerprint: StoredFingerprint) -> None:
    """Store the fingerprint of a file, replacing an earlier one.

    Dimensions that the algorithm version of the fingerprint did not have are stored as NULL.

    Parameters
    ----------
    db : sqlite3.Connection
    file_id : int
    fingerprint : StoredFingerprint
    """
    row = (
        file_id,
        fingerprint.stamp.size,
        to_sql(fingerprint.stamp.mtime_ns),
        to_sql(fingerprint.stamp.ctime_ns),
        to_sql(fingerprint.stamp.inode),
        fingerprint.confirmed_at,
        fingerprint.algorithm_version,
        fingerprint.source,
        fingerprint.analysed_at,
        fingerprint.processing_time_ms,
        json.dumps(fingerprint.metadata.as_json(), allow_nan=False),
        fingerprint.content,
        fingerprint.payload_digest,
    )
    db.execute(_PUT, (*row, *(fingerprint.values.get(name) for name in schema.COLUMNS)))


def copy(db: sqlite3.Connection, file_id: int, digest: bytes) -> bool:
    """Store the current fingerprint of the same audio for another file. Return True if there was one.

    Parameters
    ----------
    db : sqlite3.Connection
    file_id : int
        The file that receives the copy.
    digest : bytes
        Payload digest of its audio.
    """
    values = {"id": file_id, "digest": digest, "version": schema.ALGORITHM_VERSION, "now": time.time()}
    return db.execute(_COPY, values).rowcount > 0


def confirm(db: sqlite3.Connection, file_id: int, stamp: FileStamp) -> None:
    """Record that the digest of a file agrees with its fingerprint.

    Parameters
    ----------
    db : sqlite3.Connection
    file_id : int
    stamp : FileStamp
        Stamp of the file while it was read.
    """
    db.execute(
        "UPDATE fingerprints SET ctime_ns = ?, inode = ?, confirmed_at = ?"
        " WHERE file_id = ? AND size = ? AND mtime_ns = ?",
        (
            to_sql(stamp.ctime_ns),
            to_sql(stamp.inode),
            time.time(),
            file_id,
            stamp.size,
            to_sql(stamp.mtime_ns),
        ),
    )


def has_current(db: sqlite3.Connection, file_id: int) -> bool:
    """Return True if a file has a fingerprint of its present content and the present algorithm version.

    Parameters
    ----------
    db : sqlite3.Connection
    file_id : int
    """
    rows = db.execute(
        f"SELECT 1 FROM fingerprints p JOIN files f ON f.id = p.file_id WHERE f.id = :id AND {current('p')}",
        {"id": file_id, "version": schema.ALGORITHM_VERSION},
    )
    return bool(rows.fetchall())


def from_row(row: Row) -> StoredFingerprint:
    """Return the fingerprint in a row of ``SELECT_FILES``, with the dimensions its algorithm version had.

    Raises
    ------
    ValueError, TypeError
        The row is damaged.
    """
    values = schema.values_of(row, row["algorithm_version"])
    fault = schema.fault_of(values, row["algorithm_version"])
    if fault is not None:
        raise ValueError(fault)
    if not (isinstance(row["content"], bytes | None) and isinstance(row["payload_digest"], bytes | None)):
        raise TypeError("a digest is not a blob")
    return StoredFingerprint(
        values=values,
        metadata=metadata_of(row["metadata"]),
        algorithm_version=row["algorithm_version"],
        stamp=stamp_from_row(row, "analysed_"),
        source=row["source"],
        analysed_at=row["analysed_at"],
        processing_time_ms=row["processing_time_ms"],
        content=row["content"],
        payload_digest=row["payload_digest"],
        confirmed_at=row["confirmed_at"],
    )


def metadata_of(stored: object) -> TrackMetadata:
    """Return the metadata in a row.

    Raises
    ------
    ValueError, TypeError
        They are damaged.
    """
    if not isinstance(stored, str):
        raise TypeError("the metadata are not text")
    try:
        return _METADATA.decode(stored).ordered()
    except (msgspec.MsgspecError, OverflowError) as error:
        raise ValueError(str(error)) from error


def add_missing_columns(connection: sqlite3.Connection) -> None:
    """Add a column for every dimension introduced since the database was created."""
    for name in missing_columns(connection):
        connection.execute(f"ALTER TABLE fingerprints ADD COLUMN {name} REAL")


def missing_columns(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Return the dimensions that the table has no column for, in the order in which they are added."""
    existing = _existing(connection)
    return tuple(name for name in schema.COLUMNS if name not in existing)


def unknown_columns(connection: sqlite3.Connection) -> frozenset[str]:
    """Return the columns that only a newer version of the program knows."""
    return frozenset(_existing(connection)) - set(COLUMNS)


def _existing(connection: sqlite3.Connection) -> list[str]:
    return [row[0] for row in connection.execute("SELECT name FROM pragma_table_info('fingerprints') ORDER BY cid")]


def invalid(fault: str | None) -> Rejected:
    """Return the failure for an analysis whose values are not a valid fingerprint."""
    return Rejected("internal", "invalid_fingerprint", f"The analysis returned an invalid fingerprint: {fault}.")
