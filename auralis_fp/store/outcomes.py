"""Storing the outcome of an analysis: a fingerprint with its parts, or a failure."""

import sqlite3
import time

from .. import schema
from ..models import Analysed, FileStamp, Rejected
from . import failures, fingerprints, former, parts
from .failures import StoredFailure
from .fingerprints import Source, StoredFingerprint


def store_outcome(
    db: sqlite3.Connection,
    file_id: int,
    outcome: Analysed | Rejected,
    stamp: FileStamp,
    source: Source,
    attempts: int,
    retry_at: float | None,
) -> None:
    """Store a fingerprint or a failure; a failure does not replace a current fingerprint.

    Parameters
    ----------
    db : sqlite3.Connection
    file_id : int
    outcome : Analysed or Rejected
    stamp : FileStamp
        Of the file as it was analysed.
    source : str
        ``analysis``, ``sidecar`` or ``import``.
    attempts : int
        Attempts so far, including this one.
    retry_at : float or None
        Unix time at which an unreadable file is tried again.
    """
    now = time.time()
    if isinstance(outcome, Analysed):
        fault = schema.fault_of(outcome.fingerprint)
        if fault is None:
            former.keep(db, file_id, outcome.payload_digest)
            fingerprints.put(
                db,
                file_id,
                StoredFingerprint(
                    values=outcome.fingerprint,
                    metadata=outcome.metadata,
                    algorithm_version=schema.ALGORITHM_VERSION,
                    stamp=stamp if outcome.confirmed else FileStamp(stamp.size, stamp.mtime_ns),
                    source=source,
                    analysed_at=now,
                    processing_time_ms=outcome.processing_time_ms,
                    content=outcome.content,
                    payload_digest=outcome.payload_digest,
                    confirmed_at=now if outcome.confirmed else None,
                ),
            )
            parts.put(db, file_id, outcome.parts)
            failures.clear(db, file_id)
            mark = "DELETE FROM unconfirmed WHERE file_id = ?"
            db.execute(mark if outcome.confirmed else "INSERT OR REPLACE INTO unconfirmed VALUES (?, 0)", (file_id,))
            return
        outcome = fingerprints.invalid(fault)
    if not fingerprints.has_current(db, file_id):
        failure = StoredFailure(
            stage=outcome.stage,
            code=outcome.code,
            reason=outcome.reason,
            attempts=attempts,
            failed_at=now,
            retry_at=retry_at,
        )
        failures.put(db, file_id, stamp, failure)
