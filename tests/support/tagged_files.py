"""Sound files of every tagged format, written as common taggers write them, by mutagen or byte by byte."""

import base64
import io
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import av
import mutagen.aiff
import mutagen.apev2
import mutagen.asf
import mutagen.dsf
import mutagen.flac
import mutagen.id3
import mutagen.mp3
import mutagen.mp4
import mutagen.oggflac
import mutagen.oggopus
import mutagen.oggspeex
import mutagen.oggvorbis
import mutagen.trueaudio
import mutagen.wave
import mutagen.wavpack
from mutagen._constants import GENRES
from PIL import Image

from audio_files import RECIPES, SPEEX_TONE, Recipe, _add_sound, dsf, tones, write_recipe
from auralis_fp.tags.model import Tags

FULL: Final = Tags(
    title="Ágætis byrjun",
    artist="Sigur Rós",
    album_artist="Weiße Łódź",
    album="日本の音楽",
    track=3,
    track_total=12,
    disc=1,
    disc_total=2,
    year=1999,
    genre="Post-Rock",
    compilation=True,
    replaygain_track_gain=-7.31,
    replaygain_track_peak=0.987654,
    replaygain_album_gain=-6.5,
    replaygain_album_peak=1.000123,
    musicbrainz_recording_id="11111111-2222-4333-8444-555555555555",
    musicbrainz_release_id="21111111-2222-4333-8444-555555555555",
    musicbrainz_release_group_id="31111111-2222-4333-8444-555555555555",
    musicbrainz_artist_id="41111111-2222-4333-8444-555555555555",
    musicbrainz_release_artist_id="51111111-2222-4333-8444-555555555555",
)
BASIC: Final = ("title", "artist", "album", "track", "year", "genre")
LATIN: Final = Tags(title="Ágætis", artist="Sigur Rós", album="Ágætis byrjun", track=3, year=1999, genre="Post-Rock")
_PICARD: Final = {
    "musicbrainz_recording_id": "MusicBrainz Track Id",
    "musicbrainz_release_id": "MusicBrainz Album Id",
    "musicbrainz_release_group_id": "MusicBrainz Release Group Id",
    "musicbrainz_artist_id": "MusicBrainz Artist Id",
    "musicbrainz_release_artist_id": "MusicBrainz Album Artist Id",
}


def picture(width: int = 500, height: int = 400, kind: str = "JPEG") -> bytes:
    """A picture with a gradient."""
    made = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(made, kind)
    return made.getvalue()


def _gains(tags: Tags) -> dict[str, str]:
    found = {}
    for name in ("replaygain_track_gain", "replaygain_album_gain"):
        if (gain := getattr(tags, name)) is not None:
            found[name] = f"{gain:.2f} dB"
    for name in ("replaygain_track_peak", "replaygain_album_peak"):
        if (peak := getattr(tags, name)) is not None:
            found[name] = f"{peak:.6f}"
    return found


def _pair(number: int | None, total: int | None) -> str | None:
    return None if number is None else str(number) if total is None else f"{number}/{total}"


def id3_frames(tags: Tags, version: int = 4, cover: bytes | None = None) -> mutagen.id3.ID3:
    """An ID3v2 tag as MusicBrainz Picard writes it."""
    id3 = mutagen.id3.ID3()
    texts = {
        "TIT2": tags.title,
        "TPE1": tags.artist,
        "TPE2": tags.album_artist,
        "TALB": tags.album,
        "TRCK": _pair(tags.track, tags.track_total),
        "TPOS": _pair(tags.disc, tags.disc_total),
        "TDRC" if version == 4 else "TYER": None if tags.year is None else str(tags.year),
        "TCON": tags.genre,
        "TCMP": None if tags.compilation is None else str(int(tags.compilation)),
    }
    for name, value in texts.items():
        if value is not None:
            id3.add(getattr(mutagen.id3, name)(encoding=1, text=[value]))
    described = {**{key.upper(): value for key, value in _gains(tags).items()}}
    described |= {key: getattr(tags, name) for name, key in _PICARD.items() if name != "musicbrainz_recording_id"}
    for key, value in described.items():
        if value is not None:
            id3.add(mutagen.id3.TXXX(encoding=1, desc=key, text=[value]))
    if tags.musicbrainz_recording_id is not None:
        id3.add(mutagen.id3.UFID(owner="http://musicbrainz.org", data=tags.musicbrainz_recording_id.encode()))
    if cover is not None:
        id3.add(mutagen.id3.APIC(encoding=0, mime="image/jpeg", type=3, desc="", data=cover))
    return id3


def write_id3(path: Path, tags: Tags, version: int = 4, cover: bytes | None = None) -> None:
    """Give a file an ID3v2.3 or 2.4 tag at its start, and no ID3v1 tag."""
    id3_frames(tags, version, cover).save(path, v1=0, v2_version=version)


