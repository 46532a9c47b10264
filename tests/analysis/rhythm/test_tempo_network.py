"""The temporal convolutional network of the tempo."""

import numpy as np
import pytest
from test_band_levels import windows_of

from auralis_fp.analysis.rhythm.band_levels import BANDS, FRAMES
from auralis_fp.analysis.rhythm.tempo_classifier import probabilities
from auralis_fp.analysis.rhythm.tempo_network import log_density_at, tempo_density
from rhythms import drum_loop
from signals import stereo


@pytest.mark.parametrize("bpm", [90, 120, 170])
def test_density_of_drums(bpm: float) -> None:
    """The density of a drum loop is higher at its tempo than at half and double of it."""
    density = tempo_density(windows_of(stereo(drum_loop(bpm, 13.0))))
    assert density.sum() == pytest.approx(1)
    at_tempo, half, double = log_density_at(density, np.array([bpm, bpm / 2, 2 * bpm]))
    assert at_tempo > max(half, double)


def test_windows_count_alike() -> None:
    """The density of two equal windows is that of one, whatever the batch."""
    windows = np.random.default_rng(3).uniform(0, 1, (1, FRAMES, BANDS)).astype(np.float32)
    np.testing.assert_allclose(
        tempo_density(np.repeat(windows, 7, axis=0)), tempo_density(windows), rtol=1e-3, atol=1e-6
    )


def test_longer_hops_read_faster_frames() -> None:
    """With frames 2 % longer a pulse of the same frames is 2 % slower."""
    density = np.exp(-0.5 * ((np.arange(51) - 30) / 2) ** 2)
    np.testing.assert_allclose(
        log_density_at(density, np.array([100.0]) / 1.02, 1.02 * 1024 / 44_100),
        log_density_at(density, np.array([100.0])),
    )


def test_density_decides_between_equal_candidates() -> None:
    """Candidates with equal features have the order of the density."""
    first, second = probabilities(np.zeros((2, 319), dtype=np.float32), np.log([0.3, 0.1]))
    assert first / second == pytest.approx(3 ** (2 / 5))
    assert first + second == pytest.approx(1)
