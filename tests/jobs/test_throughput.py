"""How fast the work goes, by a clock of our own."""

import pytest

from auralis_fp.jobs.throughput import LEAST_SAMPLES, WINDOW_SEC, Rate, Throughput


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    """Return the clock."""
    return Clock()


def work(throughput: Throughput, clock: Clock, tracks: int, *, each_sec: float, music_sec: float = 200) -> None:
    """Finish tracks one after the other."""
    for _ in range(tracks):
        throughput.begin()
        clock.seconds += each_sec
        throughput.finish(music_sec)


def test_without_work_there_is_no_rate(clock: Clock) -> None:
    """Nothing is said that is not known."""
    throughput = Throughput(clock)
    assert throughput.rate() is None
    assert throughput.eta_sec(100) is None


def test_steady_work_is_measured(clock: Clock) -> None:
    """Tracks a second, and seconds of music a second."""
    throughput = Throughput(clock)
    work(throughput, clock, 20, each_sec=0.5)
    assert throughput.rate() == pytest.approx(Rate(2.0, 400.0))
    assert throughput.eta_sec(20_000) == pytest.approx(50.0)
    assert throughput.eta_sec(0) is None
    assert throughput.eta_sec(None) is None


def test_a_few_tracks_are_no_forecast(clock: Clock) -> None:
    """The time left is said from the eighth track on."""
    throughput = Throughput(clock)
    work(throughput, clock, LEAST_SAMPLES - 1, each_sec=1)
    assert throughput.eta_sec(20_000) is None
    work(throughput, clock, 1, each_sec=1)
    assert throughput.eta_sec(20_000) == pytest.approx(100)


def test_what_is_left_is_told_by_its_weight(clock: Clock) -> None:
    """A megabyte of FLAC is less music than one of MP3; what was not met so far is taken for the mean."""
    throughput = Throughput(clock)
    assert throughput.music_sec({"flac": 1_000_000}) is None
    throughput.finish(60, "flac", 6_000_000)
    throughput.finish(60, ".mp3", 2_000_000)
    assert throughput.music_sec({"flac": 1_000_000, ".mp3": 1_000_000}) == pytest.approx(10 + 30)
    assert throughput.music_sec({"opus": 1_000_000}) == pytest.approx(15)
    assert throughput.music_sec({}) == 0


def test_the_past_is_forgotten(clock: Clock) -> None:
    """Two minutes count: a change of speed is seen, and after a rest there is no rate."""
    throughput = Throughput(clock)
    work(throughput, clock, 300, each_sec=1)
    work(throughput, clock, 60, each_sec=2)
    rate = throughput.rate()
    assert rate is not None
    assert rate.tracks_per_sec == pytest.approx(0.5, rel=0.02)
    clock.seconds += WINDOW_SEC + 1
    assert throughput.rate() is None


def test_a_rest_does_not_slow_what_comes_after(clock: Clock) -> None:
    """Work after an idle hour is measured from its own beginning."""
    throughput = Throughput(clock)
    work(throughput, clock, 10, each_sec=1)
    clock.seconds += 3600
    work(throughput, clock, 10, each_sec=1)
    rate = throughput.rate()
    assert rate is not None
    assert rate.tracks_per_sec == pytest.approx(1.0)
