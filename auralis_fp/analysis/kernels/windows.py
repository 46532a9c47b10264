"""Hann windows and their autocorrelation, and lengths of transforms."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft

_LENGTH_STEP: Final = 16  # transforms are faster at multiples of it


def hann(length: int, *, periodic: bool = True) -> NDArray[np.float64]:
    """Return a Hann window.

    Parameters
    ----------
    length : int
        In samples.
    periodic : bool
        Whether the window continues periodically, for the STFT, or is symmetric.

    Returns
    -------
    ndarray, shape (length,), float64

    Examples
    --------
    >>> hann(4)
    array([0. , 0.5, 1. , 0.5])
    """
    return np.hanning(length + 1)[:-1] if periodic else np.hanning(length)


def power_window(length: int) -> NDArray[np.float64]:
    """Return a periodic Hann window scaled so that the squared magnitudes of a transform are power.

    Parameters
    ----------
    length : int
        In samples.

    Returns
    -------
    ndarray, shape (length,), float64
        ``w / sqrt(N · sum(w²))``: the squared magnitudes of all bins sum to the mean square of the signal.

    Examples
    --------
    >>> signal = np.ones(8)
    >>> round(float((np.abs(np.fft.fft(signal * power_window(8))) ** 2).sum()), 6)
    1.0
    """
    window = hann(length)
    scaled: NDArray[np.float64] = window / np.sqrt(length * (window**2).sum())
    return scaled


def hann_autocorrelation(lags: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the autocorrelation of a Hann window.

    Parameters
    ----------
    lags : ndarray, shape (...)
        As fractions of the window's length.

    Returns
    -------
    ndarray, shape (...), float64
        1 at lag 0, 0 from lag 1 on.

    Notes
    -----
    ``(1 - t) (2 + cos 2πt) / 3 + sin(2πt) / 2π``.

    Examples
    --------
    >>> hann_autocorrelation(np.array([0.0, 0.5, 1.0])).round(4)
    array([1.    , 0.1667, 0.    ])
    """
    inside = np.clip(lags, 0, 1)
    turns = 2 * np.pi * inside
    correlation: NDArray[np.float64] = (1 - inside) * (2 + np.cos(turns)) / 3 + np.sin(turns) / (2 * np.pi)
    return np.maximum(correlation, 0)


def transform_length(least: int) -> int:
    """Return a length of at least *least* points at which transforms of real signals are fast.

    Examples
    --------
    >>> transform_length(2051)
    2160
    """
    return int(_LENGTH_STEP * fft.next_fast_len(-(-least // _LENGTH_STEP), real=True))
