"""Copies of a track: other files of the same recording."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...schema.sub_fingerprints import NAME, VERSION
from .alignment import matches
from .catalogue import Catalogue
from .transforms import FloatArray

Rows = NDArray[np.intp] | slice

SAME_NUMBERS: Final = 0.05  # distance below which two fingerprints are of the same samples, lossy coding aside
SAME_LENGTH_SEC: Final = 1.0
COPY_REACH: Final = 12.0  # distance beyond which no copy is looked for
SMALL: Final = 1000  # tracks; in smaller libraries distances between copies may be greater, and little is compared
COMPARED: Final = 8  # nearest tracks whose sub-fingerprints are compared


def are_copies(catalogue: Catalogue, row: int, rows: Rows, distances: FloatArray) -> NDArray[np.bool_]:
    """Return which rows hold the recording of a track; the track itself does.

    Parameters
    ----------
    catalogue : Catalogue
    row : int
        The track.
    rows : ndarray or slice
        Rows to compare with it.
    distances : ndarray, shape (n_rows,)
        Their distances from the track.

    Notes
    -----
    Files are copies if their audio data or their numbers are the same, or if their sub-fingerprints agree; the latter
    are compared for the nearest tracks only.
    """
    same = equal_numbers(catalogue, row, rows, distances)
    reach = COPY_REACH if len(catalogue) > SMALL else np.inf
    near = np.flatnonzero((distances <= reach) & ~same)
    if near.size:
        near = near[np.argsort(distances[near], kind="stable")[:COMPARED]]
        same[near] = _agree(catalogue, row, near if isinstance(rows, slice) else rows[near])
    return np.asarray(same)


def equal_numbers(catalogue: Catalogue, row: int, rows: Rows, distances: FloatArray) -> NDArray[np.bool_]:
    """Return which rows have the audio data or the numbers of a track; parameters as for `are_copies`."""
    content, duration = catalogue.column("content"), catalogue.column("duration")
    same = distances <= SAME_NUMBERS
    near = np.flatnonzero(same)  # few
    same[near] = np.abs(duration[rows][near] - duration[row]) <= SAME_LENGTH_SEC
    if content[row]:
        same |= content[rows] == content[row]
    if isinstance(rows, slice):
        same[row] = True  # a slice stands for all rows
        return np.asarray(same)
    return np.asarray(same | (rows == row))


def _agree(catalogue: Catalogue, row: int, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return which rows have sub-fingerprints that agree with those of a track."""
    ids = catalogue.column("id")
    known = catalogue.reader.parts(NAME, VERSION, ids[np.append(rows, row)].tolist())
    seed = known.pop(int(ids[row]), b"")
    return np.isin(ids[rows], matches(seed, known) if seed else [])