def write_id3v1(path: Path, tags: Tags) -> None:
    """Give an MP3 file an ID3v1.1 tag only."""

    def cut(text: str | None, size: int = 30) -> bytes:
        return (text or "").encode("latin-1")[:size].ljust(size, b"\0")

    tag = b"TAG" + cut(tags.title) + cut(tags.artist) + cut(tags.album) + str(tags.year or "").encode().ljust(4, b"\0")
    tag += bytes(28) + b"\0" + bytes([tags.track or 0, GENRES.index(tags.genre or "Other")])
    path.write_bytes(path.read_bytes() + tag)


def write_id3v22(path: Path, tags: Tags, cover: bytes | None = None) -> None:
    """Give a file an ID3v2.2 tag, as iTunes wrote it."""
    texts = {
        b"TT2": tags.title,
        b"TP1": tags.artist,
        b"TP2": tags.album_artist,
        b"TAL": tags.album,
        b"TRK": _pair(tags.track, tags.track_total),
        b"TPA": _pair(tags.disc, tags.disc_total),
        b"TYE": None if tags.year is None else str(tags.year),
        b"TCO": tags.genre,
        b"TCP": None if tags.compilation is None else str(int(tags.compilation)),
    }
    frames = [(name, b"\x01" + value.encode("utf-16")) for name, value in texts.items() if value is not None]
    frames += [
        (b"TXX", b"\0" + key.encode() + b"\0" + value.encode())
        for key, value in [*_gains(tags).items(), *((_PICARD[name], getattr(tags, name)) for name in _PICARD)]
        if value is not None
    ]
    if cover is not None:
        frames.append((b"PIC", b"\0JPG\x03\0" + cover))
    body = b"".join(name + len(data).to_bytes(3, "big") + data for name, data in frames)
    size = bytes(len(body) >> shift & 0x7F for shift in (21, 14, 7, 0))
    path.write_bytes(b"ID3\x02\0\0" + size + body + path.read_bytes())


def vorbis_comments(tags: Tags) -> dict[str, str]:
    """Vorbis comments as MusicBrainz Picard writes them."""
    found = {
        "title": tags.title,
        "artist": tags.artist,
        "albumartist": tags.album_artist,
        "album": tags.album,
        "tracknumber": tags.track,
        "tracktotal": tags.track_total,
        "discnumber": tags.disc,
        "disctotal": tags.disc_total,
        "date": tags.year,
        "genre": tags.genre,
        "compilation": None if tags.compilation is None else int(tags.compilation),
        "musicbrainz_trackid": tags.musicbrainz_recording_id,
        "musicbrainz_albumid": tags.musicbrainz_release_id,
        "musicbrainz_releasegroupid": tags.musicbrainz_release_group_id,
        "musicbrainz_artistid": tags.musicbrainz_artist_id,
        "musicbrainz_albumartistid": tags.musicbrainz_release_artist_id,
        **_gains(tags),
    }
    return {key: str(value) for key, value in found.items() if value is not None}


def _flac_picture(cover: bytes) -> mutagen.flac.Picture:
    made = mutagen.flac.Picture()
    made.type, made.mime, made.data = 3, "image/jpeg", cover
    return made


def write_vorbis(path: Path, tags: Tags, kind: Callable[..., Any], cover: bytes | None = None) -> None:
    """Give a FLAC or Ogg file Vorbis comments."""
    file = kind(path)
    file.delete()
    file.update(vorbis_comments(tags))
    if cover is not None and kind is mutagen.flac.FLAC:
        file.clear_pictures()
        file.add_picture(_flac_picture(cover))
    elif cover is not None:
        file["metadata_block_picture"] = base64.b64encode(_flac_picture(cover).write()).decode()
    file.save()


def write_apev2(path: Path, tags: Tags, cover: bytes | None = None) -> None:
    """Give a file an APEv2 tag, as foobar2000 writes it."""
    found = {
        "Title": tags.title,
        "Artist": tags.artist,
        "Album Artist": tags.album_artist,
        "Album": tags.album,
        "Track": _pair(tags.track, tags.track_total),
        "Disc": _pair(tags.disc, tags.disc_total),
        "Year": tags.year,
        "Genre": tags.genre,
        "Compilation": None if tags.compilation is None else int(tags.compilation),
        "MUSICBRAINZ_TRACKID": tags.musicbrainz_recording_id,
        "MUSICBRAINZ_ALBUMID": tags.musicbrainz_release_id,
        "MUSICBRAINZ_RELEASEGROUPID": tags.musicbrainz_release_group_id,
        "MUSICBRAINZ_ARTISTID": tags.musicbrainz_artist_id,
        "MUSICBRAINZ_ALBUMARTISTID": tags.musicbrainz_release_artist_id,
        **_gains(tags),
    }
    ape = mutagen.apev2.APEv2()
    for key, value in found.items():
        if value is not None:
            ape[key] = str(value)
    if cover is not None:
        ape["Cover Art (Front)"] = mutagen.apev2.APEValue(b"cover.jpg\0" + cover, mutagen.apev2.BINARY)
    ape.save(path)


