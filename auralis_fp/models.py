"""Plain values that cross the borders between rooms and between processes."""

import os
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Final, Literal, NamedTuple

from . import schema

_LONGEST_NAME: Final = 100  # characters of a format or codec name


@dataclass(frozen=True, slots=True)
class FileStamp:
    """What tells cheaply whether a file is still the one that was analysed."""

    size: int
    mtime_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> "FileStamp":
        """Take the stamp from a ``stat`` result."""
        return cls(status.st_size, status.st_mtime_ns)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackMetadata:
    """What is known of a track besides its fingerprint.

    ``warnings`` lists what happened while decoding (``truncated``, ``decode_errors``, ``header_mismatch``);
    ``undefined`` lists the dimensions that took their neutral value because the signal has none.
    """

    duration_sec: float
    sample_rate: int
    channels: int
    format: str
    codec: str
    warnings: tuple[str, ...] = ()
    undefined: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the form that the API, the sidecar and the command line share."""
        return {
            "duration_sec": self.duration_sec,
            "sample_rate": self.sample_rate,
            "channels": self.channels,
            "format": self.format,
            "codec": self.codec,
            "warnings": list(self.warnings),
            "undefined": list(self.undefined),
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
            } if (
                _plausible(duration, rate, channels)
                and max(len(kind), len(codec)) <= _LONGEST_NAME
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
                )
        raise ValueError("not the metadata of a track")


def _plausible(duration: float, rate: int, channels: int) -> bool:
    """Return True if the values can be those of a track; booleans are integers to Python, but invalid here."""
    if any(isinstance(value, bool) for value in (duration, rate, channels)):
        return False
    return 0 <= duration < 1e9 and 0 < rate < 1 << 31 and 0 < channels < 1 << 16


@dataclass(frozen=True, slots=True)
class Analysed:
    """A fingerprint and how it came about.

    ``fingerprint`` holds the 25 names in the order of the schema; ``content`` names the music (see ``identity``), None
    where nobody has looked.
    """

    fingerprint: dict[str, float]
    metadata: TrackMetadata
    processing_time_ms: float
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """A file that cannot be used: an answer like any other, stored and shown."""

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
    """A file whose sidecar is yet to be written, and the result to write with the stamp of the analysed file."""

    file_id: int
    path: bytes
    stamp: FileStamp
    analysed: Analysed | None


@dataclass(frozen=True, slots=True)
class FileEvent:
    """A file the watcher saw. ``stamp`` is None when the file (or the folder at that path) is gone."""

    path: bytes
    stamp: FileStamp | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderState:
    """One library root as the status page shows it.

    ``mode`` is how changes are noticed (``events``, ``polling``, ``off``, ``starting``); ``online`` is False while
    the folder cannot be read, during which nothing below it is judged gone.
    """

    path: str
    online: bool = True
    mode: str = "starting"
    reason: str = ""
    files: int = 0
    scanning: bool = False
    last_scan: float | None = None
    next_scan: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerState:
    """One slot as the status page shows it; times are Unix seconds."""

    slot: int
    state: str  # starting, idle, working
    pid: int | None = None
    path: str | None = None
    started_at: float | None = None
    decoded_sec: float = 0.0
    duration_sec: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The library in numbers; ``total`` is always the sum of the rest."""

    done: int = 0
    outdated: int = 0
    pending: int = 0
    running: int = 0
    failed: int = 0

    @property
    def total(self) -> int:
        """All files that are present."""
        return self.done + self.outdated + self.pending + self.running + self.failed


StateName = Literal[
    "starting", "idle", "working", "paused", "quiet_hours", "waiting_for_playback", "waiting_for_machine", "offline"
]


class ServiceState(NamedTuple):
    """State of the service, a sentence that explains it, and the Unix time at which it ends, if known."""

    state: StateName
    reason: str
    until: float | None = None


@dataclass(slots=True)
class Health:
    """Which parts are down, and why; empty when all is well.

    ``notes`` hold what is worth knowing of a folder though nothing is wrong with it, by its path.
    """

    faults: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)

    def mark_down(self, part: str, reason: str) -> None:
        """Record that *part* does not work."""
        self.faults[part] = reason

    def mark_up(self, part: str) -> None:
        """Record that *part* works (again)."""
        self.faults.pop(part, None)
