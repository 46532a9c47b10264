"""Counters and histograms."""

from auralis_fp.engine.metrics import MOST_LABELS, Histogram, Metrics


def test_histogram_buckets() -> None:
    """Buckets are cumulative; a value on a bound belongs to its bucket; the last bucket counts all."""
    histogram = Histogram((1.0, 2.0))
    for value in (0.5, 1.0, 1.5, 99.0):
        histogram.observe(("wav",), value)
    ((labels, buckets, total),) = histogram.series()
    assert labels == ("wav",)
    assert buckets == [("1.0", 2), ("2.0", 3), ("+Inf", 4)]
    assert total == 102.0


def test_the_number_of_labels_is_bounded() -> None:
    """Combinations beyond the limit are counted together, and no count is lost."""
    figures = Metrics()
    for number in range(2 * MOST_LABELS):
        figures.request("GET", f"route {number}", 200, 0.01)
    assert len(figures.requests) == MOST_LABELS + 1
    assert sum(figures.requests.values()) == 2 * MOST_LABELS
    assert figures.requests["other", "other", "other"] == MOST_LABELS
    assert len(list(figures.request_sec.series())) == MOST_LABELS + 1
