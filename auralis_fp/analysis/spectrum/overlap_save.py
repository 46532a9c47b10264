"""A filter for the low-rate signal, by overlapping transforms."""

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from ..types import ComplexArray, FloatArray
from .stft import LOW_POINTS, squares

_LENGTH: Final = 4096  # points of one transform
_MEMORY: Final = 256  # samples of impulse response that matter: 0.1 s, for a high-pass with a time constant of 4 ms
_FRESH: Final = _LENGTH - _MEMORY  # samples that a transform filters
_AT_ONCE: Final = 4  # transforms
_STEP: Final = LOW_POINTS // 4  # samples whose energy is summed: 12 ms


class OverlapSaveFilter:
    """Filter the low-rate signal and tell its energy in steps of ``step_sec`` seconds.

    Parameters
    ----------
    rate : float
        Samples per second.
    response : callable
        Complex gain at frequencies in Hz, of a real filter.
    weights : list of float
        Weight of each pair of channels.
    """

    def __init__(
        self, rate: float, response: Callable[[FloatArray], NDArray[np.complex128]], weights: list[float]
    ) -> None:
        self._rate = rate
        self._weights = np.array(weights, dtype=np.float32)
        self._gain = response(fft.fftfreq(_LENGTH, 1 / rate).astype(np.float32)).astype(np.complex64)
        self._buffer: ComplexArray = np.empty((len(weights), _MEMORY + _AT_ONCE * _FRESH), dtype=np.complex64)
        self._filled = 0
        self.step_sec = _STEP / rate

    def feed(self, signal: ComplexArray) -> Iterator[FloatArray]:
        """Take the next samples, shape (pairs, samples); yield energies (power times seconds), shape (steps,)."""
        if not self._filled:  # as if a constant offset had always been there
            self._buffer[:, :_MEMORY] = signal.mean(axis=1, keepdims=True)
            self._filled = _MEMORY
        taken, room = 0, self._buffer.shape[1]
        while taken < signal.shape[1]:
            step = min(signal.shape[1] - taken, room - self._filled)
            self._buffer[:, self._filled : self._filled + step] = signal[:, taken : taken + step]
            self._filled += step
            taken += step
            if self._filled == room:
                yield self._filter(_AT_ONCE)
                self._buffer[:, :_MEMORY] = self._buffer[:, -_MEMORY:]
                self._filled = _MEMORY

    def flush(self) -> Iterator[FloatArray]:
        """Yield the energies of what is left, as if silence followed."""
        if self._filled > _MEMORY:
            self._buffer[:, self._filled :] = 0
            yield self._filter(-(-(self._filled - _MEMORY) // _FRESH))

    def _filter(self, count: int) -> FloatArray:
        """Filter the first *count* overlapping pieces of the buffer; return the energy of each step."""
        pieces = np.stack([self._buffer[:, _FRESH * each : _FRESH * each + _LENGTH] for each in range(count)], axis=1)
        spectra = fft.fft(pieces, overwrite_x=True)
        spectra *= self._gain
        power = squares(np.ascontiguousarray(fft.ifft(spectra, overwrite_x=True)[..., _MEMORY:]))
        energies = power.reshape(len(self._weights), -1, _STEP) @ np.ones(_STEP, dtype=np.float32)
        weighted: FloatArray = self._weights @ energies / np.float32(self._rate)
        return weighted
