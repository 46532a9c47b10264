"""Response bodies about the library as a whole: points, throughput, cost, and the meaning of the dimensions."""

from typing import TYPE_CHECKING, Literal

from ...engine.snapshot import Count
from ...runtime.payloads import DimensionName, Payload
from ...store.vectors import TAG_NAMES

if TYPE_CHECKING:
    PointTag = str
else:  # names that a type checker cannot evaluate
    PointTag = Literal[TAG_NAMES]


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


class PointsHead(Payload, frozen=True):
    """First line of the points: what follows.

    `version` is the `since` of a later request for what has changed. `count` is the number of points to expect; the
    parts may hold a few more. `ranges` are the limits of the dimensions. `removed` lists the ids of files without a
    point now; null if all points follow rather than changes.
    """

    version: str
    algorithm_version: int
    count: Count
    ranges: dict[DimensionName, Range]
    removed: list[int] | None


class PointTags(Payload, frozen=True):
    """A tag of some points: its different values, and base64 of each point's index in them; 65535 for none."""

    values: list[str]
    indices: str


class PointsPart(Payload, frozen=True):
    """Each further line: some of the points in column order, quantised to 16 bits.

    `ids` is base64 of little-endian unsigned 64-bit file ids. Each of `columns` is base64 of as many little-endian
    unsigned 16-bit integers q, which stand for low + (high - low)·q/65534 with the dimension's entry in `ranges`;
    65535 stands for null, an undefined value. The indices of `tags` are such integers too.
    """

    ids: str
    columns: dict[DimensionName, str]
    tags: dict[PointTag, PointTags]


class ThroughputMinute(Payload, frozen=True):
    """Files analysed in the minute or hour that starts at `at`."""

    at: int
    tracks: Count
    audio_sec: float
    failed: Count


class Throughput(Payload, frozen=True):
    """Files analysed per minute, or per hour of a month, oldest first; times without work are omitted."""

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
