"""Variation: how much dynamics, loudness and peaks change over the track."""

import numpy as np
from numpy.typing import NDArray

from ..level.levels import SEGMENT_SEC, Levels
from ..level.loudness import Loudness
from ..types import FeatureValues

_PEAK_SEGMENTS = round(0.5 / SEGMENT_SEC)  # windows of 500 ms ...
_CREST_SEGMENTS = round(1.0 / SEGMENT_SEC)  # ... and of 1 s, at half overlap
_RANGE_DB = 60.0  # windows further below the loudest are inaudible
_TYPICAL_SPREAD_DB = 6.0


def variation(levels: Levels, loudness: Loudness) -> FeatureValues:
    """Compute how crest factor, loudness and peaks vary.

    Parameters
    ----------
    levels : Levels
        Of the whole file.
    loudness : Loudness
        Of the whole file.

    Returns
    -------
    FeatureValues
        ``dynamic_range_variation`` 0 to 1, ``loudness_variation_std`` LU, ``peak_consistency`` 0 to 1. Peaks of fewer
        than two audible windows are consistent, but undefined.
    """
    crests, short_term, peaks = _crests(levels), loudness.gated_short_term(), _audible_peaks(levels)
    spread = float(np.std(crests)) if len(crests) >= 2 else None
    consistency: float | None = 1.0
    if peaks is None:
        consistency = None
    elif len(peaks) >= 2:
        consistency = 1 / (1 + float(np.std(peaks) / np.mean(peaks)))
    return FeatureValues.of(
        {
            "dynamic_range_variation": None if spread is None else spread / (spread + _TYPICAL_SPREAD_DB),
            "loudness_variation_std": float(np.std(short_term)) if len(short_term) >= 2 else None,
            "peak_consistency": consistency,
        },
        ["peak_consistency"] if peaks is None or len(peaks) < 2 else [],
    )


def _windows(segments: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    """Return half-overlapping windows of whole segments, shape (windows, length)."""
    if len(segments) < length:
        return np.empty((0, length))
    return np.lib.stride_tricks.sliding_window_view(segments, length)[:: length // 2]


def _audible_peaks(levels: Levels) -> NDArray[np.float64] | None:
    """Return the peaks of the audible 500-ms windows; None for silence."""
    peaks = _windows(levels.peaks(), _PEAK_SEGMENTS).max(axis=1)
    if peaks.size and peaks.max() <= 0:
        return None
    audible: NDArray[np.float64] = peaks[peaks > peaks.max(initial=0) * 10 ** (-_RANGE_DB / 20)]
    return audible


def _crests(levels: Levels) -> NDArray[np.float64]:
    """Return the crest factors in dB of the audible 1-s windows."""
    peaks = _windows(levels.peaks(), _CREST_SEGMENTS).max(axis=1, initial=0)
    powers = _windows(levels.powers(), _CREST_SEGMENTS).mean(axis=1)
    if not powers.size or powers.max() <= 0:
        return np.empty(0)
    audible = powers > powers.max() * 10 ** (-_RANGE_DB / 10)
    crests: NDArray[np.float64] = 10 * np.log10(peaks[audible] ** 2 / powers[audible])
    return crests
