"""Spectral centroid, rolloff and flatness."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..types import FloatArray

_ROLLOFF: Final = 0.85
_FLOOR: Final = 1e-10  # relative to the strongest bin
_GROUP: Final = 32  # bins summed first when searching for the rolloff


def spectral_centroid(magnitude: FloatArray, moments: FloatArray) -> FloatArray:
    """Return the spectral centroid of each frame: the magnitude-weighted mean frequency.

    Parameters
    ----------
    magnitude : ndarray, shape (frames, bins), float32
    moments : ndarray, shape (bins, 2), float32
        Weight of each bin, and its weight times its frequency in Hz.

    Returns
    -------
    ndarray, shape (frames,), float32
        Hz.

    Notes
    -----
    ``sum(w f |X|) / sum(w |X|)``.

    References
    ----------
    Peeters, G. (2004). A large set of audio features for sound description. CUIDADO report.

    Examples
    --------
    >>> moments = np.float32([[1, 100], [1, 200]])
    >>> spectral_centroid(np.float32([[1, 3]]), moments)
    array([175.], dtype=float32)
    """
    sums = magnitude @ moments
    centroid: FloatArray = sums[:, 1] / np.maximum(sums[:, 0], np.finfo(np.float32).tiny)
    return centroid


def group_sums(weights: FloatArray) -> FloatArray:
    """Return the matrix that accumulates weighted bins up to the end of each group of 32.

    Parameters
    ----------
    weights : ndarray, shape (bins,), float32

    Returns
    -------
    ndarray, shape (bins, groups), float32
        To multiply power with, see `spectral_rolloff`.

    Examples
    --------
    >>> group_sums(np.ones(40, dtype=np.float32)).sum(axis=0)
    array([32., 40.], dtype=float32)
    """
    groups = -(-len(weights) // _GROUP)
    included = np.arange(len(weights))[:, None] // _GROUP <= np.arange(groups)
    matrix: FloatArray = included.astype(np.float32) * weights[:, None]
    return matrix


def spectral_rolloff(power: FloatArray, weights: FloatArray, groups: FloatArray) -> FloatArray:
    """Return the spectral rolloff of each frame: the frequency below which 85 % of its power lies.

    Parameters
    ----------
    power : ndarray, shape (frames, bins), float32
    weights : ndarray, shape (bins,), float32
        How much each bin counts.
    groups : ndarray, shape (bins, groups), float32
        Of `group_sums`: the group that holds the rolloff is found first, then the bin inside it.

    Returns
    -------
    ndarray, shape (frames,), float32
        In bins, interpolated linearly inside the bin.

    References
    ----------
    Scheirer, E., & Slaney, M. (1997). Construction and evaluation of a robust multifeature speech/music
    discriminator. ICASSP.

    Examples
    --------
    >>> weights = np.ones(32, dtype=np.float32)
    >>> spectral_rolloff(np.ones((1, 32), dtype=np.float32), weights, group_sums(weights)).round(2)
    array([26.7], dtype=float32)
    """
    frames = np.arange(len(power))
    cumulative = power @ groups
    target = _ROLLOFF * cumulative[:, -1]
    group = (cumulative < target[:, None]).sum(axis=1)
    reached = np.where(group > 0, cumulative[frames, group - 1], 0)
    bins = group[:, None] * _GROUP + np.arange(_GROUP)
    counts = np.append(weights, np.zeros(_GROUP, dtype=np.float32))[bins]
    inside = np.cumsum(power[frames[:, None], np.minimum(bins, len(weights) - 1)] * counts, axis=1)
    remaining = np.minimum(target - reached, inside[:, -1])
    index = (inside < remaining[:, None]).sum(axis=1)
    below = np.where(index > 0, inside[frames, index - 1], 0)
    bin_power = inside[frames, index] - below
    fraction = np.divide(remaining - below, bin_power, out=np.zeros_like(remaining), where=bin_power > 0)
    rolloff: FloatArray = (group * _GROUP + index - 0.5 + np.clip(fraction, 0, 1)).astype(np.float32)
    return rolloff


def spectral_flatness(mean_power: NDArray[np.float64]) -> float:
    """Return the spectral flatness: geometric over arithmetic mean of a power spectrum.

    Parameters
    ----------
    mean_power : ndarray, shape (bins,), float64
        Not all zero; bins more than 100 dB below the strongest are raised to that floor.

    Returns
    -------
    float
        0 (tonal) to 1 (white).

    References
    ----------
    Gray, A. H., & Markel, J. D. (1974). A spectral-flatness measure for studying the autocorrelation method of
    linear prediction of speech analysis. IEEE TASSP 22(3).

    Examples
    --------
    >>> round(spectral_flatness(np.array([1.0, 4.0])), 6)
    0.8
    """
    floored = np.maximum(mean_power, _FLOOR * mean_power.max())
    return float(np.exp(np.log(floored).mean()) / floored.mean())
