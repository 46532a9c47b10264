"""The ``.25d`` document: how it is written, and what is accepted when reading one.

A document comes from outside the program; every field is validated.
"""

import json
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from .. import schema
from .._version import __version__
from ..files.content_id import parse_content_id
from ..models import Analysed, FileStamp, TrackMetadata
from ..runtime.serialization import to_json

SUFFIX: Final = b".25d"
FORMAT_VERSION: Final = "1.0"
LONGEST: Final = 64 << 10  # bytes read at most; a document takes about 2 kB


def encode(path: bytes, analysed: Analysed, stamp: FileStamp) -> bytes:
    """Return the document of a file as it is written.

    Parameters
    ----------
    path : bytes
        The audio file.
    analysed : Analysed
    stamp : FileStamp
        The audio file as it was analysed.
    """
    document = {
        "format_version": FORMAT_VERSION,
        "algorithm": schema.ALGORITHM,
        "algorithm_version": schema.ALGORITHM_VERSION,
        "auralis_version": __version__,
        "generated_at": datetime.now(UTC).isoformat(),
        "audio_file": {
            "path": os.fsdecode(os.path.basename(path)),
            "size_bytes": stamp.size,
            # local time without zone: the host compares it as text
            "modified_at": datetime.fromtimestamp(stamp.mtime_ns / 1e9).isoformat(),  # noqa: DTZ006
            "mtime_ns": stamp.mtime_ns,
            "content_id": analysed.content.hex() if analysed.content is not None else None,
        },
        "fingerprint": analysed.fingerprint,
        "processing_time_ms": analysed.processing_time_ms,
        "processing_cache": {},
        "metadata": analysed.metadata.as_json(),
    }
    return to_json(document).encode("ascii") + b"\n"


def decode(content: bytes) -> Any:
    """Return the JSON value of a document, or None if it is too long or not JSON."""
    if len(content) > LONGEST:
        return None
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def is_ours(document: Any) -> bool:
    """Return True if the document may be replaced.

    That includes "1.0" documents without an algorithm, which the original server wrote and which are never read.
    """
    return isinstance(document, dict) and document.get("format_version") == FORMAT_VERSION


def match(documents: Iterable[Any], stamp: FileStamp, content: bytes | None = None) -> Analysed | None:
    """Return the fingerprint in the first document that belongs to a file.

    Parameters
    ----------
    documents : iterable
        JSON values of unknown origin.
    stamp : FileStamp
        The audio file as it is now.
    content : bytes, optional
        Its content id: a document with the same one matches whatever the stamp.
    """
    return next(
        (found for found in (accepted(one, stamp, content) for one in documents) if found is not None),
        None,
    )


def accepted(document: Any, stamp: FileStamp, content: bytes | None) -> Analysed | None:
    """Return the fingerprint in a document of this program and algorithm version that belongs to the file.

    Parameters
    ----------
    document : object
        A JSON value of unknown origin.
    stamp : FileStamp
        The audio file as it is now.
    content : bytes or None
        Content id of its audio; a document with the same id is accepted whatever its stamp.
    """
    match document:
        case {
            "format_version": str() as version,
            "algorithm": schema.ALGORITHM,
            "algorithm_version": schema.ALGORITHM_VERSION,
            "audio_file": dict() as file,
            "fingerprint": dict() as values,
            "metadata": dict() as metadata,
            "processing_time_ms": int() | float() as milliseconds,
        } if version == FORMAT_VERSION and schema.fault_of(values) is None and 0 <= milliseconds < 1e12:
            known = parse_content_id(file.get("content_id"))
            if (file.get("size_bytes"), file.get("mtime_ns")) != (stamp.size, stamp.mtime_ns) and (
                content is None or known != content
            ):
                return None
            try:
                track = TrackMetadata.from_json(metadata)
            except ValueError:
                return None
            return Analysed(schema.values_of(values, schema.ALGORITHM_VERSION), track, float(milliseconds), known)
    return None
