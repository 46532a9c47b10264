"""Results and errors of the client."""

from dataclasses import dataclass
from typing import Any, Literal

from ..errors import AuralisError

Source = Literal["sidecar", "service", "analysis"]


@dataclass(frozen=True, slots=True)
class Found:
    """A fingerprint and its source.

    ``fingerprint`` maps the dimensions in schema order to values in schema units (see ``units`` for the host's units);
    ``metadata`` holds the other properties of the track.
    """

    path: str
    fingerprint: dict[str, float]
    metadata: dict[str, Any]
    processing_time_ms: float
    source: Source


@dataclass(frozen=True, slots=True)
class Similar:
    """A track similar to another one.

    ``similarity`` is the share of random pairs of tracks that are farther apart than ``distance``; ``reason`` says what
    the tracks have in common and what differs.
    """

    path: str
    track_ids: tuple[int, ...]
    similarity: float
    distance: float
    reason: str


class NoSimilarTracksError(AuralisError):
    """Similar tracks cannot be found.

    Parameters
    ----------
    code : str
        ``no_service``, or the code of the service's error.
    message : str
        A sentence for the user.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class NoFingerprintError(AuralisError):
    """A file has no fingerprint.

    Parameters
    ----------
    stage, code : str
        Where and why it failed.
    message : str
        A sentence for the user.
    """

    def __init__(self, stage: str, code: str, message: str) -> None:
        super().__init__(message)
        self.stage = stage
        self.code = code
