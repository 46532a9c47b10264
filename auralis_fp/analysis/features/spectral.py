"""Spectral: centroid, rolloff and flatness."""

from typing import Final

import numpy as np

from ..kernels import spectral as kernels
from ..spectrum.decimation import FRAMES_PER_CHUNK
from ..spectrum.grid import LOWEST_HZ, SILENCE_POWER, STFTGrid
from ..spectrum.stft import Spectra
from ..types import FeatureValues, FloatArray, GrowableArray

_NAMES: Final = ("spectral_centroid", "spectral_rolloff", "spectral_flatness")


class Spectral:
    """Accumulate centroid, rolloff and flatness over 20 Hz - 20 kHz, without silent frames.

    Parameters
    ----------
    grid : STFTGrid
    channels : int
        Full-range channels whose power the spectra sum.
    """

    def __init__(self, grid: STFTGrid, channels: int) -> None:
        self._grid = grid
        self._silence = SILENCE_POWER * channels
        # the first audible bin counts fully: its power lost with the frame's mean is about what it holds below 20 Hz
        self._weights = np.where(grid.frequencies < 2 * LOWEST_HZ, np.ceil(grid.audible), grid.audible)
        self._moments = np.stack((self._weights, self._weights * grid.frequencies), axis=1)
        self._groups = kernels.group_sums(self._weights)
        self._ones: FloatArray = np.ones(FRAMES_PER_CHUNK, dtype=np.float32)
        self._mean = np.zeros(grid.n_bins)
        self._frames = GrowableArray(2)

    def accumulate(self, spectra: Spectra) -> None:
        """Add a chunk of frames."""
        power = spectra.power
        loud = spectra.total >= self._silence
        if not loud.all():
            power = power[loud]
        if len(power):
            self._mean += self._ones[: len(power)] @ power
            centroid = kernels.spectral_centroid(np.sqrt(power), self._moments)
            rolloff = kernels.spectral_rolloff(power, self._weights, self._groups)
            self._frames.append(np.stack((centroid, rolloff * np.float32(self._grid.bin_width_hz))))

    def features(self) -> FeatureValues:
        """Return centroid and rolloff in Hz (medians over frames), and flatness 0 to 1."""
        if not len(self._frames):
            return FeatureValues.of(dict.fromkeys(_NAMES))
        centroid, rolloff = (float(np.median(each)) for each in self._frames.take())
        flatness = kernels.spectral_flatness(self._mean[self._grid.audible > 0])
        return FeatureValues(dict(zip(_NAMES, (centroid, rolloff, flatness), strict=True)))
