"""The power spectrum of the whole file, and what the bands hold of it."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...schema import DIMENSIONS, Family
from ..level.kweighting import KWeighting
from ..types import FloatArray
from .stft import HANDED_OUT, Spectra, STFTGrid, SubbandRates, band_matrix
from .subband_stft import SubbandSTFT, bin_frequencies, mirrored

EDGES_HZ: Final = (20.0, 60.0, 250.0, 500.0, 2000.0, 4000.0, 6000.0, 20_000.0)
BANDS: Final = tuple(dimension.name for dimension in DIMENSIONS if dimension.family is Family.FREQUENCY)
_LONG_FRAME: Final = 16_384  # samples at about 2.8 kHz: 6 s, bins of 0.17 Hz


class LongTermAverageSpectrum:
    """The power spectrum of the whole file: fine bins from the low-rate signal, wide ones above about 1 kHz.

    Short frames smear what lies in the lowest bands across their edges, notes beside an edge in frames of 1.5 s too.
    """

    def __init__(self, grid: STFTGrid, pairs: int) -> None:
        self._long = SubbandSTFT(SubbandRates(grid).low_rate, _LONG_FRAME, _LONG_FRAME // 4, pairs, batch=4)
        self._low_bands, self._high_bands = _matrices(grid)
        self._hop_sec = grid.hop_sec
        self._low = np.zeros(_LONG_FRAME)
        self._high = np.zeros(grid.bins)
        self._ones: FloatArray = np.ones(HANDED_OUT, dtype=np.float32)

    def feed(self, spectra: Spectra) -> None:
        """Take the next spectra."""
        self._high += self._ones[: len(spectra.power)] @ spectra.power
        self._take(self._long.feed(spectra.low))

    def finish(self) -> dict[str, float]:
        """Return the energy of each band by dimension name, in full-scale power times seconds."""
        self._take(self._long.flush())
        total = self._low_bands @ self._low * self._long.hop_sec + self._high_bands @ self._high * self._hop_sec
        return dict(zip(BANDS, map(float, total), strict=True))

    def _take(self, powers: Iterable[FloatArray]) -> None:
        for power in powers:
            self._low += power.sum(axis=0)


@lru_cache(maxsize=2)
def _matrices(grid: STFTGrid) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what sums the long and the short spectra of files at one sample rate into bands."""
    low_rate = SubbandRates(grid).low_rate
    low = bin_frequencies(low_rate, _LONG_FRAME)
    low_bands = mirrored(_band_matrix(low, low_rate / _LONG_FRAME) * deshelving_gain(low, grid.sample_rate))
    high_bands = _band_matrix(grid.frequencies, grid.bin_width_hz) * (1 - SubbandRates.low_share(grid.frequencies))
    return low_bands, high_bands


def deshelving_gain(frequencies: FloatArray, sample_rate: int) -> FloatArray:
    """Return what undoes the shelf that the power of the low-rate signal of a file carries, at frequencies in Hz."""
    gain: FloatArray = np.zeros_like(frequencies)
    kept = SubbandRates.low_share(frequencies) > 0
    gain[kept] = 1 / np.abs(KWeighting(sample_rate).shelf(frequencies[kept])) ** 2
    return gain


def _band_matrix(frequencies: FloatArray, width_hz: float) -> NDArray[np.float64]:
    return band_matrix(frequencies, width_hz, EDGES_HZ).astype(np.float64)
