"""Queries for similar tracks."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..protocol import Difference, Neighbour, SimilarPage, SimilarQuery
from ..reasons import facts, sentence
from .catalogue import Catalogue
from .distance import N_TERMS, city_block, differences
from .search import candidates
from .targets import QueryError, Target
from .transforms import FAMILY_OF, NAMES, FloatArray

_FAMILIES: Final = tuple(family.value for family in FAMILY_OF)


def similar(catalogue: Catalogue, query: SimilarQuery) -> SimilarPage:
    """Answer a query for similar tracks.

    Raises
    ------
    QueryError
        409 a seed is not indexed or the cursor is of an older generation.
    """
    generation = catalogue.generation.number
    if query.generation is not None and query.generation != generation:
        raise QueryError(409, "outdated_cursor", "The order has changed since the first page; start again without it.")
    search, rows, note = candidates(catalogue, query.selection)
    if search is None or note:
        return SimilarPage(items=[], total=0, generation=generation, note=note)
    page = search.ranked(rows, query.offset + query.limit)[query.offset :]
    items = _neighbours(catalogue, search.likes, page, search.distances[page])
    return SimilarPage(items=items, total=len(rows), generation=generation)


def _neighbours(
    catalogue: Catalogue, likes: Sequence[Target], rows: NDArray[np.intp], distances: FloatArray
) -> list[Neighbour]:
    """Return neighbours with their differences from the nearest of the seeds."""
    terms, raw = catalogue.terms.at(rows), catalogue.column("raw")[:N_TERMS, rows]
    ids, similarities = catalogue.column("id")[rows].tolist(), catalogue.generation.similarities(distances)
    nearest = np.zeros(len(rows), dtype=np.intp)
    if len(likes) > 1 and len(rows):
        nearest = np.array([city_block(terms, one.terms, one.undefined) for one in likes]).argmin(axis=0)
    gaps = [differences(terms, one.terms) for one in likes]
    return [
        Neighbour(
            file_id=ids[i],
            distance=round(float(distances[i]), 4),
            similarity=round(float(similarities[i]), 4),
            **_comparison(catalogue, likes[seed], raw[:, i], int(terms.undefined[i]), gaps[seed][:, i]),
        )
        for i, seed in enumerate(nearest.tolist())
    ]


def _comparison(
    catalogue: Catalogue, seed: Target, raw: FloatArray, undefined: int, gaps: FloatArray
) -> dict[str, Any]:
    """Return the differences of a track from a seed, in each family and in words."""
    expected = catalogue.generation.expected
    defined = [i for i in range(N_TERMS) if not (seed.undefined | undefined) >> i & 1]
    gap, usual = gaps.tolist(), expected.tolist()
    sums: dict[str, list[float]] = {}
    for i in defined:
        both = sums.setdefault(_FAMILIES[i], [0.0, 0.0])
        both[0] += gap[i]
        both[1] += usual[i]
    values, wished = raw.tolist(), seed.raw.tolist()
    found = facts(
        {NAMES[i]: wished[i] for i in defined},
        {NAMES[i]: values[i] for i in defined},
        {NAMES[i]: gap[i] / usual[i] for i in defined},
    )
    return {
        "families": [
            Difference(family=name, distance=round(distance, 4), expected=round(mean, 4))
            for name, (distance, mean) in sums.items()
        ],
        "facts": found,
        "reason": sentence(found),
    }
