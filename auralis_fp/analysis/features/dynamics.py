"""Dynamics: loudness, crest factor, and bass-to-mid ratio."""

from collections.abc import Mapping
from math import log10

import numpy as np

from ... import schema
from ..level.levels import Levels
from ..level.loudness import Loudness
from ..types import FeatureValues


def dynamics(levels: Levels, loudness: Loudness, band_energies: Mapping[str, float]) -> FeatureValues:
    """Compute loudness, crest factor, and the ratio of bass to mids.

    Parameters
    ----------
    levels : Levels
        Of the whole file.
    loudness : Loudness
        Of the whole file.
    band_energies : mapping
        Energy of each of the seven bands by dimension name, in arbitrary units.

    Returns
    -------
    FeatureValues
        ``lufs`` LUFS, ``crest_db`` dB, ``bass_mid_ratio`` dB.
    """
    peak = float(levels.peaks().max())
    power = float(np.average(levels.powers(), weights=levels.lengths))
    bass, mids = band_energies["bass_pct"], band_energies["low_mid_pct"] + band_energies["mid_pct"]
    return FeatureValues.of(
        {
            "lufs": loudness.integrated(),
            "crest_db": 10 * log10(peak**2 / power) if power > 0 else None,
            "bass_mid_ratio": _ratio_db(bass, mids) if bass + mids > 0 else None,
        }
    )


def _ratio_db(bass: float, mids: float) -> float:
    """Return the ratio in dB; an energy of 0 gives the limit of the dimension."""
    floor = 10 ** (-schema.BY_NAME["bass_mid_ratio"].high / 10)
    return 10 * log10(max(bass, floor * mids) / max(mids, floor * bass))
