"""Truncated city-block distance over the terms that both tracks define."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...schema.timbre import COUNT
from .transforms import NAMES, TEMPO, WEIGHTS, FloatArray

CHUNK: Final = 4096  # tracks; a chunk of all terms stays in the processor's cache
N_TERMS: Final = len(NAMES)
MOST_DEVIATIONS: Final = 2.5  # that a term counts: a single term, such as the width of a mono copy, decides nothing
MOST: Final[FloatArray] = np.float32(MOST_DEVIATIONS) * WEIGHTS
N_TIMBRE: Final = COUNT - 1  # the mean of the first coefficient is the level, which the loudness has already
TIMBRE_WEIGHT: Final = 0.0625  # of a term of the timbre; with 1 they outweigh the fingerprint, and precision falls
SMALLEST_WEIGHT: Final = 1e-6  # share of all terms' weights below which two tracks have no term in common
NO_TIMBRE: Final = 1 << 63
MaskArray = NDArray[np.uint64]  # bit i is set where term i is undefined, bit 63 where there is no timbre


@dataclass(frozen=True, slots=True)
class Terms:
    """Standardised terms of some tracks.

    Parameters
    ----------
    values : ndarray, shape (n_terms, n_tracks), float32
        In standard deviations times their weight, zero where undefined. With the extended vector, 39 terms of the
        timbre follow those of the fingerprint.
    undefined : ndarray, shape (n_tracks,), uint64
        Bit i is set where term i is undefined, bit 63 where there is no timbre.
    period : float
        Length of the tempo octave on the scale of the values.
    """

    values: FloatArray
    undefined: MaskArray
    period: float

    def __len__(self) -> int:
        return int(self.values.shape[1])

    @property
    def has_timbre(self) -> bool:
        """True if there are terms of the timbre."""
        return len(self.values) > N_TERMS

    def of_fingerprints(self) -> "Terms":
        """Return the terms of the fingerprints alone."""
        return Terms(self.values[:N_TERMS], self.undefined | np.uint64(NO_TIMBRE), self.period)

    def at(self, rows: NDArray[np.integer]) -> "Terms":
        """Return the terms of some rows, as a copy."""
        return Terms(np.ascontiguousarray(self.values[:, rows]), self.undefined[rows], self.period)


def differences(terms: Terms, query: FloatArray) -> FloatArray:
    """Return the absolute difference of every term of the fingerprint from a query.

    Parameters
    ----------
    terms : Terms
    query : ndarray, shape (n_terms,) or (n_terms, n_tracks)
        Standardised terms.

    Returns
    -------
    ndarray, shape (n_terms, n_tracks), float32
        At most 2.5 standard deviations, times the weight. The tempo's is circular: at most half an octave.
    """
    other = query if query.ndim == 2 else query[:, None]
    result: FloatArray = np.abs(terms.values[:N_TERMS] - other[:N_TERMS])
    np.minimum(result[TEMPO], np.abs(terms.period - result[TEMPO]), out=result[TEMPO])
    return np.minimum(result, MOST[:, None], out=result)


def city_block(
    terms: Terms, query: FloatArray, undefined: int = 0, weights: NDArray[np.floating] | None = None
) -> FloatArray:
    """Compute the truncated city-block distance from a query to each track.

    Parameters
    ----------
    terms : Terms
        The tracks.
    query : ndarray, shape (n_terms,), float32
        Standardised terms of the query.
    undefined : int
        Bit mask of the terms that the query does not define.
    weights : ndarray, shape (25,), optional
        Factor of the weight of each term of the fingerprint, 1 if not given. With it the timbre does not count.

    Returns
    -------
    ndarray, shape (n_tracks,), float32

    Notes
    -----
    d = W / W_xy · Σ w_i min(|x_i - y_i|, 2.5) over the terms that x and y both define, in standard deviations; W is the
    sum of all weights, W_xy that of the terms summed. A term that is undefined therefore counts as the mean of the
    others. Without any common term
    d is the sum of the weights, the order of magnitude of a random pair's. Where both have a timbre, its 39 terms
    t count a sixteenth each: (d + 1/16 · Σ |t_x - t_y|) · 25 / (25 + 39/16).

    Examples
    --------
    >>> import numpy as np
    >>> terms = Terms(np.zeros((N_TERMS, 3), np.float32), np.zeros(3, np.uint64), 4.0)
    >>> city_block(terms, WEIGHTS).round(3).tolist()  # one standard deviation in each term
    [25.0, 25.0, 25.0]
    """
    result = _of_fingerprints(terms, query, undefined, weights)
    if terms.has_timbre and weights is None and not undefined & NO_TIMBRE:
        timbre = _sums(terms.values[N_TERMS:], query[N_TERMS:], np.ones(N_TIMBRE, dtype=np.float32))
        _add_timbre(result, timbre, terms.undefined < np.uint64(NO_TIMBRE))
    return result


def _of_fingerprints(
    terms: Terms, query: FloatArray, undefined: int, weights: NDArray[np.floating] | None
) -> FloatArray:
    """Return the distances by the terms of the fingerprint alone."""
    full = np.ones(N_TERMS) if weights is None else np.asarray(weights, dtype=np.float64)
    used = np.where(_defined(undefined), full, 0.0)
    result = _sums(terms.values, query, used.astype(np.float32), terms.period)
    total, common = float(full @ WEIGHTS), float(used @ WEIGHTS)
    if not common:
        return np.full_like(result, total)
    partial = np.flatnonzero(terms.undefined & ~np.uint64(undefined | NO_TIMBRE))
    sums, shared = _without_undefined(terms, query, used, partial, result[partial])
    result *= total / common
    result[partial] = np.where(shared > 0, sums * total / np.maximum(shared, 1e-9), total)
    return result


def _without_undefined(
    terms: Terms, query: FloatArray, used: NDArray[np.float64], rows: NDArray[np.intp], sums: FloatArray
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the sums of some rows without the terms that these do not define, and the weights of the other terms.

    An undefined term is stored as 0, so what it contributed to the sums is known.
    """
    common = float(used @ WEIGHTS)
    result, shared = sums.astype(np.float64), np.full(len(rows), common)
    gaps = differences(Terms(np.zeros((N_TERMS, 1), np.float32), np.zeros(1, np.uint64), terms.period), query)[:, 0]
    masks = terms.undefined[rows]
    some = int(np.bitwise_or.reduce(masks, initial=0))
    for i in np.flatnonzero(~_defined(some) & (used > 0)):
        missing = np.flatnonzero(masks >> np.uint64(i) & np.uint64(1))
        result[missing] -= used[i] * gaps[i]
        shared[missing] -= used[i] * WEIGHTS[i]
    shared[shared < SMALLEST_WEIGHT * common] = 0.0
    return np.maximum(result, 0.0), shared


