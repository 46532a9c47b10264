"""Spectral flatness in half-octave bands (ISO/IEC 15938-4) of finely resolved spectra."""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..kernels.spectral import band_flatness
from ..types import FloatArray
from .decimation import SubbandRates
from .grid import STFTGrid
from .subband_stft import FINE_FRAME

_EDGES_HZ: Final = (20.0, *(125.0 * 2 ** (step / 2) for step in range(11)))  # half octaves up to 4 kHz
_FRAMES: Final = 4  # averaged: 0.74 s ...
_BINS: Final = 4  # ... by 11 Hz
_OF_NOISE: Final = 0.934  # expected flatness of white noise in one channel, for so many independent values
_LEAST_SHARE: Final = 1e-4  # 40 dB below the energy of the whole file: the side lobes of what lies above


class BandFlatness:
    """Accumulate the flatness of half-octave bands from 20 Hz to 4 kHz, weighted by their energies.

    Every audio codec keeps this range, and frames of 0.37 s separate the partials of low notes.

    Parameters
    ----------
    grid : STFTGrid
    """

    def __init__(self, grid: STFTGrid) -> None:
        self._cells = _first_cells(grid)
        self._hop_sec = FINE_FRAME / 2 / SubbandRates(grid).mid_rate
        self._pending: FloatArray = np.empty((0, FINE_FRAME // 2), dtype=np.float32)
        self._flat = 0.0
        self._energy = 0.0

    def accumulate(self, powers: FloatArray) -> None:
        """Add spectra of `fine_stft`, shape (frames, FINE_FRAME / 2)."""
        frames = np.concatenate((self._pending, powers)) if len(self._pending) else powers
        whole = len(frames) // _FRAMES * _FRAMES
        if whole:
            self._add(frames[:whole].reshape(-1, _FRAMES, FINE_FRAME // 2))
        self._pending = frames[whole:].copy()

    def flatness(self, total: float) -> float | None:
        """Return the flatness, 0 to 1; None if the bands hold less than a ten-thousandth of the energy.

        Parameters
        ----------
        total : float
            Energy of the file, in full-scale power times seconds.
        """
        if len(self._pending):
            self._add(self._pending[None])
        if self._energy * self._hop_sec <= _LEAST_SHARE * total:
            return None
        return min(1.0, self._flat / self._energy / _OF_NOISE)

    def _add(self, powers: FloatArray) -> None:
        """Add groups of spectra, shape (groups, frames, FINE_FRAME / 2)."""
        mean = powers[:, :, : _BINS * int(self._cells[-1])].sum(axis=1)
        cells = mean.reshape(-1, _BINS) @ np.ones(_BINS, dtype=np.float32)  # a sum over so few would take longer
        flatness, energy = band_flatness(cells.reshape(len(mean), -1), self._cells)
        self._flat += float(np.vdot(flatness, energy))
        self._energy += float(energy.sum())


@lru_cache(maxsize=2)
def _first_cells(grid: STFTGrid) -> NDArray[np.int64]:
    """Return the first cell of 4 bins in each band, and the end of the last band."""
    width_hz = _BINS * SubbandRates(grid).mid_rate / FINE_FRAME
    return np.rint(np.array(_EDGES_HZ) / width_hz).astype(np.int64)
