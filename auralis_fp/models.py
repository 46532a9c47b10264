"""Plain values shared by the packages; those sent to workers are picklable."""

import base64
import os
import sys
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Annotated, Any, NamedTuple, TypeVar

import msgspec
from msgspec import Meta

from . import schema

T = TypeVar("T")
_Name = Annotated[str, Meta(max_length=100)]  # of a format, codec, library or machine
_Share = Annotated[float, Meta(ge=0, le=1)]


@dataclass(frozen=True, slots=True)
class FileStamp:
    """Size, times and inode of a file: a cheap test whether it has changed.

    Stamps are equal if size and modification time agree. ``confirms`` also compares the time of the last status change
    and the inode, which no program can set back; they are None where the file system does not keep them.
    """

    size: int
    mtime_ns: int
    ctime_ns: int | None = field(default=None, compare=False)
    inode: int | None = field(default=None, compare=False)

    @classmethod
    def of(cls, status: os.stat_result) -> "FileStamp":
        """Return the stamp in a ``stat`` result."""
        ctime_ns = None if sys.platform == "win32" else status.st_ctime_ns  # the time of creation on Windows
        return cls(status.st_size, status.st_mtime_ns, ctime_ns, status.st_ino)

    def confirms(self, other: "FileStamp") -> bool:
        """Return True if all fields are known and agree: the file has not been written to in between."""
        if self != other or self.ctime_ns is None or self.inode is None:
            return False
        return (self.ctime_ns, self.inode) == (other.ctime_ns, other.inode)

    def shows_change(self, earlier: "FileStamp") -> bool:
        """Return True if the file was written to since an earlier stamp, as far as both fields are known."""
        return self != earlier or (None not in (self.ctime_ns, earlier.ctime_ns) and not self.confirms(earlier))


@dataclass(frozen=True, slots=True)
class TempoCandidate:
    """A metrical level that listeners may tap: tempo in BPM, and its probability, 0 to 1."""

    bpm: Annotated[float, Meta(gt=0, lt=1000)]
    probability: _Share


@dataclass(frozen=True, slots=True)
class Tempo:
    """The most likely tempo, the most likely one at another metrical level, and the confidence in the first.

    ``confidence``, 0 to 1, falls with doubt about the octave.
    """

    candidates: Annotated[tuple[TempoCandidate, ...], Meta(min_length=1, max_length=8)]
    confidence: _Share

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        candidates = [{"bpm": each.bpm, "probability": each.probability} for each in self.candidates]
        return {"candidates": candidates, "confidence": self.confidence}

    @classmethod
    def from_json(cls, value: object) -> "Tempo":
        """Return a tempo from JSON of unknown origin.

        Raises
        ------
        ValueError
            The value does not have the form that ``as_json`` returns.
        """
        return _convert(value, cls, "the tempo of a track")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackMetadata:
    """Properties of a track other than its fingerprint.

    ``warnings`` lists problems of decoding (``truncated``, ``decode_errors``, ``header_mismatch``); ``undefined`` lists
    the dimensions that have their neutral value because the signal does not define them. ``decoder`` names the decoding
    library and its version, ``kernels`` what the analysis computed with. ``tempo`` is None where the tempo is
    undefined. Results that older versions made have empty names and no tempo. ``machine``
    names the machine that made the result in a cluster.
    """

    duration_sec: Annotated[float, Meta(ge=0, lt=1e9)]
    sample_rate: Annotated[int, Meta(gt=0, lt=1 << 31)]
    channels: Annotated[int, Meta(gt=0, lt=1 << 16)]
    format: _Name
    codec: _Name
    warnings: tuple[str, ...] = ()
    undefined: tuple[str, ...] = ()
    decoder: _Name = ""
    kernels: _Name = ""
    tempo: Tempo | None = None
    machine: _Name = ""

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form used by the API, the sidecars and the command line."""
        return {
            "duration_sec": self.duration_sec,
            "sample_rate": self.sample_rate,
            "channels": self.channels,
            "format": self.format,
            "codec": self.codec,
            "warnings": list(self.warnings),
            "undefined": list(self.undefined),
            "decoder": self.decoder,
            "kernels": self.kernels,
            "tempo": self.tempo.as_json() if self.tempo else None,
            **({"machine": self.machine} if self.machine else {}),
        }

    @classmethod
    def from_json(cls, value: object) -> "TrackMetadata":
        """Return the metadata in JSON of unknown origin.

        Raises
        ------
        ValueError
            The value does not have the form that ``as_json`` returns.
        """
        return _convert(value, cls, "the metadata of a track").ordered()

    def ordered(self) -> "TrackMetadata":
        """Return the same metadata; of ``undefined`` only known dimensions, in the order of the schema."""
        known = tuple(name for name in schema.NAMES if name in self.undefined) if self.undefined else ()
        return self if known == self.undefined else replace(self, undefined=known)


def _convert(value: object, kind: type[T], what: str) -> T:
    try:
        return msgspec.convert(value, kind)
    except (msgspec.ValidationError, OverflowError) as error:
        raise ValueError(f"not {what}: {error}") from error


class Part(NamedTuple):
    """Something computed in the same decode as a fingerprint, with a version of its own."""

    name: str
    version: int
    data: bytes

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form, with the data in base64."""
        return {"name": self.name, "version": self.version, "data": base64.b64encode(self.data).decode("ascii")}

    @classmethod
    def from_json(cls, value: object) -> "Part":
        """Return a part from JSON of unknown origin.

        Raises
        ------
        ValueError
            The value does not have the form that ``as_json`` returns, or is too long.
        """
        match value:
            case {"name": str() as name, "version": int() as version, "data": str() as text} if (
                not isinstance(version, bool) and 0 < version < 2**31 and 0 < len(name) <= 100 and len(text) <= 1 << 15
            ):
                return cls(name, version, base64.b64decode(text, validate=True))
        raise ValueError("not a part of a result")


