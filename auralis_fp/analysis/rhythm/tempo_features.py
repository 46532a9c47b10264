"""Features of the candidate beat periods of a track, from windows of its onset-strength curves."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ... import schema
from ..kernels import metre
from ..kernels import tempo as kernels
from ..types import FloatArray

LOWEST_BPM: Final = schema.BY_NAME["tempo_bpm"].low
HIGHEST_BPM: Final = schema.BY_NAME["tempo_bpm"].high
LONGEST_LAG_SEC: Final = 8.5
BANDS: Final = 7  # all, low, middle, high, bass notes, notes, treble
_LAG_MULTIPLES: Final = (1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4, 1, 4 / 3, 3 / 2, 2, 3, 4)  # of the period
_HARMONICS: Final = (1 / 4, 1 / 3, 1 / 2, 2 / 3, 1, 3 / 2, 2, 3, 4)  # of the beat frequency
_PAIRS: Final = np.array(((1, 2), (1, 3), (2, 3), (4, 5), (1, 4), (2, 5), (1, 6), (2, 6)))
_PROFILE_BANDS: Final = (1, 2, 3, 4, 5, 6)
_BEAT_WEIGHTS: Final = np.array((1.0, 0.7, 0.0, 0.0, 0.5, 0.5, 0.0), dtype=np.float32)
_BAR_WEIGHTS: Final = np.array((0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0), dtype=np.float32)
_CENTRE_BPM: Final = 110.0
_IDENTICAL: Final = 0.93  # correlation above which pulses count as identical
_SLOWEST_BPM: Final = 40.0
_FASTEST_BPM: Final = 220.0
_FASTEST_PLAIN_BPM: Final = 205.0  # listeners tap to every second pulse of faster ones
_ROWS: Final = 32  # windows of curves transformed at once, which bounds the memory
_PROFILE_WINDOWS: Final = 16  # windows folded at once, which bounds the memory


class Tempograms(NamedTuple):
    """Tempograms of windows, and what their features need.

    Parameters
    ----------
    autocorrelation : ndarray, shape (7, lags), float64
        Mean over the windows.
    evidence : ndarray, shape (7, lags), float64
        Mean over the windows of `peak_evidence`.
    spectra : ndarray, shape (7, windows, bins), complex64
        Spectra of the tapered windows, phase at the centre, relative to the sum of the taper.
    means : ndarray, shape (7, windows), float32
    onset_rate : ndarray, shape (7,), float64
        log2 of onsets per second, mean over the windows.
    windows : ndarray, shape (windows, lags), float64
        Autocorrelation of the first curve in each window.
    heights : ndarray, shape (windows,), float64
        Highest correlation of each window at the beat periods between 30 and 300 BPM.
    """

    autocorrelation: NDArray[np.float64]
    evidence: NDArray[np.float64]
    spectra: NDArray[np.complex64]
    means: FloatArray
    onset_rate: NDArray[np.float64]
    windows: NDArray[np.float64]
    heights: NDArray[np.float64]


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


def tempograms(windows: FloatArray, rate: float) -> Tempograms:
    """Compute the tempograms of windows of onset-strength curves.

    Parameters
    ----------
    windows : ndarray, shape (7, windows, frames), float32
    rate : float
        Frames per second.

    References
    ----------
    Grosche, P., Müller, M., & Kurth, F. (2010). Cyclic tempogram - a mid-level tempo representation. ICASSP.

    Examples
    --------
    >>> pulses = np.zeros((7, 1, 400), dtype=np.float32)
    >>> pulses[..., ::50] = 1
    >>> tempograms(pulses, 100.0).autocorrelation[0, [25, 50]].round(1)
    array([-0.,  1.])
    """
    bands, count, length = windows.shape
    means = windows.mean(axis=2)
    longest, step = round(LONGEST_LAG_SEC * rate), max(1, _ROWS // count)
    spectra = np.empty((bands, count, kernels.FOURIER_POINTS // 2 + 1), dtype=np.complex64)
    autocorrelation, evidence, own = [], [], np.empty((count, 0))
    for first in range(0, bands, step):
        part = slice(first, first + step)
        flat = (windows[part] - means[part, :, None]).reshape(-1, length)
        spectra[part] = kernels.centred_spectra(flat).reshape(-1, count, spectra.shape[2])
        correlations = kernels.autocorrelation_tempogram(flat, longest)
        correlations = correlations.reshape(-1, count, correlations.shape[1])
        autocorrelation.append(correlations.mean(axis=1))
        evidence.append(peak_evidence(correlations, rate).mean(axis=1))
        if not first:
            own = correlations[0].copy()
    periods = candidate_lags(rate)
    periods = periods[periods < own.shape[1]]
    return Tempograms(
        np.concatenate(autocorrelation),
        np.concatenate(evidence),
        spectra,
        means,
        kernels.log_onset_rate(windows, length / rate).mean(axis=1),
        own,
        np.clip(own[:, periods].max(axis=1, initial=0), 0, 1),
    )


def peak_evidence(correlations: NDArray[np.float64], rate: float) -> NDArray[np.float64]:
    """Return the highest positive correlation within a frame of each lag.

    Parameters
    ----------
    correlations : ndarray, shape (..., lags), float64
    rate : float
        Frames per second.

    Returns
    -------
    ndarray, shape (..., 8.5 · rate + 1), float64
        0 where no correlation is positive or available.

    Examples
    --------
    >>> peak_evidence(np.array([1.0, 0.2, -0.5, -0.5, 0.3]), 1.0)
    array([1. , 1. , 0.2, 0.3, 0.3, 0. , 0. , 0. , 0. , 0. ])
    """
    count = round(LONGEST_LAG_SEC * rate) + 2
    evidence = np.zeros((*correlations.shape[:-1], count))
    given = correlations[..., :count]
    highest = evidence[..., : given.shape[-1]]
    np.maximum(highest, given, out=highest)
    np.maximum(highest[..., 1:], given[..., :-1], out=highest[..., 1:])
    np.maximum(highest[..., :-1], given[..., 1:], out=highest[..., :-1])
    return evidence


def candidate_peaks(found: Tempograms, rate: float) -> NDArray[np.int64]:
    """Return the lags that may be the beat period.

    Candidates are the peaks of the autocorrelation, except those at whose half, third or fifth the music repeats
    identically: of identical pulses each one counts. Tempi outside 40 to 220 BPM are candidates where no other is.

    Parameters
    ----------
    found : Tempograms
    rate : float
        Frames per second.

    Returns
    -------
    ndarray, shape (candidates,), int64

    Examples
    --------
    >>> pulses = np.zeros((7, 1, 1200), dtype=np.float32)
    >>> pulses[..., ::60] = 1
    >>> candidate_peaks(tempograms(pulses, 100.0), 100.0)
    array([60])
    """
    correlation, periods = found.autocorrelation[0], candidate_lags(rate)
    periods = periods[periods < len(correlation) - 1]
    here, before, after = (correlation[periods + step] for step in (0, -1, 1))
    peaks = (here > before) & (here >= after) & (here > 0)
    for parts in (2, 3, 5):
        identical = found.evidence[0, np.rint(periods / parts).astype(np.int64)] >= _IDENTICAL
        peaks &= ~(identical & (60 * rate * parts / periods <= _FASTEST_PLAIN_BPM))
    usual = (60 * rate / periods >= _SLOWEST_BPM) & (60 * rate / periods <= _FASTEST_BPM)
    found_lags: NDArray[np.int64] = periods[peaks & usual] if (peaks & usual).any() else periods[peaks]
    return found_lags


def candidate_features(found: Tempograms, lags: NDArray[np.float64], rate: float) -> FloatArray:
    """Return the features of each candidate.

    Parameters
    ----------
    found : Tempograms
    lags : ndarray, shape (candidates,), float64
        Beat periods in frames.
    rate : float
        Frames per second.

    Returns
    -------
    ndarray, shape (candidates, features), float32

    Examples
    --------
    >>> pulses = np.zeros((7, 1, 1200), dtype=np.float32)
    >>> pulses[..., ::50] = 1
    >>> candidate_features(tempograms(pulses, 100.0), np.array([50.0, 100.0]), 100.0).shape
    (2, 319)
    """
    at_lags = np.rint(np.multiply.outer(_LAG_MULTIPLES, lags)).astype(np.int64)
    at_bins = np.rint(np.multiply.outer(_HARMONICS, kernels.FOURIER_POINTS / lags)).astype(np.int64)
    octaves = np.log2(60 * rate / lags / _CENTRE_BPM)
    per_beat = found.onset_rate[:, None] - np.log2(rate / lags)  # log2 of onsets in a beat
    rows = (
        found.evidence[:, np.minimum(at_lags, found.evidence.shape[1] - 1)].reshape(-1, len(lags)),
        _magnitudes(found, at_bins).reshape(-1, len(lags)),
        metre.cross_spectra(found.spectra, _PAIRS, at_bins).reshape(-1, len(lags)),
        per_beat,
        np.repeat(found.onset_rate[:, None], len(lags), axis=1),
        octaves[None],
        octaves[None] ** 2,
    )
    return np.concatenate((np.concatenate(rows).T, _profile(found, lags)), axis=1, dtype=np.float32)


def _magnitudes(found: Tempograms, bins: NDArray[np.int64]) -> FloatArray:
    """Return the magnitudes of the spectra relative to the highest of each window, shape (6, multiples, candidates)."""
    magnitudes = np.abs(found.spectra[1:])
    highest = np.maximum(magnitudes.max(axis=2), np.finfo(np.float32).tiny * np.float32(1e8))
    relative: FloatArray = (magnitudes[:, :, bins] / highest[..., None, None]).mean(axis=1)
    return relative


def _profile(found: Tempograms, lags: NDArray[np.float64]) -> FloatArray:
    """Return the profile of a beat and the accents of four beats, shape (candidates, features)."""
    orders = np.arange(1, metre.BEATS * metre.STEPS // 2 + 1)
    bins = np.rint(np.multiply.outer(kernels.FOURIER_POINTS / metre.BEATS / lags, orders)).astype(np.int64)
    total, count = 0.0, found.spectra.shape[1]
    for first in range(0, count, _PROFILE_WINDOWS):
        part = slice(first, first + _PROFILE_WINDOWS)
        profiles = metre.folded_profiles(found.spectra[:, part], found.means[:, part], bins)
        aligned = metre.align_profiles(profiles, _BEAT_WEIGHTS, _BAR_WEIGHTS)
        beats = np.log1p(aligned[1:].mean(axis=-2))
        bars = np.log1p(metre.accents(aligned))
        rows = (np.moveaxis(each, 0, 2).reshape(*each.shape[1:3], -1) for each in (beats, bars))
        total = total + np.concatenate(list(rows), axis=2).sum(axis=0)
    mean: FloatArray = np.asarray(total / count, dtype=np.float32)
    return mean
