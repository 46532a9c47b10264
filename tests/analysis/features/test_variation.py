"""Variation of dynamics against closed forms."""

import numpy as np
import pytest

from signals import measure, sine, square, stereo, values


def alternating(other_amplitude: float) -> np.ndarray:
    """Return alternating 4 s of sine and 4 s of square wave."""
    parts = [sine(441, 4.0, other_amplitude) if turn % 2 else square(441, 4.0, 0.5) for turn in range(10)]
    return np.concatenate(parts)


@pytest.mark.parametrize(("amplitude", "expected"), [(0.5 * 2**0.5, 0.200), (0.5, 0.191)])
def test_dynamic_range_of_sine_and_square(amplitude: float, expected: float) -> None:
    """Alternating crest factors of 3.01 and 0 dB read .200."""
    assert values(stereo(alternating(amplitude)))["dynamic_range_variation"] == pytest.approx(expected, abs=0.005)


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
