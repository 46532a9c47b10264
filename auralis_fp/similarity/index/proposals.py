"""Pairs of files that may hold the same recording; aligned sub-fingerprints decide which do."""

import itertools
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ...schema.sub_fingerprints import NAME, VERSION
from ...store.vector_reader import VectorReader
from .catalogue import Catalogue
from .transforms import NAMES, WEIGHTS, FloatArray

#: Dimensions that neither gain nor lossy coding nor resampling moves much.
STABLE: Final = (
    "sub_bass_pct",
    "bass_pct",
    "low_mid_pct",
    "mid_pct",
    "upper_mid_pct",
    "bass_mid_ratio",
    "rhythm_stability",
    "transient_density",
    "spectral_centroid",
    "harmonic_ratio",
    "chroma_energy",
    "dynamic_range_variation",
    "loudness_variation_std",
    "stereo_width",
    "phase_correlation",
)
REACH: Final = 2.5  # distance over these that proposes a pair
NEIGHBOURS: Final = 6  # proposed for each track
KEPT_KEYS: Final = 8  # one of so many sub-fingerprints is a key, chosen by its value
LEAST_KEYS: Final = 2  # that a pair shares
MOST_ALIKE: Final = 64  # files that share a key and are all paired; of more, each is paired with the next
FEW: Final = 256  # files of which all pairs are compared
_CHUNK: Final = 2000
_HALF: Final = np.uint64(32)
_STABLE_TERMS: Final = [NAMES.index(name) for name in STABLE if name in NAMES]
_MULTIPLIER: Final = np.uint32(2_654_435_761)  # of Knuth's multiplicative hash

Pair = tuple[int, int]
Rows = NDArray[np.intp] | slice


def by_keys(
    reader: VectorReader, ids: Sequence[int], on_progress: Callable[[], None] = lambda: None
) -> tuple[set[Pair], set[int]]:
    """Return pairs of files that share at least two keys.

    Parameters
    ----------
    reader : VectorReader
    ids : sequence of int
    on_progress : callable, optional
        Called now and then.

    Returns
    -------
    pairs : set of tuple
        Places in *ids*, the lower one first.
    known : set of int
        Places of the files that have sub-fingerprints.
    """
    parts = [_keys([], 0)]
    known: set[int] = set()
    for start in range(0, len(ids), _CHUNK):
        part = ids[start : start + _CHUNK]
        found = reader.parts(NAME, VERSION, part)
        data = [found.get(file_id, b"") for file_id in part]
        parts.append(_keys(data, start))
        known.update(start + place for place, one in enumerate(data) if one)
        on_progress()
    return _sharing(np.concatenate(parts)), known


def shares_key(seed: bytes, others: Sequence[bytes]) -> NDArray[np.bool_]:
    """Return which sub-fingerprints, in their stored form, share a key with those of a seed."""
    keys = _keys(others, 0)
    shared = np.isin(keys >> _HALF, _keys([seed], 0) >> _HALF)
    return np.bincount(keys[shared].astype(np.uint32), minlength=len(others)) > 0


def _keys(data: Sequence[bytes], first: int) -> NDArray[np.uint64]:
    """Return the keys of some files in the upper halves of numbers, their places, from *first*, in the lower ones."""
    words = np.frombuffer(b"".join(data), "<u4")
    chosen = np.flatnonzero((words != 0) & (words * _MULTIPLIER < np.uint32(2**32 // KEPT_KEYS)))
    ends = np.cumsum([len(one) // 4 for one in data], dtype=np.int64)
    places = np.searchsorted(ends, chosen, side="right") + first
    return words[chosen].astype(np.uint64) << _HALF | places.astype(np.uint64)


def _sharing(keys: NDArray[np.uint64]) -> set[Pair]:
    """Return pairs of places that share enough keys."""
    keys = np.sort(keys)
    keys = keys[np.append(True, keys[1:] != keys[:-1])] if len(keys) else keys
    ends = np.flatnonzero(np.diff(keys >> _HALF)) + 1
    starts, stops = np.append(0, ends), np.append(ends, len(keys))
    shared = (stops - starts) > 1
    counts: dict[Pair, int] = defaultdict(int)
    for start, stop in zip(starts[shared].tolist(), stops[shared].tolist(), strict=True):
        group = keys[start:stop].astype(np.uint32).tolist()  # in ascending order
        for pair in itertools.combinations(group, 2) if len(group) <= MOST_ALIKE else itertools.pairwise(group):
            counts[pair] += 1
    return {pair for pair, count in counts.items() if count >= LEAST_KEYS}


def by_numbers(
    catalogue: Catalogue, rows: Rows = slice(None), reach: float = REACH
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return pairs of files that are near in the dimensions that copies share.

    Parameters
    ----------
    catalogue : Catalogue
    rows : ndarray or slice
        Files to compare with each other.
    reach : float
        Greatest distance.

    Returns
    -------
    first, second : ndarray, shape (n_pairs,)
        Places in *rows*, the lower one first.
    """
    points = stable_points(catalogue, rows)
    if len(points) < 2:
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    if len(points) <= FEW:
        near = np.abs(points[:, None] - points[None]).sum(axis=-1) <= reach
        first, second = np.nonzero(np.triu(near, 1))
        return first, second
    distinct, holders, places = np.unique(points, axis=0, return_index=True, return_inverse=True)
    count = min(NEIGHBOURS + 1, len(distinct))
    distances, others = cKDTree(distinct).query(distinct, k=[*range(1, count + 1)], p=1, distance_upper_bound=reach)
    one, place = np.nonzero(np.isfinite(distances))
    equal = [holders[places.ravel()], np.arange(len(points))]  # each with the first of many equal ones
    pairs = np.concatenate([np.stack([holders[one], holders[np.asarray(others)[one, place]]]), equal], axis=1)
    pairs = np.unique(np.sort(pairs[:, pairs[0] != pairs[1]], axis=0), axis=1)
    return pairs[0], pairs[1]


def stable_points(catalogue: Catalogue, rows: Rows) -> FloatArray:
    """Return some files as points in the dimensions that copies share, shape (n_rows, n_dimensions)."""
    return np.ascontiguousarray((catalogue.column("terms")[:, rows][_STABLE_TERMS] / WEIGHTS[_STABLE_TERMS, None]).T)


def by_content(content: NDArray[np.int64]) -> list[Pair]:
    """Return pairs of places with the same audio data, each with the first of them; 0 stands for unknown data."""
    first: dict[int, int] = {}
    return [
        (first[key], place)
        for place, key in enumerate(content.tolist())
        if key and first.setdefault(key, place) != place
    ]
