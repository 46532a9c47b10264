"""Accents above what the onset envelope reaches: hats and cymbals, which mark the beat where drums are played."""

from functools import lru_cache
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .measured import FloatArray, Series, kept
from .spectra import Grid, Spectra, band_shares

_EDGES_HZ: Final = np.geomspace(5300.0, 18_000.0, 9)
_FLOOR: Final = 3e-3  # of the loudest frame so far, over all bands: what lies further down stands out from nothing
_LEAST_SHARE: Final = 1e-3  # of the loudest frame's whole power: less treble than that is no drum's
_LAG: Final = 2  # frames between the spectra that are compared: a hat on the border of two rises as far as another
_UNSETTLED_FRAMES: Final = 3
_HELD_FRAMES: Final = 256  # six seconds: stretches of the envelope overlap by three


class Treble:
    """Gathers the rise of the log power of eight bands above 5.3 kHz from the spectra of short frames.

    Parameters
    ----------
    grid : Grid
    """

    def __init__(self, grid: Grid) -> None:
        self._hop_sec = grid.hop_sec
        self._matrix, self._lowest = _matrix(grid)
        bands = self._matrix.shape[1]
        self._before: FloatArray = np.zeros((_LAG, bands), dtype=np.float32)
        self._loudest, self._loudest_treble = np.float32(0), np.float32(0)
        self._first = 0  # frame in the file that is held first
        self._rises = Series()

    def feed(self, spectra: Spectra) -> None:
        """Take the next spectra."""
        powers = spectra.power[:, self._lowest :] @ self._matrix
        whole = np.maximum(np.maximum.accumulate(spectra.total), self._loudest)
        treble = np.maximum(np.maximum.accumulate(powers.sum(axis=1)), self._loudest_treble)
        self._loudest, self._loudest_treble = whole[-1], treble[-1]
        reference = np.maximum(np.maximum(treble, np.float32(_LEAST_SHARE) * whole), np.finfo(np.float32).tiny)
        logs = np.log2(powers / reference[:, None] + np.float32(_FLOOR / powers.shape[1]))
        logs = np.concatenate((self._before, logs))
        rises = np.maximum(logs[_LAG:] - logs[:-_LAG], 0).sum(axis=1)
        self._before = logs[-_LAG:]
        unsettled = max(0, _UNSETTLED_FRAMES - self._first - len(self._rises))
        rises[:unsettled] = 0  # that something is on when the file begins is no beat
        self._rises.append(rises)

    def at(self, times: NDArray[np.float64]) -> FloatArray:
        """Return the rises, in octaves summed over bands, at ascending *times* in seconds; forget what lies before.

        The next *times* may begin six seconds before the last of these.
        """
        rises = self._rises.take()
        held = self._hop_sec * (self._first + np.arange(len(rises)))
        past = max(0, int(np.searchsorted(held, times[-1])) - _HELD_FRAMES)
        self._first += past
        self._rises.append(rises[past:])
        found: FloatArray = np.interp(times, held, rises).astype(np.float32)
        return found


@lru_cache(maxsize=2)
def _matrix(grid: Grid) -> tuple[FloatArray, int]:
    """Return what sums up bins into bands, shape (bins, bands), from which bin on."""
    lowest = int(np.searchsorted(grid.frequencies, _EDGES_HZ[0] - grid.bin_width_hz))
    frequencies = grid.frequencies[lowest:]
    shares = [band_shares(frequencies, grid.bin_width_hz, low, high) for low, high in pairwise(_EDGES_HZ)]
    return kept(np.stack(shares, axis=1)), lowest
