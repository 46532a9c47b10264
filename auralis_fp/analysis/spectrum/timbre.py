"""Timbre: means of mel-frequency cepstral coefficients, and standard deviations of their deltas."""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from ...schema.timbre import COUNT, N_MFCC
from ..kernels.loudness import moving_mean
from ..level.silence import MOMENT_SEC, SILENT_SHARE
from ..types import FloatArray
from .grid import SILENCE_POWER, STFTGrid
from .stft import Spectra

N_MELS: Final = 40
LOWEST_HZ: Final = 40.0
HIGHEST_HZ: Final = 10_000.0  # lossy coders and a sample rate of 22.05 kHz keep what lies below
FLOOR: Final = 1e-10  # power of a band that counts as silent
REACH: Final = 4  # frames before and after that a delta spans
_CLASSES_PER_DB: Final = 2
_CLASSES: Final = 100 * _CLASSES_PER_DB  # of the level, from -70 dBFS; the first one holds what lies below


class Timbre:
    """Accumulate the timbre vector of a recording from its spectra, without silent frames.

    Parameters
    ----------
    grid : STFTGrid
    channels : int
        Full-range channels whose power the spectra sum.

    Notes
    -----
    The power spectrum of each frame is weighted by 40 triangles, evenly spaced on the mel scale between 40 Hz and
    10 kHz. The coefficients are the first 20 of the orthonormal DCT-II of 10 log10(power + 1e-10). The delta of frame t
    is the slope of the regression line through frames t - 4 to t + 4; it counts if none of them is silent.

    Only the end of the file tells which frames are silent, see `SilenceGate`. Until then the sums are kept by the
    level of the frames, in classes of 0.5 dB.

    References
    ----------
    S. Davis, P. Mermelstein, "Comparison of parametric representations for monosyllabic word recognition", IEEE Trans.
    ASSP 28(4), 1980.
    """

    def __init__(self, grid: STFTGrid, channels: int) -> None:
        self._bank = mel_filters(grid)
        self._scale = np.float32(1.0 / channels)
        self._basis = _cosines()
        self._recent: FloatArray = np.empty((0, N_MFCC), dtype=np.float32)
        self._levels = np.empty(0, dtype=np.int64)  # classes of the recent frames
        self._moment = max(1, round(MOMENT_SEC / grid.hop_sec))  # frames
        self._powers, self._loudest = np.empty(0), 0.0
        self._sums = np.zeros((_CLASSES, 1 + N_MFCC))  # of ones and coefficients
        self._delta_sums = np.zeros((_CLASSES, 1 + 2 * N_MFCC))  # of ones, deltas and their squares

    def accumulate(self, spectra: Spectra) -> None:
        """Add a chunk of frames."""
        powers = spectra.total.astype(np.float64) * self._scale
        self._follow(powers)
        mel = spectra.power[:, : len(self._bank)] @ self._bank
        mel *= self._scale
        mel += np.float32(FLOOR)
        np.log10(mel, out=mel)
        mfcc = mel @ self._basis
        levels = _level_classes(powers)
        self._sums += _sums_by_class(levels, mfcc)
        self._add_deltas(np.concatenate([self._recent, mfcc]), np.concatenate([self._levels, levels]))

    def _follow(self, powers: NDArray[np.float64]) -> None:
        """Keep the power of the loudest moment."""
        powers = np.concatenate([self._powers, powers])
        means = moving_mean(powers, min(self._moment, len(powers)))
        self._loudest = max(self._loudest, float(means.max(initial=0.0)))
        self._powers = powers[max(0, len(powers) - self._moment + 1) :]

    def _add_deltas(self, mfcc: FloatArray, levels: NDArray[np.int64]) -> None:
        count = len(mfcc) - 2 * REACH
        if count > 0:
            slopes = np.zeros((count, N_MFCC), dtype=np.float32)
            for step in range(1, REACH + 1):
                after, before = REACH + step, REACH - step
                slopes += np.float32(step) * (mfcc[after : after + count] - mfcc[before : before + count])
            slopes /= np.float32(2 * sum(step**2 for step in range(1, REACH + 1)))
            quietest = np.lib.stride_tricks.sliding_window_view(levels, 2 * REACH + 1).min(axis=1)
            self._delta_sums += _sums_by_class(quietest, np.hstack([slopes, slopes**2]))
        self._recent, self._levels = mfcc[-2 * REACH :].copy(), levels[-2 * REACH :].copy()

    def result(self) -> bytes:
        """Return the vector, 40 floats of 4 bytes, little-endian; empty if no nine frames in a row sound."""
        threshold = max(SILENT_SHARE * self._loudest, SILENCE_POWER)
        first = max(1, int(_level_classes(np.array([threshold]))[0]))
        count, *sums = self._sums[first:].sum(axis=0)
        deltas, *delta_sums = self._delta_sums[first:].sum(axis=0)
        if not deltas:
            return b""
        means, (slopes, squares) = np.array(sums) / count, np.reshape(delta_sums, (2, N_MFCC)) / deltas
        values = np.concatenate([means, np.sqrt(np.maximum(squares - slopes**2, 0.0))])
        assert len(values) == COUNT  # noqa: S101 - the stored form
        return bytes(values.astype("<f4").tobytes())


def _level_classes(powers: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the class of each power: 0 below -70 dBFS, then one each 0.5 dB."""
    above_db = 10 * np.log10(np.maximum(powers, np.finfo(np.float64).tiny) / SILENCE_POWER)
    classes: NDArray[np.int64] = np.clip(np.floor(above_db * _CLASSES_PER_DB) + 1, 0, _CLASSES - 1).astype(np.int64)
    return classes


def _sums_by_class(classes: NDArray[np.int64], values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the number of frames and the sums of *values*, shape (frames, columns), in each class."""
    member = (np.arange(_CLASSES)[:, None] == classes).astype(np.float64)
    ones = np.ones((len(values), 1), dtype=np.float32)
    return np.asarray(member @ np.concatenate([ones, values], axis=1).astype(np.float64))


@cache
def mel_filters(grid: STFTGrid) -> FloatArray:
    """Return triangular filters that are evenly spaced on the mel scale.

    Parameters
    ----------
    grid : STFTGrid
        Bins of the power spectra.

    Returns
    -------
    ndarray, shape (bins up to 10 kHz, 40), float32
        The peak of each filter is 1.

    Notes
    -----
    mel(f) = 2595 log10(1 + f / 700).

    Examples
    --------
    >>> mel_filters(STFTGrid.for_rate(44_100)).shape
    (465, 40)
    """
    hz = grid.frequencies[grid.frequencies < HIGHEST_HZ].astype(np.float64)
    low, high = (2595.0 * np.log10(1.0 + edge / 700.0) for edge in (LOWEST_HZ, HIGHEST_HZ))
    edges = 700.0 * (10.0 ** (np.linspace(low, high, N_MELS + 2) / 2595.0) - 1.0)
    rising = (hz[:, None] - edges[:-2]) / np.diff(edges)[:-1]
    falling = (edges[2:] - hz[:, None]) / np.diff(edges)[1:]
    filters: FloatArray = np.maximum(0.0, np.minimum(rising, falling)).astype(np.float32)
    filters.flags.writeable = False
    return filters


def _cosines() -> FloatArray:
    """Return the matrix of the DCT-II from log10 of power to coefficients in dB, shape (40, 20)."""
    matrix = 10.0 * fft.dct(np.eye(N_MELS), axis=1, norm="ortho")[:, :N_MFCC]
    result: FloatArray = matrix.astype(np.float32)
    return result
