"""The power spectrum of the whole file, and what the bands hold of it."""

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..schema import DIMENSIONS, Family
from .kweighting import shelf_gain
from .lowspectra import LowSpectra, mirrored
from .measured import FloatArray
from .spectra import HANDED_OUT, Grid, LowRates, Spectra, band_shares

EDGES_HZ: Final = (20.0, 60.0, 250.0, 500.0, 2000.0, 4000.0, 6000.0, 20_000.0)
BANDS: Final = tuple(dimension.name for dimension in DIMENSIONS if dimension.family is Family.FREQUENCY)
_LONG_FRAME: Final = 4096  # samples at about 2.8 kHz: 1.5 s, bins of 0.7 Hz


class LongTermSpectrum:
    """The power spectrum of the whole file: fine bins from the low-rate signal, wide ones above about 1 kHz.

    Short frames smear what lies in the lowest bands across their edges; frames of 1.5 s do not.
    """

    def __init__(self, grid: Grid, pairs: int) -> None:
        self.long = LowSpectra(LowRates(grid).low_rate, _LONG_FRAME, _LONG_FRAME // 4, pairs, batch=16)
        share = LowRates.low_share(self.long.frequencies)
        audible = share > 0
        self.unshelved: FloatArray = np.zeros_like(share)  # undoes the shelf that the low-rate signal carries
        self.unshelved[audible] = 1 / np.abs(shelf_gain(self.long.frequencies[audible])) ** 2
        self._low_bands = mirrored(_band_matrix(self.long.frequencies, self.long.bin_width_hz) * self.unshelved)
        self._high_bands = _band_matrix(grid.frequencies, grid.bin_width_hz)
        self._high_bands *= 1 - LowRates.low_share(grid.frequencies)
        self._hop_sec = grid.hop_sec
        self._low = np.zeros(2 * len(self.long.frequencies))
        self._high = np.zeros(grid.bins)
        self._ones: FloatArray = np.ones(HANDED_OUT, dtype=np.float32)

    def feed(self, spectra: Spectra, long_powers: list[FloatArray]) -> None:
        """Take the next spectra, and the long spectra of the low-rate signal they completed."""
        self._high += self._ones[: len(spectra.power)] @ spectra.power
        self.feed_long(long_powers)

    def feed_long(self, long_powers: list[FloatArray]) -> None:
        """Take long spectra alone, at the end of the stream."""
        for power in long_powers:
            self._low += power.sum(axis=0)

    def energies(self) -> dict[str, float]:
        """Return the energy of each band by dimension name, in full-scale power times seconds."""
        total = self._low_bands @ self._low * self.long.hop_sec + self._high_bands @ self._high * self._hop_sec
        return dict(zip(BANDS, map(float, total), strict=True))


def _band_matrix(frequencies: FloatArray, width_hz: float) -> NDArray[np.float64]:
    return np.stack(
        [band_shares(frequencies, width_hz, low, high).astype(np.float64) for low, high in pairwise(EDGES_HZ)]
    )
