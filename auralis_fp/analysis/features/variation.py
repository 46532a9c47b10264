"""Variation: how much dynamics, loudness and peaks change over the track."""

import numpy as np
from numpy.typing import NDArray

from ..kernels.levels import quartile_dispersion, winsorised_deviation
from ..level.levels import SEGMENT_SEC, Levels
from ..level.loudness import Loudness
from ..level.silence import SilenceGate
from ..types import FeatureValues

_PEAK_SEGMENTS = round(0.5 / SEGMENT_SEC)  # windows of 500 ms ...
_CREST_SEGMENTS = round(1.0 / SEGMENT_SEC)  # ... and of 1 s, at half overlap
_TYPICAL_SPREAD_DB = 2.0
_HIGHEST = 5  # one in so many segments of a window counts for its peak: a single one changes with every codec


def variation(levels: Levels, gate: SilenceGate, loudness: Loudness) -> FeatureValues:
    """Compute how crest factor, loudness and peaks vary.

    Parameters
    ----------
    levels : Levels
        Of the whole file.
    gate : SilenceGate
        Of the whole file; windows below its threshold do not count.
    loudness : Loudness
        Of the whole file.

    Returns
    -------
    FeatureValues
        ``dynamic_range_variation`` 0 to 1, ``loudness_variation_std`` LU, ``peak_consistency`` 0 to 1; undefined with
        fewer than two windows.
    """
    short_term = loudness.gated_short_term()
    crests = _crests(levels, gate)
    spread = winsorised_deviation(crests) if len(crests) >= 2 else None
    peaks, powers = _peaks_and_powers(levels, _PEAK_SEGMENTS)
    peaks = peaks[powers >= gate.threshold]
    return FeatureValues.of(
        {
            "dynamic_range_variation": None if spread is None else spread / (spread + _TYPICAL_SPREAD_DB),
            "loudness_variation_std": float(np.std(short_term)) if len(short_term) >= 2 else None,
            "peak_consistency": 1 / (1 + quartile_dispersion(peaks)) if len(peaks) >= 2 else None,
        }
    )


def _crests(levels: Levels, gate: SilenceGate) -> NDArray[np.float64]:
    """Return the crest factors in dB of the sounding 1-s windows."""
    peaks, powers = _peaks_and_powers(levels, _CREST_SEGMENTS)
    sounding = powers >= gate.threshold
    crests: NDArray[np.float64] = 10 * np.log10(peaks[sounding] ** 2 / powers[sounding])
    return crests


def _peaks_and_powers(levels: Levels, length: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the peak and the power of half-overlapping windows of *length* whole segments.

    The peak of a window is the root mean square of the highest fifth of the peaks of its segments.
    """
    squares, powers = levels.peaks() ** 2, levels.powers()
    if len(powers) < length:
        return np.empty(0), np.empty(0)
    of_squares, of_powers = (
        np.lib.stride_tricks.sliding_window_view(each, length)[:: length // 2] for each in (squares, powers)
    )
    count = length // _HIGHEST
    highest = np.partition(of_squares, -count, axis=1)[:, -count:]
    return np.sqrt(highest.mean(axis=1)), of_powers.mean(axis=1)
