"""Variance-stabilising transforms: from the numbers of a fingerprint to the terms of the distance."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ... import schema

FloatArray = NDArray[np.float32]

NAMES: Final = schema.names_of(schema.ALGORITHM_VERSION)
FAMILY_OF: Final = tuple(schema.BY_NAME[name].family for name in NAMES)
BANDS: Final = tuple(i for i, family in enumerate(FAMILY_OF) if family is schema.Family.FREQUENCY)
TEMPO: Final = NAMES.index("tempo_bpm")
BAND_FLOOR_PCT: Final = 0.02  # below it a band is inaudible; without it an empty band would dominate the log-ratio
LOWEST_HZ: Final = 20.0
LOUDNESS_KNEE_LU: Final = 0.5  # variation below it is not heard as such
#: Families that describe the same thing, the spectrum: a term of theirs counts half as much as one of another family.
SPECTRUM: Final = (schema.Family.FREQUENCY, schema.Family.SPECTRAL)
_SHARES: Final = np.array([0.5 if family in SPECTRUM else 1.0 for family in FAMILY_OF])
#: Weight of each term in the distance; their mean is 1.
WEIGHTS: Final[FloatArray] = (_SHARES / _SHARES.mean()).astype(np.float32)
_LOG_HZ: Final = frozenset({"spectral_centroid", "spectral_rolloff"})
_SQUARE_ROOT: Final = frozenset(
    {"silence_ratio", "spectral_flatness", "transient_density", "pitch_stability", "chroma_energy"}
)


def transform(values: NDArray[np.floating]) -> FloatArray:
    """Transform fingerprints so that equal steps are about equally audible.

    Parameters
    ----------
    values : ndarray, shape (n_dimensions, n_tracks)
        Fingerprints in the units and order of the schema, a row for each dimension.

    Returns
    -------
    ndarray, shape (n_dimensions, n_tracks), float32
        The seven bands as centred log-ratios, frequencies as natural logarithms, skewed ratios as square
        roots, the tempo as its position in the octave (0 to 1, circular), all others unchanged.

    Notes
    -----
    The centred log-ratio of a composition p is ln p_i - mean_j ln p_j, with p floored at 0.02 %.

    References
    ----------
    J. Aitchison, "The statistical analysis of compositional data", J. R. Stat. Soc. B 44(2), 1982.

    Examples
    --------
    >>> import numpy as np
    >>> fingerprint = np.full((len(NAMES), 2), 0.5)
    >>> fingerprint[TEMPO] = 70.0, 140.0
    >>> octave = transform(fingerprint)[TEMPO]
    >>> bool(octave[0] == octave[1])
    True
    """
    result = np.array(values, dtype=np.float64)
    if BANDS:
        logarithms = np.log(np.maximum(result[list(BANDS)], BAND_FLOOR_PCT))
        result[list(BANDS)] = logarithms - logarithms.mean(axis=0)
    for row, name in enumerate(NAMES):
        if name in _LOG_HZ:
            result[row] = np.log(np.maximum(result[row], LOWEST_HZ))
        elif name in _SQUARE_ROOT:
            result[row] = np.sqrt(np.maximum(result[row], 0.0))
        elif name == "loudness_variation_std":
            result[row] = np.log(result[row] + LOUDNESS_KNEE_LU)
        elif row == TEMPO:
            result[row] = np.log2(np.maximum(result[row], 1.0)) % 1.0
    return result.astype(np.float32)
