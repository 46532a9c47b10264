"""Windows of the levels in 32 bands, the input of `tempo_network`."""

from math import log
from typing import Final

import numpy as np

from ..spectrum.grid import STFTGrid
from ..spectrum.stft import Spectra
from ..types import FloatArray

BANDS: Final = 32
FRAMES: Final = 512  # of a window, 12 s
_HOP: Final = FRAMES // 2
_MOST_WINDOWS: Final = 24  # of longer music every second, fourth, ... one is kept
_LINEAR_HZ: Final = np.arange(1, 9) * 2 * 44_100 / 2048 - 44_100 / 4096  # two bins at 44.1 kHz
_HIGHEST_HZ: Final = 16_000.0
_EDGES_HZ: Final = np.concatenate((_LINEAR_HZ, np.geomspace(_LINEAR_HZ[-1], _HIGHEST_HZ, 26)[1:]))
_LOUD: Final = 0.98  # quantile of the power that is the reference of a window
_REFERENCE: Final = 0.25
_FLOOR: Final = 1e-5  # relative to the reference
_QUIET: Final = 1e-3  # windows whose reference is this much below the highest do not count


class BandLevels:
    """Collect the levels in 32 bands from 32 Hz to 16 kHz.

    Parameters
    ----------
    grid : STFTGrid
    """

    def __init__(self, grid: STFTGrid) -> None:
        self.hop_sec = grid.hop_sec
        edges = np.searchsorted(grid.frequencies, _EDGES_HZ)
        self._first = edges[:-1][edges[:-1] < grid.n_bins]  # bin of each band
        self._stop = min(int(edges[-1]), grid.n_bins)
        self._rest: FloatArray = np.empty((0, BANDS), dtype=np.float32)  # from the start of the next window on
        self._windows: list[FloatArray] = []
        self._count, self._stride = 0, 1  # windows so far; of which every *stride*-th is kept

    def accumulate(self, spectra: Spectra) -> None:
        """Add a chunk of frames."""
        self._rest = np.concatenate((self._rest, self.powers(spectra.power)))
        while len(self._rest) >= FRAMES:
            self._keep(self._rest[:FRAMES])
            self._rest = self._rest[_HOP:].copy()

    def powers(self, power: FloatArray) -> FloatArray:
        """Return the powers in the bands, shape (frames, 32), of spectra, shape (frames, bins); 0 where bins end."""
        bands = np.zeros((len(power), BANDS), dtype=np.float32)
        bands[:, : len(self._first)] = np.add.reduceat(power[:, : self._stop], self._first, axis=1)
        return bands

    def _keep(self, window: FloatArray) -> None:
        """Keep a window; once there are too many, forget every other one."""
        if self._count % self._stride == 0:
            self._windows.append(window.copy())
        self._count += 1
        if len(self._windows) > _MOST_WINDOWS:
            self._windows, self._stride = self._windows[::2], 2 * self._stride

    def windows(self) -> FloatArray:
        """Return the windows that are not quiet beside the others.

        Returns
        -------
        ndarray, shape (windows, 512, 32), float32
            Levels from 0, 50 dB below the reference, to about 1. Empty for files shorter than a window.
        """
        if not self._windows:
            return np.empty((0, FRAMES, BANDS), dtype=np.float32)
        power = np.stack(self._windows)
        references = _references(power)
        loud = references >= _QUIET * references.max()
        return scaled_levels(power[loud])


def _references(power: FloatArray) -> FloatArray:
    place = int(_LOUD * power.shape[1]) - 1
    total = np.partition(power.sum(axis=2), place, axis=1)[:, place]
    references: FloatArray = np.float32(_REFERENCE) * total + np.float32(1e-20)
    return references


def scaled_levels(power: FloatArray) -> FloatArray:
    """Return levels relative to the loud frames of each window.

    Parameters
    ----------
    power : ndarray, shape (windows, frames, 32), float32

    Returns
    -------
    ndarray, shape (windows, frames, 32), float32

    Notes
    -----
    ``1 + log10(power / reference + 1e-5) / 5``, where the reference is a quarter of the power that 2 % of the frames
    exceed.

    Examples
    --------
    >>> scaled_levels(np.ones((1, 100, 32), dtype=np.float32)).round(2)[0, 0, 0]
    np.float32(0.82)
    """
    with np.errstate(over="ignore"):  # a click in digital silence
        levels: FloatArray = power / _references(power)[:, None, None]
    np.minimum(levels, np.finfo(np.float32).max / 2, out=levels)
    levels += np.float32(_FLOOR)
    np.log(levels, out=levels)  # which NumPy computes several times as fast as log10
    levels *= np.float32(1 / (5 * log(10)))
    levels += 1
    return levels
