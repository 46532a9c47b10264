"""Paths between tracks, and orders with small steps."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..protocol import FlowQuery, PathQuery, Playlist
from .catalogue import Catalogue
from .copies import are_copies, recordings
from .distance import Terms, city_block
from .filtering import allowed, contradiction
from .playlist import LONGEST, copies_of, entries
from .targets import QueryError

BEAM: Final = 64  # partial paths kept at each step
NEAR_LINE: Final = 40  # candidates for each point of the straight line between the ends
MOST_CANDIDATES: Final = 1500
POWER: Final = 4  # of a step in the cost of a path: its largest step counts most
ROUNDS: Final = 20  # of improvement of an order

Matrix = NDArray[np.float64]


def path(catalogue: Catalogue, query: PathQuery) -> Playlist:
    """Find a path of distinct tracks from one track to another by beam search.

    Raises
    ------
    QueryError
        409 an end is not indexed.

    Notes
    -----
    The cost is the sum of the fourth powers of the steps. A partial path is ranked by its cost so far and the least
    that the rest can cost: by the triangle inequality and convexity, D⁴ / r³ for a distance D from the end in r steps.
    """
    start, end = (_row(catalogue, file_id) for file_id in (query.start, query.end))
    wanted = max(2, min(query.tracks, LONGEST))
    first, last = (_from(catalogue, row) for row in (start, end))
    same = are_copies(catalogue, start, first)
    if same[end]:
        return Playlist(items=[], note="The path would end with the recording that it begins with.")
    ends = (same, are_copies(catalogue, end, last))
    mask, note = allowed(catalogue, query.filters, [start, end], (), np.flatnonzero(ends[0] | ends[1]))
    reason = contradiction(query.filters) or note
    if reason:
        mask[:] = False
    between = _between(catalogue, start, end, np.flatnonzero(mask), wanted - 2)
    rows = np.concatenate([[start], between, [end]]).astype(np.intp)
    terms = catalogue.terms.at(rows)
    wanted = min(wanted, len(rows))
    recording = recordings(catalogue, rows)
    found = _beam(matrix(terms), recording, wanted)
    short = f"Only {len(found)} tracks fit. {reason}".rstrip() if len(found) < query.tracks else ""
    ids = catalogue.column("id")
    copies = copies_of(catalogue, rows, recording, found)
    for place, held in zip((0, -1), ends, strict=True):
        copies[place] = [one for one in ids[held].tolist() if one != ids[rows[place]]]
    return Playlist(items=entries(catalogue, rows[found], copies=copies), note=short)


def flow(catalogue: Catalogue, query: FlowQuery) -> Playlist:
    """Order tracks so that the steps between them are small, beginning with the first; each id counts once.

    Raises
    ------
    QueryError
        409 a track is not indexed.

    Notes
    -----
    The nearest unvisited track is next; the order is then improved by reversing parts of it (2-opt).

    References
    ----------
    G. A. Croes, "A method for solving traveling-salesman problems", Operations Research 6(6), 1958.
    """
    rows = np.array([_row(catalogue, file_id) for file_id in dict.fromkeys(query.tracks)], dtype=np.intp)
    if not len(rows):
        return Playlist(items=[], note="There is nothing to sort.")
    steps = matrix(catalogue.terms.at(rows))
    return Playlist(items=entries(catalogue, rows[_improved(_nearest_neighbours(steps), steps)]))


def matrix(terms: Terms) -> Matrix:
    """Return the distances between all pairs of tracks, shape (n_tracks, n_tracks)."""
    rows = [city_block(terms, terms.values[:, i], int(terms.undefined[i])) for i in range(len(terms))]
    return np.array(rows, dtype=np.float64).reshape(len(terms), len(terms))


def _row(catalogue: Catalogue, file_id: int) -> int:
    row = int(catalogue.rows_of([file_id])[0])
    if row < 0:
        raise QueryError(409, "not_indexed", f"File {file_id} has no current fingerprint.")
    return row


def _from(catalogue: Catalogue, row: int) -> NDArray[np.float32]:
    terms = catalogue.terms
    return city_block(terms, terms.values[:, row].copy(), int(terms.undefined[row]))


def _between(catalogue: Catalogue, start: int, end: int, rows: NDArray[np.intp], wanted: int) -> NDArray[np.intp]:
    """Return candidates: the tracks nearest to points on the straight line between the ends."""
    if wanted < 1 or not len(rows):
        return np.zeros(0, dtype=np.intp)
    terms = catalogue.terms
    mask = int(terms.undefined[start]) | int(terms.undefined[end])
    chosen: set[int] = set()
    each = max(1, min(NEAR_LINE, MOST_CANDIDATES // wanted))
    for share in np.linspace(0.0, 1.0, wanted + 2)[1:-1]:
        point = (1 - share) * terms.values[:, start] + share * terms.values[:, end]
        distances = city_block(terms, point.astype(np.float32), mask)[rows]
        count = min(each, len(rows))
        chosen |= set(rows[np.argpartition(distances, count - 1)[:count]].tolist())
    if len(chosen) < 2 * wanted:  # many points share their nearest tracks
        detour = _from(catalogue, start)[rows] + _from(catalogue, end)[rows]
        chosen |= set(rows[np.argsort(detour, kind="stable")[: 2 * wanted]].tolist())
    return np.array(sorted(chosen), dtype=np.intp)


def _beam(steps: Matrix, recording: NDArray[np.intp], wanted: int) -> list[int]:
    """Return the cheapest path found from the first to the last row over *wanted* distinct recordings, or fewer."""
    last = len(steps) - 1
    cost = steps**POWER
    beam: list[tuple[float, list[int]]] = [(0.0, [0])]
    for taken in range(1, wanted - 1):
        rest = wanted - 1 - taken
        ahead = cost[:, last] / float(rest) ** (POWER - 1)
        options: list[tuple[float, float, int, int]] = []
        for number, (spent, way) in enumerate(beam):
            total = spent + cost[way[-1]]
            total[np.isin(recording, recording[[*way, last]])] = np.inf
            bound = total + ahead
            best = np.argsort(bound, kind="stable")[:BEAM]
            options += [(float(bound[i]), float(total[i]), number, int(i)) for i in best if np.isfinite(bound[i])]
        if not options:
            break
        options.sort()
        beam = [(spent, [*beam[number][1], i]) for _, spent, number, i in options[:BEAM]]
    cheapest = min(beam, key=lambda one: one[0] + cost[one[1][-1], last])
    return [*cheapest[1], last]


def _nearest_neighbours(steps: Matrix) -> list[int]:
    order, left = [0], set(range(1, len(steps)))
    while left:
        nearest = min(left, key=lambda i: (steps[order[-1], i], i))
        order.append(nearest)
        left.remove(nearest)
    return order


def _improved(order: Sequence[int], steps: Matrix) -> list[int]:
    """Reverse parts of an order, its first track apart, as long as that makes it shorter."""
    way = list(order)
    for _ in range(ROUNDS):
        gain = 0.0
        for i in range(1, len(way) - 1):
            ends = np.array(way[i + 1 :])
            after = np.array([*way[i + 2 :], -1])
            old = steps[way[i - 1], way[i]] + np.where(after >= 0, steps[ends, after], 0.0)
            new = steps[way[i - 1], ends] + np.where(after >= 0, steps[way[i], after], 0.0)
            j = int(np.argmax(old - new))
            if old[j] - new[j] > 1e-9:
                way[i : i + j + 2] = way[i : i + j + 2][::-1]
                gain += float(old[j] - new[j])
        if not gain:
            break
    return way
