"""Tables for the refinement of pitch periods longer than 20 % of the frame."""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..kernels.period_search import STEPS
from ..kernels.windows import hann_autocorrelation
from ..types import FloatArray, readonly

_LEAST_LAG: Final = 0.15  # of a frame; shorter lags are never refined


@cache
def correlation_tables(bins: int, points: int) -> tuple[FloatArray, NDArray[np.float64]]:
    """Return the tables that `kernels.pitch.refine_periods` needs.

    Parameters
    ----------
    bins : int
        Bins of the power spectra.
    points : int
        Frame length in samples.

    Returns
    -------
    cosines : ndarray, shape (lags, bins), float32
        Turns power into the circular autocorrelation at quarter-sample lags, from 15 % to half of the frame.
    window : ndarray, shape (4 · points + 1,), float64
        Autocorrelation of the Hann window at all quarter-sample lags.

    Examples
    --------
    >>> cosines, window = correlation_tables(4, 8)
    >>> cosines.shape, window.shape
    ((13, 4), (33,))
    """
    circle = points * STEPS
    bins = min(points // 2, bins)
    lags = np.arange(int(_LEAST_LAG * circle), circle // 2 + 1)
    cosines = np.cos(2 * np.pi / circle * np.outer(lags, np.arange(bins))) * (2 * STEPS / circle)
    cosines[:, 0] /= 2
    return readonly(cosines.astype(np.float32)), hann_autocorrelation(np.arange(circle + 1) / circle)
