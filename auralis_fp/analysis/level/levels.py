"""Sample levels: peaks, energies and stereo products of 25-ms segments."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..kernels import levels as kernels
from ..types import FloatArray, GrowableArray

SEGMENT_SEC: Final = 0.025
LOUDEST: Final = 1e6  # 120 dB above full scale: not a recording, and squares would overflow
_DIGITAL_SILENCE: Final = 1e-12  # 240 dB below full scale: squares would underflow
_BATCH_SAMPLES: Final = 32768
_ROUNDING: Final = 1e-5  # relative to the largest sample: precision of a constant in single-precision samples


@dataclass(frozen=True)
class Levels:
    """Statistics of consecutive segments.

    Parameters
    ----------
    lengths : ndarray, shape (segments,), float32
        In samples; only the last segment may be shorter.
    minimum, maximum, total, energy : ndarray, shape (channels, segments), float32
        Extremes, sums, and sums of squares.
    sides : ndarray, shape (5,), float64
        Sums of left and right, of their squares, and of their product over the whole file, for the stereo downmix.
    segment_sec : float
        Length of a segment.
    """

    lengths: FloatArray
    minimum: FloatArray
    maximum: FloatArray
    total: FloatArray
    energy: FloatArray
    sides: NDArray[np.float64]
    segment_sec: float

    @property
    def mean(self) -> NDArray[np.float64]:
        """DC offset of each channel over the whole file, shape (channels,)."""
        offset: NDArray[np.float64] = self.total.sum(axis=1, dtype=np.float64) / self.lengths.sum(dtype=np.float64)
        return offset

    def peaks(self) -> NDArray[np.float64]:
        """Return the highest absolute sample of each segment over all channels, DC removed, shape (segments,)."""
        peaks = np.zeros(len(self.lengths))
        for mean, minimum, maximum in zip(self.mean, self.minimum, self.maximum, strict=True):
            np.maximum(peaks, maximum - mean, out=peaks)
            np.maximum(peaks, mean - minimum, out=peaks)
        return peaks

    def powers(self) -> NDArray[np.float64]:
        """Return the mean square of each segment over samples and channels, DC removed, shape (segments,)."""
        powers = np.zeros(len(self.lengths))
        for mean, total, energy in zip(self.mean, self.total, self.energy, strict=True):
            powers += np.maximum(energy + mean * (mean * self.lengths - 2 * total), 0.0)
        powers /= len(self.energy) * self.lengths
        return powers

    @property
    def silent(self) -> bool:
        """True if the samples are constant within single precision."""
        largest = max(float(self.maximum.max()), -float(self.minimum.min()))
        return float(self.peaks().max()) <= max(_DIGITAL_SILENCE, _ROUNDING * largest)


class LevelMeter:
    """Measure `Levels` of a stream.

    Parameters
    ----------
    sample_rate : int
        Hz.
    downmix : ndarray, shape (2, channels)
        Gains of the channels in left and right of the stereo image.
    """

    def __init__(self, sample_rate: int, downmix: FloatArray) -> None:
        self._length = max(1, round(SEGMENT_SEC * sample_rate))
        self._segment_sec = self._length / sample_rate
        self._downmix = downmix
        channels = downmix.shape[1]
        room = _BATCH_SAMPLES + self._length  # for a block and the remainder of the previous one
        self._pending: FloatArray = np.empty((channels, room), dtype=np.float32)
        self._count = 0  # pending samples
        self._segments = GrowableArray(4, channels)  # minimum, maximum, total, energy
        self._products = np.zeros((channels, channels))  # sums over the whole stream
        self.finite = True

    def measure(self, block: FloatArray) -> None:
        """Measure a block, shape (samples, channels); ``finite`` turns False at samples that are not usable."""
        for start in range(0, len(block), _BATCH_SAMPLES):
            self._add(block[start : start + _BATCH_SAMPLES], self._length)

    def levels(self) -> Levels:
        """Measure the remaining samples and return the levels of the whole stream."""
        last_length = self._count or self._length
        if self._count:
            self._add(np.empty((0, len(self._pending)), dtype=np.float32), self._count)
        minimum, maximum, total, energy = self._segments.take()
        lengths: FloatArray = np.full(minimum.shape[1], self._length, dtype=np.float32)
        lengths[-1] = last_length
        return Levels(lengths, minimum, maximum, total, energy, self._downmixed_sums(total), self._segment_sec)

    def _add(self, block: FloatArray, length: int) -> None:
        """Measure the segments of *length* samples that a block completes."""
        levels, products, self._count = kernels.segment_levels(block, self._pending, self._count, length)
        if not levels.shape[2]:
            return
        if not (levels[0].min() > -LOUDEST and levels[1].max() < LOUDEST):  # NaN fails the comparison too
            self.finite = False
            return
        self._products += products
        self._segments.append(levels)

    def _downmixed_sums(self, total: FloatArray) -> NDArray[np.float64]:
        """Return the sums of the stereo downmix, as in `Levels`, from the sums of the channels and their products."""
        left, right = self._downmix.astype(np.float64)
        sums = total.sum(axis=1, dtype=np.float64)
        products = ((one @ self._products @ other) for one, other in ((left, left), (right, right), (left, right)))
        return np.array((left @ sums, right @ sums, *products))
