"""The ``.25d`` document: how it is written, and what is accepted when reading one.

A document comes from outside the program; every field is validated.
"""

import json
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from .. import schema
from .._version import __version__
from ..files.content_id import parse_content_id, parse_payload_digest
from ..files.scanner import SIDECAR_SUFFIX
from ..models import Analysed, FileStamp, Part, TrackMetadata
from ..runtime.serialization import to_json
from .signature import sign

SUFFIX: Final = SIDECAR_SUFFIX
FORMAT_VERSION: Final = "1.0"
LONGEST_TRACK_SEC: Final = 30 * 86_400.0
MOST_CHANNELS: Final = 255
HIGHEST_RATE: Final = 50_000_000  # Hz; DSD512 has 22.6 MHz
MOST_WARNINGS: Final = 20
LONGEST_WARNING: Final = 100  # characters
LONGEST: Final = 64 << 10  # bytes read at most; a document takes about 2 kB


class Document(NamedTuple):
    """A JSON value of unknown origin, and whether it carries the signature of this installation."""

    value: Any
    signed: bool = False


def encode(path: bytes, analysed: Analysed, stamp: FileStamp, key: bytes | None) -> bytes:
    """Return the document of a file as it is written.

    Parameters
    ----------
    path : bytes
        The audio file.
    analysed : Analysed
    stamp : FileStamp
        The audio file as it was analysed.
    key : bytes or None
        Signs the document.
    """
    document: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "algorithm": schema.ALGORITHM,
        "algorithm_version": schema.ALGORITHM_VERSION,
        "auralis_version": __version__,
        "generated_at": datetime.now(UTC).isoformat(),
        "audio_file": {
            "path": os.fsdecode(os.path.basename(path)),
            "size_bytes": stamp.size,
            "modified_at": _local_time(stamp.mtime_ns),
            "mtime_ns": stamp.mtime_ns,
            "ctime_ns": stamp.ctime_ns,
            "inode": stamp.inode,
            "content_id": analysed.content.hex() if analysed.content is not None else None,
            "payload_digest": analysed.payload_digest.hex() if analysed.payload_digest is not None else None,
        },
        "fingerprint": analysed.fingerprint,
        "processing_time_ms": analysed.processing_time_ms,
        "processing_cache": {},
        "metadata": analysed.metadata.as_json(),
        **({"parts": [part.as_json() for part in analysed.parts]} if analysed.parts else {}),
    }
    return to_json(document if key is None else sign(document, key)).encode("ascii") + b"\n"


def _local_time(mtime_ns: int) -> str | None:
    """Return a modification time as the host compares it; None for one outside the years of the calendar."""
    try:
        seconds, nanoseconds = divmod(mtime_ns, 10**9)
        st_mtime = seconds + 1e-9 * nanoseconds  # rounded as os.stat() does, which the host reads
        return datetime.fromtimestamp(st_mtime).isoformat()  # noqa: DTZ006
    except (ValueError, OverflowError, OSError):
        return None


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


def match(documents: Iterable[Document], stamp: FileStamp, digest: bytes | None = None) -> Analysed | None:
    """Return the fingerprint in the first document that belongs to a file.

    Parameters
    ----------
    documents : iterable
    stamp : FileStamp
        The audio file as it is now.
    digest : bytes, optional
        Its payload digest: a signed document with the same one matches whatever the stamp.
    """
    return next(
        (found for found in (accepted(one, stamp, digest) for one in documents) if found is not None),
        None,
    )


def claims(documents: Iterable[Document], content: bytes) -> bool:
    """Return True if one of the documents has this content id, so that the payload digest is worth computing.

    Parameters
    ----------
    documents : iterable
    content : bytes
    """
    for document in documents:
        match document:
            case Document({"audio_file": {"content_id": str() as text}}, True) if parse_content_id(text) == content:
                return True
    return False


def accepted(document: Document, stamp: FileStamp, digest: bytes | None) -> Analysed | None:
    """Return the fingerprint in a document of this program and algorithm version that belongs to the file.

    The result is confirmed if the document is signed, and the whole stamp or the payload digest agrees. An unsigned
    document may come from anywhere, so what it says about the content of the file is not used.

    Parameters
    ----------
    document : Document
    stamp : FileStamp
        The audio file as it is now.
    digest : bytes or None
        Its payload digest, if it was computed.
    """
    match document.value:
        case {
            "format_version": str() as version,
            "algorithm": schema.ALGORITHM,
            "algorithm_version": schema.ALGORITHM_VERSION,
            "audio_file": dict() as file,
            "fingerprint": dict() as values,
            "metadata": dict() as metadata,
            "processing_time_ms": int() | float() as milliseconds,
        } if version == FORMAT_VERSION and schema.fault_of(values) is None and 0 <= milliseconds < 1e12:
            known = parse_payload_digest(file.get("payload_digest")) if document.signed else None
            same_audio = digest is not None and known == digest
            same_stamp = (file.get("size_bytes"), file.get("mtime_ns")) == (stamp.size, stamp.mtime_ns)
            track = _plausible(metadata)
            if track is None or not (same_stamp or same_audio) or (digest is not None and known not in {None, digest}):
                return None
            whole = (file.get("ctime_ns"), file.get("inode")) == (stamp.ctime_ns, stamp.inode)
            return Analysed(
                schema.values_of(values, schema.ALGORITHM_VERSION),
                track,
                float(milliseconds),
                parse_content_id(file.get("content_id")) if document.signed else None,
                known,
                confirmed=same_audio or (document.signed and same_stamp and whole and stamp.ctime_ns is not None),
                parts=_parts(document.value.get("parts")) if document.signed else (),
            )
    return None


def _plausible(metadata: object) -> TrackMetadata | None:
    """Return track metadata, or None if it is invalid or exceeds what any recording has."""
    try:
        track = TrackMetadata.from_json(metadata)
    except ValueError:
        return None
    if track.duration_sec > LONGEST_TRACK_SEC or track.channels > MOST_CHANNELS or track.sample_rate > HIGHEST_RATE:
        return None
    warnings = track.warnings
    return track if len(warnings) <= MOST_WARNINGS and all(len(text) <= LONGEST_WARNING for text in warnings) else None


def _parts(value: object) -> tuple[Part, ...]:
    """Return the parts of a document; none if one of them is invalid."""
    try:
        return tuple(Part.from_json(part) for part in value) if isinstance(value, list) else ()
    except ValueError:
        return ()
