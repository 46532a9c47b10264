"""Measured throughput, with a clock that the test sets."""

import pytest

from auralis_fp.jobs.throughput import LEAST_SAMPLES, WINDOW_SEC, Rate, Throughput


class Clock:
    """A clock that the test sets."""

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
    """Unknown values are None."""
    throughput = Throughput(clock)
    assert throughput.rate() is None
    assert throughput.eta_sec(100) is None


def test_steady_work_is_measured(clock: Clock) -> None:
    """Tracks per second, and seconds of music per second."""
    throughput = Throughput(clock)
    work(throughput, clock, 20, each_sec=0.5)
    assert throughput.rate() == pytest.approx(Rate(2.0, 400.0))
    assert throughput.eta_sec(20_000) == pytest.approx(50.0)
    assert throughput.eta_sec(0) is None
    assert throughput.eta_sec(None) is None


def test_a_few_tracks_give_no_estimate(clock: Clock) -> None:
    """The remaining time is given from the eighth track on."""
    throughput = Throughput(clock)
    work(throughput, clock, LEAST_SAMPLES - 1, each_sec=1)
    assert throughput.eta_sec(20_000) is None
    work(throughput, clock, 1, each_sec=1)
    assert throughput.eta_sec(20_000) == pytest.approx(100)


def test_the_remaining_music_is_estimated_from_sizes(clock: Clock) -> None:
    """A megabyte of FLAC holds less music than one of MP3; an unknown kind counts as the mean."""
    throughput = Throughput(clock)
    assert throughput.music_sec({"flac": 1_000_000}) is None
    throughput.finish(60, "flac", 6_000_000)
    throughput.finish(60, ".mp3", 2_000_000)
    assert throughput.music_sec({"flac": 1_000_000, ".mp3": 1_000_000}) == pytest.approx(10 + 30)
    assert throughput.music_sec({"opus": 1_000_000}) == pytest.approx(15)
    assert throughput.music_sec({}) == 0


def test_the_rate_covers_two_minutes(clock: Clock) -> None:
    """A change of speed shows, and after a longer pause there is no rate."""
    throughput = Throughput(clock)
    work(throughput, clock, 300, each_sec=1)
    work(throughput, clock, 60, each_sec=2)
    rate = throughput.rate()
    assert rate is not None
    assert rate.tracks_per_sec == pytest.approx(0.5, rel=0.02)
    clock.seconds += WINDOW_SEC + 1
    assert throughput.rate() is None


def test_a_pause_does_not_lower_the_rate(clock: Clock) -> None:
    """After an idle hour the rate is measured from the next start."""
    throughput = Throughput(clock)
    work(throughput, clock, 10, each_sec=1)
    clock.seconds += 3600
    work(throughput, clock, 10, each_sec=1)
    rate = throughput.rate()
    assert rate is not None
    assert rate.tracks_per_sec == pytest.approx(1.0)
