"""Sums of the loudness measurement (ITU-R BS.1770-4)."""

import numpy as np
from numpy.typing import NDArray

from ..types import FloatArray


def weighted_power(
    spectrum: FloatArray, gains: FloatArray, power_above: FloatArray, gain_above: np.float32
) -> FloatArray:
    """Return the K-weighted power of each frame.

    Parameters
    ----------
    spectrum : ndarray, shape (frames, n_bins), float32
        Power, channel weights applied.
    gains : ndarray, shape (n_bins,), float32
        Power gain of each bin.
    power_above : ndarray, shape (frames,), float32
        Power above the highest bin.
    gain_above : float32
        Its power gain.

    Returns
    -------
    ndarray, shape (frames,), float32

    Examples
    --------
    >>> spectrum, above = np.ones((1, 2), dtype=np.float32), np.ones(1, dtype=np.float32)
    >>> weighted_power(spectrum, np.array([1, 2], dtype=np.float32), above, np.float32(4))
    array([7.], dtype=float32)
    """
    weighted: FloatArray = spectrum @ gains + power_above * gain_above
    return weighted


def window_correction(frame_energy: FloatArray, windowed_energy: FloatArray) -> NDArray[np.float64]:
    """Return the factor that corrects windowed energies for where a short sound lies in the windows.

    Parameters
    ----------
    frame_energy, windowed_energy : ndarray, shape (frames,), float32
        Mean square of each frame before and after windowing.

    Returns
    -------
    ndarray, shape (frames - 2,), float64
        For all frames but the first and the last; 1 where there is no energy.

    Notes
    -----
    The ratio of the two energies, each summed over three frames.

    Examples
    --------
    >>> window_correction(np.float32([1, 1, 1]), np.float32([0.5, 0.5, 0.5]))
    array([2.])
    """
    around = np.ones(3)
    true, seen = np.convolve(frame_energy, around, "valid"), np.convolve(windowed_energy, around, "valid")
    correction: NDArray[np.float64] = np.divide(true, seen, out=np.ones_like(seen), where=seen > 0)
    return correction


def moving_mean(values: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    """Return the mean of each run of *length* consecutive values.

    Parameters
    ----------
    values : ndarray, shape (n,)
    length : int

    Returns
    -------
    ndarray, shape (n - length + 1,)
        Empty if there are fewer than *length* values.

    Examples
    --------
    >>> moving_mean(np.array([1.0, 3.0, 5.0]), 2)
    array([2., 4.])
    """
    if len(values) < length:
        return np.empty(0)
    means: NDArray[np.float64] = np.lib.stride_tricks.sliding_window_view(values, length).mean(axis=1)
    return means
