"""What a family of dimensions answers with."""

from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

Scalar = TypeVar("Scalar", bound=np.generic)
FloatArray = NDArray[np.float32]
ComplexArray = NDArray[np.complex64]


class Measured(NamedTuple):
    """Values of a family's dimensions, and the names of those the signal leaves undefined (neutral value given)."""

    values: dict[str, float]
    undefined: tuple[str, ...] = ()


def joined(parts: list[NDArray[Scalar]]) -> NDArray[Scalar]:
    """Return the parts as one array, along the last axis, and let go of them: a long file has many."""
    whole = np.concatenate(parts, axis=-1)
    parts.clear()
    return whole
