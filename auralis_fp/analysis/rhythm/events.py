"""Which windows hold events: attacks and new notes, which alone can have a tempo."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

from ..types import FloatArray

_LEAST_CHANGE: Final = 0.3  # of the spectral shape in an event
_LEAST_CONTRAST: Final = 1.6  # relative to the median change: noise stays below
_LEAST_EVENTS: Final = 0.33  # per second
_FEWEST_EVENTS: Final = 3
_EVENTS_APART_SEC: Final = 0.05
_VIBRATO_APART_SEC: Final = 0.02
_VIBRATO_PEAKS: Final = 7.0  # per second at least, two in a period
_VIBRATO_HEIGHTS: Final = 0.2  # greatest coefficient of variation
_VIBRATO_INTERVALS: Final = 0.16  # the same


def has_events(change: FloatArray, rising: FloatArray, rate: float) -> bool:
    """Return True if a window holds attacks or new notes.

    Vibrato, tremolo, beating tones, slides and noise change the spectral shape too little, too slowly, or all the time;
    a wide vibrato changes it evenly.

    Parameters
    ----------
    change : ndarray, shape (frames,), float32
        Change of the spectral shape, see `kernels.onsets.shape_change`.
    rising : ndarray, shape (frames,), float32
        Above 0 where the power rises by 3 dB.
    rate : float
        Frames per second.

    Examples
    --------
    >>> change, rising = np.zeros((2, 600), dtype=np.float32)
    >>> has_events(change, rising, 100.0)
    False
    >>> change[::100] = 0.8
    >>> has_events(change, rising, 100.0)
    True
    """
    peaks = _peaks(change, max(_LEAST_CHANGE, _LEAST_CONTRAST * _quantile(change, 0.5)), _EVENTS_APART_SEC * rate)
    enough = len(peaks) >= max(_FEWEST_EVENTS, _LEAST_EVENTS * len(change) / rate)
    return enough and not _is_vibrato(change, rising, rate)


def _is_vibrato(change: FloatArray, rising: FloatArray, rate: float) -> bool:
    """Return True if the changes are fast, equal and evenly spaced, and the power does not rise there."""
    apart = _VIBRATO_APART_SEC * rate
    peaks = _peaks(change, 0.5 * _quantile(change, 0.98), apart)
    if len(peaks) < _VIBRATO_PEAKS * len(change) / rate:
        return False
    attacks = maximum_filter1d(rising, 2 * round(_EVENTS_APART_SEC * rate) + 1)[peaks] > 0
    even = _variation(change[peaks]) <= _VIBRATO_HEIGHTS and _variation(np.diff(peaks)) <= _VIBRATO_INTERVALS
    return even and float(attacks.mean()) < 0.5


def _peaks(change: FloatArray, least: float, apart: float) -> NDArray[np.int64]:
    """Return the peaks above *least*, the highest within *apart* frames to each side."""
    highest = maximum_filter1d(change, 2 * round(apart) + 1)
    peaks = (change[1:] >= highest[1:]) & (change[1:] > change[:-1]) & (change[1:] > least)
    found: NDArray[np.int64] = 1 + np.flatnonzero(peaks)
    return found


def _quantile(values: FloatArray, share: float) -> float:
    """Return a quantile, interpolated; ``np.quantile`` would take longer than the rest of the search for events."""
    place = share * (len(values) - 1)
    below = int(place)
    above = min(below + 1, len(values) - 1)
    ordered = np.partition(values, (below, above))
    return float(ordered[below] + (place - below) * (ordered[above] - ordered[below]))


def _variation(values: FloatArray | NDArray[np.int64]) -> float:
    """Return the coefficient of variation."""
    return float(values.std() / values.mean())
