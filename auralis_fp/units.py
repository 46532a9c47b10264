"""The units and names of today's host, beside those of the founding document that are used everywhere else.

The host's newest version keeps band shares as fractions and two frequencies as parts of fixed ones; its web interface
has names of its own for some dimensions. Nothing stored is touched: this is for host code that hands numbers on.
"""

from collections.abc import Mapping
from typing import Final

CENTROID_HZ: Final = 8_000.0  # what the host divides the spectral centroid by
ROLLOFF_HZ: Final = 10_000.0  # and the rolloff
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
        The 25 dimensions: bands in percent, centroid and rolloff in hertz.

    Returns
    -------
    dict
        The same names in the same order; bands from 0 to 1, the centroid in parts of 8 kHz and the rolloff in parts of
        10 kHz, both at most 1.
    """
    return {name: _in_host_units(name, value) for name, value in fingerprint.items()}


def to_wire(fingerprint: Mapping[str, float]) -> dict[str, float]:
    """Return a fingerprint under the names that the host's interface reads, in the units it takes them for.

    Bands are fractions; the centroid and the rolloff stay in hertz, as that interface assumes and documents.
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
