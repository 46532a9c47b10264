"""Correlations of frames, and of series of events, by their transforms."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from ..types import FloatArray

SPECTRUM_POINTS: Final = 1 << 12
_NOTHING: Final = 1e-6
_STEP: Final = 16  # lengths of transforms: multiples of it are faster than odd ones


def frame_correlation(power: FloatArray, points: int) -> FloatArray:
    """Return the circular autocorrelation of frames from the lowest bins of their power.

    Parameters
    ----------
    power : ndarray, shape (frames, bins)
    points : int
        Lags to a frame, even; bins from ``points / 2`` on are left out.

    Returns
    -------
    ndarray, shape (frames, points)
    """
    lowest: FloatArray = np.zeros((len(power), points // 2 + 1), dtype=np.float32)
    kept = min(points // 2, power.shape[1])
    lowest[:, :kept] = power[:, :kept]
    correlation: FloatArray = fft.irfft(lowest, overwrite_x=True)
    return correlation


def window_correlation(points: int) -> FloatArray:
    """Return the autocorrelation of a Hann window of as many samples, 1 at lag 0."""
    correlation = fft.irfft(np.abs(fft.rfft(np.hanning(points + 1)[:-1], 2 * points)) ** 2)
    normalised: FloatArray = (correlation[:points] / correlation[0]).astype(np.float32)
    return normalised


def autocorrelation(windows: FloatArray, lags: int) -> NDArray[np.float64]:
    """Return the correlation of each window with itself moved, over what both cover; 1 for a perfect period."""
    length = windows.shape[1]
    lags = min(lags, length - 1)
    points = _STEP * fft.next_fast_len(-(-(length + lags + 1) // _STEP), real=True)
    spectrum = fft.rfft(windows, points, axis=1)
    products = fft.irfft(spectrum.real**2 + spectrum.imag**2, points, axis=1)[:, : lags + 1]
    energy = np.zeros((len(windows), length + 1))
    np.cumsum(windows.astype(np.float64) ** 2, axis=1, out=energy[:, 1:])
    head, tail = energy[:, length - lags :][:, ::-1], energy[:, -1:] - energy[:, : lags + 1]
    scale = np.sqrt(head * tail)
    correlation: NDArray[np.float64] = np.zeros(products.shape)
    np.divide(products, scale, out=correlation, where=scale > 1e-9 * energy[:, -1:])
    return correlation


def relative_spectra(windows: FloatArray) -> NDArray[np.float64]:
    """Return the magnitude of each window's spectrum beside its strongest, shape (windows, bins); of nothing, 0."""
    magnitudes = np.abs(fft.rfft(windows * np.hanning(windows.shape[1]).astype(np.float32), SPECTRUM_POINTS, axis=1))
    strongest = magnitudes.max(axis=1, keepdims=True)
    relative: NDArray[np.float64] = np.zeros(magnitudes.shape)
    np.divide(magnitudes, strongest, out=relative, where=strongest > _NOTHING)
    return relative
