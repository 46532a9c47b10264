"""Distances from the targets of a query, and the tracks that may answer it."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..protocol import FAMILIES, Selection
from .catalogue import Catalogue
from .copies import are_copies
from .distance import NO_TIMBRE, city_block
from .filtering import allowed, contradiction
from .ranking import Level, levels_at, log_proximity, nearest
from .targets import Target, targets_of, term_weights, track_target
from .transforms import FloatArray

NO_SEED: Final = "There is nothing to compare with: give a track or a wished value."
FAR: Final = np.float32(1e6)  # beyond every distance
NO_WEIGHT: Final = "Every family of dimensions has the weight 0."


class Search:
    """Distances from the targets of a query to all tracks.

    ``likes`` are the targets to be near to, ``distances`` the mean distance from them, shape (n_tracks,).

    Parameters
    ----------
    catalogue : Catalogue
    likes, unlikes : sequence of Target
    weights : ndarray or None
        Of the terms, as `term_weights` returns them.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        likes: Sequence[Target],
        unlikes: Sequence[Target],
        weights: NDArray[np.float64] | None,
    ) -> None:
        self._catalogue = catalogue
        self.likes = likes
        self._targets = [*likes, *unlikes]
        self._weights = weights
        terms = catalogue.terms
        self._each = [city_block(terms, one.terms, one.undefined, weights) for one in self._targets]
        liked = self._each[: len(likes)]
        self.distances: FloatArray = liked[0] if len(likes) == 1 else np.mean(liked, axis=0)

    def copies(self, seeds: Sequence[int], unlike: Sequence[int]) -> NDArray[np.intp]:
        """Return the rows of the seeds, of their copies, and of the tracks that the answer is to avoid."""
        found = [self._catalogue.rows_of(unlike)]
        for i, seed in enumerate(dict.fromkeys(seeds)):
            distances = self._each[i]
            if self._targets[i].row != seed or self._weights is not None:  # not the distances of the track as it is
                own = track_target(self._catalogue, seed)
                distances = city_block(self._catalogue.terms, own.terms, own.undefined)
            found.append(np.flatnonzero(are_copies(self._catalogue, seed, distances)))
        return np.concatenate(found)

    def ranked(self, allowed: NDArray[np.bool_], count: int) -> NDArray[np.intp]:
        """Return the best *count* of the allowed rows in order."""
        if len(self._targets) == 1 and self._weights is None:
            return self._nearest(allowed, count)
        rows = np.flatnonzero(allowed)
        score = np.zeros(len(rows))
        for i, target in enumerate(self._targets):
            liked = len(self.likes)
            share = 1 / liked if i < liked else -1 / (len(self._targets) - liked)
            score += share * self._score(i, target)[rows]
        order = np.lexsort((rows, self.distances[rows], -score))[:count]
        return rows[order]

    def _nearest(self, allowed: NDArray[np.bool_], count: int) -> NDArray[np.intp]:
        """Return the best rows for a single target; few excluded rows are put far away rather than left out."""
        own, mean, std = self._neighbourhoods(self._targets[0])
        number = int(np.count_nonzero(allowed))
        if 2 * number < len(allowed):
            rows = np.flatnonzero(allowed)
            order, _ = nearest(self.distances[rows], levels_at(own, rows), mean[rows], std[rows], count)
            return rows[order]
        distances = self.distances
        if number < len(allowed):
            distances = np.where(allowed, distances, FAR)
        order, _ = nearest(distances, own, mean, std, min(count, number))
        return order

    def _score(self, number: int, target: Target) -> NDArray[np.float64]:
        """Return the mutual proximity; with weights, whose neighbourhoods are not known, the negative distance."""
        distances = self._each[number]
        if self._weights is not None:
            return -distances.astype(np.float64)
        return np.exp(log_proximity(distances, *self._neighbourhoods(target)))

    def _neighbourhoods(self, target: Target) -> tuple[tuple[Level, Level], FloatArray, FloatArray]:
        """Return the mean and the standard deviation of distances: of the target, and of all tracks.

        They are those without the timbre where a pair has none in common.
        """
        catalogue = self._catalogue
        if target.undefined & NO_TIMBRE and catalogue.terms.has_timbre:
            return target.plain, catalogue.column("plain_mean"), catalogue.column("plain_std")
        own: tuple[Level, Level] = target.neighbourhood
        without = catalogue.column("undefined") >= np.uint64(NO_TIMBRE)
        if catalogue.terms.has_timbre and without.any():
            both = zip(target.plain, target.neighbourhood, strict=True)
            mean, std = (np.where(without, np.float32(plain), np.float32(full)) for plain, full in both)
            own = (mean, std)
        return own, catalogue.column("mean"), catalogue.column("std")


def candidates(catalogue: Catalogue, selection: Selection) -> tuple[Search | None, NDArray[np.bool_], str]:
    """Return the tracks that may answer a query, and what ranks them.

    Parameters
    ----------
    catalogue : Catalogue
    selection : Selection

    Returns
    -------
    search : Search or None
        None if there is nothing to compare with.
    allowed : ndarray, shape (n_tracks,)
        Which rows pass all filters; the seeds and their copies do not.
    note : str
        Why there are none; empty if there are some.

    Raises
    ------
    QueryError
        409 a seed is not indexed.
    """
    nothing = np.zeros(len(catalogue), dtype=bool)
    if not (selection.like or selection.values):
        return None, nothing, NO_SEED
    if selection.weights and not any(selection.weights.get(family, 1.0) for family in FAMILIES):
        return None, nothing, NO_WEIGHT
    likes = targets_of(catalogue, selection.like, selection.values)
    search = Search(catalogue, likes, targets_of(catalogue, selection.unlike), term_weights(selection.weights))
    seeds = [int(row) for row in catalogue.rows_of(selection.like)]
    copies = search.copies(seeds, selection.unlike)
    mask, note = allowed(catalogue, selection.filters, seeds, selection.values, copies)
    return search, mask, contradiction(selection.filters) or note
