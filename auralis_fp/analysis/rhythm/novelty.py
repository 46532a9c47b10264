"""Accents that the spectra of the short frames tell: notes by how their strength grows, and hats and cymbals."""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..spectrum.stft import Spectra, STFTGrid, band_matrix
from ..types import FloatArray, Series, kept

_NOTES_HZ: Final = (32.0, 1500.0)
_NOTES_LAG: Final = 4  # frames, 93 ms: bowed and blown notes take their time
_NOTES_SCALE: Final = 30.0
_TREBLE_HZ: Final = np.geomspace(5300.0, 18_000.0, 9)  # above what the onset envelope reaches
_TREBLE_LAG: Final = 2  # frames: a hat on the border of two rises as far as another
_FLOOR: Final = 3e-3  # of the loudest frame so far, over all bands: what lies further down stands out from nothing
_LEAST_SHARE: Final = 1e-3  # of the loudest frame's whole power: less treble than that is no drum's
_UNSETTLED_FRAMES: Final = 5
_HELD_FRAMES: Final = 256  # six seconds: stretches of the envelope overlap by three


class NoveltyCurves:
    """Gathers two kinds of rises from frame to frame.

    Of notes the rise of the amplitude in each bin below 1.5 kHz, within a tenth of a second; of the treble that of the
    log power in eight bands above 5.3 kHz.

    Parameters
    ----------
    grid : STFTGrid
    """

    def __init__(self, grid: STFTGrid) -> None:
        self._hop_sec = grid.hop_sec
        self._matrix, self._treble = _treble_bands(grid)
        self._notes = slice(*(int(np.searchsorted(grid.frequencies, hertz)) for hertz in _NOTES_HZ))
        count = self._notes.stop - self._notes.start
        self._roots: FloatArray = np.zeros((_NOTES_LAG, count), dtype=np.float32)  # of the frames before
        self._logs: FloatArray = np.zeros((_TREBLE_LAG, self._matrix.shape[1]), dtype=np.float32)
        self._loudest, self._loudest_treble = np.float32(np.finfo(np.float32).tiny), np.float32(0)
        self._first = 0  # frame in the file that is held first
        self._rises = Series(2)

    def feed(self, spectra: Spectra) -> None:
        """Take the next spectra."""
        whole = np.maximum(np.maximum.accumulate(spectra.total), self._loudest)
        self._loudest = whole[-1]
        notes, treble = self._notes_risen(spectra.power, whole), self._treble_risen(spectra.power, whole)
        rises: FloatArray = np.stack((notes, treble))
        unsettled = max(0, _UNSETTLED_FRAMES - self._first - len(self._rises))
        rises[:, :unsettled] = 0  # that something is on when the file begins is no beat
        self._rises.append(rises)

    def _notes_risen(self, power: FloatArray, whole: FloatArray) -> FloatArray:
        roots = np.concatenate((self._roots, np.sqrt(power[:, self._notes] / whole[:, None])))
        self._roots = roots[-_NOTES_LAG:]
        risen: FloatArray = np.maximum(roots[_NOTES_LAG:] - roots[:-_NOTES_LAG], 0).sum(axis=1)
        return np.float32(_NOTES_SCALE) * risen

    def _treble_risen(self, power: FloatArray, whole: FloatArray) -> FloatArray:
        bands = power[:, self._treble] @ self._matrix
        loudest = np.maximum(np.maximum.accumulate(bands.sum(axis=1)), self._loudest_treble)
        self._loudest_treble = loudest[-1]
        reference = np.maximum(loudest, np.float32(_LEAST_SHARE) * whole)
        reference = np.maximum(reference, np.finfo(np.float32).tiny)
        logs = np.log2(bands / reference[:, None] + np.float32(_FLOOR / bands.shape[1]))
        logs = np.concatenate((self._logs, logs))
        self._logs = logs[-_TREBLE_LAG:]
        risen: FloatArray = np.maximum(logs[_TREBLE_LAG:] - logs[:-_TREBLE_LAG], 0).sum(axis=1)
        return risen

    def at(self, times: NDArray[np.float64]) -> FloatArray:
        """Return the rises at ascending *times* in seconds, shape (2, times): notes, and treble in octaves.

        What lies before is forgotten: the next *times* may begin six seconds before the last of these.
        """
        rises = self._rises.take()
        held = self._hop_sec * (self._first + np.arange(rises.shape[1]))
        past = max(0, int(np.searchsorted(held, times[-1])) - _HELD_FRAMES)
        self._first += past
        self._rises.append(rises[:, past:])
        return np.stack([np.interp(times, held, each) for each in rises]).astype(np.float32)


@lru_cache(maxsize=2)
def _treble_bands(grid: STFTGrid) -> tuple[FloatArray, slice]:
    """Return what sums up bins into bands, shape (bins, bands), and which bins."""
    width = grid.bin_width_hz
    reach = np.searchsorted(grid.frequencies, (_TREBLE_HZ[0] - width, _TREBLE_HZ[-1] + width))
    treble = slice(int(reach[0]), int(reach[1]))
    return kept(band_matrix(grid.frequencies[treble], width, _TREBLE_HZ).T.copy()), treble
