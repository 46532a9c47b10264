"""Loudness, crest, and the balance of bass and mids."""

from collections.abc import Mapping
from math import log10
from typing import Final

import numpy as np

from ..level.levels import Levels
from ..level.loudness import Loudness
from ..types import FeatureValues

_LARGEST_RATIO_DB: Final = 60.0


def dynamics(levels: Levels, loudness: Loudness, band_energies: Mapping[str, float]) -> FeatureValues:
    """Measure loudness, crest and the balance of bass and mids.

    Parameters
    ----------
    levels : Levels
        Of the whole file.
    loudness : Loudness
        Of the whole file.
    band_energies : mapping
        Long-term energy of each of the seven bands by dimension name, any unit.

    Returns
    -------
    Measured
        ``lufs`` LUFS, ``crest_db`` dB, ``bass_mid_ratio`` dB.
    """
    values, undefined = {"lufs": loudness.integrated()}, []
    peak = float(levels.peaks().max())
    power = float(np.average(levels.powers(), weights=levels.lengths))
    values["crest_db"] = 10 * log10(peak**2 / power) if power > 0 else 0.0
    if power <= 0:
        undefined.append("crest_db")
    bass, mids = band_energies["bass_pct"], band_energies["low_mid_pct"] + band_energies["mid_pct"]
    values["bass_mid_ratio"] = 0.0
    if bass + mids > 0:
        floor = 10 ** (-_LARGEST_RATIO_DB / 10)
        ratio = 10 * log10(max(bass, floor * mids) / max(mids, floor * bass))
        values["bass_mid_ratio"] = min(max(ratio, -_LARGEST_RATIO_DB), _LARGEST_RATIO_DB)
    else:
        undefined.append("bass_mid_ratio")
    return FeatureValues(values, tuple(undefined))
