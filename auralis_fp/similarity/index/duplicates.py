"""Duplicates: groups of files with the same recording, decided by sub-fingerprints."""

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ...schema.sub_fingerprints import NAME, VERSION
from ..protocol import DuplicateGroup, DuplicatePair, Duplicates
from .alignment import Recording, align
from .catalogue import Catalogue
from .copies import SAME_LENGTH_SEC
from .transforms import NAMES, WEIGHTS

#: Dimensions that neither gain nor lossy coding nor resampling moves much.
STABLE: Final = (
    "sub_bass_pct",
    "bass_pct",
    "low_mid_pct",
    "mid_pct",
    "upper_mid_pct",
    "bass_mid_ratio",
    "rhythm_stability",
    "transient_density",
    "spectral_centroid",
    "harmonic_ratio",
    "chroma_energy",
    "dynamic_range_variation",
    "loudness_variation_std",
    "stereo_width",
    "phase_correlation",
)
REACH: Final = 2.5  # distance over these that proposes a pair
UNDECIDED_REACH: Final = 0.9  # the same without sub-fingerprints to decide
NEIGHBOURS: Final = 6  # proposed for each track
KEPT_KEYS: Final = 8  # one of so many sub-fingerprints is a key, chosen by its value
MOST_ALIKE: Final = 64  # files that share a key and are all paired; of more, each is paired with the next
CACHED: Final = 512  # recordings kept while pairs are compared
_CHUNK: Final = 2000
_MULTIPLIER: Final = np.uint32(2_654_435_761)  # of Knuth's multiplicative hash

Pair = tuple[int, int]


