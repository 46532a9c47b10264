"""K-weighting filter (ITU-R BS.1770): a high shelf for the head and a high-pass.

The standard gives both filters for 48 kHz. For other rates they are derived from the underlying analogue filters, as in
libebur128 and ffmpeg (after De Man, "Evaluation of implementations of the EBU R128 loudness measurement", AES 2018).
"""

from dataclasses import dataclass
from math import pi, tan
from typing import Final

import numpy as np
from numpy.typing import NDArray

Coefficients = tuple[float, float, float]

_SHELF_HZ: Final = 1681.974450955533
_SHELF_Q: Final = 0.7071752369554196
_SHELF_GAIN: Final = 10 ** (3.999843853973347 / 20)
_SHELF_MIDDLE: Final = _SHELF_GAIN**0.4996667741545416
_HIGH_PASS_HZ: Final = 38.13547087602444
_HIGH_PASS_Q: Final = 0.5003270373238773
_LOWEST_RATE: Final = 8000  # below, the shelf lies above half the sample rate


@dataclass(frozen=True)
class KWeighting:
    """Complex frequency responses of the K-weighting at one sample rate.

    Parameters
    ----------
    sample_rate : int
        Hz.
    """

    sample_rate: int

    def shelf(self, frequencies: NDArray[np.floating]) -> NDArray[np.complex128]:
        """Return the complex response of the high shelf (stage 1) at frequencies in Hz."""
        k, norm = _warped(_SHELF_HZ, _SHELF_Q, self._rate)
        b = (
            (_SHELF_GAIN + _SHELF_MIDDLE * k / _SHELF_Q + k * k) / norm,
            2 * (k * k - _SHELF_GAIN) / norm,
            (_SHELF_GAIN - _SHELF_MIDDLE * k / _SHELF_Q + k * k) / norm,
        )
        return self._response(frequencies, b, _poles(k, norm, _SHELF_Q))

    def high_pass(self, frequencies: NDArray[np.floating]) -> NDArray[np.complex128]:
        """Return the complex response of the high-pass (stage 2) at frequencies in Hz."""
        k, norm = _warped(_HIGH_PASS_HZ, _HIGH_PASS_Q, self._rate)
        return self._response(frequencies, (1.0, -2.0, 1.0), _poles(k, norm, _HIGH_PASS_Q))

    def both(self, frequencies: NDArray[np.floating]) -> NDArray[np.complex128]:
        """Return the complex response of both stages at frequencies in Hz."""
        return self.shelf(frequencies) * self.high_pass(frequencies)

    @property
    def _rate(self) -> int:
        return max(_LOWEST_RATE, self.sample_rate)

    def _response(self, frequencies: NDArray[np.floating], b: Coefficients, a: Coefficients) -> NDArray[np.complex128]:
        angles = np.clip(np.asarray(frequencies, dtype=np.float64), -self._rate / 2, self._rate / 2)
        angles *= 2 * np.pi / self._rate
        delay = np.empty(angles.shape, dtype=np.complex128)  # faster than the complex exponential
        np.cos(angles, out=delay.real)
        np.negative(np.sin(angles), out=delay.imag)
        over, under = ((c[0] + delay * (c[1] + c[2] * delay)) for c in (b, a))
        response: NDArray[np.complex128] = over / under
        return response


def _warped(hertz: float, q: float, rate: int) -> tuple[float, float]:
    """Return the pre-warped frequency of a filter and the divisor of its coefficients."""
    k = tan(pi * hertz / rate)
    return k, 1 + k / q + k * k


def _poles(k: float, norm: float, q: float) -> Coefficients:
    return 1.0, 2 * (k * k - 1) / norm, (1 - k / q + k * k) / norm
