"""Copies of a track: other files of the same recording."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .catalogue import Catalogue
from .transforms import FloatArray

SAME_NUMBERS: Final = 0.05  # distance below which two fingerprints are of the same samples, lossy coding aside
SAME_LENGTH_SEC: Final = 1.0


def copies_of(catalogue: Catalogue, row: int, distances: FloatArray) -> NDArray[np.intp]:
    """Return the rows that hold the recording of a track, and the row itself.

    Parameters
    ----------
    catalogue : Catalogue
    row : int
    distances : ndarray, shape (n_tracks,)
        From the track.
    """
    content, duration = catalogue.column("content"), catalogue.column("duration")
    same = (distances <= SAME_NUMBERS) & (np.abs(duration - duration[row]) <= SAME_LENGTH_SEC)
    if content[row]:
        same |= content == content[row]
    same[row] = True
    return np.flatnonzero(same)
