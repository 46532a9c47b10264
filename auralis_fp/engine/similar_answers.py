"""Answers about similar tracks and playlists: what the index found, completed by the database."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from ..runtime import m3u8
from ..runtime.payloads import Payload
from ..runtime.serialization import path_text
from ..similarity import protocol
from ..similarity.reasons import Fact
from ..store.records import FileRecord


class FamilyDifference(Payload, frozen=True):
    """Distance within one family of dimensions, and the mean distance of random pairs."""

    family: str
    distance: float
    expected: float


class NamedFile(Payload, frozen=True):
    """A file of an answer."""

    file_id: int
    track_ids: list[int]
    path: str
    name: str


class Copy(NamedFile, frozen=True):
    """Another file of the same recording."""

    codec: str | None


class SimilarTrack(NamedFile, frozen=True):
    """A similar track; `similarity` is the share of random pairs of tracks that are farther apart than `distance`.

    `copies` are files of the same recording, which would come after it.
    """

    title: str | None
    rank: int
    distance: float
    similarity: float
    reason: str
    facts: list[Fact]
    families: list[FamilyDifference]
    copies: list[Copy]


class SimilarTracks(Payload, frozen=True):
    """A page of similar tracks, nearest first; `note` says why an answer is empty.

    Of each recording there is one file, the first in order. `total` counts all files.
    """

    items: list[SimilarTrack]
    total: int
    next: str | None
    note: str


class PlaylistTrack(NamedFile, frozen=True):
    """A track of a playlist.

    `energy` is its percentile in the library, 0 to 1, `step` the distance from the track before, and `distance` that
    from the seeds, null where there are none. `copies` are other files of the same recording.
    """

    title: str | None
    duration_sec: float
    energy: float
    step: float
    distance: float | None
    copies: list[Copy]


class PlaylistAnswer(Payload, frozen=True):
    """Tracks in order, and their length in seconds; `note` says why there are fewer than wanted."""

    items: list[PlaylistTrack]
    duration_sec: float
    note: str

    def m3u8(self, relative_to: bytes | None = None) -> str:
        """Return the playlist as M3U8, with paths relative to a folder if one is given."""
        entries = [
            m3u8.Entry(os.fsencode(one.path), one.title or PurePath(one.name).stem, one.duration_sec)
            for one in self.items
        ]
        return m3u8.m3u8(entries, relative_to)


@dataclass(frozen=True, slots=True)
class KnownFiles:
    """Files of an answer with their titles; those that vanished meanwhile are missing.

    Parameters
    ----------
    records : mapping
        By file id.
    titles : mapping
        By path, where there is one.
    """

    records: Mapping[int, FileRecord]
    titles: Mapping[bytes, str]

    def copies(self, ids: Sequence[int]) -> list[Copy]:
        """Return files as copies of a track."""
        return [_copy(self.records[one]) for one in ids if one in self.records]

    def similar(self, items: Sequence[protocol.Neighbour], shown: int = 0) -> list[SimilarTrack]:
        """Complete neighbours that the index found.

        Parameters
        ----------
        items : sequence of Neighbour
        shown : int
            Tracks on earlier pages.
        """
        known = [item for item in items if item.file_id in self.records]
        return [self._similar(item, rank) for rank, item in enumerate(known, shown + 1)]

    def playlist(self, items: Sequence[protocol.PlaylistEntry]) -> list[PlaylistTrack]:
        """Complete entries of a playlist that the index made."""
        return [self._entry(item) for item in items if item.file_id in self.records]

    def _similar(self, item: protocol.Neighbour, rank: int) -> SimilarTrack:
        record = self.records[item.file_id]
        return SimilarTrack(
            **_name(record),
            title=self.titles.get(record.path),
            rank=rank,
            distance=item.distance,
            similarity=item.similarity,
            reason=item.reason,
            facts=item.facts,
            families=[FamilyDifference(one.family, one.distance, one.expected) for one in item.families],
            copies=self.copies(item.copies),
        )

    def _entry(self, item: protocol.PlaylistEntry) -> PlaylistTrack:
        record = self.records[item.file_id]
        return PlaylistTrack(
            **_name(record),
            title=self.titles.get(record.path),
            duration_sec=item.duration_sec,
            energy=item.energy,
            step=item.step,
            distance=item.distance,
            copies=self.copies(item.copies),
        )


def _copy(record: FileRecord) -> Copy:
    return Copy(**_name(record), codec=None if record.fingerprint is None else record.fingerprint.metadata.codec)


def _name(record: FileRecord) -> dict[str, Any]:
    """Return the fields of ``NamedFile``."""
    path = path_text(record.path)
    return {"file_id": record.id, "track_ids": list(record.track_ids), "path": path, "name": PurePath(path).name}
