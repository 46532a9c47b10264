"""Points that tracks are compared with: tracks of the library, and wished values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ... import schema
from .catalogue import Catalogue
from .distance import N_TERMS, NO_TIMBRE, city_block
from .generation import LEAST_STD
from .transforms import FAMILY_OF, NAMES, WEIGHTS, FloatArray

_ALL_UNDEFINED: Final = (1 << N_TERMS) - 1 | NO_TIMBRE
#: Values that complete the composition of bands where only some are wished.
_TYPICAL: Final = np.array([sum(schema.BY_NAME[name].typical) / 2 for name in NAMES], dtype=np.float64)


class QueryError(Exception):
    """A query that cannot be answered; carries the HTTP status and a code."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class Target:
    """A point in the space of terms.

    Parameters
    ----------
    terms : ndarray, shape (n_terms,)
        Standardised.
    undefined : int
        Bit mask of the terms it does not define.
    raw : ndarray, shape (n_terms,)
        In the units of the schema.
    neighbourhood, plain : tuple of float
        Mean and standard deviation of its distances to the library; ``plain`` are those without the timbre.
    row : int
        Of the track; -1 for wished values.
    """

    terms: FloatArray
    undefined: int
    raw: NDArray[np.floating]
    neighbourhood: tuple[float, float]
    plain: tuple[float, float]
    row: int = -1


def track_target(catalogue: Catalogue, row: int) -> Target:
    """Return a track of the library as a target."""
    mean, std, plain_mean, plain_std = (
        float(catalogue.column(name)[row])
        for name in ("mean", "std", *(("plain_mean", "plain_std") if catalogue.terms.has_timbre else ("mean", "std")))
    )
    return Target(
        catalogue.column("terms")[:, row].copy(),
        int(catalogue.column("undefined")[row]),
        catalogue.column("raw")[:, row].copy(),
        (mean, std),
        (plain_mean, plain_std),
        row,
    )


def wished_target(catalogue: Catalogue, values: Mapping[str, float], row: int = -1) -> Target:
    """Return wished values as a target.

    Parameters
    ----------
    catalogue : Catalogue
    values : mapping
        Wished values by dimension, in the units of the schema.
    row : int
        Track whose other values are kept; -1: the dimensions that are not given are undefined.
    """
    if row >= 0:
        raw, undefined = catalogue.column("raw")[:, row].astype(np.float64), int(catalogue.column("undefined")[row])
    else:
        raw = np.concatenate([_TYPICAL, np.zeros(len(catalogue.column("raw")) - N_TERMS)])
        undefined = _ALL_UNDEFINED
    for name, value in values.items():
        i = NAMES.index(name)
        raw[i] = value
        undefined &= ~(1 << i)
    mask = np.array([undefined], dtype=np.uint64)
    terms = catalogue.generation.standardise(raw[:, None], mask)
    wished = terms.values[:, 0]
    neighbourhood = _neighbourhood(catalogue, wished, undefined)
    plain = neighbourhood if undefined & NO_TIMBRE else _neighbourhood(catalogue, wished, undefined | NO_TIMBRE)
    return Target(wished, undefined, raw, neighbourhood, plain)


def _neighbourhood(catalogue: Catalogue, terms: FloatArray, undefined: int) -> tuple[float, float]:
    """Return the mean and the standard deviation of the distances of a point to the sampled tracks."""
    if not len(catalogue.generation.sample):
        return 0.0, 1.0
    distances = city_block(catalogue.generation.sample, terms, undefined)
    return float(distances.mean()), max(float(distances.std()), LEAST_STD)


def targets_of(catalogue: Catalogue, ids: Sequence[int], values: Mapping[str, float] | None = None) -> list[Target]:
    """Return the targets of a query.

    Parameters
    ----------
    catalogue : Catalogue
    ids : sequence of int
        Tracks; an id given twice counts once.
    values : mapping, optional
        Values that replace those of each track, or stand alone without tracks.

    Raises
    ------
    QueryError
        409 ``not_indexed``: a track has no current fingerprint.
    """
    unique = list(dict.fromkeys(ids))
    rows = catalogue.rows_of(unique)
    for file_id, row in zip(unique, rows, strict=True):
        if row < 0:
            raise QueryError(409, "not_indexed", f"File {file_id} has no current fingerprint.")
    if not values:
        return [track_target(catalogue, int(row)) for row in rows]
    if not unique:
        return [wished_target(catalogue, values)]
    return [wished_target(catalogue, values, int(row)) for row in rows]


def term_weights(weights: Mapping[str, float]) -> NDArray[np.float64] | None:
    """Return the factor of the weight of each term from weights of families, not all of them 0; None if all are 1."""
    if all(weight == 1 for weight in weights.values()):
        return None
    result = np.array([float(weights.get(family.value, 1.0)) for family in FAMILY_OF])
    return np.asarray(result * N_TERMS / (result @ WEIGHTS))  # keeps distances on the scale of the unweighted ones
