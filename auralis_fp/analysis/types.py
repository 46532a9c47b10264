"""Array types, feature values, and a growable array."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from .. import schema
from ..models import Tempo

FloatArray = NDArray[np.float32]
ComplexArray = NDArray[np.complex64]


def readonly(array: FloatArray) -> FloatArray:
    """Mark a cached array as read-only and return it.

    Parameters
    ----------
    array : ndarray, shape (...), float32

    Examples
    --------
    >>> readonly(np.zeros(2, dtype=np.float32)).flags.writeable
    False
    """
    array.flags.writeable = False
    return array


class FeatureValues(NamedTuple):
    """Values of a family's dimensions, the names of those that the signal leaves undefined, and the tempo."""

    values: dict[str, float]
    undefined: tuple[str, ...] = ()
    tempo: Tempo | None = None

    @classmethod
    def of(cls, values: Mapping[str, float | None], undefined: Sequence[str] = (), tempo: Tempo | None = None) -> Self:
        """Replace missing values by the neutral values of the schema.

        Parameters
        ----------
        values : mapping of str to float or None
            By dimension name; None for an undefined dimension.
        undefined : sequence of str
            Further undefined dimensions, whose given value is kept.
        tempo : Tempo, optional
            Candidates of the tempo.
        """
        neutral = {name: schema.BY_NAME[name].neutral if value is None else value for name, value in values.items()}
        return cls(neutral, tuple(name for name, value in values.items() if value is None or name in undefined), tempo)


class GrowableArray:
    """Values per frame in one growing array; thousands of small arrays would fragment the memory.

    Parameters
    ----------
    *shape : int
        Shape of the values of one frame; none for a single number.
    """

    def __init__(self, *shape: int) -> None:
        self._shape = shape
        self._frames_first = (len(shape), *range(len(shape)))  # axes
        self._frames: FloatArray = np.empty((0, *shape), dtype=np.float32)
        self._length = 0

    def append(self, values: FloatArray) -> None:
        """Append values, shape (*shape, frames)."""
        end = self._length + values.shape[-1]
        if end > len(self._frames):  # resized in place: no other reference exists
            self._frames.resize((end + max(256, end // 32), *self._shape), refcheck=False)
        self._frames[self._length : end] = values.transpose(self._frames_first)
        self._length = end

    @property
    def values(self) -> FloatArray:
        """A copy of all values, shape (*shape, frames)."""
        return np.moveaxis(self._frames[: self._length].copy(), 0, -1)

    def take(self) -> FloatArray:
        """Remove and return all values, shape (*shape, frames)."""
        taken = np.moveaxis(self._frames[: self._length], 0, -1)
        self._frames, self._length = np.empty((0, *self._shape), dtype=np.float32), 0
        return taken

    def __len__(self) -> int:
        return self._length
