"""A file so short that it is measured as a whole: what frames can only come near to."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from .kweighting import KWeighting
from .longterm import BANDS, EDGES_HZ
from .loudness import STEP_SEC, Loudness
from .lowspectra import one_sided
from .measured import ComplexArray, FloatArray
from .spectra import ChannelPair

_LONGEST_SEC: Final = 8.0
_MOST_SAMPLES: Final = 1 << 22  # over all channels: 17 MB
_MEMORY_SEC: Final = 0.1  # of the K-weighting's impulse response


class BriefFile:
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
        samples = self._centred()[: self._count & ~1]  # an even number
        power = np.zeros(len(samples) // 2)
        for pair in self._pairs:
            z: ComplexArray = np.zeros((1, len(samples)), dtype=np.complex64)
            z.real = samples[:, pair.channels[0]]
            if len(pair.channels) > 1:
                z.imag = samples[:, pair.channels[1]]
            power += one_sided(fft.fft(z, overwrite_x=True))[0]
        return dict(zip(BANDS, _between_edges(power, len(samples), self._rate), strict=True))

    def loudness(self) -> Loudness:
        """Return the loudness, of samples that are filtered as the standard says."""
        samples = self._centred()
        points = fft.next_fast_len(len(samples) + round(_MEMORY_SEC * self._rate), real=True)
        frequencies = fft.rfftfreq(points, 1 / self._rate).astype(np.float32)
        gain = KWeighting(self._rate).both(frequencies).astype(np.complex64)
        energy = np.zeros(len(samples) + 1)
        for pair in self._pairs:
            for channel in pair.channels:
                filtered = fft.irfft(fft.rfft(samples[:, channel], points) * gain, points)[: len(samples)]
                energy[1:] += np.float32(pair.weight) * np.square(filtered)
        np.cumsum(energy, out=energy)
        step = STEP_SEC * self._rate
        edges = np.arange(int(len(samples) / step + 1e-6) + 1) * step
        return Loudness(np.diff(np.interp(edges, np.arange(len(energy)), energy)) / step)

    def _centred(self) -> FloatArray:
        samples = np.concatenate(self._blocks)
        samples -= samples.mean(axis=0, dtype=np.float64).astype(np.float32)
        return samples


def _between_edges(power: NDArray[np.float64], samples: int, rate: int) -> list[float]:
    """Return the sum of the bins whose frequency lies in each band."""
    places = np.searchsorted(fft.rfftfreq(samples, 1 / rate)[: len(power)], EDGES_HZ)
    return [float(power[low:high].sum()) for low, high in pairwise(places)]
