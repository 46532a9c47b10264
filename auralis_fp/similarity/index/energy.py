"""Energy of tracks: how driving they sound within their library."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .catalogue import Catalogue
from .transforms import NAMES, WEIGHTS, FloatArray

#: Standardised terms whose mean is the energy: loud, busy, bright and compressed music drives.
SIGNS: Final = {"lufs": 1.0, "transient_density": 1.0, "spectral_centroid": 1.0, "crest_db": -1.0}


def energies(catalogue: Catalogue) -> FloatArray:
    """Return the energy of every track as its percentile in the library, 0 to 1, shape (n_tracks,)."""
    terms = catalogue.column("terms")
    raw = sum(sign * terms[NAMES.index(name)] / WEIGHTS[NAMES.index(name)] for name, sign in SIGNS.items())
    order = np.empty(len(catalogue), dtype=np.float32)
    order[np.argsort(raw, kind="stable")] = np.arange(len(catalogue), dtype=np.float32)
    return order / np.float32(max(len(catalogue) - 1, 1))


def curve_at(points: Sequence[tuple[float, float]], position: float) -> float:
    """Return the energy of a curve at a position, interpolated linearly between its points.

    Parameters
    ----------
    points : sequence of tuple
        Position and energy, 0 to 1, in any order.
    position : float

    Examples
    --------
    >>> curve_at([(0.0, 0.2), (1.0, 0.8)], 0.5)
    0.5
    """
    places, values = np.array(sorted(points), dtype=np.float64).T
    return round(float(np.interp(position, places, values)), 6)


def distance_from(curve: Sequence[tuple[float, float]], position: float, energy: FloatArray) -> NDArray[np.float64]:
    """Return how far tracks are from a curve at a position; 0 without a curve."""
    if not curve:
        return np.zeros(len(energy))
    return np.abs(energy.astype(np.float64) - curve_at(curve, position))
