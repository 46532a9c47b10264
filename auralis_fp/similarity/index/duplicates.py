"""Duplicates: groups of files with the same recording, decided by sub-fingerprints."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import numpy as np

from ...schema.sub_fingerprints import NAME, VERSION
from ..protocol import DuplicateGroup, DuplicatePair, Duplicates
from .alignment import Recording, align
from .catalogue import Catalogue
from .copies import SAME_LENGTH_SEC
from .proposals import REACH, Pair, by_content, by_keys, by_numbers

UNDECIDED_REACH: Final = 0.9  # distance that makes a candidate where there are no sub-fingerprints to decide
CACHED: Final = 512  # recordings kept while pairs are compared


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
        places, known = by_keys(self._catalogue.reader, self._catalogue.column("id").tolist(), self._on_progress)
        proposed = self._by_id(places) | self._by_numbers()
        with_bits = set(self._catalogue.column("id")[sorted(known)].tolist())
        found = list(self._decided(pair for pair in proposed if set(pair) <= with_bits))
        same_data = self._by_id(by_content(self._catalogue.column("content")))
        undecided = [pair for pair in sorted(same_data) if not set(pair) <= with_bits]
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

    def _by_numbers(self, reach: float = REACH, *, same_length: bool = False) -> set[Pair]:
        """Return pairs of files that are near in the dimensions that copies share."""
        first, second = by_numbers(self._catalogue, reach=reach)
        self._on_progress()
        duration = self._catalogue.column("duration")
        keep = np.abs(duration[first] - duration[second]) <= (SAME_LENGTH_SEC if same_length else np.inf)
        return self._by_id(zip(first[keep].tolist(), second[keep].tolist(), strict=True))

    def _by_id(self, places: Iterable[Pair]) -> set[Pair]:
        """Return pairs of rows as pairs of file ids, the lower one first."""
        ids = self._catalogue.column("id")
        pairs = ((int(ids[one]), int(ids[other])) for one, other in places)
        return {(min(pair), max(pair)) for pair in pairs}


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
