"""The K-weighting of ITU-R BS.1770-4: a shelf for the head, a high-pass for the ear.

The filters are those that the standard gives for 48 kHz, taken as frequency responses, so that every sample rate is
weighted alike.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .measured import FloatArray

_RATE: Final = 48_000.0
_SHELF_B: Final = (1.53512485958697, -2.69169618940638, 1.19839281085285)  # BS.1770-4, table 1
_SHELF_A: Final = (1.0, -1.69065929318241, 0.73248077421585)
_HIGH_PASS_B: Final = (1.0, -2.0, 1.0)  # BS.1770-4, table 2
_HIGH_PASS_A: Final = (1.0, -1.99004745483398, 0.99007225036621)


def _response(frequencies: FloatArray, b: tuple[float, ...], a: tuple[float, ...]) -> NDArray[np.complex128]:
    limited = np.clip(np.asarray(frequencies, dtype=np.float64), -_RATE / 2, _RATE / 2)
    delay = np.exp(-2j * np.pi * limited / _RATE)
    return np.asarray(np.polyval(b[::-1], delay) / np.polyval(a[::-1], delay), dtype=np.complex128)


def shelf_gain(frequencies: FloatArray) -> NDArray[np.complex128]:
    """Return the response of the high shelf (stage 1) at frequencies in Hz."""
    return _response(frequencies, _SHELF_B, _SHELF_A)


def high_pass_gain(frequencies: FloatArray) -> NDArray[np.complex128]:
    """Return the response of the high-pass (stage 2) at frequencies in Hz."""
    return _response(frequencies, _HIGH_PASS_B, _HIGH_PASS_A)
