"""Spectra of the low-rate signals: finer in frequency, or in time, than those of the main frames."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from ..types import ComplexArray, FloatArray, kept
from .framing import Framer
from .stft import squares


class SubbandSTFT:
    """Power spectra of a low-rate signal, Hann window, summed over channels.

    Scaled like ``Spectra.power``: the sum over bins is the mean square of the windowed frame. Each frequency has two
    bins, as the transform of two channels at once leaves them: their sum is the frequency's power. What is read from
    the spectra is a product with a matrix, which adds them up in passing when ``mirrored``.

    Parameters
    ----------
    rate : float
        Samples per second.
    frame_length, hop : int
        In samples.
    pairs : int
        Pairs of channels.
    batch : int
        Most frames transformed at once.
    """

    def __init__(self, rate: float, frame_length: int, hop: int, pairs: int, batch: int) -> None:
        self.hop_sec = hop / rate
        self._framer = Framer(frame_length, hop, 2 * pairs, batch)
        self._window = _window(frame_length)
        self._packed: ComplexArray = np.empty((batch, frame_length), dtype=np.complex64)

    def feed(self, signal: ComplexArray) -> Iterator[FloatArray]:
        """Take the next samples, shape (pairs, samples); hand out powers, shape (frames, frame_length)."""
        for frames in self._framer.feed(interleaved(signal)):
            yield self._power(frames)

    def flush(self) -> Iterator[FloatArray]:
        """Hand out what is left."""
        for frames in self._framer.flush():
            yield self._power(frames)

    def _power(self, frames: FloatArray) -> FloatArray:
        total = self._power_of_pair(frames, 0)
        for first in range(2, frames.shape[2], 2):
            total += self._power_of_pair(frames, first)
        return total

    def _power_of_pair(self, frames: FloatArray, first: int) -> FloatArray:
        count, length, _ = frames.shape
        packed = self._packed[:count]
        pair = frames[:, :, first : first + 2].reshape(count, 2 * length)
        np.multiply(pair, self._window, out=packed.view(np.float32))
        return squares(fft.fft(packed, overwrite_x=True))


def bin_frequencies(rate: float, frame_length: int) -> FloatArray:
    """Return the frequencies of ``LowSpectra``, in Hz, shape (frame_length / 2,)."""
    return (np.arange(frame_length // 2) * (rate / frame_length)).astype(np.float32)


@lru_cache(maxsize=8)
def _window(length: int) -> FloatArray:
    """Return a Hann window that makes ``|z|²`` power, for both channels of a pair, as they lie."""
    window = np.hanning(length + 1)[:-1]
    window /= np.sqrt(length * (window**2).sum())
    return kept(np.repeat(window, 2).astype(np.float32))


def interleaved(signal: ComplexArray) -> FloatArray:
    """Return pairs of channels, shape (pairs, samples), as floats of shape (samples, 2 · pairs)."""
    columns: FloatArray = np.ascontiguousarray(signal.T).view(np.float32)
    return columns


def mirrored(matrix: NDArray[Any]) -> NDArray[Any]:
    """Return a matrix for both bins of each frequency.

    Parameters
    ----------
    matrix : ndarray, shape (..., frame_length / 2)
        What each of ``bin_frequencies`` counts.

    Returns
    -------
    ndarray, shape (..., frame_length)
    """
    whole = np.zeros((*matrix.shape[:-1], 2 * matrix.shape[-1]), dtype=matrix.dtype)
    whole[..., : matrix.shape[-1]] = matrix
    whole[..., matrix.shape[-1] + 1 :] = matrix[..., :0:-1]
    return whole


def one_sided(z: ComplexArray) -> FloatArray:
    """Return ``|L[k]|² + |R[k]|²``, doubled for its mirror, of transforms of ``L + iR``; bins 0 to length/2 - 1."""
    half = z.shape[1] // 2
    both = squares(z)
    both[:, 1:half] += both[:, :half:-1]
    return both[:, :half]
