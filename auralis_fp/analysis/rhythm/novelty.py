"""Novelty curves from the STFT: low-frequency notes, high-frequency percussion, and changes of the spectral shape."""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..kernels.onsets import note_novelty, positive_differences
from ..spectrum.grid import STFTGrid, band_matrix
from ..spectrum.stft import Spectra
from ..types import FloatArray, GrowableArray, readonly

_NOTES_HZ: Final = (32.0, 260.0, 1500.0)  # bass notes reach from the first to the second
_NOTES_LAG: Final = 4  # frames, 93 ms: bowed and blown notes rise slowly
_NOTES_SCALE: Final = 30.0
_TREBLE_HZ: Final = tuple(np.geomspace(5300.0, 18_000.0, 9))  # above the bands of the onset strength
_MIDDLE_HZ: Final = tuple(np.geomspace(1500.0, 5300.0, 5))  # between notes and treble
_SHAPE_LAG: Final = 4  # frames
_SHAPE_FLOOR: Final = 3e-3  # amplitude relative to the loudest frame so far; quieter frames have no shape
_TREBLE_LAG: Final = 2  # frames: a hi-hat on the border of two frames rises as far as another
_FLOOR: Final = 3e-3  # relative to the loudest frame so far, over all bands
_LEAST_SHARE: Final = 1e-3  # of the loudest frame's total power: less treble is not percussion
_UNSETTLED_FRAMES: Final = 5
_KEPT_FRAMES: Final = 256  # six seconds: segments of the onset strength overlap by three


class NoveltyCurves:
    """Accumulate four novelty curves (Müller 2015, chapter 6).

    The note curve sums the rises of the magnitude in each bin below 1.5 kHz over a tenth of a second, and the curve of
    bass notes those below 260 Hz; the treble curve sums the rises of the log power in eight bands above 5.3 kHz.
    The change of the spectral shape tells attacks and new notes from vibrato, tremolo and noise.

    Parameters
    ----------
    grid : STFTGrid
    """

    def __init__(self, grid: STFTGrid) -> None:
        self._hop_sec = grid.hop_sec
        self._matrix, self._treble = _bands(grid, _TREBLE_HZ)
        self._middle_matrix, self._middle = _bands(grid, _MIDDLE_HZ)
        first, middle, last = (int(np.searchsorted(grid.frequencies, hertz)) for hertz in _NOTES_HZ)
        self._notes, self._bass_count = slice(first, last), middle - first
        count = last - first
        self._magnitudes: FloatArray = np.zeros((_NOTES_LAG, count), dtype=np.float32)  # of the previous frames
        self._logs: FloatArray = np.zeros((_TREBLE_LAG, self._matrix.shape[1]), dtype=np.float32)
        self._loudest, self._loudest_treble = np.float32(np.finfo(np.float32).tiny), np.float32(0)
        shape = count + self._middle_matrix.shape[1] + self._matrix.shape[1]
        self._shapes: FloatArray = np.zeros((_SHAPE_LAG, shape), dtype=np.float32)
        self._first = 0  # index in the file of the first frame kept
        self._curves = GrowableArray(4)

    def accumulate(self, spectra: Spectra) -> None:
        """Compute the curves at a chunk of frames."""
        loudest = np.maximum(np.maximum.accumulate(spectra.total), self._loudest)
        self._loudest = loudest[-1]
        bands = spectra.power[:, self._treble] @ self._matrix
        middle = spectra.power[:, self._middle] @ self._middle_matrix
        bass, notes, change = note_novelty(
            spectra.power[:, self._notes],
            np.concatenate((middle, bands), axis=1),
            np.sqrt(loudest),
            self._magnitudes,
            self._shapes,
            self._bass_count,
            _SHAPE_FLOOR,
        )
        scale = np.float32(_NOTES_SCALE)
        curves: FloatArray = np.stack((scale * bass, scale * notes, self._treble_novelty(bands, loudest), change))
        unsettled = max(0, _UNSETTLED_FRAMES - self._first - len(self._curves))
        curves[:, :unsettled] = 0  # the start of the file is not an onset
        self._curves.append(curves)

    def _treble_novelty(self, bands: FloatArray, loudest: FloatArray) -> FloatArray:
        loudest_treble = np.maximum(np.maximum.accumulate(bands.sum(axis=1)), self._loudest_treble)
        self._loudest_treble = loudest_treble[-1]
        reference = np.maximum(loudest_treble, np.float32(_LEAST_SHARE) * loudest)
        reference = np.maximum(reference, np.finfo(np.float32).tiny)
        logs = np.log2(bands / reference[:, None] + np.float32(_FLOOR / bands.shape[1]))
        logs = np.concatenate((self._logs, logs))
        self._logs = logs[-_TREBLE_LAG:]
        return positive_differences(logs, _TREBLE_LAG)

    def interpolate(self, times: NDArray[np.float64]) -> FloatArray:
        """Return the curves at the given times and forget what lies more than six seconds before the last one.

        Parameters
        ----------
        times : ndarray, shape (times,), float64
            Ascending, in seconds.

        Returns
        -------
        ndarray, shape (4, times), float32
            Bass notes, notes, treble in octaves, and change of the spectral shape, 0 to 1.
        """
        curves = self._curves.take()
        frame_times = self._hop_sec * (self._first + np.arange(curves.shape[1]))
        past = max(0, int(np.searchsorted(frame_times, times[-1])) - _KEPT_FRAMES)
        self._first += past
        self._curves.append(curves[:, past:])
        return np.stack([np.interp(times, frame_times, curve) for curve in curves]).astype(np.float32)


@lru_cache(maxsize=4)
def _bands(grid: STFTGrid, edges_hz: tuple[float, ...]) -> tuple[FloatArray, slice]:
    """Return a filter bank, shape (bins, bands), and the slice of its bins."""
    width = grid.bin_width_hz
    reach = np.searchsorted(grid.frequencies, (edges_hz[0] - width, edges_hz[-1] + width))
    bins = slice(int(reach[0]), int(reach[1]))
    return readonly(band_matrix(grid.frequencies[bins], width, np.array(edges_hz)).T.copy()), bins
