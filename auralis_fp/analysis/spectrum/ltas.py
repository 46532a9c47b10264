"""Long-term average spectrum (LTAS) and the energies of the seven bands."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...schema import DIMENSIONS, Family
from ..level.kweighting import KWeighting
from ..types import FloatArray
from .decimation import FRAMES_PER_CHUNK, SubbandRates
from .grid import STFTGrid, band_matrix
from .stft import Spectra
from .subband_stft import SubbandSTFT, bin_frequencies

EDGES_HZ: Final = (20.0, 60.0, 250.0, 500.0, 2000.0, 4000.0, 6000.0, 20_000.0)
BANDS: Final = tuple(dimension.name for dimension in DIMENSIONS if dimension.family is Family.FREQUENCY)
_LONG_FRAME: Final = 16_384  # samples at about 2.8 kHz: 6 s, bins of 0.17 Hz


class LongTermAverageSpectrum:
    """Power spectrum of the whole file: fine bins from the low sub-band, wide ones above about 1 kHz (Welch 1967).

    Short frames, and even frames of 1.5 s, smear notes in the lowest bands across the band edges.

    Parameters
    ----------
    grid : STFTGrid
    pairs : int
        Pairs of channels.
    """

    def __init__(self, grid: STFTGrid, pairs: int) -> None:
        self._long = SubbandSTFT(SubbandRates(grid).low_rate, _LONG_FRAME, _LONG_FRAME // 4, pairs, batch=4)
        self._low_bands, self._high_bands = _matrices(grid)
        self._hop_sec = grid.hop_sec
        self._low = np.zeros(_LONG_FRAME // 2)
        self._high = np.zeros(grid.n_bins)
        self._ones: FloatArray = np.ones(FRAMES_PER_CHUNK, dtype=np.float32)

    def accumulate(self, spectra: Spectra) -> None:
        """Add the power of a chunk of frames."""
        self._high += self._ones[: len(spectra.power)] @ spectra.power
        self._add(self._long.transform(spectra.low_band))

    def band_energies(self) -> dict[str, float]:
        """Return the energy of each band by dimension name, in full-scale power times seconds."""
        self._add(self._long.flush())
        total = self._low_bands @ self._low * self._long.hop_sec + self._high_bands @ self._high * self._hop_sec
        return dict(zip(BANDS, map(float, total), strict=True))

    def _add(self, powers: Iterable[FloatArray]) -> None:
        for power in powers:
            self._low += power.sum(axis=0)


@lru_cache(maxsize=2)
def _matrices(grid: STFTGrid) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the filter banks of the seven bands for the sub-band's and the full band's bins."""
    low_rate = SubbandRates(grid).low_rate
    low = bin_frequencies(low_rate, _LONG_FRAME)
    low_bands = _band_matrix(low, low_rate / _LONG_FRAME) * deshelving_gain(low, grid.sample_rate)
    high_bands = _band_matrix(grid.frequencies, grid.bin_width_hz) * (1 - SubbandRates.low_share(grid.frequencies))
    return low_bands, high_bands


def deshelving_gain(frequencies: FloatArray, sample_rate: int) -> FloatArray:
    """Return the power gain that undoes the K-weighting shelf of the low sub-band.

    Parameters
    ----------
    frequencies : ndarray, shape (bins,), float32
        Hz.
    sample_rate : int
        Of the file, in Hz.

    Returns
    -------
    ndarray, shape (bins,), float32

    Examples
    --------
    >>> deshelving_gain(np.float32([100, 1000]), 48_000).round(3)
    array([1.   , 0.858], dtype=float32)
    """
    gain: FloatArray = (1 / np.abs(KWeighting(sample_rate).shelf(frequencies)) ** 2).astype(np.float32)
    return gain


def _band_matrix(frequencies: FloatArray, width_hz: float) -> NDArray[np.float64]:
    return band_matrix(frequencies, width_hz, EDGES_HZ).astype(np.float64)
