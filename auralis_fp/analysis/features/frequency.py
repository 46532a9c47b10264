"""How the energy is shared among the seven bands."""

from ..spectrum.ltas import BANDS
from ..types import FeatureValues


def frequency(energies: dict[str, float]) -> FeatureValues:
    """Measure the bands' shares of the energy between 20 Hz and 20 kHz.

    Parameters
    ----------
    energies : dict
        As ``LongTermSpectrum.energies`` gives them.

    Returns
    -------
    Measured
        The seven bands in percent, sum 100; all 0 and undefined for silence.
    """
    total = sum(energies.values())
    if total <= 0:
        return FeatureValues(dict.fromkeys(BANDS, 0.0), BANDS)
    return FeatureValues({name: 100 * energy / total for name, energy in energies.items()})
