"""Copies of a track: other files of the same recording."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...schema.sub_fingerprints import NAME, VERSION
from .alignment import matches
from .catalogue import Catalogue
from .distance import city_block
from .proposals import Pair, Rows, by_content, by_keys, by_numbers, shares_key, stable_points
from .transforms import FloatArray

SAME_NUMBERS: Final = 0.05  # distance below which two fingerprints are of the same samples, lossy coding aside
SAME_LENGTH_SEC: Final = 1.0
COPY_REACH: Final = 12.0  # distance beyond which no copy is looked for
SMALL: Final = 1000  # tracks; in smaller libraries distances between copies may be greater, and little is compared
SIFTED_REACH: Final = 5.0  # in the dimensions that copies share; hardly any copy is farther and shares no key
COMPARED: Final = 8  # nearest tracks whose sub-fingerprints are compared; more if all of them are copies

Decisions = Mapping[Pair, bool]


def are_copies(catalogue: Catalogue, row: int, distances: FloatArray) -> NDArray[np.bool_]:
    """Return which tracks hold the recording of a track; the track itself does.

    Parameters
    ----------
    catalogue : Catalogue
    row : int
        The track.
    distances : ndarray, shape (n_tracks,)
        Distances of all tracks from it.

    Notes
    -----
    Files are copies if their audio data or their numbers are the same, or if their sub-fingerprints agree; the latter
    are compared for the nearest tracks only. What a person decided about two files counts more.
    """
    same = _equal_numbers(catalogue, row, slice(None), distances)
    reach = COPY_REACH if len(catalogue) > SMALL else np.inf
    near = np.flatnonzero((distances <= reach) & ~same)
    near = near[np.argsort(distances[near], kind="stable")]
    for start in range(0, len(near), COMPARED):
        compared = near[start : start + COMPARED]
        same[compared] = _agree(catalogue, row, compared, sifted=True)
        if not same[compared].all():
            break
    file_id = int(catalogue.column("id")[row])
    for pair, decided in catalogue.reader.decisions([file_id]).items():
        others = catalogue.rows_of([one for one in pair if one != file_id])
        same[others[others >= 0]] = decided
    return same


def recordings(catalogue: Catalogue, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return for each row the place of the first of the rows that holds the same recording.

    Parameters
    ----------
    catalogue : Catalogue
    rows : ndarray, shape (n_rows,)

    Returns
    -------
    ndarray, shape (n_rows,)
        A row whose place is its own is no copy of an earlier one.
    """
    ids = catalogue.column("id")[rows]
    decided = catalogue.reader.decisions(ids.tolist())
    first = np.arange(len(rows))
    for place, later in sorted(_proposed(catalogue, rows, decided).items()):
        fresh = np.array(sorted(one for one in later if first[one] == one), dtype=np.intp)
        if fresh.size:
            same = _hold_same(catalogue, int(rows[place]), rows[fresh], decided)
            first[fresh[same]] = first[place]
    return first


def _proposed(catalogue: Catalogue, rows: NDArray[np.intp], decided: Decisions) -> dict[int, set[int]]:
    """Return by place the later places that may hold the same recording."""
    ids = catalogue.column("id")[rows].tolist()
    pairs, _ = by_keys(catalogue.reader, ids)
    pairs.update(zip(*(places.tolist() for places in by_numbers(catalogue, rows)), strict=True))
    pairs.update(by_content(catalogue.column("content")[rows]))
    if decided:
        places = {file_id: place for place, file_id in enumerate(ids)}
        confirmed = [pair for pair, same in decided.items() if same and places.keys() >= set(pair)]
        pairs.update((min(one), max(one)) for one in ([places[a], places[b]] for a, b in confirmed))
    result = defaultdict[int, set[int]](set)
    for one, other in pairs:
        result[one].add(other)
    return result


def _hold_same(catalogue: Catalogue, row: int, others: NDArray[np.intp], decided: Decisions) -> NDArray[np.bool_]:
    """Return which other rows hold the recording of a row."""
    terms = catalogue.terms
    distances = city_block(terms.at(others), terms.values[:, row], int(terms.undefined[row]))
    same = _equal_numbers(catalogue, row, others, distances)
    open_ = np.flatnonzero(~same)
    if open_.size:
        same[open_] = _agree(catalogue, row, others[open_])
    ids = catalogue.column("id")
    own = int(ids[row])
    for place, file_id in enumerate(ids[others].tolist() if decided else ()):
        same[place] = decided.get((min(own, file_id), max(own, file_id)), same[place])
    return same


def _equal_numbers(catalogue: Catalogue, row: int, rows: Rows, distances: FloatArray) -> NDArray[np.bool_]:
    """Return which rows have the audio data or the numbers of a track."""
    content, duration = catalogue.column("content"), catalogue.column("duration")
    same = distances <= SAME_NUMBERS
    near = np.flatnonzero(same)  # few
    same[near] = np.abs(duration[rows][near] - duration[row]) <= SAME_LENGTH_SEC
    if content[row]:
        same |= content[rows] == content[row]
    if isinstance(rows, slice):
        same[row] = True  # a slice stands for all rows
    return np.asarray(same)


def _agree(catalogue: Catalogue, row: int, rows: NDArray[np.intp], *, sifted: bool = False) -> NDArray[np.bool_]:
    """Return which rows have sub-fingerprints that agree with those of a track.

    Parameters
    ----------
    catalogue : Catalogue
    row : int
    rows : ndarray
    sifted : bool
        Look only at rows that share a key, or are near in the dimensions that copies share.
    """
    ids = catalogue.column("id")
    known = catalogue.reader.parts(NAME, VERSION, ids[np.append(rows, row)].tolist())
    seed = known.pop(int(ids[row]), b"")
    if sifted and known:
        gaps = np.abs(stable_points(catalogue, rows) - stable_points(catalogue, np.array([row]))).sum(axis=1)
        near = set(ids[rows[gaps <= SIFTED_REACH]].tolist())
        keyed = shares_key(seed, list(known.values())).tolist()
        known = {one: data for (one, data), shared in zip(known.items(), keyed, strict=True) if shared or one in near}
    return np.isin(ids[rows], matches(seed, known) if seed else [])
