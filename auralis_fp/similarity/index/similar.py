"""Queries for similar tracks, and for how alike two tracks are."""

from collections.abc import Sequence
from itertools import compress
from typing import Final

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from ..protocol import CompareQuery, Comparison, Difference, Neighbour, SimilarPage, SimilarQuery
from ..reasons import WORDINGS, Fact, facts, sentence
from .catalogue import Catalogue
from .copies import recordings
from .distance import N_TERMS, city_block, differences
from .generation import mask_of
from .search import Search, candidates
from .targets import QueryError, Target, targets_of
from .transforms import FAMILY_OF, NAMES, FloatArray

AHEAD: Final = 12  # rows behind a page that are looked at for copies of its tracks
GROUPED: Final = 1000  # rows before a page of which its rows may be copies
_FAMILIES: Final = tuple(dict.fromkeys(family.value for family in FAMILY_OF))
_MEMBERS: Final = np.array([[family.value == name for family in FAMILY_OF] for name in _FAMILIES], dtype=np.float64)
_WORDED: Final = np.array([i for i, name in enumerate(NAMES) if name in WORDINGS], dtype=np.intp)


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
    search, allowed, note = candidates(catalogue, query.selection)
    if search is None or note:
        return SimilarPage(items=[], total=0, generation=generation, note=note)
    page, copies, following = _page(catalogue, search, allowed, query)
    items = _neighbours(catalogue, search.likes, page, search.distances[page])
    ids = catalogue.column("id")
    items = [
        replace(item, copies=ids[rows].tolist()) if rows.size else item
        for item, rows in zip(items, copies, strict=True)
    ]
    return SimilarPage(items=items, total=int(np.count_nonzero(allowed)), generation=generation, next=following)


def _page(
    catalogue: Catalogue, search: Search, allowed: NDArray[np.bool_], query: SimilarQuery
) -> tuple[NDArray[np.intp], list[NDArray[np.intp]], int | None]:
    """Return the rows of a page, one of each recording, the copies of each, and where the next page begins.

    Copies of earlier rows are on no page. A copy that is ranked farther behind the page than it looks is not named.
    """
    if not query.limit:
        return np.zeros(0, np.intp), [], None
    begin = max(0, query.offset - GROUPED)
    wanted = query.offset + query.limit + AHEAD
    while True:
        ranked = search.ranked(allowed, wanted)
        rows = ranked[begin:]
        first = recordings(catalogue, rows)
        places = np.flatnonzero(first == np.arange(len(rows)))
        places = places[places >= query.offset - begin]
        if len(places) > query.limit or len(ranked) < wanted:
            break
        wanted *= 2
    following = begin + int(places[query.limit]) if len(places) > query.limit else None
    shown = places[: query.limit]
    copies = [rows[np.flatnonzero(first == place)[1:]] for place in shown]
    return rows[shown], copies, following


def compare(catalogue: Catalogue, query: CompareQuery) -> Comparison:
    """Answer a query for how alike two tracks are.

    Raises
    ------
    QueryError
        409 a track is not indexed.
    """
    first = targets_of(catalogue, [query.first])[0]
    second = targets_of(catalogue, [query.second])[0]
    rows = np.array([second.row])
    terms = catalogue.terms.at(rows)
    distances = city_block(terms, first.terms, first.undefined)
    gaps = differences(terms, first.terms)[:, 0].tolist()
    undefined = first.undefined | second.undefined
    return Comparison(
        neighbour=_neighbours(catalogue, [first], rows, distances)[0],
        differences={NAMES[i]: gaps[i] for i in range(N_TERMS) if not undefined >> i & 1},
    )


def _neighbours(
    catalogue: Catalogue, likes: Sequence[Target], rows: NDArray[np.intp], distances: FloatArray
) -> list[Neighbour]:
    """Return neighbours with their differences from the nearest of the seeds."""
    terms = catalogue.terms.at(rows)
    ids = catalogue.column("id")[rows].tolist()
    distances_shown = np.round(distances.astype(np.float64), 4).tolist()
    similarities = np.round(catalogue.generation.similarities(distances), 4).tolist()
    nearest = np.zeros(len(rows), dtype=np.intp)
    if len(likes) > 1 and len(rows):
        nearest = np.array([city_block(terms, one.terms, one.undefined) for one in likes]).argmin(axis=0)
    found: list[list[Difference]] = [[] for _ in rows]
    reasons: list[list[Fact]] = [[] for _ in rows]
    for number, seed in enumerate(likes):
        own = np.flatnonzero(nearest == number)
        gaps = differences(terms.at(own), seed.terms)
        defined = ~mask_of(terms.undefined[own] | np.uint64(seed.undefined))
        for i, families, facts_of_one in zip(
            own.tolist(),
            _families(gaps, defined, catalogue.generation.expected),
            _facts(catalogue, seed, rows[own], gaps, defined),
            strict=True,
        ):
            found[i], reasons[i] = families, facts_of_one
    return [
        Neighbour(
            file_id=ids[i],
            distance=distances_shown[i],
            similarity=similarities[i],
            families=found[i],
            facts=reasons[i],
            reason=sentence(reasons[i]),
        )
        for i in range(len(rows))
    ]


def _families(gaps: FloatArray, defined: NDArray[np.bool_], expected: FloatArray) -> list[list[Difference]]:
    """Return the differences of tracks from a seed in each family that has a dimension both define."""
    sums = np.round(_MEMBERS @ np.where(defined, gaps, 0.0), 4).T.tolist()
    usual = np.round(_MEMBERS @ np.where(defined, expected[:, None], 0.0), 4).T.tolist()
    known = (_MEMBERS @ defined).T.tolist()
    return [
        [
            Difference(family=name, distance=distance, expected=mean)
            for name, distance, mean, count in zip(_FAMILIES, *parts, strict=True)
            if count
        ]
        for parts in zip(sums, usual, known, strict=True)
    ]


def _facts(
    catalogue: Catalogue, seed: Target, rows: NDArray[np.intp], gaps: FloatArray, defined: NDArray[np.bool_]
) -> list[list[Fact]]:
    """Return what tracks and a seed have in common and what differs."""
    names = [NAMES[i] for i in _WORDED]
    wished = seed.raw[_WORDED].tolist()
    raw = catalogue.column("raw")[np.ix_(_WORDED, rows)].T.tolist()
    closeness = (gaps[_WORDED] / catalogue.generation.expected[_WORDED][:, None]).T.tolist()
    result = []
    for values, close, known in zip(raw, closeness, defined[_WORDED].T.tolist(), strict=True):
        seen = dict(compress(zip(names, wished, strict=True), known))
        result.append(facts(seen, dict(zip(names, values, strict=True)), dict(zip(names, close, strict=True))))
    return result
