"""Response bodies of albums and artists."""

from ...engine.snapshot import Count
from ...runtime.payloads import Fingerprint, Payload
from ...tags.grouping import AlbumKind


class Album(Payload, frozen=True):
    """An album, or (`kind` is `folder`) the tracks of a folder that have no album tag.

    `duration_sec` and `fingerprint`, the median of each dimension, are those of the `analysed` tracks. The cover is
    that of the file `cover_file_id`. `id` is the `album_id` of its tracks.
    """

    id: str
    kind: AlbumKind
    title: str
    artist: str | None
    year: int | None
    discs: Count
    compilation: bool
    tracks: Count
    analysed: Count
    duration_sec: float
    fingerprint: Fingerprint | None
    cover_file_id: int | None


class GenreCount(Payload, frozen=True):
    """A genre and the number of files that have it."""

    value: str
    files: Count


class DecadeCount(Payload, frozen=True):
    """A decade, by its first year, and the number of files from it."""

    value: int
    files: Count


class Facets(Payload, frozen=True):
    """The hundred most frequent genres, and the decades, of the matching files."""

    genres: list[GenreCount]
    decades: list[DecadeCount]


class Albums(Payload, frozen=True):
    """A page of albums; `unread` files are in none yet, since their tags have not been read."""

    items: list[Album]
    matching: Count
    unread: Count
    next: str | None


class Artist(Payload, frozen=True):
    """An artist, by the tags of single tracks. `id` is the `artist_id` of the tracks."""

    id: str
    name: str
    albums: Count
    tracks: Count
    analysed: Count
    duration_sec: float
    fingerprint: Fingerprint | None
    cover_file_id: int | None


class Artists(Payload, frozen=True):
    """A page of artists; `unread` files count for none yet, since their tags have not been read."""

    items: list[Artist]
    matching: Count
    unread: Count
    next: str | None
