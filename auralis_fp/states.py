"""What the service, its folders and its workers are doing, as shown on the status page."""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Entries of a library that a sweep left out for one reason.

    Parameters
    ----------
    reason : str
        ``hidden``, ``ignored``, ``system_folder``, ``link_outside``, ``broken_link``, ``unreadable``, ``not_regular``,
        ``unsupported``, ``placeholder``, ``temporary`` or ``second_place``.
    suffix : str
        Of unsupported files, with its dot; otherwise empty.
    count : int
        Files, links and whole folders.
    examples : tuple of str
        The first of them, below the library.
    setting : str
        The setting that changes it; empty if none does.
    text : str
        The reason in words.
    """

    reason: str
    suffix: str = ""
    count: int
    examples: tuple[str, ...]
    setting: str = ""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderState:
    """State of one library root, as shown on the status page.

    ``mode`` is how changes are detected (``events``, ``polling``, ``off``, ``starting``). While ``online`` is False the
    folder cannot be read, and no file below it is marked as missing.
    """

    path: str
    online: bool = True
    mode: str = "starting"
    reason: str = ""
    files: int = 0
    scanning: bool = False
    last_scan: float | None = None
    next_scan: float | None = None
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerState:
    """State of one worker slot, as shown on the status page; times are Unix seconds."""

    slot: int
    state: str  # starting, idle, working
    pid: int | None = None
    path: str | None = None
    started_at: float | None = None
    decoded_sec: float = 0.0
    duration_sec: float | None = None
    machine: str = ""  # empty for this one


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineState:
    """State of another machine, as shown on the status page.

    ``slots`` are those that it offers, ``used`` those that may be used. ``refused`` says why it may not work for this
    service, ``remark`` what is worth knowing otherwise; both are empty if there is nothing to say. ``lag_sec`` is the
    mean time that a file spends on the way and in waiting; None before the first. ``lost`` counts files that were begun
    again because the machine or the connection was lost.
    """

    name: str
    address: str
    slots: int = 0
    used: int = 0
    working: int = 0
    analysed: int = 0
    failed: int = 0
    lost: int = 0
    audio_sec: float = 0.0
    tracks_per_sec: float | None = None
    lag_sec: float | None = None
    silent_sec: float = 0.0
    refused: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Number of files in each state."""

    done: int = 0
    outdated: int = 0
    pending: int = 0
    running: int = 0
    failed: int = 0

    @property
    def total(self) -> int:
        """Number of files present: the sum of all states."""
        return self.done + self.outdated + self.pending + self.running + self.failed

    @property
    def percent(self) -> int:
        """Share of the files that can be analysed whose result is current, rounded down; failed files do not count."""
        usable = self.total - self.failed
        return 100 * self.done // usable if usable else 100 if self.total else 0


StateName = Literal[
    "starting",
    "idle",
    "working",
    "pausing",
    "paused",
    "quiet_hours",
    "waiting_for_playback",
    "waiting_for_machine",
    "offline",
]


class ServiceState(NamedTuple):
    """State of the service, a sentence that explains it, and the Unix time at which it ends, if known."""

    state: StateName
    reason: str
    until: float | None = None


@dataclass(slots=True)
class Health:
    """Faults by component, empty if everything works, and notes by folder that are not faults.

    ``unprotected`` has a sentence for each protection of requests that is off or that the system lacks.
    """

    faults: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    unprotected: list[str] = field(default_factory=list)

    def mark_down(self, part: str, reason: str) -> None:
        """Record a fault of *part*."""
        self.faults[part] = reason

    def mark_up(self, part: str) -> None:
        """Clear the fault of *part*."""
        self.faults.pop(part, None)
