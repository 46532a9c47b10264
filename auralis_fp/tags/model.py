"""The tags of one file, as the worker returns them and the store keeps them."""

from dataclasses import dataclass, field
from typing import Any, Final, Literal

import msgspec

CoverPlace = Literal["embedded", "folder"]


class Tags(msgspec.Struct, frozen=True, kw_only=True):
    """The tags of one file; None where it has none.

    Text is cleaned (see ``clean.text``). Gains are in dB, peaks relative to full scale. The MusicBrainz ids are lower
    case UUIDs; several are separated by ``"; "``.
    """

    title: str | None = None
    artist: str | None = None
    album_artist: str | None = None
    album: str | None = None
    track: int | None = None
    track_total: int | None = None
    disc: int | None = None
    disc_total: int | None = None
    year: int | None = None
    genre: str | None = None
    compilation: bool | None = None
    replaygain_track_gain: float | None = None
    replaygain_track_peak: float | None = None
    replaygain_album_gain: float | None = None
    replaygain_album_peak: float | None = None
    musicbrainz_recording_id: str | None = None
    musicbrainz_release_id: str | None = None
    musicbrainz_release_group_id: str | None = None
    musicbrainz_artist_id: str | None = None
    musicbrainz_release_artist_id: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return msgspec.structs.asdict(self)


FIELDS: Final = Tags.__struct_fields__
INTEGER_FIELDS: Final = frozenset({"track", "track_total", "disc", "disc_total", "year"})


@dataclass(frozen=True, slots=True)
class Cover:
    """A picture that belongs to a file.

    Parameters
    ----------
    digest : str
        Hash of its bytes, in hexadecimal; files that share a picture share its digest.
    place : str
        ``embedded`` in the file, or an image file in its ``folder``.
    """

    digest: str
    place: CoverPlace


@dataclass(frozen=True, slots=True)
class TagReading:
    """What one reading of a file's tags found.

    Parameters
    ----------
    tags : Tags
    cover : Cover or None
    problems : tuple of str
        Readers that failed on this file, with their errors; the others' values still count.
    """

    tags: Tags = field(default_factory=Tags)
    cover: Cover | None = None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CoverImage:
    """A thumbnail.

    Parameters
    ----------
    digest : str
        Of the picture it was made of, see ``Cover``.
    data : bytes
        WebP.
    """

    digest: str
    data: bytes
