"""Circular autocorrelation of frames from their power spectra (Wiener-Khinchin theorem)."""

import numpy as np
from scipy import fft

from ..types import FloatArray


def frame_autocorrelation(power: FloatArray, points: int) -> FloatArray:
    """Return the circular autocorrelation of frames from the lowest bins of their power spectra.

    Parameters
    ----------
    power : ndarray, shape (frames, bins), float32
    points : int
        Lags, even; bins from ``points / 2`` on are ignored.

    Returns
    -------
    ndarray, shape (frames, points), float32

    Notes
    -----
    The inverse transform of the power spectrum (Wiener-Khinchin theorem).

    Examples
    --------
    >>> frame_autocorrelation(np.float32([[0, 1]]), 4)
    array([[ 0.5,  0. , -0.5,  0. ]], dtype=float32)
    """
    lowest: FloatArray = np.zeros((len(power), points // 2 + 1), dtype=np.float32)
    bins = min(points // 2, power.shape[1])
    lowest[:, :bins] = power[:, :bins]
    correlation: FloatArray = fft.irfft(lowest, overwrite_x=True)
    return correlation
