"""Response bodies of the player's API."""

from ...runtime.payloads import Payload

Fingerprint = dict[str, float]
"""Values in the names and units of ``units.to_wire``."""


class ErrorBody(Payload, frozen=True):
    """An error, as the player reports it."""

    detail: str


class TrackFingerprint(Payload, frozen=True):
    """The fingerprint of one track."""

    track_id: int
    track_title: str | None
    artist: str
    album: str
    fingerprint: Fingerprint


class AlbumFingerprint(Payload, frozen=True):
    """The median of each dimension over the tracks of an album that have a fingerprint."""

    album_id: int
    album_title: str | None
    track_count: int
    fingerprinted_track_count: int
    fingerprint: Fingerprint


class SimilarTrack(Payload, frozen=True):
    """A similar track; `similarity_score` is the share of random pairs of tracks that are farther apart."""

    track_id: int
    distance: float
    similarity_score: float
    rank: int
    title: str | None = None
    artist: str | None = None
    album: str | None = None


class PairSimilarity(Payload, frozen=True):
    """How alike two tracks are."""

    track_id1: int
    track_id2: int
    distance: float
    similarity_score: float


class DimensionDifference(Payload, frozen=True):
    """How far two tracks are apart in one dimension.

    `contribution` is in standard deviations of the library, the values are in the units of the host's database. All
    but the contribution are null where a track does not define the dimension.
    """

    dimension: str
    contribution: float
    value1: float | None
    value2: float | None
    difference: float | None


class PairExplanation(PairSimilarity, frozen=True):
    """How alike two tracks are, and in which dimensions they differ, the greatest difference first."""

    top_differences: list[DimensionDifference]
    all_contributions: list[DimensionDifference]


class Coverage(Payload, frozen=True):
    """How many tracks of the player's library have a fingerprint."""

    total_tracks: int
    fingerprinted_tracks: int
    pending_tracks: int
    progress_percent: float
    status: str
    estimated_remaining_seconds: int


class Enqueued(Payload, frozen=True):
    """How many tracks are waiting for their fingerprint."""

    enqueued: int
    already_fingerprinted: int
    total_tracks: int
    message: str
