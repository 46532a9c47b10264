"""Frequency: the shares of the seven bands."""

from ..spectrum.ltas import BANDS
from ..types import FeatureValues


def frequency(energies: dict[str, float]) -> FeatureValues:
    """Compute the shares of the bands in the energy between 20 Hz and 20 kHz.

    Parameters
    ----------
    energies : dict
        Energy of each band by dimension name, in arbitrary units.

    Returns
    -------
    FeatureValues
        The seven bands in percent, sum 100; undefined for silence.
    """
    total = sum(energies.values())
    if total <= 0:
        return FeatureValues.of(dict.fromkeys(BANDS))
    return FeatureValues({name: 100 * energy / total for name, energy in energies.items()})
