"""STFT power of decimated sub-bands."""

import numpy as np
from scipy import fft

from ..types import ComplexArray, FloatArray
from . import compiled
from .dispatch import has_compiled
from .stft import one_sided_power


@has_compiled(compiled.subband_power)
def subband_power(frames: FloatArray, window: FloatArray, scratch: ComplexArray) -> FloatArray:
    """Return the one-sided power spectra of frames, summed over pairs of channels.

    Parameters
    ----------
    frames : ndarray, shape (frames, frame_length, 2 · pairs), float32
        Left and right channel of each pair alternate.
    window : ndarray, shape (2 · frame_length,), float32
        Scaled Hann window, each value twice.
    scratch : ndarray, shape (>= frames, frame_length), complex64
        Working memory.

    Returns
    -------
    ndarray, shape (frames, frame_length / 2), float32
        Without the Nyquist bin.

    Examples
    --------
    >>> frames = np.ones((1, 4, 2), dtype=np.float32)
    >>> subband_power(frames, np.ones(8, dtype=np.float32), np.empty((1, 4), dtype=np.complex64)).round(3)
    array([[32.,  0.]], dtype=float32)
    """
    total = _pair_power(frames, 0, window, scratch)
    for first in range(2, frames.shape[2], 2):
        total += _pair_power(frames, first, window, scratch)
    return total


def _pair_power(frames: FloatArray, first: int, window: FloatArray, scratch: ComplexArray) -> FloatArray:
    count, length, _ = frames.shape
    z = scratch[:count]
    pair = frames[:, :, first : first + 2].reshape(count, 2 * length)
    np.multiply(pair, window, out=z.view(np.float32))
    return one_sided_power(fft.fft(z, overwrite_x=True))
