"""The kinds of values that are handed on: arrays, series over time, and what a family answers with."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
ComplexArray = NDArray[np.complex64]


_FOLD: Final = 64


def channel_means(samples: FloatArray) -> NDArray[np.float64]:
    """Return the mean of each channel, shape (channels,), of samples, shape (samples, channels); none: 0.

    Sixty-four samples are summed side by side: from sample to sample numpy would go by channels of one number each.
    """
    count, channels = samples.shape
    even = count // _FOLD * _FOLD
    beside = samples[:even].reshape(-1, _FOLD * channels).sum(axis=0, dtype=np.float64)
    total = beside.reshape(_FOLD, channels).sum(axis=0) + samples[even:].sum(axis=0, dtype=np.float64)
    means: NDArray[np.float64] = total / max(1, count)
    return means


def kept(array: FloatArray) -> FloatArray:
    """Return an array that is kept for other files too, so nobody may write to it."""
    array.flags.writeable = False
    return array


class FeatureValues(NamedTuple):
    """Values of a family's dimensions, and the names of those the signal leaves undefined (neutral value given)."""

    values: dict[str, float]
    undefined: tuple[str, ...] = ()


class Series:
    """Values that become more as the file goes on, in one piece of memory: thousands of small ones would scatter it.

    Parameters
    ----------
    *shape : int
        Shape of what is kept for each moment; none for a single number.
    """

    def __init__(self, *shape: int) -> None:
        self._shape = shape
        self._moments_first = (len(shape), *range(len(shape)))  # axes
        self._moments: FloatArray = np.empty((0, *shape), dtype=np.float32)
        self._length = 0

    def append(self, values: FloatArray) -> None:
        """Add values, shape (*shape, moments)."""
        end = self._length + values.shape[-1]
        if end > len(self._moments):  # grows where it lies; nobody else holds it
            self._moments.resize((end + max(256, end // 32), *self._shape), refcheck=False)
        self._moments[self._length : end] = values.transpose(self._moments_first)
        self._length = end

    @property
    def values(self) -> FloatArray:
        """A copy of all values so far, shape (*shape, moments)."""
        return np.moveaxis(self._moments[: self._length].copy(), 0, -1)

    def take(self) -> FloatArray:
        """Hand over all values, shape (*shape, moments), and keep none."""
        taken = np.moveaxis(self._moments[: self._length], 0, -1)
        self._moments, self._length = np.empty((0, *self._shape), dtype=np.float32), 0
        return taken

    def __len__(self) -> int:
        return self._length
