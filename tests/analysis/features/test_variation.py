"""Variation of dynamics against closed forms."""

import numpy as np
import pytest

from auralis_fp.analysis.level.levels import SEGMENT_SEC
from signals import RATE, measure, pink, sine, square, stereo, times, values


def alternating(other_amplitude: float) -> np.ndarray:
    """Return alternating 4 s of sine and 4 s of square wave."""
    parts = [sine(441, 4.0, other_amplitude) if turn % 2 else square(441, 4.0, 0.5) for turn in range(10)]
    return np.concatenate(parts)


@pytest.mark.parametrize("amplitude", [0.5 * 2**0.5, 0.5])
def test_dynamic_range_of_sine_and_square(amplitude: float) -> None:
    """Alternating crest factors of 3.01 and 0 dB deviate by 1.5 dB: 1.5 / (1.5 + 2) = .43, less at the joins."""
    assert values(stereo(alternating(amplitude)))["dynamic_range_variation"] == pytest.approx(0.42, abs=0.012)


@pytest.mark.parametrize("length", [40, 2000])
def test_one_click_moves_nothing(length: int) -> None:
    """A loud click in 25 s of music changes neither the consistency of the peaks nor the variation of the crest."""
    track = 0.5 * pink(25.0) * (1 + 0.5 * np.sin(2 * np.pi * 0.3 * times(25.0)))
    clicked = track.copy()
    clicked[12 * RATE : 12 * RATE + length] = 0.99
    plain, found = values(stereo(track)), values(stereo(clicked))
    for name in ("peak_consistency", "dynamic_range_variation"):
        assert found[name] == pytest.approx(plain[name], abs=0.02), name
    assert found["silence_ratio"] == plain["silence_ratio"] == 0


def test_steady_tone_varies_in_nothing() -> None:
    """A steady tone has no variation and consistent peaks."""
    found = values(stereo(sine(441, 10.0)))
    assert found["dynamic_range_variation"] == pytest.approx(0, abs=0.001)
    assert found["loudness_variation_std"] == pytest.approx(0, abs=0.01)
    assert found["peak_consistency"] == pytest.approx(1, abs=0.001)


def test_peaks_of_two_levels() -> None:
    """One minute at full scale and one at half read .750."""
    track = np.concatenate((sine(441, 60.0, 1.0), sine(441, 60.0, 0.5)))
    assert values(stereo(track))["peak_consistency"] == pytest.approx(0.75, abs=0.005)


def test_short_term_loudness_of_two_levels() -> None:
    """One minute at -20 LUFS and one at -30 LUFS read 4.96 LU."""
    track = np.concatenate((sine(1000, 60.0, 10 ** (-20 / 20)), sine(1000, 60.0, 10 ** (-30 / 20))))
    assert values(stereo(track))["loudness_variation_std"] == pytest.approx(4.96, abs=0.05)


def test_too_short_to_vary() -> None:
    """With fewer than two windows the values are listed as undefined."""
    found = measure(stereo(sine(441, 0.6)))
    assert found.values["loudness_variation_std"] == 0
    assert found.values["dynamic_range_variation"] == 0
    assert {"loudness_variation_std", "dynamic_range_variation", "peak_consistency"} <= set(found.undefined)


def test_peaks_are_those_of_the_highest_fifth_of_a_window() -> None:
    """The peak of 500 ms is the root mean square of the highest 4 of its 20 segments."""
    amplitudes = np.random.default_rng(6).uniform(0.3, 0.9, 2400)
    length = round(SEGMENT_SEC * RATE)
    track = np.repeat(amplitudes, length) * np.tile([1.0, -1.0], len(amplitudes) * length // 2)
    windows = [np.sort(amplitudes[first : first + 20])[-4:] for first in range(0, len(amplitudes) - 19, 10)]
    lower, upper = np.percentile([np.sqrt(np.mean(highest**2)) for highest in windows], (25, 75))
    expected = 1 / (1 + (upper - lower) / (upper + lower))
    assert values(stereo(track))["peak_consistency"] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(
    ("name", "seconds"), [("peak_consistency", 0.75), ("dynamic_range_variation", 1.5), ("loudness_variation_std", 3.1)]
)
def test_two_windows_vary(name: str, seconds: float) -> None:
    """Two windows of 500 ms, 1 s and 3 s are the fewest that can differ."""
    track = sine(441, 4.0) * np.linspace(1.0, 0.3, 4 * RATE)
    margin = round(0.03 * RATE)  # what the STFT does not cover, or is less than a segment
    enough, few = (measure(stereo(track[: round(seconds * RATE) + moved])) for moved in (margin, -margin))
    assert name not in enough.undefined
    assert enough.values[name] != few.values[name]
    assert name in few.undefined
