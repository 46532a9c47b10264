"""One transform over a whole short signal, and its K-weighted energy sample by sample."""

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from ..types import ComplexArray, FloatArray
from .stft import one_sided_power, power


def signal_power(signal: ComplexArray) -> FloatArray:
    """Return the one-sided power spectrum of a whole signal.

    Parameters
    ----------
    signal : ndarray, shape (samples,), complex64
        Two channels: left real, right imaginary; an even number of samples. Overwritten.

    Returns
    -------
    ndarray, shape (samples / 2,), float32
        Not scaled by the length.

    Examples
    --------
    >>> signal_power(np.cos(np.pi / 2 * np.arange(8)).astype(np.complex64)).round(3)
    array([ 0.,  0., 32.,  0.], dtype=float32)
    """
    spectrum: FloatArray = one_sided_power(fft.fft(signal[None], overwrite_x=True))[0]
    return spectrum


def filtered_power(signal: ComplexArray, gains: ComplexArray, overlap: int) -> FloatArray:
    """Filter a signal by overlap-save and return its power sample by sample.

    Parameters
    ----------
    signal : ndarray, shape (overlap + blocks · (points - overlap),), complex64
        Two channels: left real, right imaginary, preceded by *overlap* zeros.
    gains : ndarray, shape (points,), complex64
        Frequency response of a real filter whose impulse response is at most *overlap* samples long.
    overlap : int
        Samples at the start of each block that are discarded.

    Returns
    -------
    ndarray, shape (blocks · (points - overlap),), float32

    Examples
    --------
    >>> filtered_power(np.array([0, 0, 1, 2, 3, 4], dtype=np.complex64), np.ones(4, dtype=np.complex64), 2).round(3)
    array([ 1.,  4.,  9., 16.], dtype=float32)
    """
    fresh = len(gains) - overlap
    blocks = np.lib.stride_tricks.sliding_window_view(signal, len(gains))[::fresh]
    transforms = fft.fft(blocks)
    transforms *= gains
    return power(fft.ifft(transforms, overwrite_x=True)[:, overlap:]).reshape(-1)


def step_sums(energy: FloatArray, edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sums between edges that may lie within samples.

    Parameters
    ----------
    energy : ndarray, shape (samples,), float32
    edges : ndarray, shape (steps + 1,), float64
        Ascending, in samples, at most the length of *energy*.

    Returns
    -------
    ndarray, shape (steps,), float64
        A sample counts for each step by the part of it that lies inside.

    Examples
    --------
    >>> step_sums(np.array([1, 2, 4, 8], dtype=np.float32), np.array([0.0, 1.5, 4.0]))
    array([ 2., 13.])
    """
    whole = edges.astype(np.int64)
    cumulative = np.concatenate(([0.0], np.cumsum(energy, dtype=np.float64)))
    following = np.minimum(whole + 1, len(energy))
    at_edges = cumulative[whole] + (edges - whole) * (cumulative[following] - cumulative[whole])
    sums: NDArray[np.float64] = np.diff(at_edges)
    return sums