class ComputedParts(NamedTuple):
    """Parts of a file whose fingerprint was known, and the digest of every byte of its audio, None if unknown."""

    parts: tuple[Part, ...]
    payload_digest: bytes | None


@dataclass(frozen=True, slots=True)
class Analysed:
    """The result of a successful analysis.

    ``fingerprint`` maps the dimensions, in schema order, to their values. ``content`` is the content id of the audio,
    ``payload_digest`` the digest of every byte of it (see ``files.content_id``); None if unknown. ``confirmed`` is
    False for a result from a sidecar that may not belong to the file.
    """

    fingerprint: dict[str, float]
    metadata: TrackMetadata
    processing_time_ms: float
    content: bytes | None = None
    payload_digest: bytes | None = None
    confirmed: bool = field(default=True, compare=False)
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejected:
    """The result of a failed analysis, stored and shown like a fingerprint."""

    stage: str
    code: str
    reason: str


class Isolation(IntEnum):
    """How much isolation a job needs; jobs with higher values run later."""

    NORMAL = 0
    EXTENDED = 1  # exceeded its time limit once: runs with a longer one
    SERIAL = 2  # its worker died: runs while no other background job does


@dataclass(frozen=True, slots=True)
class Job:
    """A leased job of the queue: one file to analyse.

    Parameters
    ----------
    file_id : int
    path : bytes
    stamp : FileStamp
        The file as it was when it was queued.
    attempts : int
        Earlier attempts that failed in a worker.
    claim : str
        Token of the lease, which the result must carry.
    isolation : int
        A value of ``Isolation``.
    force : bool
        Analyse the file even if a result is known for its content.
    """

    file_id: int
    path: bytes
    stamp: FileStamp
    attempts: int
    claim: str = ""
    isolation: int = Isolation.NORMAL
    force: bool = False


@dataclass(frozen=True, slots=True)
class PendingSidecar:
    """A file whose sidecar still has to be written, the result to write, and the stamp of the analysed file."""

    file_id: int
    path: bytes
    stamp: FileStamp
    analysed: Analysed | None


@dataclass(frozen=True, slots=True)
class FileEvent:
    """A file that was seen; ``stamp`` is None if the file, or the folder at that path, is gone."""

    path: bytes
    stamp: FileStamp | None
