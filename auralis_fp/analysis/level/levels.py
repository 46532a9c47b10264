"""What is read from the samples themselves: peaks, energies and products of 25-ms segments."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..types import FloatArray, Series

SEGMENT_SEC: Final = 0.025
LOUDEST: Final = 1e6  # 120 dB over full scale: no recording, and squares would overflow
_NOTHING: Final = 1e-12  # 240 dB under full scale: no recording either, and squares would vanish
_BATCH_SAMPLES: Final = 32768
_ROUNDING: Final = 1e-5  # of the largest sample: a constant is known no better


@dataclass(frozen=True)
class Levels:
    """Statistics of consecutive segments.

    ``minimum``, ``maximum``, ``total`` and ``energy`` are (channels, segments). ``lengths`` is in samples: all segments
    are equally long but the last. ``sides`` are the sums of left and right, of their squares, and of their product
    over the whole file, (5,); left and right are those of the two-channel downmix.
    """

    lengths: FloatArray
    minimum: FloatArray
    maximum: FloatArray
    total: FloatArray
    energy: FloatArray
    sides: NDArray[np.float64]

    @property
    def mean(self) -> NDArray[np.float64]:
        """DC of each channel over the whole file, shape (channels,)."""
        offset: NDArray[np.float64] = self.total.sum(axis=1, dtype=np.float64) / self.lengths.sum(dtype=np.float64)
        return offset

    def peaks(self) -> NDArray[np.float64]:
        """Highest absolute sample of each segment over all channels, DC removed, shape (segments,)."""
        peaks = np.zeros(len(self.lengths))
        for mean, minimum, maximum in zip(self.mean, self.minimum, self.maximum, strict=True):
            np.maximum(peaks, maximum - mean, out=peaks)
            np.maximum(peaks, mean - minimum, out=peaks)
        return peaks

    def powers(self) -> NDArray[np.float64]:
        """Mean square of each segment over samples and channels, DC removed, shape (segments,)."""
        powers = np.zeros(len(self.lengths))
        for mean, total, energy in zip(self.mean, self.total, self.energy, strict=True):
            powers += np.maximum(energy + mean * (mean * self.lengths - 2 * total), 0.0)
        powers /= len(self.energy) * self.lengths
        return powers

    @property
    def silent(self) -> bool:
        """Whether there is nothing but a constant, as far as single-precision samples can tell."""
        largest = max(float(self.maximum.max()), -float(self.minimum.min()))
        return float(self.peaks().max()) <= max(_NOTHING, _ROUNDING * largest)


class LevelMeter:
    """Gathers ``Levels`` from a stream.

    Parameters
    ----------
    sample_rate : int
        Hz.
    downmix : ndarray, shape (2, channels)
        Gains of the channels in left and right of the stereo image.
    """

    def __init__(self, sample_rate: int, downmix: FloatArray) -> None:
        self._length = max(1, round(SEGMENT_SEC * sample_rate))
        self._downmix = downmix
        self._plain = downmix.shape == (2, 2) and bool((downmix == np.eye(2)).all())
        channels = downmix.shape[1]
        room = _BATCH_SAMPLES + self._length  # for a block and what is left of the one before
        self._buffer: FloatArray = np.empty((channels, room), dtype=np.float32)  # one channel after the other
        self._filled = 0
        self._ones = np.ones(self._length, dtype=np.float32)
        self._segments = Series(4, channels)  # minimum, maximum, total, energy
        self._last_length = self._length
        self._sides = np.zeros(5)  # as in ``Levels``
        self.finite = True

    def feed(self, block: FloatArray) -> None:
        """Take a block, shape (samples, channels)."""
        taken, room = 0, self._buffer.shape[1]
        while taken < len(block):
            step = min(len(block) - taken, room - self._filled)
            self._buffer[:, self._filled : self._filled + step] = block[taken : taken + step].T
            self._filled += step
            taken += step
            whole = self._filled // self._length * self._length
            if whole:
                self._measure(self._buffer[:, :whole].reshape(len(self._buffer), -1, self._length))
                self._filled -= whole
                self._buffer[:, : self._filled] = self._buffer[:, whole : whole + self._filled]

    def finish(self) -> Levels:
        """Return the statistics of the whole stream; the last segment may be short."""
        if self._filled:
            self._measure(self._buffer[:, None, : self._filled])
        minimum, maximum, total, energy = self._segments.take()
        lengths: FloatArray = np.full(minimum.shape[1], self._length, dtype=np.float32)
        lengths[-1] = self._last_length
        if self._plain:
            self._sides[:4] = (*total.sum(axis=1, dtype=np.float64), *energy.sum(axis=1, dtype=np.float64))
        return Levels(lengths, minimum, maximum, total, energy, self._sides)

    def _measure(self, segments: FloatArray) -> None:
        """Take whole segments, shape (channels, segments, samples)."""
        minimum, maximum = segments.min(axis=2), segments.max(axis=2)
        if not (minimum.min() > -LOUDEST and maximum.max() < LOUDEST):  # false for NaN too
            self.finite = False
            return
        total, energy = segments @ self._ones[: segments.shape[2]], np.vecdot(segments, segments)
        if self._plain:  # the other sums are at hand in the end
            self._sides[4] += np.vecdot(segments[0], segments[1]).sum(dtype=np.float64)
        else:
            left, right = np.tensordot(self._downmix, segments, axes=(1, 0))
            products = (left, right, left * left, right * right, left * right)
            self._sides += [float(each.sum(dtype=np.float64)) for each in products]
        self._segments.append(np.stack((minimum, maximum, total, energy)))
        self._last_length = segments.shape[2]
