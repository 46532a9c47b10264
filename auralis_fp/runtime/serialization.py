"""JSON as it leaves and enters the program: one spelling of paths and results everywhere."""

import json
import os
from typing import Any

from ..models import Analysed, Rejected


def to_json(value: Any) -> str:
    r"""Return compact JSON in ASCII on one line; NaN and infinity are refused.

    ASCII keeps names that are not text (lone surrogates of ``os.fsdecode``) representable, as ``\udce9``.
    """
    return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(", ", ": "))


def path_text(path: bytes) -> str:
    """Return a path as JSON shows it."""
    return os.fsdecode(path)


def outcome_record(path: str, outcome: Analysed | Rejected) -> dict[str, Any]:
    """Return the record of one analysed file, as the command line and the batch route give it."""
    if isinstance(outcome, Rejected):
        return {"path": path, "error": error_record(outcome)}
    return {
        "path": path,
        "fingerprint": outcome.fingerprint,
        "metadata": outcome.metadata.as_json(),
        "processing_time_ms": outcome.processing_time_ms,
    }


def error_record(rejected: Rejected) -> dict[str, str]:
    """Return the record of a file that cannot be used."""
    return {"code": rejected.code, "stage": rejected.stage, "message": rejected.reason}


def public_reason(stage: str, code: str, reason: str) -> str:
    """Return the reason as it may leave the program: what nobody foresaw was kept with its traceback."""
    if stage != "internal":
        return reason
    return f"The analysis of this file failed unexpectedly ({code}); the log has the details."


def failure_record(rejected: Rejected) -> dict[str, str]:
    """Return a failure as the web side shows it."""
    reason = public_reason(rejected.stage, rejected.code, rejected.reason)
    return {"stage": rejected.stage, "code": rejected.code, "reason": reason}
