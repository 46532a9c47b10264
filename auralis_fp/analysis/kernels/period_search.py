"""Search for a period on the circular autocorrelation of windowed frames."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..types import FloatArray
from .interpolation import parabolic_offset

STEPS: Final = 4  # lags per sample in the refinement, and among the short lags of the search
REACHES: Final = (4 * STEPS, 2, 2)  # steps searched on either side of the period, round by round


def search_periods(
    correlation: FloatArray, periods: NDArray[np.float64], window: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the maximum of the signal's own correlation near each period, see `pitch.refine_periods`.

    Parameters
    ----------
    correlation : ndarray, shape (frames, lags), float32
        Circular autocorrelation of windowed frames at the *lags* quarter-sample lags up to half a frame.
    periods : ndarray, shape (frames,), float64
        Estimates, in samples.
    window : ndarray, shape (4 · frame_length + 1,), float64
        Autocorrelation of the window at all quarter-sample lags of a frame.

    Returns
    -------
    periods : ndarray, shape (frames,), float64
        In samples.
    heights : ndarray, shape (frames,), float64
        The signal's own correlation there.

    Examples
    --------
    >>> from auralis_fp.analysis.kernels.windows import hann_autocorrelation
    >>> window = hann_autocorrelation(np.arange(257) / 256)
    >>> own = np.cos(2 * np.pi / 64 * np.arange(257))  # a period of 16 samples
    >>> circular = (own * window + (own * window)[::-1])[38:129].astype(np.float32)
    >>> periods, heights = search_periods(circular[None], np.array([15.5]), window)
    >>> periods.round(2), heights.round(2)
    (array([16.]), array([1.]))
    """
    circle = len(window) - 1
    first = circle // 2 + 1 - correlation.shape[1]
    frames = np.arange(len(correlation))
    period = periods * STEPS
    for reach in REACHES:
        whole = np.clip(np.rint(period).astype(np.int64), first + reach, (circle - first) // 2 - reach)
        lags = whole[:, None] + np.arange(-reach, reach + 1)
        on = whole[:, None]
        here, after = (
            correlation[frames[:, None], np.minimum(lag, circle - lag) - first] for lag in (lags, circle - lags - on)
        )
        near, far = window.take(lags, mode="clip"), window.take(circle - lags, mode="clip")
        far_after = window.take(circle - lags - on, mode="clip")
        near_after = window.take(lags + on, mode="clip")
        own = (here * far_after - after * far) / (near * far_after - far * near_after)
        highest = np.clip(own.argmax(axis=1), 1, 2 * reach - 1)
        before, peak, behind = (own[frames, highest + step] for step in (-1, 0, 1))
        period = whole + highest - reach + parabolic_offset(before, peak, behind, 1.0)
    return period / STEPS, peak
