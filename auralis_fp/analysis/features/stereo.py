"""Stereo: width and phase correlation."""

from math import sqrt

from ..level.levels import Levels
from ..types import FeatureValues


def stereo(levels: Levels, width: float | None, channels: int) -> FeatureValues:
    """Compute the phase correlation from the energies and the product of left and right, DC removed.

    Parameters
    ----------
    levels : Levels
        Of the whole file.
    width : float or None
        Of `StereoImage`.
    channels : int
        Of the file; a mono file is its own left and right.

    Returns
    -------
    FeatureValues
        ``stereo_width``, 0 to 1; ``phase_correlation``, the correlation coefficient of left and right, -1 to 1.
        Undefined for silence; the correlation is 0 and undefined if one side is silent.
    """
    if channels == 1:
        return FeatureValues({"stereo_width": 0.0, "phase_correlation": 1.0})
    count = float(levels.lengths.sum(dtype=float))
    left_sum, right_sum, left_energy, right_energy, product_sum = levels.sides
    left = max(0.0, left_energy - left_sum**2 / count)
    right = max(0.0, right_energy - right_sum**2 / count)
    product = float(product_sum) - left_sum * right_sum / count
    silent = 1e-12 * count  # -120 dBFS
    if left + right <= silent:
        return FeatureValues.of({"stereo_width": None, "phase_correlation": None})
    if min(left, right) <= silent * 1e-4:
        return FeatureValues.of({"stereo_width": width, "phase_correlation": 0.0}, ["phase_correlation"])
    return FeatureValues.of({"stereo_width": width, "phase_correlation": float(product / sqrt(left * right))})
