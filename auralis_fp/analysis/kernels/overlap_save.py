"""Overlap-save filtering by the fast Fourier transform."""

import numpy as np
from scipy import fft

from ..types import ComplexArray, FloatArray
from . import compiled
from .dispatch import has_compiled
from .stft import power


@has_compiled(compiled.filtered_energies)
def filtered_energies(
    signal: ComplexArray, gains: ComplexArray, weights: FloatArray, overlap: int, count: int, step: int
) -> FloatArray:
    """Filter overlapping blocks of a signal (overlap-save); return the weighted energy of each step.

    Parameters
    ----------
    signal : ndarray, shape (pairs, >= overlap + count · (points - overlap)), complex64
        Pairs of channels: left real, right imaginary.
    gains : ndarray, shape (points,), complex64
        Frequency response of a real filter whose impulse response is at most *overlap* samples long.
    weights : ndarray, shape (pairs,), float32
        Weight of each pair in the sum.
    overlap : int
        Samples at the start of each block that are discarded.
    count : int
        Blocks to filter.
    step : int
        Samples whose energy is summed; divides ``points - overlap``.

    Returns
    -------
    ndarray, shape (count · (points - overlap) / step,), float32
        Sums of squared samples.

    References
    ----------
    Oppenheim, A. V., & Schafer, R. W. (2010). Discrete-Time Signal Processing, section 8.7.3.

    Examples
    --------
    >>> signal = np.array([[0, 0, 1, 2, 3, 4]], dtype=np.complex64)
    >>> identity = np.ones(4, dtype=np.complex64)
    >>> filtered_energies(signal, identity, np.ones(1, dtype=np.float32), 2, 2, 2).round(3)
    array([ 5., 25.], dtype=float32)
    """
    points = len(gains)
    fresh = points - overlap
    blocks = np.stack([signal[:, fresh * each : fresh * each + points] for each in range(count)], axis=1)
    spectra = fft.fft(blocks, overwrite_x=True)
    spectra *= gains
    squared = power(np.ascontiguousarray(fft.ifft(spectra, overwrite_x=True)[..., overlap:]))
    energies = squared.reshape(len(weights), -1, step) @ np.ones(step, dtype=np.float32)
    weighted: FloatArray = weights @ energies
    return weighted
