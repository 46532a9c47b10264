"""Response bodies of file listings and exports."""

from ...engine.snapshot import Count
from ...runtime.payloads import Fingerprint, Metadata, Payload
from ...store.fingerprints import Source
from ...store.records import State


class Failure(Payload, frozen=True):
    """Why a file cannot be used; `retry_at` is null if it is not retried before it changes."""

    stage: str
    code: str
    reason: str
    attempts: int
    failed_at: float
    retry_at: float | None


class File(Payload, frozen=True):
    """Everything stored about one file."""

    id: int
    path: str
    name: str
    title: str | None
    state: State
    size: int
    mtime_ns: int
    track_ids: list[int]
    fingerprint: Fingerprint | None
    metadata: Metadata | None
    outdated: bool
    analysed_at: float | None
    processing_time_ms: float | None
    source: Source | None
    failure: Failure | None


class Files(Payload, frozen=True):
    """A page of files; `next` is the cursor of the following page."""

    items: list[File]
    next: str | None


class Failures(Payload, frozen=True):
    """A page of failed files, the number of matches on all pages, and the number of all failures by code."""

    items: list[File]
    matching: Count
    by_code: dict[str, int]
    next: str | None


class Queue(Payload, frozen=True):
    """The queued files in the order they are processed."""

    items: list[File]


class ExportedFailure(Payload, frozen=True):
    """A failed file in an export."""

    path: str
    code: str
    stage: str
    reason: str
    attempts: int
    failed_at: float
    retry_at: float | None
    size: int
    id: int