def write_mp4(path: Path, tags: Tags, cover: bytes | None = None) -> None:
    """Give an MP4 file the atoms that iTunes and MusicBrainz Picard write."""
    file = mutagen.mp4.MP4(path)
    file.delete()
    texts = {"©nam": tags.title, "©ART": tags.artist, "aART": tags.album_artist, "©alb": tags.album}
    texts |= {"©day": None if tags.year is None else str(tags.year), "©gen": tags.genre}
    for key, value in texts.items():
        if value is not None:
            file[key] = [value]
    if tags.track is not None:
        file["trkn"] = [(tags.track, tags.track_total or 0)]
    if tags.disc is not None:
        file["disk"] = [(tags.disc, tags.disc_total or 0)]
    if tags.compilation is not None:
        file["cpil"] = tags.compilation
    free = {**_gains(tags), **{_PICARD[name]: getattr(tags, name) for name in _PICARD}}
    for key, value in free.items():
        if value is not None:
            file[f"----:com.apple.iTunes:{key}"] = mutagen.mp4.MP4FreeForm(value.encode())
    if cover is not None:
        file["covr"] = [mutagen.mp4.MP4Cover(cover)]
    file.save()


def write_asf(path: Path, tags: Tags, cover: bytes | None = None) -> None:
    """Give a WMA file the attributes that Windows and MusicBrainz Picard write."""
    file = mutagen.asf.ASF(path)
    file.delete()
    found = {
        "Title": tags.title,
        "Author": tags.artist,
        "WM/AlbumArtist": tags.album_artist,
        "WM/AlbumTitle": tags.album,
        "WM/TrackNumber": _pair(tags.track, tags.track_total),
        "WM/PartOfSet": _pair(tags.disc, tags.disc_total),
        "WM/Year": None if tags.year is None else str(tags.year),
        "WM/Genre": tags.genre,
        "WM/IsCompilation": None if tags.compilation is None else str(int(tags.compilation)),
        "MusicBrainz/Track Id": tags.musicbrainz_recording_id,
        "MusicBrainz/Album Id": tags.musicbrainz_release_id,
        "MusicBrainz/Release Group Id": tags.musicbrainz_release_group_id,
        "MusicBrainz/Artist Id": tags.musicbrainz_artist_id,
        "MusicBrainz/Album Artist Id": tags.musicbrainz_release_artist_id,
        **_gains(tags),
    }
    for key, value in found.items():
        if value is not None:
            file[key] = value
    if cover is not None:
        mime = "image/jpeg".encode("utf-16-le") + b"\0\0"
        data = struct.pack("<bi", 3, len(cover)) + mime + b"\0\0" + cover
        file["WM/Picture"] = mutagen.asf.ASFByteArrayAttribute(data)
    file.save()


def write_riff_info(path: Path, tags: Tags, encoding: str = "utf-8") -> None:
    """Give a WAV file a ``LIST INFO`` chunk."""
    texts = {
        b"INAM": tags.title,
        b"IART": tags.artist,
        b"IPRD": tags.album,
        b"IPRT": None if tags.track is None else str(tags.track),
        b"ICRD": None if tags.year is None else str(tags.year),
        b"IGNR": tags.genre,
    }
    body = b"INFO"
    for name, value in texts.items():
        if value is not None:
            data = value.encode(encoding) + b"\0"
            body += name + struct.pack("<I", len(data)) + data + bytes(len(data) & 1)
    whole = path.read_bytes() + b"LIST" + struct.pack("<I", len(body)) + body
    path.write_bytes(whole[:4] + struct.pack("<I", len(whole) - 8) + whole[8:])


def write_tagged_id3_chunk(path: Path, tags: Tags, kind: Callable[..., Any], cover: bytes | None = None) -> None:
    """Give a WAV, AIFF, DSF or TTA file an ID3v2.3 tag where the format has its place."""
    file = kind(path)
    if file.tags is None:
        file.add_tags()
    for frame in id3_frames(tags, 4, cover).values():
        file.tags.add(frame)
    file.save(v2_version=4) if kind is not mutagen.trueaudio.TrueAudio else file.tags.save(path, v2_version=4)


