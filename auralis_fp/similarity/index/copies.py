"""Copies of a track: other files of the same recording."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .catalogue import Catalogue
from .transforms import FloatArray

SAME_NUMBERS: Final = 0.05  # distance below which two fingerprints are of the same samples, lossy coding aside
SAME_LENGTH_SEC: Final = 1.0


def are_copies(catalogue: Catalogue, row: int, rows: NDArray[np.intp], distances: FloatArray) -> NDArray[np.bool_]:
    """Return which rows hold the recording of a track; the track itself does.

    Parameters
    ----------
    catalogue : Catalogue
    row : int
        The track.
    rows : ndarray
        Rows to compare with it.
    distances : ndarray, shape (n_rows,)
        Their distances from the track.
    """
    content, duration = catalogue.column("content"), catalogue.column("duration")
    same = (distances <= SAME_NUMBERS) & (np.abs(duration[rows] - duration[row]) <= SAME_LENGTH_SEC)
    if content[row]:
        same |= content[rows] == content[row]
    return np.asarray(same | (rows == row))