def pairwise(first: Terms, second: Terms) -> FloatArray:
    """Compute the city-block distance of each pair of rows, shape (n_pairs,), as `city_block` defines it."""
    either = first.undefined | second.undefined
    shared = ((~either[None, :] >> np.arange(N_TERMS, dtype=np.uint64)[:, None]) & np.uint64(1)).astype(np.float32)
    sums = (differences(first, second.values) * shared).sum(axis=0)
    common = WEIGHTS @ shared
    result = np.where(common > 0, sums * N_TERMS / np.maximum(common, 1e-9), N_TERMS).astype(np.float32)
    if first.has_timbre:
        timbre = np.abs(first.values[N_TERMS:] - second.values[N_TERMS:]).sum(axis=0)
        _add_timbre(result, timbre, either < np.uint64(NO_TIMBRE))
    return result


def _add_timbre(distances: FloatArray, timbre: FloatArray, known: NDArray[np.bool_]) -> None:
    """Add the timbre to the distances of the tracks that have it, in place, on the scale of the fingerprint alone."""
    sums = distances + np.float32(TIMBRE_WEIGHT) * timbre
    np.multiply(sums, np.float32(N_TERMS / (N_TERMS + TIMBRE_WEIGHT * N_TIMBRE)), out=distances, where=known)


def _defined(undefined: int) -> NDArray[np.bool_]:
    return np.array([not undefined >> i & 1 for i in range(N_TERMS)])


def _sums(values: FloatArray, query: FloatArray, weights: FloatArray, period: float | None = None) -> FloatArray:
    """Return Σ w_i |x_i - q_i| for each track, chunk by chunk.

    With a period the terms are those of the fingerprint: the tempo is circular, and the others are truncated.
    """
    count, used = values.shape[1], np.flatnonzero(weights)
    rows = slice(len(weights)) if len(used) == len(weights) else used  # a slice makes no copy
    centre, factors = query[used, None], weights[used, None]
    unit = bool((factors == 1).all())
    result = np.zeros(count, dtype=np.float32)
    buffer = np.empty((len(used), min(CHUNK, count)), dtype=np.float32)
    for start in range(0, count, CHUNK):
        part = values[rows, start : start + CHUNK]
        block = buffer[:, : part.shape[1]]
        np.abs(np.subtract(part, centre, out=block), out=block)
        if period is not None:
            _truncate(block, used, period)
        if not unit:
            block *= factors
        np.add.reduce(block, axis=0, out=result[start : start + CHUNK])
    return result


def _truncate(distances: FloatArray, used: NDArray[np.intp], period: float) -> None:
    """Replace distances in the tempo by the shorter way round, and all by at most `MOST`, in place."""
    for i in np.flatnonzero(used == TEMPO):
        np.minimum(distances[i], np.abs(period - distances[i]), out=distances[i])
    np.minimum(distances, MOST[used, None], out=distances)
