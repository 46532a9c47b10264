"""Signals up to 8 s, analysed with one full-length FFT."""

from collections.abc import Sequence
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray
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
        power = np.zeros(count // 2)
        for pair in self._pairs:
            z: ComplexArray = np.zeros(count, dtype=np.complex64)
            self._write(pair, z)
            power += kernels.signal_power(z)
        return dict(zip(BANDS, _band_sums(power, count, self._rate), strict=True))

    def loudness(self) -> Loudness:
        """Return the loudness, from samples filtered as the standard specifies."""
        memory = round(_MEMORY_SEC * self._rate)
        fresh, count = 3 * memory, -(-self._count // (3 * memory))
        energy = np.zeros(1 + count * fresh)
        gains = _weighting(self._rate, memory + fresh)
        for pair in self._pairs:
            signal: ComplexArray = np.zeros(memory + count * fresh, dtype=np.complex64)
            self._write(pair, signal[memory:])
            energy[1:] += np.float32(pair.weight) * kernels.filtered_power(signal, gains, memory)
        np.cumsum(energy, out=energy)
        step = STEP_SEC * self._rate
        edges = np.arange(int(self._count / step + 1e-6) + 1) * step
        return Loudness(np.diff(np.interp(edges, np.arange(len(energy)), energy)) / step)

    def _write(self, pair: ChannelPair, out: ComplexArray) -> None:
        """Write the samples of a pair of channels as complex numbers, up to the length of *out*."""
        samples, room = self._centred, len(out)
        out.real[: len(samples)] = samples[:room, pair.channels[0]]
        if len(pair.channels) > 1:
            out.imag[: len(samples)] = samples[:room, pair.channels[1]]

    @cached_property
    def _centred(self) -> FloatArray:
        samples = np.concatenate(self._blocks)
        samples -= channel_means(samples).astype(np.float32)
        return samples


@lru_cache(maxsize=2)
def _weighting(rate: int, points: int) -> ComplexArray:
    """Return the complex response of the K-weighting at the bins of a transform."""
    gain: ComplexArray = KWeighting(rate).both(fft.fftfreq(points, 1 / rate)).astype(np.complex64)
    return gain


def _band_sums(power: NDArray[np.float64], samples: int, rate: int) -> list[float]:
    """Return the sum of the bins in each band."""
    borders = np.searchsorted(fft.rfftfreq(samples, 1 / rate)[: len(power)], EDGES_HZ)
    return [float(power[low:high].sum()) for low, high in pairwise(borders)]
