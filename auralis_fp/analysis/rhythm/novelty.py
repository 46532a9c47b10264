"""Novelty curves from the STFT: low-frequency notes and high-frequency percussion."""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..kernels.onsets import positive_differences
from ..spectrum.grid import STFTGrid, band_matrix
from ..spectrum.stft import Spectra
from ..types import FloatArray, GrowableArray, readonly

_NOTES_HZ: Final = (32.0, 1500.0)
_NOTES_LAG: Final = 4  # frames, 93 ms: bowed and blown notes rise slowly
_NOTES_SCALE: Final = 30.0
_TREBLE_HZ: Final = np.geomspace(5300.0, 18_000.0, 9)  # above the bands of the onset strength
_TREBLE_LAG: Final = 2  # frames: a hi-hat on the border of two frames rises as far as another
_FLOOR: Final = 3e-3  # relative to the loudest frame so far, over all bands
_LEAST_SHARE: Final = 1e-3  # of the loudest frame's total power: less treble is not percussion
_UNSETTLED_FRAMES: Final = 5
_KEPT_FRAMES: Final = 256  # six seconds: segments of the onset strength overlap by three


class NoveltyCurves:
    """Accumulate two novelty curves (Müller 2015, chapter 6).

    The note curve sums the rises of the magnitude in each bin below 1.5 kHz over a tenth of a second; the treble curve
    sums the rises of the log power in eight bands above 5.3 kHz.

    Parameters
    ----------
    grid : STFTGrid
    """

    def __init__(self, grid: STFTGrid) -> None:
        self._hop_sec = grid.hop_sec
        self._matrix, self._treble = _treble_bands(grid)
        self._notes = slice(*(int(np.searchsorted(grid.frequencies, hertz)) for hertz in _NOTES_HZ))
        count = self._notes.stop - self._notes.start
        self._magnitudes: FloatArray = np.zeros((_NOTES_LAG, count), dtype=np.float32)  # of the previous frames
        self._logs: FloatArray = np.zeros((_TREBLE_LAG, self._matrix.shape[1]), dtype=np.float32)
        self._loudest, self._loudest_treble = np.float32(np.finfo(np.float32).tiny), np.float32(0)
        self._first = 0  # index in the file of the first frame kept
        self._curves = GrowableArray(2)

    def accumulate(self, spectra: Spectra) -> None:
        """Compute the curves at a chunk of frames."""
        loudest = np.maximum(np.maximum.accumulate(spectra.total), self._loudest)
        self._loudest = loudest[-1]
        notes, treble = self._note_novelty(spectra.power, loudest), self._treble_novelty(spectra.power, loudest)
        curves: FloatArray = np.stack((notes, treble))
        unsettled = max(0, _UNSETTLED_FRAMES - self._first - len(self._curves))
        curves[:, :unsettled] = 0  # the start of the file is not an onset
        self._curves.append(curves)

    def _note_novelty(self, power: FloatArray, loudest: FloatArray) -> FloatArray:
        magnitudes = np.concatenate((self._magnitudes, np.sqrt(power[:, self._notes] / loudest[:, None])))
        self._magnitudes = magnitudes[-_NOTES_LAG:]
        return np.float32(_NOTES_SCALE) * positive_differences(magnitudes, _NOTES_LAG)

    def _treble_novelty(self, power: FloatArray, loudest: FloatArray) -> FloatArray:
        bands = power[:, self._treble] @ self._matrix
        loudest_treble = np.maximum(np.maximum.accumulate(bands.sum(axis=1)), self._loudest_treble)
        self._loudest_treble = loudest_treble[-1]
        reference = np.maximum(loudest_treble, np.float32(_LEAST_SHARE) * loudest)
        reference = np.maximum(reference, np.finfo(np.float32).tiny)
        logs = np.log2(bands / reference[:, None] + np.float32(_FLOOR / bands.shape[1]))
        logs = np.concatenate((self._logs, logs))
        self._logs = logs[-_TREBLE_LAG:]
        return positive_differences(logs, _TREBLE_LAG)

    def interpolate(self, times: NDArray[np.float64]) -> FloatArray:
        """Return both curves at the given times and forget what lies more than six seconds before the last one.

        Parameters
        ----------
        times : ndarray, shape (times,), float64
            Ascending, in seconds.

        Returns
        -------
        ndarray, shape (2, times), float32
            Notes, and treble in octaves.
        """
        curves = self._curves.take()
        frame_times = self._hop_sec * (self._first + np.arange(curves.shape[1]))
        past = max(0, int(np.searchsorted(frame_times, times[-1])) - _KEPT_FRAMES)
        self._first += past
        self._curves.append(curves[:, past:])
        return np.stack([np.interp(times, frame_times, curve) for curve in curves]).astype(np.float32)


@lru_cache(maxsize=2)
def _treble_bands(grid: STFTGrid) -> tuple[FloatArray, slice]:
    """Return the filter bank of the treble bands, shape (bins, bands), and the slice of its bins."""
    width = grid.bin_width_hz
    reach = np.searchsorted(grid.frequencies, (_TREBLE_HZ[0] - width, _TREBLE_HZ[-1] + width))
    treble = slice(int(reach[0]), int(reach[1]))
    return readonly(band_matrix(grid.frequencies[treble], width, _TREBLE_HZ).T.copy()), treble
