"""Spectral: centroid, rolloff and flatness."""

from typing import Final

import numpy as np

from ..kernels import spectral as kernels
from ..level.silence import SilenceGate
from ..spectrum.flatness import BandFlatness
from ..spectrum.grid import LOWEST_HZ, STFTGrid
from ..spectrum.stft import Spectra
from ..types import FeatureValues, FloatArray, GrowableArray

_NAMES: Final = ("spectral_centroid", "spectral_rolloff")
_STEP: Final = 2  # frames: those that do not overlap; chunks hold an even number


class Spectral:
    """Accumulate centroid and rolloff over 20 Hz - 20 kHz, and flatness over 20 Hz - 4 kHz.

    Parameters
    ----------
    grid : STFTGrid
    """

    def __init__(self, grid: STFTGrid) -> None:
        self._grid = grid
        # the first audible bin counts fully: its power lost with the frame's mean is about what it holds below 20 Hz
        self._weights = np.where(grid.frequencies < 2 * LOWEST_HZ, np.ceil(grid.audible), grid.audible)
        self._moments = np.stack((self._weights, self._weights * grid.frequencies), axis=1)
        self._groups = kernels.group_sums(self._weights)
        self._frames = GrowableArray(2)
        self._flatness = BandFlatness(grid)
        self._energy = 0.0  # full-scale power times seconds

    def accumulate(self, spectra: Spectra) -> None:
        """Add a chunk of frames."""
        power = spectra.power[::_STEP]
        centroid = kernels.spectral_centroid(power, self._moments)
        rolloff = kernels.spectral_rolloff(power, self._weights, self._groups)
        self._frames.append(np.stack((centroid, rolloff * np.float32(self._grid.bin_width_hz))))
        self._energy += float(spectra.total.sum()) * self._grid.hop_sec

    def accumulate_fine(self, powers: FloatArray) -> None:
        """Add spectra of `fine_stft`, shape (frames, FINE_FRAME / 2)."""
        self._flatness.accumulate(powers)

    def features(self, gate: SilenceGate) -> FeatureValues:
        """Return centroid and rolloff in Hz, medians over the sounding frames, and flatness, 0 to 1.

        All spectra must be added.
        """
        frames = self._frames.take()
        sounding = gate.sounding(np.arange(frames.shape[1]) * _STEP * self._grid.hop_sec) & (frames[0] > 0)
        values: dict[str, float | None] = dict.fromkeys(_NAMES)
        if sounding.any():
            values = {name: float(np.median(row[sounding])) for name, row in zip(_NAMES, frames, strict=True)}
        return FeatureValues.of({**values, "spectral_flatness": self._flatness.flatness(self._energy)})
