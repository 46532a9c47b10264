"""Counters and histograms of what happens, kept as plain numbers; who collects them asks for them all at once."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from ..runtime.event_bus import Event

ANALYSIS_SEC: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
REQUEST_SEC: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
MOST_LABELS: Final = 500  # combinations in one family: what clients or files make up cannot fill the memory


class Series(NamedTuple):
    """One histogram: how many values in each bucket (the last beyond all bounds), and their sum."""

    buckets: list[int]
    total: list[float]


class Histogram:
    """Values by labels, counted in buckets.

    Parameters
    ----------
    bounds : sequence of float
        Greatest value of each bucket but the last.
    """

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self._series: dict[tuple[str, ...], Series] = {}

    def observe(self, labels: tuple[str, ...], value: float) -> None:
        """Count a value."""
        if labels not in self._series and len(self._series) >= MOST_LABELS:
            labels = ("other",) * len(labels)
        series = self._series.setdefault(labels, Series([0] * (len(self.bounds) + 1), [0.0]))
        series.buckets[bisect_left(self.bounds, value)] += 1
        series.total[0] += value

    def series(self) -> Iterator[tuple[tuple[str, ...], list[tuple[str, int]], float]]:
        """Yield for each combination of labels its buckets, as Prometheus counts them (upwards), and the sum."""
        for labels, known in self._series.items():
            reached, buckets = 0, []
            for bound, number in zip((*map(str, self.bounds), "+Inf"), known.buckets, strict=True):
                reached += number
                buckets.append((bound, reached))
            yield labels, buckets, known.total[0]


class Metrics:
    """What was answered and what was analysed since the start."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, str, str]] = Counter()  # method, route, status
        self.request_sec = Histogram(REQUEST_SEC)  # by route
        self.outcomes: Counter[tuple[str, str, str]] = Counter()  # outcome, stage, code
        self.analysis_sec = Histogram(ANALYSIS_SEC)  # by format
        self.audio_sec: Counter[str] = Counter()  # by format

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answer and the time it took."""
        labels = (method, route, str(status))
        if labels not in self.requests and len(self.requests) >= MOST_LABELS:
            labels = ("other", "other", "other")
        self.requests[labels] += 1
        self.request_sec.observe((route,), seconds)

    def note(self, event: Event) -> None:
        """Count an analysis that has ended, as the bus tells it."""
        data: dict[str, Any] = event.data
        if event.name == "result":
            kind = str(data["metadata"]["format"])
            self.outcomes["analysed", "", ""] += 1
            self.analysis_sec.observe((kind,), data["processing_time_ms"] / 1000)
            self.audio_sec[kind] += data["metadata"]["duration_sec"]
        elif event.name == "failure":
            self.outcomes["rejected", data["stage"], data["code"]] += 1
