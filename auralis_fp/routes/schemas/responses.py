"""Response bodies: errors, fingerprints, health, and the results of control requests."""

from typing import Any, Literal, Self

from ... import schema
from ..._version import __version__
from ...engine.lookup import Answer
from ...engine.snapshot import Count
from ...errors import RequestError
from ...runtime.payloads import Fingerprint, Metadata, Payload, Tempo
from ...states import StateName
from ...store.fingerprints import Source
from ...store.records import State as FileState


class ErrorAnswer(Payload, frozen=True):
    """The body of every error response."""

    error: str
    code: str
    detail: dict[str, Any]

    @classmethod
    def of(cls, error: RequestError) -> Self:
        """Return the body for an error."""
        return cls(str(error), error.code, error.detail)


class AnswerMetadata(Metadata, frozen=True):
    """Metadata of a track and the origin of its fingerprint."""

    source: Source
    file_id: int
    algorithm_version: int
    outdated: bool
    confirmed: bool


class TrackAnswer(Payload, frozen=True):
    """The fingerprint of one track."""

    track_id: int | None
    fingerprint: Fingerprint
    metadata: AnswerMetadata
    processing_time_ms: float

    @classmethod
    def of(cls, answer: Answer, track_id: int | None) -> Self:
        """Return the body for a fingerprint.

        Parameters
        ----------
        answer : Answer
        track_id : int or None
            The host's id of the track.
        """
        analysed, version = answer.analysed, answer.algorithm_version
        track = analysed.metadata
        metadata = AnswerMetadata(
            track.duration_sec,
            track.sample_rate,
            track.channels,
            track.format,
            track.codec,
            [*track.warnings],
            [*track.undefined],
            track.decoder,
            track.kernels,
            Tempo.of(track.tempo),
            answer.source,
            answer.file_id,
            version,
            version != schema.ALGORITHM_VERSION,
            answer.confirmed,
        )
        return cls(track_id, Fingerprint(**analysed.fingerprint), metadata, analysed.processing_time_ms)


class BatchError(Payload, frozen=True):
    """The line of a batch item without fingerprint: the error body with `track_id` and `path` as they were sent."""

    track_id: Any
    path: Any
    error: str
    code: str
    detail: dict[str, Any]

    @classmethod
    def of(cls, item: Any, error: RequestError) -> Self:
        """Return the line for an item.

        Parameters
        ----------
        item : object
            The item as it was sent.
        error : RequestError
        """
        sent = item if isinstance(item, dict) else {}
        return cls(sent.get("track_id"), sent.get("filepath"), str(error), error.code, error.detail)


class Queued(Payload, frozen=True):
    """A track whose fingerprint is not available yet."""

    track_id: int
    state: FileState


class HealthAnswer(Payload, frozen=True):
    """Health of the service.

    ``unprotected`` names protections that are off or that the system lacks; ``kernels`` names what analysis processes
    compute with: ``numpy`` or the package of compiled kernels.
    """

    status: Literal["healthy", "degraded"]
    version: str
    uptime_sec: Count
    state: StateName
    reasons: list[str]
    unprotected: list[str]
    kernels: list[str]

    @classmethod
    def of(cls, health: dict[str, Any]) -> Self:
        """Return the body for what ``Service.health`` returns."""
        return cls(version=__version__, **health)


class StateAnswer(Payload, frozen=True):
    """The state of the service after the request."""

    state: StateName


class RetryAnswer(Payload, frozen=True):
    """Number of files queued again."""

    queued: Count


class SkipAnswer(Payload, frozen=True):
    """Number of failed files marked as skipped."""

    skipped: Count


class CancelAnswer(Payload, frozen=True):
    """Number of files removed from the queue."""

    cancelled: Count


class PrioritiseAnswer(Payload, frozen=True):
    """Number of the requested files that are now at the front of the queue."""

    waiting: Count


class ReanalyseAnswer(Payload, frozen=True):
    """Number of the requested files that are queued for a new analysis or running."""

    waiting: Count
