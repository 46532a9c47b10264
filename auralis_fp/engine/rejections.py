"""HTTP errors for files that cannot be analysed."""

from typing import Final

from ..errors import RequestError
from ..models import Rejected
from ..runtime.serialization import public_reason

_UNKNOWN_FORMAT: Final = frozenset({"unsupported", "protected", "no_audio", "no_decoder"})
_REFUSED: Final = frozenset({"too_short", "non_finite"})
_STAGE_STATUS: Final = {"queue": 409, "decode": 400, "analysis": 422, "worker": 500, "internal": 500}
_SCAN_STATUS: Final = {
    "missing": 404,
    "outside_roots": 403,
    "unreadable": 403,
    "not_regular": 415,
    "file_changed": 409,
    "placeholder": 409,
    "offline": 503,
    "io_error": 503,
}


def unknown_track(track_id: int) -> RequestError:
    """Return the error for an unknown track id."""
    return RequestError(404, "track_not_found", f"No file is known for track {track_id}.")


def http_error_for(rejected: Rejected) -> RequestError:
    """Return the HTTP error for a file that cannot be analysed."""
    stage, code = rejected.stage, rejected.code
    status = _STAGE_STATUS.get(stage, 500)
    if code in _REFUSED:
        status = 422
    elif stage == "decode" and code in _UNKNOWN_FORMAT:
        status = 415
    elif stage == "scan":
        status = _SCAN_STATUS.get(code, 400)
    elif code in {"timeout", "unavailable", "incomplete"}:
        status = 503
    return RequestError(status, code, public_reason(stage, code, rejected.reason), {"stage": stage})
