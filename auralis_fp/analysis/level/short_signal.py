"""A file so short that it is measured as a whole: what frames can only come near to."""

from collections.abc import Sequence
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from ..spectrum.ltas import BANDS, EDGES_HZ
from ..spectrum.stft import ChannelPair, squares
from ..spectrum.subband_stft import one_sided
from ..types import ComplexArray, FloatArray, channel_means
from .kweighting import KWeighting
from .loudness import STEP_SEC, Loudness

_LONGEST_SEC: Final = 8.0
_MOST_SAMPLES: Final = 1 << 22  # over all channels: 17 MB
_MEMORY_SEC: Final = 0.1  # of the K-weighting's impulse response


class ShortSignal:
    """Keeps the samples of a short file, and lets go of them when it turns out to be a long one.

    In a short sound what begins and ends weighs much, and where it lies in the frames shows in its spectrum and in the
    loudness of its few blocks; in a long one it does not.

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

    def feed(self, block: FloatArray) -> None:
        """Take the next block, shape (samples, channels)."""
        self._count += len(block)
        if self._count <= self._most:
            self._blocks.append(block.copy())
        else:
            self._blocks.clear()

    @property
    def brief(self) -> bool:
        """Whether the file, as far as it has come, is a short one; only then there is more to ask for."""
        return self._count <= self._most

    def energies(self) -> dict[str, float]:
        """Return the energy of each band by dimension name, any unit."""
        count = self._count & ~1  # an even number
        power = np.zeros(count // 2)
        for pair in self._pairs:
            z: ComplexArray = np.zeros((1, count), dtype=np.complex64)
            self._write(pair, z[0])
            power += one_sided(fft.fft(z, overwrite_x=True))[0]
        return dict(zip(BANDS, _between_edges(power, count, self._rate), strict=True))

    def loudness(self) -> Loudness:
        """Return the loudness, of samples that are filtered as the standard says."""
        memory = round(_MEMORY_SEC * self._rate)
        fresh, count = 3 * memory, -(-self._count // (3 * memory))
        energy = np.zeros(1 + count * fresh)
        for pair in self._pairs:
            signal: ComplexArray = np.zeros(memory + count * fresh, dtype=np.complex64)
            self._write(pair, signal[memory:])
            pieces = np.lib.stride_tricks.sliding_window_view(signal, memory + fresh)[::fresh]
            transforms = fft.fft(pieces)
            transforms *= _weighting(self._rate, memory + fresh)
            filtered = fft.ifft(transforms, overwrite_x=True)[:, memory:]
            energy[1:] += np.float32(pair.weight) * squares(filtered).reshape(-1)
        np.cumsum(energy, out=energy)
        step = STEP_SEC * self._rate
        edges = np.arange(int(self._count / step + 1e-6) + 1) * step
        return Loudness(np.diff(np.interp(edges, np.arange(len(energy)), energy)) / step)

    def _write(self, pair: ChannelPair, out: ComplexArray) -> None:
        """Write a pair of channels as complex samples, as many as there are."""
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
    """Return the complex gain of the K-weighting for a transform of so many points."""
    gain: ComplexArray = KWeighting(rate).both(fft.fftfreq(points, 1 / rate)).astype(np.complex64)
    return gain


def _between_edges(power: NDArray[np.float64], samples: int, rate: int) -> list[float]:
    """Return the sum of the bins whose frequency lies in each band."""
    places = np.searchsorted(fft.rfftfreq(samples, 1 / rate)[: len(power)], EDGES_HZ)
    return [float(power[low:high].sum()) for low, high in pairwise(places)]
