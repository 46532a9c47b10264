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
        self._plain_stereo = kernels.is_plain_stereo(downmix)
        channels = downmix.shape[1]
        room = _BATCH_SAMPLES + self._length  # for a block and the remainder of the previous one
        self._buffer: FloatArray = np.empty((channels, room), dtype=np.float32)  # planar
        self._filled = 0
        self._segments = GrowableArray(4, channels)  # minimum, maximum, total, energy
        self._last_length = self._length
        self._sides = np.zeros(5)  # as in ``Levels``
        self.finite = True

    def measure(self, block: FloatArray) -> None:
        """Measure a block, shape (samples, channels); ``finite`` turns False at samples that are not usable."""
        taken, room = 0, self._buffer.shape[1]
        while taken < len(block):
            step = min(len(block) - taken, room - self._filled)
            kernels.copy_channels(block[taken : taken + step], self._buffer[:, self._filled : self._filled + step])
            self._filled += step
            taken += step
            whole = self._filled // self._length * self._length
            if whole:
                self._measure_segments(self._buffer[:, :whole].reshape(len(self._buffer), -1, self._length))
                self._filled -= whole
                self._buffer[:, : self._filled] = self._buffer[:, whole : whole + self._filled]

    def levels(self) -> Levels:
        """Measure the remaining samples and return the levels of the whole stream."""
        if self._filled:
            self._measure_segments(self._buffer[:, None, : self._filled])
        minimum, maximum, total, energy = self._segments.take()
        lengths: FloatArray = np.full(minimum.shape[1], self._length, dtype=np.float32)
        lengths[-1] = self._last_length
        if self._plain_stereo:
            self._sides[:4] = (*total.sum(axis=1, dtype=np.float64), *energy.sum(axis=1, dtype=np.float64))
        return Levels(lengths, minimum, maximum, total, energy, self._sides, self._segment_sec)

    def _measure_segments(self, segments: FloatArray) -> None:
        """Measure whole segments, shape (channels, segments, samples)."""
        minimum, maximum = kernels.segment_extremes(segments)
        if not (minimum.min() > -LOUDEST and maximum.max() < LOUDEST):  # NaN fails the comparison too
            self.finite = False
            return
        total, energy = kernels.segment_sums(segments)
        if self._plain_stereo:  # the sums of `total` and `energy` complete these
            self._sides[4] += kernels.stereo_product(segments)
        else:
            self._sides += kernels.downmix_sums(segments, self._downmix)
        self._segments.append(np.stack((minimum, maximum, total, energy)))
        self._last_length = segments.shape[2]
