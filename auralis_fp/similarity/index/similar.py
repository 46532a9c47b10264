"""Queries for similar tracks."""

from collections.abc import Sequence

import numpy as np

from ..protocol import Difference, Neighbour, SimilarPage, SimilarQuery
from ..reasons import facts, sentence
from .catalogue import Catalogue
from .distance import N_TERMS, city_block, differences
from .search import candidates
from .targets import QueryError, Target
from .transforms import FAMILY_OF, NAMES


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
    items = [_neighbour(catalogue, search.likes, int(row), float(search.distances[row])) for row in page]
    return SimilarPage(items=items, total=len(rows), generation=generation)


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
    found = facts(wished, values, closeness)
    return Neighbour(
        file_id=int(catalogue.column("id")[row]),
        distance=round(distance, 4),
        similarity=round(catalogue.generation.similarity(distance), 4),
        families=families,
        facts=found,
        reason=sentence(found),
    )
