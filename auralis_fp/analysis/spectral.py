"""Where the spectrum has its centre and its end, and how even it is."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .measured import FloatArray, Measured
from .spectra import LOWEST_HZ, Grid, Spectra

SILENCE_POWER: Final = 1e-7  # -70 dBFS
_ROLLOFF: Final = 0.85
_FLOOR: Final = 1e-10  # of the strongest bin
_GROUP: Final = 32  # bins summed first when looking for the rolloff
_NAMES: Final = ("spectral_centroid", "spectral_rolloff", "spectral_flatness")


class Spectral:
    """Centroid, rolloff and flatness over 20 Hz - 20 kHz, silent frames left out.

    Parameters
    ----------
    grid : Grid
    channels : int
        Full-range channels whose power the spectra sum up.
    """

    def __init__(self, grid: Grid, channels: int) -> None:
        self._grid = grid
        self._silence = SILENCE_POWER * channels
        # the first audible bin counts whole: what taking out the constant costs it is about what it has below 20 Hz
        self._weights = np.where(grid.frequencies < 2 * LOWEST_HZ, np.ceil(grid.audible), grid.audible)
        self._moments = np.stack((self._weights, self._weights * grid.frequencies), axis=1)
        self._groups = _indicator(self._weights)
        self._mean = np.zeros(grid.bins)
        self._centroids: list[FloatArray] = []
        self._rolloffs: list[FloatArray] = []

    def feed(self, spectra: Spectra) -> None:
        """Take the next spectra."""
        power = spectra.power
        loud = power.sum(axis=1) >= self._silence
        if not loud.all():
            power = power[loud]
        if len(power):
            self._mean += power.sum(axis=0)
            self._centroids.append(spectral_centroid(np.sqrt(power), self._moments))
            self._rolloffs.append(spectral_rolloff(power, self._weights, self._groups) * self._grid.bin_width_hz)

    def measure(self) -> Measured:
        """Return centroid and rolloff in Hz (medians over frames), and flatness 0-1."""
        if not self._centroids:
            return Measured(dict.fromkeys(_NAMES, 0.0), _NAMES)
        centroid = float(np.median(np.concatenate(self._centroids)))
        rolloff = float(np.median(np.concatenate(self._rolloffs)))
        flatness = spectral_flatness(self._mean[self._grid.audible > 0])
        return Measured(dict(zip(_NAMES, (centroid, min(rolloff, 20_000.0), flatness), strict=True)))


def _indicator(audible: FloatArray) -> FloatArray:
    """Return the matrix that sums groups of bins, shape (bins, groups)."""
    groups = np.zeros((len(audible), -(-len(audible) // _GROUP)), dtype=np.float32)
    groups[np.arange(len(audible)), np.arange(len(audible)) // _GROUP] = audible
    return groups


def spectral_centroid(magnitude: FloatArray, moments: FloatArray) -> FloatArray:
    """Centre of mass of each frame's magnitude spectrum: how bright it sounds (Peeters 2004).

    Parameters
    ----------
    magnitude : ndarray, shape (frames, bins)
    moments : ndarray, shape (bins, 2)
        Weight of each bin, and weight times frequency in Hz.

    Returns
    -------
    ndarray, shape (frames,)
        Hz.
    """
    sums = magnitude @ moments
    centroid: FloatArray = sums[:, 1] / np.maximum(sums[:, 0], np.finfo(np.float32).tiny)
    return centroid


def spectral_rolloff(power: FloatArray, weights: FloatArray, groups: FloatArray) -> FloatArray:
    """Frequency below which 85 % of each frame's power lies (Scheirer & Slaney 1997).

    Sums of groups of bins tell in which group it lies; only that group is then looked at bin by bin.

    Parameters
    ----------
    power : ndarray, shape (frames, bins)
    weights : ndarray, shape (bins,)
        How far each bin counts.
    groups : ndarray, shape (bins, groups)
        Weight of each bin in its group.

    Returns
    -------
    ndarray, shape (frames,)
        In bins, interpolated inside the bin.
    """
    cumulative = np.cumsum(power @ groups, axis=1)
    target = _ROLLOFF * cumulative[:, -1:]
    group = np.minimum((cumulative < target).sum(axis=1), groups.shape[1] - 1)
    frames = np.arange(len(power))
    before = np.where(group > 0, cumulative[frames, group - 1], 0)
    bins = np.minimum(group[:, None] * _GROUP + np.arange(_GROUP), len(weights) - 1)
    inside = np.cumsum(power[frames[:, None], bins] * weights[bins], axis=1) + before[:, None]
    place = np.minimum((inside < target).sum(axis=1), _GROUP - 1)
    below = np.where(place > 0, inside[frames, place - 1], before)
    share = (target[:, 0] - below) / np.maximum(inside[frames, place] - below, np.finfo(np.float32).tiny)
    rolloff: FloatArray = (bins[frames, place] - 0.5 + np.clip(share, 0, 1)).astype(np.float32)
    return rolloff


def spectral_flatness(mean_power: NDArray[np.float64]) -> float:
    """Geometric over arithmetic mean of a power spectrum (Gray & Markel 1974), floored 100 dB under its maximum."""
    floored = np.maximum(mean_power, _FLOOR * mean_power.max())
    return float(np.exp(np.log(floored).mean()) / floored.mean())