class DuplicateFinder:
    """Finds duplicates, and keeps them as long as the library stays as it is.

    Parameters
    ----------
    catalogue : Catalogue
    on_progress : callable
        Called now and then.

    Notes
    -----
    Pairs are proposed by equal sub-fingerprints, of which a fixed eighth is looked at, and by the distance over
    dimensions that copies share. Aligned sub-fingerprints decide. Where they are missing, equal audio data means the
    same recording, and equal numbers and lengths make a candidate, which is never more.
    """

    def __init__(self, catalogue: Catalogue, on_progress: Callable[[], None]) -> None:
        self._catalogue = catalogue
        self._on_progress = on_progress
        self._found: tuple[int, list[DuplicatePair], int] | None = None

    def groups(self) -> Duplicates:
        """Return all groups, the largest first, with the decisions of a person applied."""
        sequence = self._catalogue.sequence
        if self._found is None or self._found[0] != sequence:
            self._found = (sequence, *self._pairs())
        _, pairs, compared = self._found
        decided = self._catalogue.reader.decisions()
        present = {int(file_id) for file_id in self._catalogue.column("id")} if decided else set()
        groups = _connected(_with_decisions(pairs, decided, present))
        return Duplicates(groups=groups, compared=compared, total=len(self._catalogue))

    def _pairs(self) -> tuple[list[DuplicatePair], int]:
        """Return the pairs that hold the same recording, or may, and how many files could be compared by bits."""
        with_bits: set[int] = set()
        proposed = self._by_keys(with_bits)
        proposed |= self._by_numbers()
        found = list(self._decided(pair for pair in proposed if set(pair) <= with_bits))
        undecided = [pair for pair in self._by_content() if not set(pair) <= with_bits]
        found += [DuplicatePair(first=a, second=b, kind="same_recording") for a, b in undecided]
        taken = set(undecided)
        found += [
            DuplicatePair(first=a, second=b, kind="candidate")
            for a, b in self._by_numbers(UNDECIDED_REACH, same_length=True)
            if (a, b) not in taken and not {a, b} <= with_bits
        ]
        return found, len(with_bits)

    def _decided(self, proposed: Iterable[Pair]) -> Iterator[DuplicatePair]:
        """Yield the pairs whose aligned sub-fingerprints agree."""
        recordings: dict[int, Recording] = {}
        lengths = self._lengths()
        for first, second in sorted(proposed):
            for file_id in (first, second):
                if file_id not in recordings:
                    if len(recordings) >= CACHED:
                        recordings.clear()
                    recordings |= self._recordings([first, second])
            aligned = align(recordings[first], recordings[second])
            self._on_progress()
            if aligned is not None and aligned.same:
                gap = abs(lengths[first] - lengths[second])
                whole = gap <= SAME_LENGTH_SEC and abs(aligned.offset_sec) <= SAME_LENGTH_SEC
                yield DuplicatePair(
                    first=first,
                    second=second,
                    kind="same_recording" if whole else "other_length",
                    agreement=round(aligned.agreement, 3),
                    offset_sec=aligned.offset_sec,
                )

    def _recordings(self, ids: list[int]) -> dict[int, Recording]:
        known = self._catalogue.reader.parts(NAME, VERSION, ids)
        return {file_id: Recording.of(data) for file_id, data in known.items()}

    def _lengths(self) -> dict[int, float]:
        ids, durations = self._catalogue.column("id"), self._catalogue.column("duration")
        return dict(zip(ids.tolist(), durations.tolist(), strict=True))

    def _by_keys(self, with_bits: set[int]) -> set[Pair]:
        """Return pairs of files with at least two equal sub-fingerprints; collects the files that have any."""
        keys, owners = [np.zeros(0, np.uint32)], [np.zeros(0, np.int64)]
        ids = self._catalogue.column("id").tolist()
        for start in range(0, len(ids), _CHUNK):
            for file_id, data in self._catalogue.reader.parts(NAME, VERSION, ids[start : start + _CHUNK]).items():
                if data:
                    with_bits.add(file_id)
                words = np.unique(np.frombuffer(data, "<u4"))
                chosen = words[(words != 0) & (words * _MULTIPLIER < np.uint32(2**32 // KEPT_KEYS))]
                keys.append(chosen)
                owners.append(np.full(len(chosen), file_id, dtype=np.int64))
            self._on_progress()
        return _sharing(np.concatenate(keys), np.concatenate(owners))

    def _by_numbers(self, reach: float = REACH, *, same_length: bool = False) -> set[Pair]:
        """Return pairs of files that are near in the dimensions that copies share."""
        catalogue = self._catalogue
        if len(catalogue) < 2:
            return set()
        rows = [NAMES.index(name) for name in STABLE if name in NAMES]
        points = np.ascontiguousarray((catalogue.column("terms")[rows] / WEIGHTS[rows, None]).T)
        count = min(NEIGHBOURS + 1, len(catalogue))
        distances, others = cKDTree(points).query(points, k=count, p=1, distance_upper_bound=reach)
        self._on_progress()
        first, place = np.nonzero(np.isfinite(distances))
        second = np.asarray(others)[first, place]
        keep = first < second
        if same_length:
            duration = catalogue.column("duration")
            keep &= np.abs(duration[first] - duration[np.minimum(second, len(duration) - 1)]) <= SAME_LENGTH_SEC
        ids = catalogue.column("id")
        return {_pair(int(ids[a]), int(ids[b])) for a, b in zip(first[keep], second[keep], strict=True)}

    def _by_content(self) -> set[Pair]:
        """Return pairs of files with the same audio data, each with the first of them."""
        ids, content = self._catalogue.column("id"), self._catalogue.column("content")
        first: dict[int, int] = {}
        pairs = set()
        for file_id, key in zip(ids.tolist(), content.tolist(), strict=True):
            if key and first.setdefault(key, file_id) != file_id:
                pairs.add(_pair(first[key], file_id))
        return pairs


def _pair(one: int, other: int) -> Pair:
    return (one, other) if one < other else (other, one)


def _sharing(keys: NDArray[np.uint32], owners: NDArray[np.int64]) -> set[Pair]:
    """Return pairs of owners that share at least two keys."""
    order = np.argsort(keys, kind="stable")
    keys, owners = keys[order], owners[order]
    ends = np.flatnonzero(np.diff(keys)) + 1
    starts, stops = np.append(0, ends), np.append(ends, len(keys))
    counts: dict[Pair, int] = defaultdict(int)
    for start, stop in zip(starts[(stops - starts) > 1], stops[(stops - starts) > 1], strict=True):
        group = owners[start:stop].tolist()
        pairs = itertools.combinations(group, 2) if len(group) <= MOST_ALIKE else itertools.pairwise(group)
        for one, other in pairs:
            counts[_pair(one, other)] += 1
    return {pair for pair, count in counts.items() if count > 1}


def _with_decisions(
    pairs: Iterable[DuplicatePair], decided: dict[Pair, bool], present: set[int]
) -> list[DuplicatePair]:
    """Return the pairs without those a person has split, and with those that were confirmed."""
    kept = []
    for pair in pairs:
        same = decided.get((pair.first, pair.second))
        if same is not False:
            kept.append(pair if same is None else _confirmed(pair))
    known = {(pair.first, pair.second) for pair in kept}
    for (first, second), same in decided.items():
        if same and (first, second) not in known and {first, second} <= present:
            kept.append(DuplicatePair(first=first, second=second, kind="same_recording", confirmed=True))
    return kept


def _confirmed(pair: DuplicatePair) -> DuplicatePair:
    kind = "same_recording" if pair.kind == "candidate" else pair.kind
    return DuplicatePair(
        first=pair.first,
        second=pair.second,
        kind=kind,
        agreement=pair.agreement,
        offset_sec=pair.offset_sec,
        confirmed=True,
    )


def _connected(pairs: Iterable[DuplicatePair]) -> list[DuplicateGroup]:
    """Return connected groups of pairs, the largest first; a candidate does not join groups that are decided."""
    parent: dict[int, int] = {}

    def root(one: int) -> int:
        while parent.setdefault(one, one) != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    decided, candidates = list[DuplicatePair](), list[DuplicatePair]()
    for pair in pairs:
        (candidates if pair.kind == "candidate" else decided).append(pair)
    for pair in decided:
        parent[root(pair.first)] = root(pair.second)
    members: dict[int, list[DuplicatePair]] = defaultdict(list)
    for pair in decided:
        members[root(pair.first)].append(pair)
    groups = [_group(found) for found in members.values()]
    groups.sort(key=lambda group: (-len(group.files), group.files))
    return [*groups, *sorted((_group([pair]) for pair in candidates), key=lambda group: group.files)]


def _group(pairs: list[DuplicatePair]) -> DuplicateGroup:
    files = sorted({file_id for pair in pairs for file_id in (pair.first, pair.second)})
    return DuplicateGroup(files=files, pairs=sorted(pairs, key=lambda pair: (pair.first, pair.second)))
