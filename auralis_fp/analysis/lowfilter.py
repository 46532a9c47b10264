"""A filter for the low-rate signal, by overlapping transforms; and the long spectra of that signal."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from .measured import ComplexArray, FloatArray, Series
from .spectra import LOW_POINTS

_LENGTH: Final = 4096  # points of one transform
_MEMORY: Final = 256  # samples of impulse response that matter: 0.1 s, for a high-pass with a time constant of 4 ms
_STEP: Final = LOW_POINTS // 4  # samples whose energy is summed: 12 ms


class LowFilter:
    """Filter the low-rate signal and keep its energy in steps.

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
        self._buffer: ComplexArray = np.empty((len(weights), 0), dtype=np.complex64)
        self._energies = Series()

    def feed(self, signal: ComplexArray) -> None:
        """Take the next samples, shape (pairs, samples)."""
        if not self._buffer.size:  # as if a constant offset had always been there
            self._buffer = np.repeat(signal.mean(axis=1, keepdims=True), _MEMORY, axis=1)
        self._buffer = np.concatenate((self._buffer, signal), axis=1)
        fresh = _LENGTH - _MEMORY
        while self._buffer.shape[1] >= _LENGTH:
            self._filter(self._buffer[:, :_LENGTH])
            self._buffer = self._buffer[:, fresh:]

    def finish(self) -> tuple[NDArray[np.float64], FloatArray]:
        """Return the times in seconds between which energies lie, and the energies (power times seconds)."""
        left = self._buffer.shape[1] - _MEMORY
        if left > 0:
            padding = np.zeros((len(self._buffer), _LENGTH - self._buffer.shape[1]), dtype=np.complex64)
            self._filter(np.concatenate((self._buffer, padding), axis=1))
        energies = self._energies.take()
        times = np.asarray(np.arange(len(energies) + 1) * (_STEP / self._rate), dtype=np.float64)
        energies /= np.float32(self._rate)
        return times, energies

    def _filter(self, samples: ComplexArray) -> None:
        filtered = fft.ifft(fft.fft(samples) * self._gain)[:, _MEMORY:]
        squares = (filtered.real**2 + filtered.imag**2).reshape(len(samples), -1, _STEP).sum(axis=2)
        self._energies.append(self._weights @ squares)
