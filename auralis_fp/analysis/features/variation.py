"""How much the dynamics change in the course of the track."""

import numpy as np
from numpy.typing import NDArray

from ..level.levels import SEGMENT_SEC, Levels
from ..level.loudness import Loudness
from ..types import FeatureValues

_PEAK_SEGMENTS = round(0.5 / SEGMENT_SEC)  # windows of 500 ms ...
_CREST_SEGMENTS = round(1.0 / SEGMENT_SEC)  # ... and of 1 s, each moved by half its length
_RANGE_DB = 60.0  # windows further under the loudest are not heard against it
_TYPICAL_SPREAD_DB = 6.0
_LONGEST_STD_LU = 20.0


def variation(levels: Levels, loudness: Loudness) -> FeatureValues:
    """Measure how crest, loudness and peaks vary.

    Parameters
    ----------
    levels : Levels
        Of the whole file.
    loudness : Loudness
        Of the whole file.

    Returns
    -------
    Measured
        ``dynamic_range_variation`` 0-1, ``loudness_variation_std`` LU, ``peak_consistency`` 0-1.
    """
    values, undefined = {}, []
    crests = _crests(levels)
    if len(crests) >= 2:
        spread = float(np.std(crests))
        values["dynamic_range_variation"] = spread / (spread + _TYPICAL_SPREAD_DB)
    else:
        values["dynamic_range_variation"] = 0.0
        undefined.append("dynamic_range_variation")

    short_term = loudness.gated_short_term()
    values["loudness_variation_std"] = min(float(np.std(short_term)), _LONGEST_STD_LU) if len(short_term) >= 2 else 0.0
    if len(short_term) < 2:
        undefined.append("loudness_variation_std")

    peaks = _windows(levels.peaks(), _PEAK_SEGMENTS).max(axis=1)
    if peaks.size and peaks.max() <= 0:
        values["peak_consistency"] = 0.0
        undefined.append("peak_consistency")
    else:
        heard = peaks[peaks > peaks.max(initial=0) * 10 ** (-_RANGE_DB / 20)]
        values["peak_consistency"] = 1 / (1 + float(np.std(heard) / np.mean(heard))) if len(heard) >= 2 else 1.0
        if len(heard) < 2:
            undefined.append("peak_consistency")
    return FeatureValues(values, tuple(undefined))


def _windows(segments: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    """Return half-overlapping windows of whole segments, shape (windows, length)."""
    if len(segments) < length:
        return np.empty((0, length))
    return np.lib.stride_tricks.sliding_window_view(segments, length)[:: length // 2]


def _crests(levels: Levels) -> NDArray[np.float64]:
    """Return the crest factors in dB of the audible 1-s windows."""
    peaks = _windows(levels.peaks(), _CREST_SEGMENTS).max(axis=1, initial=0)
    powers = _windows(levels.powers(), _CREST_SEGMENTS).mean(axis=1)
    if not powers.size or powers.max() <= 0:
        return np.empty(0)
    heard = powers > powers.max() * 10 ** (-_RANGE_DB / 10)
    crests: NDArray[np.float64] = 10 * np.log10(peaks[heard] ** 2 / powers[heard])
    return crests
