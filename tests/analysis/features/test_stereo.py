"""Stereo image against closed forms."""

import numpy as np
import pytest

from signals import measure, signal, sine, stereo, values, white

NOISE, OTHER = white(5.0, seed=1), white(5.0, seed=2)


@pytest.mark.parametrize(
    ("left", "right", "width", "correlation"),
    [
        (NOISE, NOISE, 0.0, 1.0),
        (NOISE, -NOISE, 1.0, -1.0),
        (NOISE, OTHER, 0.5, 0.0),
        (sine(441), np.roll(sine(441), 25), 0.5, 0.0),
        (NOISE, 0.1 * NOISE, 0.5 * (1 - 2 * 0.1 / 1.01), 1.0),
    ],
)
def test_image(left: np.ndarray, right: np.ndarray, width: float, correlation: float) -> None:
    """Equal, inverted, independent, quadrature and unequal sides read their closed forms."""
    found = values(signal(left, right))
    assert found["stereo_width"] == pytest.approx(width, abs=0.01)
    assert found["phase_correlation"] == pytest.approx(correlation, abs=0.02)


def test_inverting_a_side_mirrors_the_width() -> None:
    """Inverting one side turns width w into 1 - w, consistent with the correlation."""
    mixed = 0.7 * NOISE + 0.3 * OTHER
    plain, inverted = values(signal(NOISE, mixed)), values(signal(NOISE, -mixed))
    assert plain["stereo_width"] + inverted["stereo_width"] == pytest.approx(1)
    energies = np.square(NOISE).sum(), np.square(mixed).sum()
    balance = 2 * np.sqrt(energies[0] * energies[1]) / sum(energies)
    assert plain["stereo_width"] == pytest.approx(0.5 * (1 - balance * plain["phase_correlation"]), abs=1e-3)


def test_one_silent_side_has_no_correlation() -> None:
    """A silent side gives width 0.5 and an undefined correlation."""
    found = measure(signal(NOISE, 0 * NOISE))
    assert found.values["stereo_width"] == pytest.approx(0.5)
    assert found.values["phase_correlation"] == 0
    assert found.undefined.count("phase_correlation") == 1


def test_mono_is_narrow_and_defined() -> None:
    """A mono file reads like dual mono, with nothing undefined."""
    mono, dual = measure(signal(NOISE)), measure(stereo(NOISE))
    for name in ("stereo_width", "phase_correlation"):
        assert mono.values[name] == pytest.approx(dual.values[name], abs=1e-6)
        assert name not in mono.undefined