def libav_keys(tags: Tags) -> dict[str, str]:
    """The keys under which libav's muxers take tags."""
    found = {
        "title": tags.title,
        "artist": tags.artist,
        "album_artist": tags.album_artist,
        "album": tags.album,
        "track": _pair(tags.track, tags.track_total),
        "disc": _pair(tags.disc, tags.disc_total),
        "date": None if tags.year is None else str(tags.year),
        "genre": tags.genre,
        "compilation": None if tags.compilation is None else str(int(tags.compilation)),
        "MUSICBRAINZ_TRACKID": tags.musicbrainz_recording_id,
        "MUSICBRAINZ_ALBUMID": tags.musicbrainz_release_id,
        "MUSICBRAINZ_RELEASEGROUPID": tags.musicbrainz_release_group_id,
        "MUSICBRAINZ_ARTISTID": tags.musicbrainz_artist_id,
        "MUSICBRAINZ_ALBUMARTISTID": tags.musicbrainz_release_artist_id,
        **_gains(tags),
    }
    return {key: value for key, value in found.items() if value is not None}


def write_with_libav(path: Path, recipe: Recipe, metadata: Mapping[str, str]) -> None:
    """Write a short file of a format that mutagen does not tag, with *metadata*."""
    sound = tones(0.6, rate=recipe.rate)
    with av.open(str(path), "w", format=recipe.container) as output:
        container: Any = output
        container.metadata.update(metadata)
        stream = container.add_stream(recipe.codec, rate=recipe.rate, layout="stereo")
        if recipe.sample_type:
            stream.format = recipe.sample_type
        _add_sound(container, stream, sound, recipe.rate)


def recipe(suffix: str, codec: str = "") -> Recipe:
    """The first recipe for files of this suffix."""
    return next(each for each in RECIPES if each.suffix == suffix and (not codec or each.codec == codec))


def write_sound(path: Path, suffix: str, codec: str = "", seconds: float = 0.6) -> Path:
    """Write a short file without tags and return its path."""
    if suffix == "spx":
        path.write_bytes(SPEEX_TONE)
    elif suffix == "dsf":
        path.write_bytes(dsf(0.05, 440.0))
    else:
        chosen = recipe(suffix, codec)
        write_recipe(path, chosen, tones(seconds, chosen.channels, chosen.rate))
    return path


Writer = Callable[[Path, Tags, bytes | None], None]
ALL: Final = Tags.__struct_fields__
_NOT_IN_ID3V22: Final = ()


def _vorbis(kind: Callable[..., Any]) -> Writer:
    return lambda path, tags, cover: write_vorbis(path, tags, kind, cover)


def _chunk(kind: Callable[..., Any]) -> Writer:
    return lambda path, tags, cover: write_tagged_id3_chunk(path, tags, kind, cover)


def _matroska(path: Path, tags: Tags, _: bytes | None) -> None:
    write_with_libav(path, recipe("mka"), libav_keys(tags))


def _caf(path: Path, tags: Tags, _: bytes | None) -> None:
    write_with_libav(path, Recipe("caf", "caf", "pcm_s16be", "caf", "pcm_s16"), libav_keys(tags))


#: Name, suffix, how to tag it, whether it takes a cover.
TAGGERS: Final[tuple[tuple[str, str, Writer, bool], ...]] = (
    ("id3v2.2", "mp3", write_id3v22, True),
    ("id3v2.3", "mp3", lambda path, tags, cover: write_id3(path, tags, 3, cover), True),
    ("id3v2.4", "mp3", lambda path, tags, cover: write_id3(path, tags, 4, cover), True),
    ("apev2-mp3", "mp3", write_apev2, True),
    ("flac", "flac", _vorbis(mutagen.flac.FLAC), True),
    ("vorbis", "ogg", _vorbis(mutagen.oggvorbis.OggVorbis), True),
    ("opus", "opus", _vorbis(mutagen.oggopus.OggOpus), True),
    ("ogg-flac", "oga", _vorbis(mutagen.oggflac.OggFLAC), False),
    ("speex", "spx", _vorbis(mutagen.oggspeex.OggSpeex), False),
    ("mp4", "m4a", write_mp4, True),
    ("asf", "wma", write_asf, True),
    ("aiff-id3", "aiff", _chunk(mutagen.aiff.AIFF), True),
    ("wav-id3", "wav", _chunk(mutagen.wave.WAVE), True),
    ("dsf-id3", "dsf", _chunk(mutagen.dsf.DSF), True),
    ("tta-id3", "tta", _chunk(mutagen.trueaudio.TrueAudio), True),
    ("wavpack-apev2", "wv", write_apev2, True),
    ("tta-apev2", "tta", write_apev2, True),
    ("matroska", "mka", _matroska, False),
    ("caf", "caf", _caf, False),
)
