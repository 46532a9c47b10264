"""From stored records to response bodies."""

import os

from .. import schema
from ..engine.lookup import is_current
from ..runtime.payloads import Fingerprint, Metadata
from ..runtime.serialization import path_text, public_reason
from ..store.failures import StoredFailure
from ..store.records import FileRecord
from ..store.tags import StoredTags
from .schemas.files import ExportedFailure, Failure, File, FileTags
from .schemas.overview import DimensionInfo, Dimensions


def file_body(record: FileRecord, tags: StoredTags | None = None) -> File:
    """Return the body of one file.

    Parameters
    ----------
    record : FileRecord
    tags : StoredTags, optional
    """
    known = record.fingerprint
    path = path_text(record.path)
    return File(
        id=record.id,
        path=path,
        name=os.path.basename(path),
        title=None if tags is None else tags.tags.title,
        state=record.state,
        size=record.stamp.size,
        mtime_ns=record.stamp.mtime_ns,
        track_ids=list(record.track_ids),
        fingerprint=Fingerprint(**known.values) if known else None,
        metadata=Metadata.of(known.metadata) if known else None,
        outdated=known is not None and not is_current(known, record.stamp),
        analysed_at=known.analysed_at if known else None,
        processing_time_ms=known.processing_time_ms if known else None,
        source=known.source if known else None,
        failure=_failure(record.failure) if record.failure else None,
        tags=None if tags is None else tags_body(tags),
    )


def tags_body(stored: StoredTags) -> FileTags:
    """Return the body of a file's tags."""
    return FileTags(
        **stored.tags.as_dict(),
        album_id=stored.album_id,
        album_kind=stored.album_kind,
        artist_id=stored.artist_id,
        cover=None if stored.cover is None else stored.cover.digest,
    )


def _failure(failure: StoredFailure) -> Failure:
    return Failure(
        stage=failure.stage,
        code=failure.code,
        reason=public_reason(failure.stage, failure.code, failure.reason),
        attempts=failure.attempts,
        failed_at=failure.failed_at,
        retry_at=failure.retry_at,
    )


def exported_failure(record: FileRecord) -> ExportedFailure | None:
    """Return the export entry of a failed file, or None if it has no failure any more."""
    if record.failure is None:
        return None
    failure = _failure(record.failure)
    return ExportedFailure(
        path=path_text(record.path),
        code=failure.code,
        stage=failure.stage,
        reason=failure.reason,
        attempts=failure.attempts,
        failed_at=failure.failed_at,
        retry_at=failure.retry_at,
        size=record.stamp.size,
        id=record.id,
    )


def dimensions_body() -> Dimensions:
    """Return the body that describes all dimensions."""
    described = [DimensionInfo(**dimension.as_json()) for dimension in schema.DIMENSIONS]
    return Dimensions(described, schema.ALGORITHM, schema.ALGORITHM_VERSION)
