"""Spectral centroid, rolloff, and flatness in bands."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..types import FloatArray
from . import compiled
from .dispatch import has_compiled

_ROLLOFF: Final = 0.85
_RANGE: Final = np.float32(1e-4)  # 40 dB below the strongest bin
_FLOOR: Final = np.float32(1e-10)  # 100 dB below it
_GROUP: Final = 32  # bins summed first when searching for the rolloff


@has_compiled(compiled.spectral_centroid)
def spectral_centroid(power: FloatArray, moments: FloatArray) -> FloatArray:
    """Return the spectral centroid of each frame: the magnitude-weighted mean frequency.

    Parameters
    ----------
    power : ndarray, shape (frames, bins), float32
        Not negative.
    moments : ndarray, shape (bins, 2), float32
        Weight of each bin, and its weight times its frequency in Hz.

    Returns
    -------
    ndarray, shape (frames,), float32
        Hz; 0 for a frame without power.

    Notes
    -----
    ``sum(w f m) / sum(w m)`` with ``m = sqrt(max(0, |X|² - max(|X|²) / 10 000))``: bins 40 dB below the strongest do
    not count. A noise floor has little energy but many bins, whose magnitudes would outweigh the sound itself.

    References
    ----------
    Peeters, G. (2004). A large set of audio features for sound description. CUIDADO report.

    Examples
    --------
    >>> moments = np.float32([[1, 100], [1, 200], [1, 9000]])
    >>> spectral_centroid(np.float32([[1, 9, 1e-4]]), moments).round()
    array([175.], dtype=float32)
    """
    magnitude = power - _RANGE * power.max(axis=1, keepdims=True)
    np.maximum(magnitude, 0, out=magnitude)
    np.sqrt(magnitude, out=magnitude)
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


@has_compiled(compiled.spectral_rolloff)
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
        In bins: the frequency of the partial whose main lobe holds the rolloff, or else interpolated linearly inside
        the bin; 0 for a frame without power.

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
    crossing = group * _GROUP + index
    rolloff: FloatArray = np.where(bin_power > 0, crossing - 0.5 + np.clip(fraction, 0, 1), 0).astype(np.float32)
    return _on_partials(power, crossing, rolloff)


def _on_partials(power: FloatArray, crossing: NDArray[np.int64], rolloff: FloatArray) -> FloatArray:
    """Move the rolloff of each frame that lies within the main lobe of a partial to the frequency of the partial.

    The window spreads a partial over five bins; their centre of mass is its frequency to a few hundredths of a bin.
    """
    frames, last = np.arange(len(power)), power.shape[1] - 1
    near = np.clip(crossing[:, None] + np.arange(-1, 2), 0, last)
    peak = near[frames, power[frames[:, None], near].argmax(axis=1)]
    lobe = peak[:, None] + np.arange(-2, 3)
    inside = (lobe[:, 0] >= 0) & (lobe[:, -1] <= last)
    lobe = np.clip(lobe, 0, last)
    heights = power[frames[:, None], lobe]
    is_peak = inside & (heights[:, 2] > heights[:, 1]) & (heights[:, 2] > heights[:, 3])
    partial = (heights * lobe).sum(axis=1) / np.maximum(heights.sum(axis=1), np.finfo(np.float32).tiny)
    moved: FloatArray = np.where(is_peak, partial, rolloff).astype(np.float32)
    return moved


def band_flatness(power: FloatArray, first_cells: NDArray[np.int64]) -> tuple[FloatArray, FloatArray]:
    """Return the spectral flatness of each band, geometric over arithmetic mean of its power, and its energy.

    Parameters
    ----------
    power : ndarray, shape (frames, cells), float32
        Not negative; cells more than 100 dB below the strongest of the frame are raised to that floor.
    first_cells : ndarray, shape (bands + 1,), int64
        Ascending; where the bands begin, and where the last one ends.

    Returns
    -------
    flatness : ndarray, shape (frames, bands), float32
        0 (tonal) to 1 (flat).
    energy : ndarray, shape (frames, bands), float32
        Sum of the power.

    References
    ----------
    Gray, A. H., & Markel, J. D. (1974). A spectral-flatness measure for studying the autocorrelation method of
    linear prediction of speech analysis. IEEE TASSP 22(3).
    ISO/IEC 15938-4:2002, AudioSpectrumFlatness.

    Examples
    --------
    >>> flatness, energy = band_flatness(np.float32([[1, 4, 3, 3]]), np.array([0, 2, 4]))
    >>> flatness.round(3), energy
    (array([[0.8, 1. ]], dtype=float32), array([[5., 6.]], dtype=float32))
    """
    bands = power[:, first_cells[0] : first_cells[-1]]
    starts, counts = first_cells[:-1] - first_cells[0], np.diff(first_cells).astype(np.float32)
    floor = np.maximum(_FLOOR * bands.max(axis=1, keepdims=True), np.finfo(np.float32).tiny)
    floored = np.maximum(bands, floor)
    means = np.add.reduceat(floored, starts, axis=1) / counts
    logarithms = np.add.reduceat(np.log(floored), starts, axis=1) / counts
    flatness = np.exp(logarithms) / means
    return flatness.astype(np.float32), np.add.reduceat(bands, starts, axis=1)
