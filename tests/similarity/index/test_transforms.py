"""Transforms of the dimensions."""

import numpy as np
import pytest

from auralis_fp.similarity.index.transforms import BANDS, NAMES, TEMPO, transform
from vectors import made_up


def columns(count: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return made-up fingerprints, a row for each dimension."""
    return np.array([list(one.values()) for one in made_up(count)]).T


def test_bands_become_centred_log_ratios() -> None:
    """They sum to zero, and scaling all of them changes nothing."""
    values = columns(20)
    terms = transform(values)
    assert np.allclose(terms[list(BANDS)].sum(axis=0), 0.0, atol=1e-4)
    values[list(BANDS)] *= 0.5
    assert np.allclose(transform(values)[list(BANDS)], terms[list(BANDS)], atol=1e-4)


@pytest.mark.parametrize("octave", [0.5, 2.0, 4.0])
def test_tempo_is_folded_into_an_octave(octave: float) -> None:
    """Half and double tempo are the same position."""
    values = columns(5)
    folded = transform(values)[TEMPO]
    values[TEMPO] *= octave
    assert np.allclose(transform(values)[TEMPO], folded, atol=1e-5)


def test_extreme_values_stay_finite() -> None:
    """The lowest and the highest value of every dimension have a transform."""
    values = columns(2)
    values[:, 0], values[:, 1] = 0.0, 20_000.0
    assert np.isfinite(transform(values)).all()


def test_brightness_is_judged_by_ratio() -> None:
    """From 500 to 1000 Hz is as far as from 2000 to 4000 Hz."""
    values = columns(4)
    i = NAMES.index("spectral_centroid")
    values[i] = 500, 1000, 2000, 4000
    terms = transform(values)[i]
    assert terms[1] - terms[0] == pytest.approx(terms[3] - terms[2], abs=1e-5)
