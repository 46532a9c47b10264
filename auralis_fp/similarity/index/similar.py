"""Queries for similar tracks."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..protocol import FAMILIES, Difference, Neighbour, SimilarPage, SimilarQuery
from ..reasons import sentence
from .catalogue import Catalogue
from .copies import copies_of
from .distance import N_TERMS, city_block, differences
from .filtering import allowed, contradiction
from .ranking import log_proximity, nearest
from .targets import QueryError, Target, targets_of, term_weights, track_target
from .transforms import FAMILY_OF, NAMES, FloatArray

NO_SEED: Final = "There is nothing to compare with: give a track or a wished value."
NO_WEIGHT: Final = "Every family of dimensions has the weight 0."


def similar(catalogue: Catalogue, query: SimilarQuery) -> SimilarPage:
    """Answer a query for similar tracks.

    Raises
    ------
    QueryError
        409 a seed is not indexed or the cursor is of an older generation.
    """
    generation = catalogue.generation
    if query.generation is not None and query.generation != generation.number:
        raise QueryError(409, "outdated_cursor", "The order has changed since the first page; start again without it.")
    if not (query.like or query.values):
        return SimilarPage(items=[], total=0, generation=generation.number, note=NO_SEED)
    if query.weights and not any(query.weights.get(family, 1.0) for family in FAMILIES):
        return SimilarPage(items=[], total=0, generation=generation.number, note=NO_WEIGHT)
    likes, unlikes = targets_of(catalogue, query.like, query.values), targets_of(catalogue, query.unlike)
    weights = term_weights(query.weights)
    search = _Search(catalogue, likes, unlikes, weights)
    seeds = [int(row) for row in catalogue.rows_of(query.like)]
    mask, note = allowed(catalogue, query.filters, seeds, query.values, search.copies(seeds, query.unlike))
    note = contradiction(query.filters) or note
    if note:
        return SimilarPage(items=[], total=0, generation=generation.number, note=note)
    rows = np.flatnonzero(mask)
    page = search.ranked(rows, query.offset + query.limit)[query.offset :]
    items = [_neighbour(catalogue, likes, int(row), float(search.distances[row])) for row in page]
    return SimilarPage(items=items, total=len(rows), generation=generation.number)


class _Search:
    """Distances from the targets of a query to all tracks."""

    def __init__(
        self,
        catalogue: Catalogue,
        likes: Sequence[Target],
        unlikes: Sequence[Target],
        weights: NDArray[np.float64] | None,
    ) -> None:
        self._catalogue = catalogue
        self._targets = [*likes, *unlikes]
        self._likes = len(likes)
        self._weights = weights
        terms = catalogue.terms
        self._each = [city_block(terms, one.terms, one.undefined, weights) for one in self._targets]
        liked = self._each[: self._likes]
        self.distances: FloatArray = liked[0] if self._likes == 1 else np.mean(liked, axis=0)

    def copies(self, seeds: Sequence[int], unlike: Sequence[int]) -> NDArray[np.intp]:
        """Return the rows of the seeds, of their copies, and of the tracks that the answer is to avoid."""
        found = [self._catalogue.rows_of(unlike)]
        for i, seed in enumerate(dict.fromkeys(seeds)):
            distances = self._each[i]
            if self._targets[i].row != seed or self._weights is not None:  # not the distances of the track as it is
                own = track_target(self._catalogue, seed)
                distances = city_block(self._catalogue.terms, own.terms, own.undefined)
            found.append(copies_of(self._catalogue, seed, distances))
        return np.concatenate(found)

    def ranked(self, rows: NDArray[np.intp], count: int) -> NDArray[np.intp]:
        """Return the best *count* of some rows in order."""
        everything = len(rows) == len(self._catalogue)
        chosen: slice | NDArray[np.intp] = slice(None) if everything else rows
        mean, std = self._catalogue.column("mean")[chosen], self._catalogue.column("std")[chosen]
        if len(self._targets) == 1 and self._weights is None:
            order, _ = nearest(self.distances[chosen], self._targets[0].neighbourhood, mean, std, count)
            return rows[order]
        score = np.zeros(len(rows))
        for i, target in enumerate(self._targets):
            share = 1 / self._likes if i < self._likes else -1 / (len(self._targets) - self._likes)
            score += share * _score(self._each[i][chosen], target, mean, std, self._weights)
        order = np.lexsort((rows, self.distances[chosen], -score))[:count]
        return rows[order]


def _score(
    distances: FloatArray,
    target: Target,
    mean: FloatArray,
    std: FloatArray,
    weights: NDArray[np.float64] | None,
) -> NDArray[np.float64]:
    """Return the mutual proximity; with weights, whose neighbourhoods are not known, the negative distance."""
    if weights is not None:
        return -distances.astype(np.float64)
    return np.exp(log_proximity(distances, target.neighbourhood, mean, std))


def _neighbour(catalogue: Catalogue, likes: Sequence[Target], row: int, distance: float) -> Neighbour:
    """Return a neighbour with its differences from the nearest of the seeds."""
    terms = catalogue.terms.at(np.array([row]))
    seed = min(likes, key=lambda one: float(city_block(terms, one.terms, one.undefined)[0]))
    undefined = seed.undefined | int(terms.undefined[0])
    defined = np.array([not undefined >> i & 1 for i in range(N_TERMS)])
    gaps, expected = differences(terms, seed.terms)[:, 0], catalogue.generation.expected
    families = []
    for family in dict.fromkeys(FAMILY_OF):
        members = defined & np.array([one is family for one in FAMILY_OF])
        if members.any():
            sums = float(gaps[members].sum()), float(expected[members].sum())
            families.append(Difference(family=family.value, distance=round(sums[0], 4), expected=round(sums[1], 4)))
    names = [name for name, known in zip(NAMES, defined, strict=True) if known]
    raw = catalogue.column("raw")[:, row]
    values = {name: float(raw[NAMES.index(name)]) for name in names}
    wished = {name: float(seed.raw[NAMES.index(name)]) for name in names}
    closeness = {name: float(gaps[NAMES.index(name)] / expected[NAMES.index(name)]) for name in names}
    return Neighbour(
        file_id=int(catalogue.column("id")[row]),
        distance=round(distance, 4),
        similarity=round(catalogue.generation.similarity(distance), 4),
        families=families,
        reason=sentence(wished, values, closeness),
    )
