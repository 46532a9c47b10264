"""Where the spectrum has its centre and its end, and how even it is."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..spectrum.stft import HANDED_OUT, LOWEST_HZ, Spectra, STFTGrid
from ..types import FeatureValues, FloatArray, Series

SILENCE_POWER: Final = 1e-7  # -70 dBFS
_ROLLOFF: Final = 0.85
_FLOOR: Final = 1e-10  # of the strongest bin
_GROUP: Final = 32  # bins summed first when looking for the rolloff
_NAMES: Final = ("spectral_centroid", "spectral_rolloff", "spectral_flatness")


class Spectral:
    """Centroid, rolloff and flatness over 20 Hz - 20 kHz, silent frames left out.

    Parameters
    ----------
    grid : STFTGrid
    channels : int
        Full-range channels whose power the spectra sum up.
    """

    def __init__(self, grid: STFTGrid, channels: int) -> None:
        self._grid = grid
        self._silence = SILENCE_POWER * channels
        # the first audible bin counts whole: what taking out the constant costs it is about what it has below 20 Hz
        self._weights = np.where(grid.frequencies < 2 * LOWEST_HZ, np.ceil(grid.audible), grid.audible)
        self._moments = np.stack((self._weights, self._weights * grid.frequencies), axis=1)
        self._groups = _sums_of_groups(self._weights)
        self._ones: FloatArray = np.ones(HANDED_OUT, dtype=np.float32)
        self._mean = np.zeros(grid.bins)
        self._frames = Series(2)

    def feed(self, spectra: Spectra) -> None:
        """Take the next spectra."""
        power = spectra.power
        loud = spectra.total >= self._silence
        if not loud.all():
            power = power[loud]
        if len(power):
            self._mean += self._ones[: len(power)] @ power
            centroid = spectral_centroid(np.sqrt(power), self._moments)
            rolloff = spectral_rolloff(power, self._weights, self._groups) * np.float32(self._grid.bin_width_hz)
            self._frames.append(np.stack((centroid, rolloff)))

    def measure(self) -> FeatureValues:
        """Return centroid and rolloff in Hz (medians over frames), and flatness 0-1."""
        if not len(self._frames):
            return FeatureValues(dict.fromkeys(_NAMES, 0.0), _NAMES)
        centroid, rolloff = (float(np.median(each)) for each in self._frames.take())
        flatness = spectral_flatness(self._mean[self._grid.audible > 0])
        return FeatureValues(dict(zip(_NAMES, (centroid, min(rolloff, 20_000.0), flatness), strict=True)))


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


def _sums_of_groups(weights: FloatArray) -> FloatArray:
    """Return the matrix that sums up weighted bins over each group and all groups before it, shape (bins, groups)."""
    groups = -(-len(weights) // _GROUP)
    upto = np.arange(len(weights))[:, None] // _GROUP <= np.arange(groups)
    matrix: FloatArray = upto.astype(np.float32) * weights[:, None]
    return matrix


def spectral_rolloff(power: FloatArray, weights: FloatArray, groups: FloatArray) -> FloatArray:
    """Frequency below which 85 % of each frame's power lies (Scheirer & Slaney 1997).

    Sums of groups of bins tell in which group it lies; only that group is then looked at bin by bin.

    Parameters
    ----------
    power : ndarray, shape (frames, bins)
    weights : ndarray, shape (bins,)
        How far each bin counts.
    groups : ndarray, shape (bins, groups)
        Sums up the weighted bins to the end of each group.

    Returns
    -------
    ndarray, shape (frames,)
        In bins, interpolated inside the bin.
    """
    frames = np.arange(len(power))
    cumulative = power @ groups
    target = _ROLLOFF * cumulative[:, -1]
    group = (cumulative < target[:, None]).sum(axis=1)
    reached = np.where(group > 0, cumulative[frames, group - 1], 0)
    bins = group[:, None] * _GROUP + np.arange(_GROUP)
    counts = np.append(weights, np.zeros(_GROUP, dtype=np.float32))[bins]
    inside = np.cumsum(power[frames[:, None], np.minimum(bins, len(weights) - 1)] * counts, axis=1)
    left = np.minimum(target - reached, inside[:, -1])
    place = (inside < left[:, None]).sum(axis=1)
    below = np.where(place > 0, inside[frames, place - 1], 0)
    bin_power = inside[frames, place] - below
    share = np.divide(left - below, bin_power, out=np.zeros_like(left), where=bin_power > 0)
    rolloff: FloatArray = (group * _GROUP + place - 0.5 + np.clip(share, 0, 1)).astype(np.float32)
    return rolloff


def spectral_flatness(mean_power: NDArray[np.float64]) -> float:
    """Geometric over arithmetic mean of a power spectrum (Gray & Markel 1974), floored 100 dB under its maximum."""
    floored = np.maximum(mean_power, _FLOOR * mean_power.max())
    return float(np.exp(np.log(floored).mean()) / floored.mean())
