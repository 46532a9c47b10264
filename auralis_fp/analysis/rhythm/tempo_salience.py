"""Tempo salience: how strongly the tempograms support each beat period, with weights learnt from music."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

from ... import schema
from ..kernels.tempo import FOURIER_POINTS

LOWEST_BPM: Final = schema.BY_NAME["tempo_bpm"].low
HIGHEST_BPM: Final = schema.BY_NAME["tempo_bpm"].high
LONGEST_LAG_SEC: Final = 8.5
MULTIPLES: Final = (1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4, 1, 4 / 3, 3 / 2, 2, 3, 4)  # of the period, in the correlation
HARMONICS: Final = (1 / 3, 1 / 2, 1, 3 / 2, 2, 3, 4)  # of the beat frequency, in the Fourier tempogram
_CENTRE_BPM: Final = 110.0
_FAR_OCTAVES: Final = 1.0  # distance from the centre beyond which the tempo prior has further terms

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
ONSET_RATE_WEIGHTS: Final = np.array((0.25, 0.09, 0.12, 0.02, 0.28))
TEMPO_WEIGHTS: Final = np.array((-0.09, -0.28, 0.01, -16.67, -0.90))


def candidate_lags(rate: float) -> NDArray[np.int64]:
    """Return the beat periods between 30 and 300 BPM, in frames.

    Parameters
    ----------
    rate : float
        Frames per second.

    Returns
    -------
    ndarray, shape (periods,), int64

    Examples
    --------
    >>> candidate_lags(10.0)
    array([ 2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14, 15, 16, 17, 18,
           19, 20, 21])
    """
    return np.arange(int(60 * rate / HIGHEST_BPM), int(60 * rate / LOWEST_BPM) + 2)


def tempo_salience(
    correlations: NDArray[np.float64], spectra: NDArray[np.float64], onset_rate: NDArray[np.float64], rate: float
) -> NDArray[np.float64]:
    """Return the salience of each beat period, window by window.

    Parameters
    ----------
    correlations : ndarray, shape (bands, windows, lags), float64
        Autocorrelation tempogram of each band.
    spectra : ndarray, shape (bands, windows, bins), float64
        Fourier tempogram of each band.
    onset_rate : ndarray, shape (bands, windows), float64
        log2 of onsets per second.
    rate : float
        Frames per second.

    Returns
    -------
    ndarray, shape (windows, periods), float64
        For the periods of `candidate_lags`: a log-odds, whose mean over windows is that of the whole.

    Notes
    -----
    A weighted sum of the correlations at multiples of the period, the spectra at multiples of the beat frequency, the
    interaction of onset rate and tempo, and a prior of the tempo.

    References
    ----------
    Peeters, G. (2007). Template-based estimation of time-varying tempo. EURASIP JASP.
    Percival, G., & Tzanetakis, G. (2014). Streamlined tempo estimation based on autocorrelation and cross-correlation
    with pulses. IEEE/ACM TASLP 22(12).

    Examples
    --------
    >>> tempo_salience(np.zeros((5, 1, 851)), np.zeros((5, 1, 2049)), np.zeros((5, 1)), 100.0).shape
    (1, 182)
    """
    lags, bins = lag_indices(rate)
    salience = np.einsum("bm,bwmp->wp", LAG_WEIGHTS, peak_evidence(correlations, rate)[:, :, lags])
    salience += np.einsum("bm,bwmp->wp", HARMONIC_WEIGHTS, spectra[:, :, bins])
    salience += np.einsum("b,bwp->wp", ONSET_RATE_WEIGHTS, onset_rate_terms(onset_rate, rate))
    total: NDArray[np.float64] = salience + TEMPO_WEIGHTS @ tempo_terms(rate)
    return total


def peak_evidence(correlations: NDArray[np.float64], rate: float) -> NDArray[np.float64]:
    """Return the highest positive correlation within a frame of each lag.

    Parameters
    ----------
    correlations : ndarray, shape (bands, windows, lags), float64
    rate : float
        Frames per second.

    Returns
    -------
    ndarray, shape (bands, windows, 8.5 · rate + 1), float64
        0 where no correlation is positive or available.

    Examples
    --------
    >>> peak_evidence(np.array([[[1.0, 0.2, -0.5, -0.5, 0.3]]]), 1.0)
    array([[[1. , 1. , 0.2, 0.3, 0.3, 0. , 0. , 0. , 0. ]]])
    """
    count = round(LONGEST_LAG_SEC * rate) + 1
    missing = count - correlations.shape[-1]
    highest = maximum_filter1d(correlations[..., :count], 3, axis=-1)
    return np.maximum(np.pad(highest, ((0, 0), (0, 0), (0, max(0, missing)))), 0)


def onset_rate_terms(onset_rate: NDArray[np.float64], rate: float) -> NDArray[np.float64]:
    """Return the interaction of onset rate and tempo: busier music is faster, but less than proportionally.

    Parameters
    ----------
    onset_rate : ndarray, shape (...), float64
        log2 of onsets per second.
    rate : float
        Frames per second.

    Returns
    -------
    ndarray, shape (..., periods), float64

    Examples
    --------
    >>> onset_rate_terms(np.array([1.0, 2.0]), 10.0).shape
    (2, 20)
    """
    terms: NDArray[np.float64] = onset_rate[..., None] * tempo_terms(rate)[0]
    return terms


def tempo_terms(rate: float) -> NDArray[np.float64]:
    """Return the features of the tempo prior.

    Parameters
    ----------
    rate : float
        Frames per second.

    Returns
    -------
    ndarray, shape (5, periods), float64
        First to third power of the octaves from 110 BPM, and the squared octaves beyond one above and below.

    Examples
    --------
    >>> tempo_terms(11.0)[0, candidate_lags(11.0) == 12].round(3)
    array([-1.])
    """
    octaves = np.log2(60 * rate / candidate_lags(rate) / _CENTRE_BPM)
    beyond = np.maximum(np.abs(octaves) - _FAR_OCTAVES, 0) ** 2
    terms: NDArray[np.float64] = np.stack(
        (octaves, octaves**2, octaves**3, beyond * (octaves > 0), beyond * (octaves < 0))
    )
    return terms


def lag_indices(rate: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where the tempograms are read for each beat period.

    Parameters
    ----------
    rate : float
        Frames per second.

    Returns
    -------
    lags : ndarray, shape (multiples, periods), int64
        Indices into the autocorrelation tempogram.
    bins : ndarray, shape (harmonics, periods), int64
        Indices into the Fourier tempogram.

    Examples
    --------
    >>> lags, bins = lag_indices(100.0)
    >>> lags.shape, bins.shape
    ((11, 182), (7, 182))
    """
    periods = candidate_lags(rate)
    lags, bins = np.multiply.outer(MULTIPLES, periods), np.multiply.outer(HARMONICS, FOURIER_POINTS / periods)
    return np.rint(lags).astype(np.int64), np.rint(bins).astype(np.int64)
