"""Response bodies about the library as a whole: points, throughput, cost, and the meaning of the dimensions."""

from ...engine.snapshot import Count
from ...runtime.payloads import DimensionName, Payload


class DimensionInfo(Payload, frozen=True):
    """The meaning of one dimension."""

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


class Dimensions(Payload, frozen=True):
    """The meaning of all dimensions."""

    dimensions: list[DimensionInfo]
    algorithm: str
    algorithm_version: int


class Range(Payload, frozen=True):
    """Minimum and maximum of a dimension in the library."""

    low: float
    high: float


class Points(Payload, frozen=True):
    """All current fingerprints in column order, quantised to 16 bits.

    `ids` is base64 of little-endian unsigned 64-bit file ids. Each of `columns` is base64 of as many little-endian
    unsigned 16-bit integers q, which stand for low + (high - low)·q/65535 with the dimension's entry in `ranges`.
    """

    count: Count
    algorithm_version: int
    ids: str
    ranges: dict[DimensionName, Range]
    columns: dict[DimensionName, str]


class ThroughputMinute(Payload, frozen=True):
    """Files analysed in the minute that starts at `at`."""

    at: int
    tracks: Count
    audio_sec: float
    failed: Count


class Throughput(Payload, frozen=True):
    """Files analysed per minute, oldest first; minutes without work are omitted. Persists across restarts."""

    since: int
    until: int
    minutes: list[ThroughputMinute]


class Estimate(Payload, frozen=True):
    """Number of tracks and estimated time with all workers; null until something was measured."""

    tracks: Count
    audio_sec: float | None
    seconds: float | None


class CostAnswer(Payload, frozen=True):
    """Estimated cost of the pending files, of retrying the failed ones, and of analysing everything again."""

    measured_tracks: Count
    workers: Count
    pending: Estimate
    retry: Estimate
    everything: Estimate
