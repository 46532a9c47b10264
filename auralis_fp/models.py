"""Plain values shared by the packages; those sent to workers are picklable."""

import base64
import os
import sys
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Final, NamedTuple

from . import schema

_LONGEST_NAME: Final = 100  # characters of a format or codec name
_MOST_CANDIDATES: Final = 8  # of a tempo
_FASTEST_BPM: Final = 1000


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


class TempoCandidate(NamedTuple):
    """A metrical level that listeners may tap: tempo in BPM, and its probability, 0 to 1."""

    bpm: float
    probability: float


class Tempo(NamedTuple):
    """The most likely tempo, the most likely one at another metrical level, and the confidence in the first.

    ``confidence``, 0 to 1, falls with doubt about the octave.
    """

    candidates: tuple[TempoCandidate, ...]
    confidence: float

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"candidates": [each._asdict() for each in self.candidates], "confidence": self.confidence}

    @classmethod
    def from_json(cls, value: object) -> "Tempo":
        """Return a tempo from JSON of unknown origin.

        Raises
        ------
        ValueError
            The value does not have the form that ``as_json`` returns.
        """
        match value:
            case {"candidates": list() as candidates, "confidence": int() | float() as confidence} if (
                _is_share(confidence) and 1 <= len(candidates) <= _MOST_CANDIDATES
            ):
                return cls(tuple(_candidate(each) for each in candidates), float(confidence))
        raise ValueError("not the tempo of a track")


def _candidate(value: object) -> TempoCandidate:
    match value:
        case {"bpm": int() | float() as bpm, "probability": int() | float() as probability} if (
            not isinstance(bpm, bool) and 0 < bpm < _FASTEST_BPM and _is_share(probability)
        ):
            return TempoCandidate(float(bpm), float(probability))
    raise ValueError("not a candidate of a tempo")


def _is_share(value: float) -> bool:
    return not isinstance(value, bool) and 0 <= value <= 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackMetadata:
    """Properties of a track other than its fingerprint.

    ``warnings`` lists problems of decoding (``truncated``, ``decode_errors``, ``header_mismatch``); ``undefined`` lists
    the dimensions that have their neutral value because the signal does not define them. ``decoder`` names the decoding
    library and its version, ``kernels`` what the analysis computed with. ``tempo`` is None where the tempo is
    undefined. Results that older versions made have empty names and no tempo. ``machine``
    names the machine that made the result in a cluster.
    """

    duration_sec: float
    sample_rate: int
    channels: int
    format: str
    codec: str
    warnings: tuple[str, ...] = ()
    undefined: tuple[str, ...] = ()
    decoder: str = ""
    kernels: str = ""
    tempo: Tempo | None = None
    machine: str = ""

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
        match value:
            case {
                "duration_sec": int() | float() as duration,
                "sample_rate": int() as rate,
                "channels": int() as channels,
                "format": str() as kind,
                "codec": str() as codec,
                "warnings": list() as warnings,
                "undefined": list() as undefined,
                **rest,
            } if (
                _plausible(duration, rate, channels)
                and isinstance(decoder := rest.get("decoder", ""), str)  # results of earlier versions name neither
                and isinstance(kernels := rest.get("kernels", ""), str)
                and isinstance(machine := rest.get("machine", ""), str)
                and max(len(kind), len(codec), len(decoder), len(kernels), len(machine)) <= _LONGEST_NAME
                and all(isinstance(text, str) for text in (*warnings, *undefined))
            ):
                return cls(
                    duration_sec=float(duration),
                    sample_rate=rate,
                    channels=channels,
                    format=kind,
                    codec=codec,
                    warnings=tuple(warnings),
                    undefined=tuple(name for name in schema.NAMES if name in undefined),
                    decoder=decoder,
                    kernels=kernels,
                    tempo=None if (tempo := rest.get("tempo")) is None else Tempo.from_json(tempo),
                    machine=machine,
                )
        raise ValueError("not the metadata of a track")


def _plausible(duration: float, rate: int, channels: int) -> bool:
    """Return True if the values can be those of a track; booleans are integers to Python, but invalid here."""
    if any(isinstance(value, bool) for value in (duration, rate, channels)):
        return False
    return 0 <= duration < 1e9 and 0 < rate < 1 << 31 and 0 < channels < 1 << 16


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
