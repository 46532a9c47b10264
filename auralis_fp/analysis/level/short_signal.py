"""Signals up to 8 s, analysed with one full-length FFT."""

from collections.abc import Sequence
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Final

import numpy as np
from scipy import fft

from ..kernels import short_signal as kernels
from ..kernels.levels import channel_means
from ..spectrum.ltas import BANDS, EDGES_HZ
from ..spectrum.stft import ChannelPair
from ..types import ComplexArray, FloatArray
from .kweighting import KWeighting
from .loudness import STEP_SEC, Loudness

_LONGEST_SEC: Final = 8.0
_MOST_SAMPLES: Final = 1 << 22  # over all channels: 17 MB
_MEMORY_SEC: Final = 0.1  # length of the K-weighting's impulse response
_BLOCKS: Final = 4  # filtered at once


class ShortSignal:
    """Samples of a short file, discarded when the file turns out to be long.

    In a short file, onset and end and their position in the frames change the spectrum and the few loudness blocks.

    Parameters
    ----------
    sample_rate : int
        Hz.
    pairs : sequence of ChannelPair
        The channels that count.
    channels : int
        Of the file.
    """

    def __init__(self, sample_rate: int, pairs: Sequence[ChannelPair], channels: int) -> None:
        self._rate = sample_rate
        self._pairs = pairs
        self._most = min(round(_LONGEST_SEC * sample_rate), _MOST_SAMPLES // channels)
        self._memory = round(_MEMORY_SEC * sample_rate)
        self._fresh = 3 * self._memory  # samples per block of the overlap-save filter
        self._blocks: list[FloatArray] = []
        self._count = 0

    def append(self, block: FloatArray) -> None:
        """Keep a block, shape (samples, channels)."""
        self._count += len(block)
        if self._count <= self._most:
            self._blocks.append(block.copy())
        else:
            self._blocks.clear()

    @property
    def is_short(self) -> bool:
        """True if the file so far is short; only then the other methods work."""
        return self._count <= self._most

    def band_energies(self) -> dict[str, float]:
        """Return the energy of each band by dimension name, in arbitrary units."""
        count = self._count & ~1  # an even number
        energies = np.zeros(len(BANDS))
        for signal in self._signals:
            power = kernels.signal_power(signal[self._memory : self._memory + count].copy())
            energies += _band_sums(power, count, self._rate)
        return dict(zip(BANDS, energies.tolist(), strict=True))

    def loudness(self) -> Loudness:
        """Return the loudness, from samples filtered as the standard specifies."""
        fresh, gains = self._fresh, _weighting(self._rate, self._memory + self._fresh)
        energy: FloatArray = np.zeros(len(self._signals[0]) - self._memory, dtype=np.float32)
        for pair, signal in zip(self._pairs, self._signals, strict=True):
            for first in range(0, len(energy), _BLOCKS * fresh):  # few at a time, so that they stay in the cache
                part = signal[first : first + self._memory + _BLOCKS * fresh]
                filtered = kernels.filtered_power(part, gains, self._memory)
                energy[first : first + len(filtered)] += np.float32(pair.weight) * filtered
        step = STEP_SEC * self._rate
        edges = np.arange(int(self._count / step + 1e-6) + 1, dtype=np.float64) * step
        return Loudness(kernels.step_sums(energy, edges) / step)

    @cached_property
    def _signals(self) -> list[ComplexArray]:
        """The centred samples of each pair of channels, between zeros for the overlap-save filter."""
        samples = np.concatenate(self._blocks)
        means = channel_means(samples).astype(np.float32)
        blocks = -(-self._count // self._fresh)
        signals = []
        for pair in self._pairs:
            signal: ComplexArray = np.zeros(self._memory + blocks * self._fresh, dtype=np.complex64)
            inner = signal[self._memory : self._memory + self._count]
            for channel, part in zip(pair.channels, (inner.real, inner.imag), strict=False):
                np.subtract(samples[:, channel], means[channel], out=part)
            signals.append(signal)
        return signals


@lru_cache(maxsize=2)
def _weighting(rate: int, points: int) -> ComplexArray:
    """Return the complex response of the K-weighting at the bins of a transform."""
    gain: ComplexArray = KWeighting(rate).both(fft.fftfreq(points, 1 / rate)).astype(np.complex64)
    return gain


def _band_sums(power: FloatArray, samples: int, rate: int) -> list[float]:
    """Return the sum of the bins in each band."""
    borders = np.searchsorted(fft.rfftfreq(samples, 1 / rate)[: len(power)], EDGES_HZ)
    return [float(power[low:high].sum(dtype=np.float64)) for low, high in pairwise(borders)]
