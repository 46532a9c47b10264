"""Answers about similar tracks and playlists: what the index found, completed by the database."""

import os
from pathlib import PurePath

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


class SimilarTrack(Payload, frozen=True):
    """A similar track; `similarity` is the share of random pairs of tracks that are farther apart than `distance`."""

    file_id: int
    track_ids: list[int]
    path: str
    name: str
    title: str | None
    rank: int
    distance: float
    similarity: float
    reason: str
    facts: list[Fact]
    families: list[FamilyDifference]


class SimilarTracks(Payload, frozen=True):
    """A page of similar tracks, nearest first; `note` says why an answer is empty."""

    items: list[SimilarTrack]
    total: int
    next: str | None
    note: str


class PlaylistTrack(Payload, frozen=True):
    """A track of a playlist.

    `energy` is its percentile in the library, 0 to 1, `step` the distance from the track before, and `distance` that
    from the seeds, null where there are none.
    """

    file_id: int
    track_ids: list[int]
    path: str
    name: str
    title: str | None
    duration_sec: float
    energy: float
    step: float
    distance: float | None


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


def similar_track(item: protocol.Neighbour, record: FileRecord, title: str | None, rank: int) -> SimilarTrack:
    """Complete a neighbour that the index found.

    Parameters
    ----------
    item : protocol.Neighbour
    record : FileRecord
        Its file.
    title : str or None
    rank : int
        From 1.
    """
    path = path_text(record.path)
    return SimilarTrack(
        file_id=record.id,
        track_ids=list(record.track_ids),
        path=path,
        name=PurePath(path).name,
        title=title,
        rank=rank,
        distance=item.distance,
        similarity=item.similarity,
        reason=item.reason,
        facts=item.facts,
        families=[FamilyDifference(one.family, one.distance, one.expected) for one in item.families],
    )


def playlist_track(item: protocol.PlaylistEntry, record: FileRecord, title: str | None) -> PlaylistTrack:
    """Complete an entry of a playlist that the index made.

    Parameters
    ----------
    item : protocol.PlaylistEntry
    record : FileRecord
        Its file.
    title : str or None
    """
    path = path_text(record.path)
    return PlaylistTrack(
        file_id=record.id,
        track_ids=list(record.track_ids),
        path=path,
        name=PurePath(path).name,
        title=title,
        duration_sec=item.duration_sec,
        energy=item.energy,
        step=item.step,
        distance=item.distance,
    )
