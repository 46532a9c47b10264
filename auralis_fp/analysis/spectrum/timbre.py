"""Timbre: means of mel-frequency cepstral coefficients, and standard deviations of their deltas."""

from functools import cache
from typing import Final

import numpy as np
from scipy import fft

from ...schema.timbre import COUNT, N_MFCC
from ..types import FloatArray
from .grid import SILENCE_POWER, STFTGrid
from .stft import Spectra

N_MELS: Final = 40
LOWEST_HZ: Final = 40.0
HIGHEST_HZ: Final = 10_000.0  # lossy coders and a sample rate of 22.05 kHz keep what lies below
FLOOR: Final = 1e-10  # power of a band that counts as silent
REACH: Final = 4  # frames before and after that a delta spans


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
    is the slope of the regression line through frames t - 4 to t + 4.

    References
    ----------
    S. Davis, P. Mermelstein, "Comparison of parametric representations for monosyllabic word recognition", IEEE Trans.
    ASSP 28(4), 1980.
    """

    def __init__(self, grid: STFTGrid, channels: int) -> None:
        self._silence = SILENCE_POWER * channels
        self._bank = mel_filters(grid)
        self._scale = np.float32(1.0 / channels)
        self._basis = _cosines()
        self._recent: FloatArray = np.empty((0, N_MFCC), dtype=np.float32)
        self._count, self._sum = 0, np.zeros(N_MFCC)
        self._deltas, self._delta_sum, self._delta_squares = 0, np.zeros(N_MFCC), np.zeros(N_MFCC)

    def accumulate(self, spectra: Spectra) -> None:
        """Add a chunk of frames."""
        power = spectra.power
        loud = spectra.total >= self._silence
        if not loud.all():
            power = power[loud]
        if not len(power):
            return
        mel = power[:, : len(self._bank)] @ self._bank
        mel *= self._scale
        mel += np.float32(FLOOR)
        np.log10(mel, out=mel)
        mfcc = mel @ self._basis
        self._count += len(mfcc)
        self._sum += mfcc.sum(axis=0, dtype=np.float64)
        self._add_deltas(np.concatenate([self._recent, mfcc]))

    def _add_deltas(self, mfcc: FloatArray) -> None:
        count = len(mfcc) - 2 * REACH
        if count > 0:
            slopes = np.zeros((count, N_MFCC), dtype=np.float32)
            for step in range(1, REACH + 1):
                after, before = REACH + step, REACH - step
                slopes += np.float32(step) * (mfcc[after : after + count] - mfcc[before : before + count])
            slopes /= np.float32(2 * sum(step**2 for step in range(1, REACH + 1)))
            self._deltas += count
            self._delta_sum += slopes.sum(axis=0, dtype=np.float64)
            self._delta_squares += np.einsum("ij,ij->j", slopes, slopes, dtype=np.float64)
        self._recent = mfcc[-2 * REACH :].copy()

    def result(self) -> bytes:
        """Return the vector, 40 floats of 4 bytes, little-endian; empty if fewer than nine frames are not silent."""
        if not self._deltas:
            return b""
        mean = self._delta_sum / self._deltas
        deviation = np.sqrt(np.maximum(self._delta_squares / self._deltas - mean**2, 0.0))
        values = np.concatenate([self._sum / self._count, deviation])
        assert len(values) == COUNT  # noqa: S101 - the stored form
        return bytes(values.astype("<f4").tobytes())


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
