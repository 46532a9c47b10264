"""Which tracks are one album, and which are by one artist: rules that do not depend on the order of reading.

* Tracks with a MusicBrainz release id are one album if it is the same.
* Otherwise tracks with an album tag are one album if that and the album artist are the same. A compilation's album
  artist is ``Various Artists``, whatever its tracks say.
* Without an album artist, tracks with the same album tag are one album if they lie in the same folder. The folders of
  single discs (``CD 1``, ``Disc 2``) count as the folder above.
* Tracks without an album tag are grouped by folder.

Text is compared folded, so the discs and spellings of one album come together.
"""

import hashlib
import os
import re
from dataclasses import dataclass
from typing import Final, Literal

from .clean import SEPARATOR
from .folding import fold
from .model import Tags

VARIOUS_ARTISTS: Final = "Various Artists"
AlbumKind = Literal["album", "folder"]
_DISC_FOLDER: Final = re.compile(r"(?:cd|dis[ck]|volume|vol\.?|part|side)[ ._-]*[0-9a-d]{1,2}\b.{0,40}", re.IGNORECASE)
_DISC_SUFFIX: Final = re.compile(r"\s*[\[(]?\b(?:cd|dis[ck])[ .]*\d{1,2}\b[^\])]{0,40}[\])]?$")
_VARIOUS: Final = frozenset({"various artists", "various", "va", "v.a.", "diverse", "verschiedene interpreten"})


@dataclass(frozen=True, slots=True)
class Group:
    """Where a track belongs.

    Parameters
    ----------
    album_id : str
        The same for all tracks of one album.
    kind : str
        ``album`` by tags, or ``folder`` for tracks without an album tag.
    artist_id : str or None
        The same for all tracks by one artist; None without an artist.
    """

    album_id: str
    kind: AlbumKind
    artist_id: str | None


def group_of(tags: Tags, path: bytes) -> Group:
    """Return the album and the artist of a track.

    Parameters
    ----------
    tags : Tags
    path : bytes
        Of its file.
    """
    artist = tags.artist or tags.album_artist
    artist_id = None if artist is None else artist_id_of(artist)
    if tags.album is None:
        return Group(_digest("folder", album_folder(path)), "folder", artist_id)
    return Group(_digest(*_album_key(tags, path)), "album", artist_id)


def artist_id_of(name: str) -> str:
    """Return the id of the artist with this name, in any spelling."""
    return _digest("artist", fold(name))


def _album_key(tags: Tags, path: bytes) -> tuple[str, str]:
    if tags.musicbrainz_release_id is not None:
        return "release", tags.musicbrainz_release_id.split(SEPARATOR)[0]
    title = album_title_key(tags.album or "")
    artist = album_artist(tags)
    if artist is not None:
        return "album", f"{fold(artist)}\0{title}"
    return "album in folder", f"{album_folder(path)}\0{title}"


def album_artist(tags: Tags) -> str | None:
    """Return the artist of a track's album by its own tags; None if they do not say."""
    if tags.compilation or (tags.album_artist is not None and fold(tags.album_artist) in _VARIOUS):
        return VARIOUS_ARTISTS
    return tags.album_artist


def album_title_key(title: str) -> str:
    """Return an album's title as it is compared: folded, without the number of a disc at its end.

    Examples
    --------
    >>> album_title_key("The Wall (Disc 2)"), album_title_key("Mezzanine")
    ('the wall', 'mezzanine')
    """
    folded = fold(title)
    return _DISC_SUFFIX.sub("", folded) or folded


def album_folder(path: bytes) -> str:
    """Return the folder of a file; the one above if its name is that of a single disc."""
    folder = os.path.dirname(path)
    return os.fsdecode(os.path.dirname(folder) if is_disc_folder(folder) else folder)


def is_disc_folder(folder: bytes) -> bool:
    """Return True if a folder's name is that of one disc of a set, such as ``CD 2``."""
    return _DISC_FOLDER.fullmatch(os.path.basename(folder).decode("utf-8", "replace")) is not None


def _digest(kind: str, key: str) -> str:
    return hashlib.blake2b(f"{kind}\0{key}".encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
