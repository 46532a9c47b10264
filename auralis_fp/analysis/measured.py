"""What a family of dimensions answers with."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
ComplexArray = NDArray[np.complex64]


class Measured(NamedTuple):
    """Values of a family's dimensions, and the names of those the signal leaves undefined (neutral value given)."""

    values: dict[str, float]
    undefined: tuple[str, ...] = ()
