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
