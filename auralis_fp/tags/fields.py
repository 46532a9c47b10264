"""From the keys that formats and taggers use to the fields of ``Tags``."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from . import clean
from .model import Tags

RawTags = Mapping[str, Sequence[str]]
"""What a reader found: values by the key that the format gives them."""

_R128_OFFSET_DB: Final = 5.0  # from -23 LUFS, the reference of R128 gains, to the -18 LUFS of ReplayGain 2.0
_UFID_OWNER: Final = "http://musicbrainz.org"
_NOT_IN_KEYS: Final = re.compile(r"[^a-z0-9/]")

#: Keys as ``normalised_key`` spells them. Of several keys of one field, the first that has a value counts.
KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "title": ("title", "track/title", "song/title", "tit2", "tt2", "inam", "name"),
    "artist": ("artist", "track/artist", "author", "tpe1", "iart", "artists", "performer", "leadperformer"),
    "album_artist": (*("albumartist", "album/artist", "tpe2", "aart", "wm/albumartist", "ensemble", "iaar"),),
    "album": ("album", "album/title", "talb", "iprd", "wm/albumtitle"),
    "track": (
        "track",
        "tracknumber",
        "track/partnumber",
        "partnumber",
        "trck",
        "trkn",
        "iprt",
        "itrk",
        "wm/tracknumber",
    ),
    "track_total": ("tracktotal", "totaltracks", "album/totalparts", "tracks", "trackc"),
    "disc": ("disc", "discnumber", "disk", "tpos", "partofset", "wm/partofset", "volume/partnumber"),
    "disc_total": ("disctotal", "totaldiscs", "discc"),
    "year": (
        *("date", "year", "tdrc", "tyer", "releasedate", "daterelease", "datereleased", "album/datereleased"),
        *("track/datereleased", "album/daterecorded", "icrd", "tdrl", "daterecorded", "originaldate", "creationtime"),
    ),
    "genre": ("genre", "track/genre", "album/genre", "tcon", "ignr", "wm/genre"),
    "compilation": ("compilation", "itunescompilation", "tcmp", "cpil", "iscompilation", "wm/iscompilation", "tcp"),
    "replaygain_track_gain": ("replaygaintrackgain", "track/replaygaintrackgain", "track/replaygaingain"),
    "replaygain_track_peak": ("replaygaintrackpeak", "track/replaygaintrackpeak", "track/replaygainpeak"),
    "replaygain_album_gain": ("replaygainalbumgain", "album/replaygainalbumgain", "album/replaygaingain"),
    "replaygain_album_peak": ("replaygainalbumpeak", "album/replaygainalbumpeak", "album/replaygainpeak"),
    "musicbrainz_recording_id": ("musicbrainztrackid", "musicbrainz/trackid", "musicbrainzrecordingid"),
    "musicbrainz_release_id": ("musicbrainzalbumid", "musicbrainz/albumid", "musicbrainzreleaseid"),
    "musicbrainz_release_group_id": ("musicbrainzreleasegroupid", "musicbrainz/releasegroupid"),
    "musicbrainz_artist_id": ("musicbrainzartistid", "musicbrainz/artistid"),
    "musicbrainz_release_artist_id": ("musicbrainzalbumartistid", "musicbrainz/albumartistid"),
}


def normalised_key(key: str) -> str:
    """Return a tag's key without case, spaces and underscores.

    Examples
    --------
    >>> normalised_key("MusicBrainz Album Id"), normalised_key("ALBUM_ARTIST")
    ('musicbrainzalbumid', 'albumartist')
    """
    return _NOT_IN_KEYS.sub("", key[:100].casefold())


def parse_fields(raw: RawTags) -> dict[str, Any]:
    """Return the fields of ``Tags`` that *raw* gives a usable value for.

    Parameters
    ----------
    raw : mapping of str to sequence of str
        Values by the key that the format or tagger uses; unknown keys are ignored.

    Returns
    -------
    dict
        By field name; of text, numbers or booleans.
    """
    by_key: dict[str, list[str]] = {}
    for key, values in raw.items():
        by_key.setdefault(normalised_key(key), []).extend(values)
    found = {name: _first(name, by_key) for name in KEYS}
    for name in ("track", "disc"):
        found[name], total = found[name] or (None, None)
        found[f"{name}_total"] = (found[f"{name}_total"] or (total, None))[0]
    if found["musicbrainz_recording_id"] is None:
        found["musicbrainz_recording_id"] = _from_ufid(by_key.get("ufid", []))
    for name in ("track", "album"):
        if found[f"replaygain_{name}_gain"] is None:
            found[f"replaygain_{name}_gain"] = _from_r128(by_key.get(f"r128{name}gain", []))
    return {name: value for name, value in found.items() if value is not None}


def _first(name: str, by_key: Mapping[str, list[str]]) -> Any:
    for key in KEYS[name]:
        value = _value(name, by_key[key]) if key in by_key else None
        if value not in (None, (None, None)):
            return value
    return None


def _value(name: str, values: list[str]) -> Any:
    if name in {"track", "track_total", "disc", "disc_total"}:
        return next((pair for value in values if any(pair := clean.number_pair(value))), None)
    if name.startswith("musicbrainz_"):
        return clean.uuids(values)
    if name in {"title", "artist", "album_artist", "album", "genre"}:
        return clean.joined(values)
    convert = {"year": clean.year, "compilation": clean.flag}.get(name) or _gain_or_peak(name)
    return next((found for value in values if (found := convert(value)) is not None), None)


def _gain_or_peak(name: str) -> Any:
    low, high = (-100.0, 100.0) if name.endswith("_gain") else (0.0, 100.0)
    return lambda value: clean.decimal(value, low, high)


def _from_ufid(values: Sequence[str]) -> str | None:
    """Return the recording in an ID3 frame of unique file identifiers: owner, NUL, id."""
    return clean.uuids([value for value in values if value.startswith(_UFID_OWNER)])


def _from_r128(values: Sequence[str]) -> float | None:
    """Return an Opus gain, given in 1/256 dB relative to -23 LUFS (RFC 7845), as a ReplayGain value."""
    steps = next((found for value in values if (found := clean.decimal(value, -32_768, 32_767)) is not None), None)
    return None if steps is None else round(steps / 256 + _R128_OFFSET_DB, 2)


def merged(found: Sequence[Mapping[str, Any]]) -> Tags:
    """Combine what several readers found, the highest rank first.

    Text that lost characters in decoding gives way to a lower rank's; so does text of exactly 30 characters that a
    lower rank continues, because ID3v1 cuts its fields there.
    """
    values: dict[str, Any] = {}
    for fields_found in found:
        for name, value in fields_found.items():
            if name not in values or _is_better(value, values[name]):
                values[name] = value
    return Tags(**values)


def _is_better(value: Any, than: Any) -> bool:
    if not isinstance(value, str) or not isinstance(than, str):
        return False
    if clean.is_damaged(than) and not clean.is_damaged(value):
        return True
    return len(than) == 30 and len(value) > 30 and value.startswith(than)
