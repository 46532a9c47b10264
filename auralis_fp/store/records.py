"""The values the store hands out, and how rows become them."""

import json
import sqlite3
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from .. import schema
from ..models import Analysed, FileStamp, Rejected, TrackMetadata

_LONGEST_NAME: Final = 100  # letters, of a format or a codec

State = Literal["done", "outdated", "pending", "running", "failed", "missing"]
STATES: Final[tuple[State, ...]] = ("done", "outdated", "pending", "running", "failed", "missing")
Source = Literal["analysis", "sidecar", "import"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFingerprint:
    """A fingerprint as kept: with what it was made of, and how."""

    values: dict[str, float]
    metadata: TrackMetadata
    algorithm_version: int
    stamp: FileStamp
    source: Source
    analysed_at: float
    processing_time_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFailure:
    """Why a file could not be used, how often that was tried, and when last."""

    stage: str
    code: str
    reason: str
    attempts: int
    failed_at: float
    retry_at: float | None = None  # None: not before the file changes


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRecord:
    """All that is known of one file."""

    id: int
    path: bytes
    stamp: FileStamp
    state: State
    fingerprint: StoredFingerprint | None = None
    failure: StoredFailure | None = None
    track_ids: tuple[int, ...] = ()

    def outcome(self) -> Analysed | Rejected:
        """Return the stored result in the form the analysis gives it."""
        if self.failure is not None:
            return Rejected(self.failure.stage, self.failure.code, self.failure.reason)
        assert self.fingerprint is not None  # noqa: S101 - a file that is done has one
        return Analysed(self.fingerprint.values, self.fingerprint.metadata, self.fingerprint.processing_time_ms)


class Page(NamedTuple):
    """A piece of a listing, and the key that continues it (None at the end)."""

    items: list[FileRecord]
    next: str | None


#: One row a file. ``{where}`` narrows it down; what a state is, is said here and nowhere else.
SELECT_FILES: Final = """
SELECT f.id, f.path, f.size, f.mtime_ns,
       CASE WHEN f.missing_since IS NOT NULL THEN 'missing'
            WHEN j.claim IS NOT NULL THEN 'running'
            WHEN j.file_id IS NOT NULL AND p.file_id IS NOT NULL THEN 'outdated'
            WHEN j.file_id IS NOT NULL THEN 'pending'
            WHEN x.file_id IS NOT NULL THEN 'failed'
            ELSE 'done' END AS state,
       p.file_id AS fingerprinted, p.algorithm_version, p.size AS analysed_size, p.mtime_ns AS analysed_mtime_ns,
       p.source, p.analysed_at, p.processing_time_ms, p.metadata, {values},
       x.file_id AS failed, x.stage, x.code, x.reason, x.attempts, x.failed_at, x.retry_at,
       (SELECT group_concat(t.track_id) FROM tracks t WHERE t.file_id = f.id) AS track_ids
FROM files f
LEFT JOIN jobs j ON j.file_id = f.id
LEFT JOIN fingerprints p ON p.file_id = f.id
LEFT JOIN failures x ON x.file_id = f.id
""".replace("{values}", ", ".join(f"p.{name}" for name in schema.NAMES))


def file_record(row: sqlite3.Row) -> FileRecord:
    """Return the record of a row of ``SELECT_FILES``."""
    return FileRecord(
        id=row["id"],
        path=row["path"],
        stamp=FileStamp(row["size"], row["mtime_ns"]),
        state=row["state"],
        fingerprint=_fingerprint(row) if row["fingerprinted"] is not None else None,
        failure=_failure(row) if row["failed"] is not None else None,
        track_ids=tuple(int(part) for part in (row["track_ids"] or "").split(",") if part),
    )


def _fingerprint(row: sqlite3.Row) -> StoredFingerprint:
    return StoredFingerprint(
        values={name: row[name] for name in schema.NAMES},
        metadata=metadata_from_json(json.loads(row["metadata"])),
        algorithm_version=row["algorithm_version"],
        stamp=FileStamp(row["analysed_size"], row["analysed_mtime_ns"]),
        source=row["source"],
        analysed_at=row["analysed_at"],
        processing_time_ms=row["processing_time_ms"],
    )


def _failure(row: sqlite3.Row) -> StoredFailure:
    return StoredFailure(
        stage=row["stage"],
        code=row["code"],
        reason=row["reason"],
        attempts=row["attempts"],
        failed_at=row["failed_at"],
        retry_at=row["retry_at"],
    )


def metadata_from_json(value: object) -> TrackMetadata:
    """Return track metadata from JSON of unknown origin.

    Raises
    ------
    ValueError
        It is not of the form ``TrackMetadata.as_json`` gives.
    """
    match value:
        case {
            "duration_sec": int() | float() as duration,
            "sample_rate": int() as rate,
            "channels": int() as channels,
            "format": str() as kind,
            "codec": str() as codec,
            "warnings": list() as warnings,
            "undefined": list() as undefined,
        } if (
            _sensible(duration, rate, channels)
            and max(len(kind), len(codec)) <= _LONGEST_NAME
            and all(isinstance(text, str) for text in (*warnings, *undefined))
        ):
            return TrackMetadata(
                duration_sec=float(duration),
                sample_rate=rate,
                channels=channels,
                format=kind,
                codec=codec,
                warnings=tuple(warnings),
                undefined=tuple(name for name in schema.NAMES if name in undefined),
            )
    raise ValueError("not the metadata of a track")


def _sensible(duration: float, rate: int, channels: int) -> bool:
    """Say whether these can be of a track; JSON's true and false are numbers to Python, but not here."""
    if any(isinstance(value, bool) for value in (duration, rate, channels)):
        return False
    return 0 <= duration < 1e9 and 0 < rate < 1 << 31 and 0 < channels < 1 << 16
