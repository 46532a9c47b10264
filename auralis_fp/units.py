"""Conversion of fingerprints to the units and names of the current host.

The host stores band energies as fractions and normalises two frequencies; its web interface uses other names for some
dimensions. Stored fingerprints are not affected: these functions are for host code that passes values on.
"""

from collections.abc import Mapping
from typing import Final

CENTROID_HZ: Final = 8_000.0  # the host normalises the spectral centroid by this
ROLLOFF_HZ: Final = 10_000.0  # and the spectral rolloff by this
_SCALES: Final = {"spectral_centroid": CENTROID_HZ, "spectral_rolloff": ROLLOFF_HZ}
_WIRE_NAMES: Final = {
    "pitch_stability": "pitch_confidence",
    "chroma_energy": "chroma_energy_mean",
    "phase_correlation": "stereo_correlation",
}
_SHARE: Final = "_pct"


def to_host(fingerprint: Mapping[str, float]) -> dict[str, float]:
    """Return a fingerprint in the units of the host's database.

    Parameters
    ----------
    fingerprint : mapping
        Values by dimension: bands in percent, centroid and rolloff in Hz.

    Returns
    -------
    dict
        The same names in the same order: bands from 0 to 1, the centroid divided by 8 kHz and the rolloff by 10 kHz,
        both clipped at 1.
    """
    return {name: _in_host_units(name, value) for name, value in fingerprint.items()}


def to_wire(fingerprint: Mapping[str, float]) -> dict[str, float]:
    """Return a fingerprint in the names and units of the host's web interface.

    Bands are fractions; the centroid and the rolloff stay in Hz, as that interface documents.
    """
    return {_wire_name(name): value / 100.0 if _is_share(name) else value for name, value in fingerprint.items()}


def _in_host_units(name: str, value: float) -> float:
    if _is_share(name):
        return value / 100.0
    scale = _SCALES.get(name)
    return value if scale is None else min(1.0, value / scale)


def _wire_name(name: str) -> str:
    return name.removesuffix(_SHARE) if _is_share(name) else _WIRE_NAMES.get(name, name)


def _is_share(name: str) -> bool:
    return name.endswith(_SHARE)
