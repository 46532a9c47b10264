"""How files look in JSON."""

import os
from dataclasses import asdict
from typing import Any

from ..engine.lookup import is_current
from ..runtime.serialization import public_reason
from ..store.records import FileRecord, StoredFailure


def file_json(record: FileRecord, title: str | None = None) -> dict[str, Any]:
    """Return a file as listings show it, with the title the host's library has for it."""
    known = record.fingerprint
    path = os.fsdecode(record.path)
    return {
        "id": record.id,
        "path": path,
        "name": os.path.basename(path),  # noqa: PTH119 - a name that is not text stays as it is
        "title": title,
        "state": record.state,
        "size": record.stamp.size,
        "mtime_ns": record.stamp.mtime_ns,
        "track_ids": list(record.track_ids),
        "fingerprint": known.values if known else None,
        "metadata": known.metadata.as_json() if known else None,
        "outdated": known is not None and not is_current(known, record.stamp),
        "analysed_at": known.analysed_at if known else None,
        "processing_time_ms": known.processing_time_ms if known else None,
        "source": known.source if known else None,
        "failure": _failure_json(record.failure) if record.failure else None,
    }


def _failure_json(failure: StoredFailure) -> dict[str, Any]:
    reason = public_reason(failure.stage, failure.code, failure.reason)
    return asdict(failure) | {"reason": reason}
