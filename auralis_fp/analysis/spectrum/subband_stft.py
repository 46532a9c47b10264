"""STFT of the decimated sub-bands: finer in frequency, or in time, than that of the full band."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import numpy as np

from ..kernels import subband as kernels
from ..kernels.framing import are_silent
from ..kernels.windows import power_window
from ..types import ComplexArray, FloatArray, readonly
from .decimation import SubbandRates
from .framing import Framer
from .grid import STFTGrid

FINE_FRAME: Final = 4096  # samples at about 11 kHz: 0.37 s, bins of 2.7 Hz


class SubbandSTFT:
    """Streaming power spectra of a sub-band: Hann window, summed over channels.

    Scaled like ``Spectra.power``.

    Parameters
    ----------
    rate : float
        Sample rate in Hz.
    frame_length, hop_length : int
        In samples.
    pairs : int
        Pairs of channels.
    batch : int
        Most frames transformed at once.
    """

    def __init__(self, rate: float, frame_length: int, hop_length: int, pairs: int, batch: int) -> None:
        self.hop_sec = hop_length / rate
        self._framer = Framer(frame_length, hop_length, 2 * pairs, batch)
        self._window = _window(frame_length)
        self._scratch: ComplexArray = np.empty((batch, frame_length), dtype=np.complex64)

    def transform(self, signal: ComplexArray) -> Iterator[FloatArray]:
        """Append samples, shape (pairs, samples); yield power spectra, shape (frames, frame_length / 2)."""
        for frames in self._framer.split(interleaved(signal)):
            yield self._power(frames)

    def flush(self) -> Iterator[FloatArray]:
        """Yield the power spectra of the remaining frames, which are padded."""
        for frames in self._framer.flush():
            yield self._power(frames)

    def _power(self, frames: FloatArray) -> FloatArray:
        if are_silent(frames):
            return np.zeros((len(frames), frames.shape[1] // 2), dtype=np.float32)
        return kernels.subband_power(frames, self._window, self._scratch)


def fine_stft(grid: STFTGrid, pairs: int) -> SubbandSTFT:
    """Return the STFT of the mid sub-band that chroma and flatness share: frames of 0.37 s, half overlap.

    Parameters
    ----------
    grid : STFTGrid
    pairs : int
        Pairs of channels.
    """
    return SubbandSTFT(SubbandRates(grid).mid_rate, FINE_FRAME, FINE_FRAME // 2, pairs, batch=32)


@lru_cache(maxsize=8)
def _window(length: int) -> FloatArray:
    """Return the power window, each value twice: for the two interleaved channels of a pair."""
    return readonly(np.repeat(power_window(length), 2).astype(np.float32))


def bin_frequencies(rate: float, frame_length: int) -> FloatArray:
    """Return the frequencies of the bins of a sub-band's STFT.

    Parameters
    ----------
    rate : float
        Sample rate in Hz.
    frame_length : int
        In samples.

    Returns
    -------
    ndarray, shape (frame_length / 2,), float32
        Hz.

    Examples
    --------
    >>> bin_frequencies(100.0, 8)
    array([ 0. , 12.5, 25. , 37.5], dtype=float32)
    """
    return (np.arange(frame_length // 2) * (rate / frame_length)).astype(np.float32)


def interleaved(signal: ComplexArray) -> FloatArray:
    """Return pairs of channels as interleaved real channels.

    Parameters
    ----------
    signal : ndarray, shape (pairs, samples), complex64

    Returns
    -------
    ndarray, shape (samples, 2 · pairs), float32

    Examples
    --------
    >>> interleaved(np.array([[1 + 2j, 3 + 4j]], dtype=np.complex64))
    array([[1., 2.],
           [3., 4.]], dtype=float32)
    """
    columns: FloatArray = np.ascontiguousarray(signal.T).view(np.float32)
    return columns
