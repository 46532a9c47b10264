"""The status of the service, as ``GET /status`` and ``status`` events send it."""

from typing import Annotated, Literal

import msgspec

from ..files.omissions import Reason
from ..runtime.payloads import Payload
from ..states import StateName

Count = Annotated[int, msgspec.Meta(ge=0)]
Percent = Annotated[int, msgspec.Meta(ge=0, le=100)]


class FileCounts(Payload, frozen=True):
    """Number of files by state; `total` is the sum of the others."""

    total: Count
    done: Count
    outdated: Count
    pending: Count
    running: Count
    failed: Count


class Rate(Payload, frozen=True):
    """Analysis rate; null while unknown."""

    tracks_per_sec: float | None
    times_real_time: float | None


class Worker(Payload, frozen=True):
    """One analysis process and the file it works on; `machine` is empty for this one."""

    slot: int
    state: Literal["starting", "idle", "working"]
    pid: int | None
    path: str | None
    file_id: int | None
    started_at: float | None
    decoded_sec: float
    duration_sec: float | None
    cpu_percent: float | None
    memory_bytes: int | None
    machine: str


class Machine(Payload, frozen=True):
    """A machine of the cluster.

    `used` of its `slots` may be used. `refused` says why it gets no files, `remark` what is worth knowing otherwise.
    `lag_sec` is the mean time that a file spends on the way and in waiting. `lost` counts files that were begun again
    because the machine or the connection was lost.
    """

    name: str
    address: str
    slots: Count
    used: Count
    working: Count
    analysed: Count
    failed: Count
    lost: Count
    audio_sec: float
    tracks_per_sec: float | None
    lag_sec: float | None
    silent_sec: float
    refused: str
    remark: str


class LeftOutEntries(Payload, frozen=True):
    """Entries of a folder that a sweep left out for one reason, and the setting that changes it."""

    reason: Reason
    suffix: str
    count: Count
    examples: list[str]
    setting: str
    text: str


class Folder(Payload, frozen=True):
    """One music folder; `mode` is how changes are detected."""

    path: str
    online: bool
    mode: Literal["starting", "events", "polling", "off", "failed"]
    reason: str
    files: Count
    scanning: bool
    last_scan: float | None
    next_scan: float | None
    left_out: list[LeftOutEntries]


class HealthSummary(Payload, frozen=True):
    """Overall health, with one sentence for each problem, and for each protection that is off or lacking.

    `kernels` names what analysis processes compute with; empty before the first of them has started.
    """

    status: Literal["healthy", "degraded"]
    reasons: list[str]
    unprotected: list[str]
    kernels: list[str]


class HostSummary(Payload, frozen=True):
    """The host's library; `note` says what happened when it was reset."""

    tracks: Count
    reset_at: float | None
    note: str


class HistoryMinute(Payload, frozen=True):
    """Number of files finished in one minute."""

    at: int
    done_per_min: int


class Parts(Payload, frozen=True):
    """What one decode of a file yields, each part by its version, and how many results still lack some.

    `waiting` files are decoded again when there is nothing else to do; `completed` counts those since the start.
    """

    versions: dict[str, int]
    waiting: Count
    completed: Count


class Status(Payload, frozen=True):
    """The complete status of the service."""

    state: StateName
    reason: str
    until: Annotated[float | None, msgspec.Meta(description="when the state ends by the clock, in Unix seconds")]
    paused: Annotated[bool, msgspec.Meta(description="whether the user has paused background work, in any state")]
    counts: FileCounts
    percent: Percent
    unconfirmed: Annotated[
        Count,
        msgspec.Meta(description="results that are served, but whose files have not been compared with them yet"),
    ]
    rate: Rate
    eta_sec: float | None
    workers: list[Worker]
    folders: list[Folder]
    algorithm: str
    algorithm_version: int
    parts: Parts
    updated_at: float
    version: str
    uptime_sec: Count
    health: HealthSummary
    history: list[HistoryMinute]
    machines: Annotated[list[Machine], msgspec.Meta(description="empty without `cluster`")]
    host: Annotated[HostSummary | None, msgspec.Meta(description="null without `host_database`")]
