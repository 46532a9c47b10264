"""Response bodies of file listings and exports."""

from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from ...engine.snapshot import Count
from ...runtime.payloads import Fingerprint, Metadata, Payload
from ...store.fingerprints import Source
from ...store.records import State
from ...tags.grouping import AlbumKind


class Failure(Payload, frozen=True):
    """Why a file cannot be used; `retry_at` is null if it is not retried before it changes."""

    stage: str
    code: str
    reason: str
    attempts: int
    failed_at: float
    retry_at: float | None


class FileTags(Payload, frozen=True):
    """The tags of one file. Tracks of an album share `album_id`, tracks by an artist `artist_id`.

    `album_kind` is `folder` for tracks without an album tag, which are grouped by folder. `cover` changes with the
    picture at `/files/{file_id}/cover`; null if there is none.
    """

    title: str | None
    artist: str | None
    album_artist: str | None
    album: str | None
    track: int | None
    track_total: int | None
    disc: int | None
    disc_total: int | None
    year: int | None
    genre: str | None
    compilation: bool | None
    replaygain_track_gain: float | None
    replaygain_track_peak: float | None
    replaygain_album_gain: float | None
    replaygain_album_peak: float | None
    musicbrainz_recording_id: str | None
    musicbrainz_release_id: str | None
    musicbrainz_release_group_id: str | None
    musicbrainz_artist_id: str | None
    musicbrainz_release_artist_id: str | None
    album_id: str
    album_kind: AlbumKind
    artist_id: str | None
    cover: str | None


class File(Payload, frozen=True):
    """Everything stored about one file.

    `title` is that of the host's library or, if it has none, of the tags. `tags` is null until they have been read.
    """

    id: int
    path: str
    name: str
    title: str | None
    state: State
    size: int
    mtime_ns: int
    track_ids: list[int]
    fingerprint: Fingerprint | None
    metadata: Metadata | None
    outdated: bool
    analysed_at: float | None
    processing_time_ms: float | None
    source: Source | None
    failure: Failure | None
    tags: FileTags | None


FILE_FIELDS: Final = File.__struct_fields__
if TYPE_CHECKING:
    PartialFile = dict[str, Any]
else:
    PartialFile = msgspec.defstruct(
        "PartialFile",
        [(spec.name, spec.type | msgspec.UnsetType, msgspec.UNSET) for spec in msgspec.structs.fields(File)],
        bases=(Payload,),
        namespace={"__doc__": "The requested fields of one file."},
        frozen=True,
        kw_only=True,
    )

SearchMethod = Literal["index", "scan"]


class Files(Payload, frozen=True):
    """A page of files, the number of matches on all pages, and the cursor of the following page.

    `search` tells how `q` was looked up: in the full-text `index`, or by a `scan` where SQLite has no FTS5.
    `unreadable` has the ids of files that are left out because their rows lie on damaged pages of the database.
    """

    items: list[File]
    matching: Count
    search: SearchMethod | None
    next: str | None
    unreadable: list[int]


class PartialFiles(Payload, frozen=True):
    """The same with the requested `fields` only."""

    items: list[PartialFile]
    matching: Count
    search: SearchMethod | None
    next: str | None
    unreadable: list[int]


class Failures(Payload, frozen=True):
    """A page of failed files, the number of matches on all pages, and the number of all failures by code."""

    items: list[File]
    matching: Count
    by_code: dict[str, int]
    next: str | None


class Queue(Payload, frozen=True):
    """The queued files in the order they are processed."""

    items: list[File]


class ExportedFailure(Payload, frozen=True):
    """A failed file in an export."""

    path: str
    code: str
    stage: str
    reason: str
    attempts: int
    failed_at: float
    retry_at: float | None
    size: int
    id: int
