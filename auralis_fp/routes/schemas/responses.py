"""The forms answers have, as the published description shows them and the tests hold them to."""

from typing import Annotated, Any, Final, Literal

import msgspec

from ... import schema
from ...engine.status import STATES as SERVICE_STATES
from ...store.records import STATES as FILE_STATES

Fraction = Annotated[int, msgspec.Meta(ge=0, le=100)]
Number = Annotated[int, msgspec.Meta(ge=0)]
Fingerprint: Final = msgspec.defstruct(
    "Fingerprint",
    [
        (
            dimension.name,
            Annotated[
                float,
                msgspec.Meta(
                    ge=dimension.low, le=dimension.high, title=dimension.title, description=f"{dimension.unit}"
                ),
            ],
        )
        for dimension in schema.DIMENSIONS
    ],
    forbid_unknown_fields=True,
)
DimensionName = Literal[schema.NAMES]  # type: ignore[valid-type]
FileStateName = Literal[FILE_STATES]  # type: ignore[valid-type]
StateName = Literal[SERVICE_STATES]  # type: ignore[valid-type]


class Form(msgspec.Struct, forbid_unknown_fields=True):
    """Base of all forms: no field but those named."""


class Metadata(Form):
    """What is known of a track besides its fingerprint."""

    duration_sec: Annotated[float, msgspec.Meta(ge=0)]
    sample_rate: int
    channels: int
    format: str
    codec: str
    warnings: list[str]
    undefined: list[DimensionName]


class AnswerMetadata(Metadata):
    """The same with where the answer is from."""

    source: Literal["analysis", "sidecar", "import"]
    file_id: int
    algorithm_version: int
    outdated: bool


class TrackAnswer(Form):
    """The fingerprint of one track."""

    track_id: int | None
    fingerprint: Fingerprint  # type: ignore[valid-type]
    metadata: AnswerMetadata
    processing_time_ms: float


class ItemProblem(Form):
    """Why one item of a batch has no fingerprint."""

    code: str
    stage: str
    message: str


class BatchProblem(Form):
    """A line of a batch for an item without fingerprint; identifiers come back as they were sent."""

    track_id: Any
    path: Any
    error: ItemProblem


class Queued(Form):
    """A track whose fingerprint is not there yet."""

    track_id: int
    state: FileStateName


class Error(Form):
    """The one shape of errors."""

    error: str
    code: str
    detail: dict[str, Any]


class HealthAnswer(Form):
    """Whether requests can be answered."""

    status: Literal["healthy", "degraded"]
    version: str
    uptime_sec: Number
    state: StateName
    reasons: list[str]


class Counts(Form):
    """The library in numbers; `total` is the sum of the others."""

    total: Number
    done: Number
    outdated: Number
    pending: Number
    running: Number
    failed: Number


class Rate(Form):
    """How fast the work goes; null while unknown."""

    tracks_per_sec: float | None
    times_real_time: float | None


class Worker(Form):
    """One analysis process."""

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


class Folder(Form):
    """One music folder."""

    path: str
    online: bool
    mode: Literal["starting", "events", "polling", "off", "failed"]
    reason: str
    files: Number
    scanning: bool
    last_scan: float | None
    next_scan: float | None


class HealthSummary(Form):
    """Whether something is wrong, in sentences."""

    status: Literal["healthy", "degraded"]
    reasons: list[str]


class Minute(Form):
    """Files finished in one minute."""

    at: int
    done_per_min: int


class Status(Form):
    """Everything the status page shows."""

    state: StateName
    reason: str
    until: Annotated[float | None, msgspec.Meta(description="when the state ends by the clock, in Unix seconds")]
    counts: Counts
    percent: Fraction
    rate: Rate
    eta_sec: float | None
    workers: list[Worker]
    folders: list[Folder]
    algorithm: str
    algorithm_version: int
    updated_at: float
    version: str
    uptime_sec: Number
    health: HealthSummary
    history: list[Minute]


class Failure(Form):
    """Why a file cannot be used."""

    stage: str
    code: str
    reason: str
    attempts: int
    failed_at: float
    retry_at: float | None


class File(Form):
    """All that is known of one file."""

    id: int
    path: str
    name: str
    title: str | None
    state: FileStateName
    size: int
    mtime_ns: int
    track_ids: list[int]
    fingerprint: Fingerprint | None  # type: ignore[valid-type]
    metadata: Metadata | None
    outdated: bool
    analysed_at: float | None
    processing_time_ms: float | None
    source: Literal["analysis", "sidecar", "import"] | None
    failure: Failure | None


class Files(Form):
    """A page of files; `next` continues it."""

    items: list[File]
    next: str | None


class Failures(Form):
    """A page of files that cannot be used, how many fit in all, and how many there are of each kind at all."""

    items: list[File]
    matching: Number
    by_code: dict[str, int]
    next: str | None


class ExportedFailure(Form):
    """A file that cannot be used, for keeping."""

    path: str
    code: str
    stage: str
    reason: str
    attempts: int
    failed_at: float
    retry_at: float | None
    size: int
    id: int


class Described(Form):
    """What one number of the fingerprint means."""

    name: DimensionName
    family: str
    title: str
    unit: str
    low: float
    high: float
    neutral: float
    typical: tuple[float, float]
    hears: str
    formula: str
    source: str
    truth: str


class Dimensions(Form):
    """What the 25 numbers mean."""

    dimensions: list[Described]
    algorithm: str
    algorithm_version: int


class StateAnswer(Form):
    """The state after a request that changes something."""

    state: StateName


class RetryAnswer(Form):
    """How many files were queued again."""

    queued: Number


class Queue(Form):
    """The files that wait, those that come next first."""

    items: list[File]


class SkipAnswer(Form):
    """How many failed files are left alone from now on."""

    skipped: Number


class CancelAnswer(Form):
    """How many files were taken off the list."""

    cancelled: Number


class PrioritiseAnswer(Form):
    """How many of the files wait now, before all others."""

    waiting: Number


class ReanalyseAnswer(Form):
    """How many of the files wait to be analysed again, or are being so."""

    waiting: Number


class Range(Form):
    """The least and the greatest value of a dimension in the library."""

    low: float
    high: float


class Points(Form):
    """All current fingerprints, column by column.

    `ids` is base64 of little-endian unsigned 64-bit integers: our ids of the files. Each of `columns` is base64 of as
    many little-endian unsigned 16-bit integers; q stands for low + (high - low)·q/65535 with the dimension's `ranges`.
    """

    count: Number
    algorithm_version: int
    ids: str
    ranges: dict[DimensionName, Range]
    columns: dict[DimensionName, str]


class WorkedMinute(Form):
    """What was analysed in the minute that began at `at`."""

    at: int
    tracks: Number
    audio_sec: float
    failed: Number


class Throughput(Form):
    """What was analysed, minute by minute, oldest first; minutes without work are left out. Survives restarts."""

    since: int
    until: int
    minutes: list[WorkedMinute]


class Estimate(Form):
    """How many tracks a piece of work has, and how long it takes with all workers; null while nothing was measured."""

    tracks: Number
    audio_sec: float | None
    seconds: float | None


class CostAnswer(Form):
    """What it costs to work off what waits, to try what failed again, and to analyse everything anew."""

    measured_tracks: Number
    workers: Number
    pending: Estimate
    retry: Estimate
    everything: Estimate
