"""Exact ranking by mutual proximity."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtri_exp

from .transforms import FloatArray

SLACK: Final = 1e-3  # float32 rounding of a sum of standardised distances
_FIRST: Final = 64  # candidates of the first look, at least

Level = float | FloatArray
"""Of a query: a number, or one for each track where it depends on what both have."""

_GROUP: Final = 32  # tracks whose least sum is looked at


def log_proximity(
    distances: FloatArray, query: tuple[Level, Level], mean: FloatArray, std: FloatArray
) -> NDArray[np.float64]:
    """Compute the logarithm of the mutual proximity of a query and each track.

    Parameters
    ----------
    distances : ndarray, shape (n_tracks,)
        Distances d from the query.
    query : tuple of float or ndarray
        Mean and standard deviation of the query's distances to the library.
    mean, std : ndarray, shape (n_tracks,)
        The same of each track.

    Returns
    -------
    ndarray, shape (n_tracks,)
        At most 0; the nearer the greater.

    Notes
    -----
    MP(x, y) = P(X > d) · P(Y > d) with X and Y normally distributed as the distances of x and of y. A track that is
    near to everything gains nothing by it, which removes hubs.

    References
    ----------
    D. Schnitzer, A. Flexer, M. Schedl, G. Widmer, "Local and global scaling reduce hubs in space", JMLR 13, 2012.

    Examples
    --------
    >>> import numpy as np
    >>> d, mean, std = np.float32([1, 2]), np.float32([2, 2]), np.float32([1, 1])
    >>> np.exp(log_proximity(d, (2.0, 1.0), mean, std)).round(3).tolist()
    [0.708, 0.25]
    """
    distances = distances.astype(np.float64)
    own = log_ndtr((query[0] - distances) / query[1])
    return np.asarray(own + log_ndtr((mean - distances) / std))


def nearest(
    distances: FloatArray, query: tuple[Level, Level], mean: FloatArray, std: FloatArray, count: int
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return the rows of greatest mutual proximity, exactly, the greatest first.

    Parameters
    ----------
    distances, query, mean, std
        As `log_proximity` takes them.
    count : int
        Most rows to return.

    Returns
    -------
    rows : ndarray
    proximity : ndarray
        Their log mutual proximity. Equal ones are in the order of rows.

    Notes
    -----
    The normal survival function is log-concave, so log MP ≤ 2 log P(Z > s/2) for the sum s of both standardised
    distances. Only rows whose s passes this bound for the *count*-th best of a first look are computed.
    """
    if not len(distances) or count < 1:
        return np.zeros(0, np.intp), np.zeros(0)
    rows = (
        np.arange(len(distances))
        if count + _FIRST >= len(distances)
        else _promising(distances, query, mean, std, count)
    )
    proximity = log_proximity(distances[rows], levels_at(query, rows), mean[rows], std[rows])
    order = np.lexsort((rows, -proximity))[:count]
    return rows[order], proximity[order]


def _promising(
    distances: FloatArray, query: tuple[Level, Level], mean: FloatArray, std: FloatArray, count: int
) -> NDArray[np.intp]:
    """Return the rows that the bound leaves; the *count* best are among them."""
    sums = np.subtract(distances, mean)
    sums /= std
    sums += (distances - query[0]) / query[1]
    first = np.flatnonzero(sums <= np.float32(_first_look(sums, count + _FIRST)))
    best = np.partition(log_proximity(distances[first], levels_at(query, first), mean[first], std[first]), -count)[
        -count
    ]
    return np.flatnonzero(sums <= np.float32(-2.0 * ndtri_exp(best / 2.0) + SLACK))


def levels_at(query: tuple[Level, Level], rows: NDArray[np.intp]) -> tuple[Level, Level]:
    """Return the mean and the standard deviation of a query for some rows."""
    mean, std = (one[rows] if isinstance(one, np.ndarray) else one for one in query)
    return mean, std


def _first_look(sums: FloatArray, wanted: int) -> float:
    """Return a value that at least *wanted* sums do not exceed, and few more.

    Above all it is fast: of a large library the minima of many groups of tracks are looked at.
    """
    groups = len(sums) // _GROUP
    if groups <= wanted:
        return float(np.partition(sums, wanted - 1)[wanted - 1])
    minima = sums[: groups * _GROUP].reshape(_GROUP, groups).min(axis=0)
    return float(np.partition(minima, wanted - 1)[wanted - 1])
