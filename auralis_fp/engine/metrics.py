"""Counters and histograms in memory, exported together."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from ..runtime.event_bus import Event

ANALYSIS_SEC: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
REQUEST_SEC: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
MOST_LABELS: Final = 500  # label combinations per metric, so that clients or files cannot exhaust the memory


class HistogramSeries(NamedTuple):
    """One histogram: the number of values per bucket (the last is unbounded) and their sum."""

    buckets: list[int]
    total: list[float]


class Histogram:
    """A histogram per combination of labels.

    Parameters
    ----------
    bounds : sequence of float
        Upper bound of each bucket but the last.
    """

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self._series: dict[tuple[str, ...], HistogramSeries] = {}

    def observe(self, labels: tuple[str, ...], value: float) -> None:
        """Count a value.

        Parameters
        ----------
        labels : tuple of str
        value : float
        """
        if labels not in self._series and len(self._series) >= MOST_LABELS:
            labels = ("other",) * len(labels)
        series = self._series.setdefault(labels, HistogramSeries([0] * (len(self.bounds) + 1), [0.0]))
        series.buckets[bisect_left(self.bounds, value)] += 1
        series.total[0] += value

    def series(self) -> Iterator[tuple[tuple[str, ...], list[tuple[str, int]], float]]:
        """Yield labels, cumulative buckets as Prometheus defines them, and the sum, per combination of labels."""
        for labels, known in self._series.items():
            reached, buckets = 0, []
            for bound, number in zip((*map(str, self.bounds), "+Inf"), known.buckets, strict=True):
                reached += number
                buckets.append((bound, reached))
            yield labels, buckets, known.total[0]


class Metrics:
    """Requests and analyses since the start."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, str, str]] = Counter()  # method, route, status
        self.request_sec = Histogram(REQUEST_SEC)  # by route
        self.outcomes: Counter[tuple[str, str, str]] = Counter()  # outcome, stage, code
        self.analysis_sec = Histogram(ANALYSIS_SEC)  # by format
        self.audio_sec: Counter[str] = Counter()  # by format

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a response.

        Parameters
        ----------
        method, route : str
        status : int
        seconds : float
        """
        labels = (method, route, str(status))
        if labels not in self.requests and len(self.requests) >= MOST_LABELS:
            labels = ("other", "other", "other")
        self.requests[labels] += 1
        self.request_sec.observe((route,), seconds)

    def on_event(self, event: Event) -> None:
        """Count a finished analysis."""
        data: dict[str, Any] = event.data
        if event.name == "result":
            kind = str(data["metadata"]["format"])
            self.outcomes["analysed", "", ""] += 1
            self.analysis_sec.observe((kind,), data["processing_time_ms"] / 1000)
            self.audio_sec[kind] += data["metadata"]["duration_sec"]
        elif event.name == "failure":
            self.outcomes["rejected", data["stage"], data["code"]] += 1
