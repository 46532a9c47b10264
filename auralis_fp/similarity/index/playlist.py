"""Radio: tracks near to seeds, spread out, without too many of one folder, album or artist."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from ..protocol import Playlist, PlaylistEntry, PlaylistQuery, Selection
from .catalogue import Catalogue
from .copies import recordings
from .distance import city_block
from .energy import distance_from, energies
from .search import Search, candidates
from .spoken import spoken

LONGEST: Final = 1000  # tracks
POOL_FACTOR: Final = 16  # candidates for each track
WINDOW_FACTOR: Final = 1.5  # nearest candidates that a choice is made from, for each track; more if none of them fits
CURVE_WEIGHT: Final = 1.0  # of the distance from an energy curve, beside similarities from 0 to 1
NOISE: Final = 0.1  # of relevance, so that each number gives another list
DEFAULT_GAP: Final = {"album": 4, "artist": 4}
DEFAULT_CAP: Final = {"album": 3, "artist": 3}

Groups = Mapping[str, Sequence[str | None]]


def playlist(catalogue: Catalogue, query: PlaylistQuery) -> Playlist:
    """Build a radio from seeds.

    Notes
    -----
    Each next track maximises (1 - s) · rel(x) - s · max sim(x, y) - |energy(x) - curve| over the tracks y chosen so
    far, with the spread s; rel and sim are shares of random pairs that are farther apart.

    References
    ----------
    J. Carbonell, J. Goldstein, "The use of MMR, diversity-based reranking", SIGIR 1998.
    """
    search, allowed, note = candidates(catalogue, _without_spoken_word(catalogue, query.selection))
    if search is None or note:
        return Playlist(items=[], note=note)
    wanted = min(query.tracks if query.tracks is not None else LONGEST, LONGEST)
    size = wanted if query.minutes is None else min(wanted, int(query.minutes) + 1)
    pool = search.ranked(allowed, POOL_FACTOR * size)
    radio = _Radio(catalogue, query, search, pool, max(1, int(WINDOW_FACTOR * size)))
    chosen = radio.choose(wanted)
    items = entries(catalogue, pool[chosen], search, copies=copies_of(catalogue, pool, radio.recordings, chosen))
    return Playlist(items=items, note=radio.note)


def _without_spoken_word(catalogue: Catalogue, selection: Selection) -> Selection:
    """Return a selection in which ``exclude_spoken`` has a value: by default, True if no seed is spoken."""
    if selection.filters.exclude_spoken is not None:
        return selection
    rows = catalogue.rows_of(selection.like)
    exclude = not spoken(catalogue)[rows[rows >= 0]].any()
    return replace(selection, filters=replace(selection.filters, exclude_spoken=exclude))


class _Radio:
    """Greedy choice from a pool of candidates."""

    def __init__(
        self, catalogue: Catalogue, query: PlaylistQuery, search: Search, pool: NDArray[np.intp], window: int
    ) -> None:
        self._catalogue, self._query, self._pool, self._window = catalogue, query, pool, window
        self._terms = catalogue.terms.at(pool)
        self._duration = catalogue.column("duration")[pool].astype(np.float64)
        self._energy = energies(catalogue)[pool]
        generation = catalogue.generation
        self._relevance = generation.similarities(search.distances[pool])
        if query.number:
            self._relevance += NOISE * np.random.default_rng(query.number).random(len(pool))
        self.recordings = recordings(catalogue, pool)
        ids = catalogue.column("id")[pool].tolist()
        self._groups: Groups = catalogue.reader.groups(ids)
        self._gap, self._cap = query.gap or {}, query.cap or {}
        self._soft_gap = DEFAULT_GAP if query.gap is None else {}
        self._soft_cap = DEFAULT_CAP if query.cap is None else {}
        self._open = np.ones(len(pool), dtype=bool)
        self._nearest = np.zeros(len(pool))
        self.note = ""

    def choose(self, wanted: int) -> list[int]:
        """Return the positions in the pool of at most *wanted* tracks, in order."""
        chosen: list[int] = []
        seconds, limit = 0.0, 60.0 * self._query.minutes if self._query.minutes is not None else np.inf
        while len(chosen) < wanted and seconds < limit:
            position = seconds / limit if np.isfinite(limit) else len(chosen) / max(wanted - 1, 1)
            best = self._best(chosen, position)
            if best is None:
                self.note = f"Only {len(chosen)} tracks fit."
                break
            chosen.append(best)
            seconds += self._duration[best]
            self._take(best)
        return chosen

    def _best(self, chosen: Sequence[int], position: float) -> int | None:
        spread = self._query.spread
        score = (1.0 - spread) * self._relevance - spread * self._nearest
        score -= CURVE_WEIGHT * distance_from(self._query.curve, position, self._energy)
        allowed = self._open & self._within(chosen, self._gap, self._cap)
        preferred = allowed & self._within(chosen, self._soft_gap, self._soft_cap)
        for mask in (preferred, allowed):
            near = np.flatnonzero(mask[: self._window])
            if near.size:
                return int(near[np.argmax(score[near])])
        far = np.flatnonzero(allowed)
        return int(far[0]) if far.size else None

    def _take(self, row: int) -> None:
        """Close the chosen track and its copies, and note how near it is to the others."""
        distances = city_block(self._terms, self._terms.values[:, row], int(self._terms.undefined[row]))
        self._nearest = np.maximum(self._nearest, self._catalogue.generation.similarities(distances))
        self._open &= self.recordings != self.recordings[row]

    def _within(self, chosen: Sequence[int], gap: Mapping[str, int], cap: Mapping[str, int]) -> NDArray[np.bool_]:
        """Return the candidates that keep gaps and caps."""
        mask = np.ones(len(self._pool), dtype=bool)
        for kind in {*gap, *cap}:
            names = self._groups[kind]
            barred = {names[i] for i in chosen[-gap[kind] :]} if gap.get(kind) else set()
            if kind in cap:
                counts = Counter(names[i] for i in chosen)
                barred |= {name for name, count in counts.items() if count >= cap[kind]}
            barred.discard(None)
            if barred:
                mask &= np.array([name not in barred for name in names])
        return mask


def copies_of(
    catalogue: Catalogue, rows: NDArray[np.intp], first: NDArray[np.intp], chosen: Sequence[int]
) -> list[list[int]]:
    """Return the ids of the other rows that hold the recording of each chosen row.

    Parameters
    ----------
    catalogue : Catalogue
    rows : ndarray, shape (n_rows,)
    first : ndarray, shape (n_rows,)
        As `recordings` returns it.
    chosen : sequence of int
        Places in *rows*.
    """
    ids = catalogue.column("id")[rows]
    same = ((one, np.flatnonzero(first == first[one])) for one in chosen)
    return [ids[places[places != one]].tolist() for one, places in same]


def entries(
    catalogue: Catalogue,
    rows: NDArray[np.intp],
    search: Search | None = None,
    copies: Sequence[list[int]] | None = None,
) -> list[PlaylistEntry]:
    """Return tracks in order as entries of a playlist.

    Parameters
    ----------
    catalogue : Catalogue
    rows : ndarray
    search : Search, optional
        Distances from the seeds.
    copies : sequence of list, optional
        Ids of the copies of each track.
    """
    energy, terms, items = energies(catalogue), catalogue.terms, list[PlaylistEntry]()
    for i, row in enumerate(rows.tolist()):
        step = 0.0
        if i:
            before = int(rows[i - 1])
            one = terms.at(np.array([row]))
            step = float(city_block(one, terms.values[:, before], int(terms.undefined[before]))[0])
        items.append(
            PlaylistEntry(
                file_id=int(catalogue.column("id")[row]),
                duration_sec=round(float(catalogue.column("duration")[row]), 3),
                energy=round(float(energy[row]), 4),
                step=round(step, 4),
                distance=None if search is None else round(float(search.distances[row]), 4),
                copies=[] if copies is None else copies[i],
            )
        )
    return items
