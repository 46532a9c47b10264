"""Which period of a regular pattern a foot taps: a sum of what speaks for each, with weights learnt from music."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

from ..spectrum.autocorrelation import SPECTRUM_POINTS

LOWEST_BPM: Final = 30.0
HIGHEST_BPM: Final = 300.0
LONGEST_LAG_SEC: Final = 8.5
MULTIPLES: Final = (1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4, 1, 4 / 3, 3 / 2, 2, 3, 4)  # of the period, in the correlation
HARMONICS: Final = (1 / 3, 1 / 2, 1, 3 / 2, 2, 3, 4)  # of the beat's frequency, in the spectrum
_CENTRE_BPM: Final = 110.0
_FAR_OCTAVES: Final = 1.0  # from the centre: beyond, other weights of the tempo itself begin

# Learnt by `python -m bench.tempo_fit` on half of the tempo set, see docs/decisions/0003.
# Bands: low, middle, high, notes, treble.
LAG_WEIGHTS: Final = np.array(
    (
        (0.27, 0.17, 0.82, -0.04, 2.63, 0.88, 0.11, -0.89, -0.36, -0.39, 1.41),
        (1.42, 0.32, 0.89, -0.17, 2.21, -0.92, 0.08, 0.04, 0.17, -0.73, 0.04),
        (-1.88, 0.10, 0.01, -0.30, -0.85, 0.86, -0.22, -0.58, 0.52, -0.26, -0.26),
        (-1.55, 0.47, -1.20, -0.71, -0.32, 1.58, -0.28, -1.24, -1.06, 0.08, 0.66),
        (-0.71, -0.43, 0.71, -0.13, -0.53, 0.56, -0.43, 0.23, 0.63, 0.05, 0.94),
    )
)
HARMONIC_WEIGHTS: Final = np.array(
    (
        (-0.87, 0.43, 0.28, 0.22, 0.60, -0.36, 0.21),
        (2.11, 0.99, -0.31, 1.24, 0.24, -0.13, 0.33),
        (-0.37, 0.75, -0.11, -0.14, 0.41, 0.44, 0.94),
        (-0.55, 0.08, 1.36, -1.04, 0.80, 0.60, 0.02),
        (1.43, 0.84, -0.19, 0.61, 0.84, 0.64, 1.37),
    )
)
BUSY_WEIGHTS: Final = np.array((0.25, 0.09, 0.12, 0.02, 0.28))
TEMPO_WEIGHTS: Final = np.array((-0.09, -0.28, 0.01, -16.67, -0.90))


def lags(rate: float) -> NDArray[np.int64]:
    """Return the periods between 30 and 300 BPM, in frames of *rate* per second."""
    return np.arange(int(60 * rate / HIGHEST_BPM), int(60 * rate / LOWEST_BPM) + 2)


def scores(
    correlations: NDArray[np.float64], spectra: NDArray[np.float64], busy: NDArray[np.float64], rate: float
) -> NDArray[np.float64]:
    """Return how much speaks for each period, window by window.

    Parameters
    ----------
    correlations : ndarray, shape (bands, windows, lags)
        Of the accents in the bands, see ``periodicity.autocorrelation``.
    spectra : ndarray, shape (bands, windows, bins)
        Of the same, see ``periodicity.relative_spectra``.
    busy : ndarray, shape (bands, windows)
        Logarithm of the accents per second, octaves.
    rate : float
        Frames per second.

    Returns
    -------
    ndarray, shape (windows, periods)
        For the periods of ``lags``: a logarithm of odds, whose mean over windows is that of the whole.
    """
    at_lags, bins = places(rate)
    heard = np.einsum("bm,bwmp->wp", LAG_WEIGHTS, evidence(correlations, rate)[:, :, at_lags])
    heard += np.einsum("bm,bwmp->wp", HARMONIC_WEIGHTS, spectra[:, :, bins])
    heard += np.einsum("b,bwp->wp", BUSY_WEIGHTS, busy_terms(busy, rate))
    total: NDArray[np.float64] = heard + TEMPO_WEIGHTS @ tempo_terms(rate)
    return total


def evidence(correlations: NDArray[np.float64], rate: float) -> NDArray[np.float64]:
    """Return the highest correlation within a frame of each lag up to 8.5 s, 0 where none is positive."""
    count = round(LONGEST_LAG_SEC * rate) + 1
    missing = count - correlations.shape[-1]
    highest = maximum_filter1d(correlations[..., :count], 3, axis=-1)
    return np.maximum(np.pad(highest, ((0, 0), (0, 0), (0, max(0, missing)))), 0)


def busy_terms(busy: NDArray[np.float64], rate: float) -> NDArray[np.float64]:
    """Return how busy each band is (..., in octaves) times how fast each period is, shape (..., periods).

    Where much happens the beat is faster, but not by as much.
    """
    terms: NDArray[np.float64] = busy[..., None] * tempo_terms(rate)[0]
    return terms


def tempo_terms(rate: float) -> NDArray[np.float64]:
    """Return what the weights of the tempo itself apply to, shape (5, periods)."""
    octaves = np.log2(60 * rate / lags(rate) / _CENTRE_BPM)
    beyond = np.maximum(np.abs(octaves) - _FAR_OCTAVES, 0) ** 2
    terms: NDArray[np.float64] = np.stack(
        (octaves, octaves**2, octaves**3, beyond * (octaves > 0), beyond * (octaves < 0))
    )
    return terms


def places(rate: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the lags in frames, (multiples, periods), and the bins of the spectrum, (harmonics, periods)."""
    periods = lags(rate)
    at_lags, bins = np.multiply.outer(MULTIPLES, periods), np.multiply.outer(HARMONICS, SPECTRUM_POINTS / periods)
    return np.rint(at_lags).astype(np.int64), np.rint(bins).astype(np.int64)
