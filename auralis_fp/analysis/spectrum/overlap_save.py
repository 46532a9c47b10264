"""Streaming overlap-save filter for the low sub-band."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from ..kernels import overlap_save as kernels
from ..types import ComplexArray, FloatArray
from .decimation import LOW_POINTS

_POINTS: Final = 4096  # of one transform
_OVERLAP: Final = 256  # samples, 0.1 s: the impulse response of a high-pass with a time constant of 4 ms
_FRESH: Final = _POINTS - _OVERLAP  # samples filtered by one transform
_BATCH: Final = 4  # transforms
_STEP: Final = LOW_POINTS // 4  # samples whose energy is summed: 12 ms


class OverlapSaveFilter:
    """Filter the low sub-band by overlap-save; yield its energy in steps of ``step_sec`` seconds.

    Parameters
    ----------
    rate : float
        Sample rate in Hz.
    response : callable
        Complex frequency response of a real filter at frequencies in Hz.
    weights : list of float
        Weight of each pair of channels.
    """

    def __init__(
        self, rate: float, response: Callable[[FloatArray], NDArray[np.complex128]], weights: list[float]
    ) -> None:
        self._rate = rate
        self._weights = np.array(weights, dtype=np.float32)
        self._gains = _gains(response, rate)
        self._buffer: ComplexArray = np.empty((len(weights), _OVERLAP + _BATCH * _FRESH), dtype=np.complex64)
        self._filled = 0
        self.step_sec = _STEP / rate

    def filter(self, signal: ComplexArray) -> Iterator[FloatArray]:
        """Append samples, shape (pairs, samples); yield energies (power times seconds), shape (steps,)."""
        if not self._filled:  # the signal's mean precedes it, so that a constant offset makes no step
            self._buffer[:, :_OVERLAP] = signal.mean(axis=1, keepdims=True)
            self._filled = _OVERLAP
        taken, room = 0, self._buffer.shape[1]
        while taken < signal.shape[1]:
            step = min(signal.shape[1] - taken, room - self._filled)
            self._buffer[:, self._filled : self._filled + step] = signal[:, taken : taken + step]
            self._filled += step
            taken += step
            if self._filled == room:
                yield self._energies(_BATCH)
                self._buffer[:, :_OVERLAP] = self._buffer[:, -_OVERLAP:]
                self._filled = _OVERLAP

    def flush(self) -> Iterator[FloatArray]:
        """Yield the energies of the remaining samples, followed by silence."""
        if self._filled > _OVERLAP:
            self._buffer[:, self._filled :] = 0
            yield self._energies(-(-(self._filled - _OVERLAP) // _FRESH))

    def _energies(self, blocks: int) -> FloatArray:
        sums = kernels.filtered_energies(self._buffer, self._gains, self._weights, _OVERLAP, blocks, _STEP)
        return sums / np.float32(self._rate)


@lru_cache(maxsize=4)
def _gains(response: Callable[[FloatArray], NDArray[np.complex128]], rate: float) -> ComplexArray:
    """Return the response at the bins of a transform."""
    gains: ComplexArray = response(fft.fftfreq(_POINTS, 1 / rate).astype(np.float32)).astype(np.complex64)
    return gains
