"""The kinds of values that are handed on: arrays, series over time, and what a family answers with."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
ComplexArray = NDArray[np.complex64]


class Measured(NamedTuple):
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
        self._values: FloatArray = np.empty((*shape, 256), dtype=np.float32)
        self._length = 0

    def append(self, values: FloatArray) -> None:
        """Add values, shape (*shape, moments)."""
        end = self._length + values.shape[-1]
        if end > self._values.shape[-1]:
            larger: FloatArray = np.empty((*values.shape[:-1], end + end // 4), dtype=np.float32)
            larger[..., : self._length] = self.values
            self._values = larger
        self._values[..., self._length : end] = values
        self._length = end

    @property
    def values(self) -> FloatArray:
        """All values so far, shape (*shape, moments)."""
        return self._values[..., : self._length]

    def __len__(self) -> int:
        return self._length
