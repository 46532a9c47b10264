"""Tags of music in thirteen kinds of files, compared field by field with mutagen and ffprobe. Needs ffmpeg."""

import json
import os
import subprocess
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

import mutagen

import tagged_files as tagged
from auralis_fp.tags.fields import merged, parse_fields
from auralis_fp.tags.model import FIELDS, Tags
from auralis_fp.tags.reader import read_file_tags

from .music import table
from .options import Options

FILES: Final = 300
SECONDS: Final = 5
TAGGERS: Final = {name: write for name, _, write, _ in tagged.TAGGERS}
GENRES: Final = ("Rock", "Soundtrack", "Post-Rock", "Électronique", "クラシック")
#: Name, suffix, how ffmpeg encodes it, how it is tagged.
KINDS: Final[tuple[tuple[str, str, list[str], Any], ...]] = (
    ("MP3, ID3v2.2", "mp3", ["-c:a", "libmp3lame"], tagged.write_id3v22),
    ("MP3, ID3v2.3", "mp3", ["-c:a", "libmp3lame"], lambda path, tags, _: tagged.write_id3(path, tags, 3)),
    ("MP3, ID3v2.4", "mp3", ["-c:a", "libmp3lame"], lambda path, tags, _: tagged.write_id3(path, tags, 4)),
    ("MP3, APEv2", "mp3", ["-c:a", "libmp3lame"], tagged.write_apev2),
    ("FLAC", "flac", [], TAGGERS["flac"]),
    ("Ogg Vorbis", "ogg", ["-c:a", "libvorbis"], TAGGERS["vorbis"]),
    ("Opus", "opus", ["-c:a", "libopus"], TAGGERS["opus"]),
    ("MP4, iTunes", "m4a", ["-c:a", "aac"], tagged.write_mp4),
    ("WMA", "wma", ["-c:a", "wmav2"], tagged.write_asf),
    ("WavPack, APEv2", "wv", ["-c:a", "wavpack"], tagged.write_apev2),
    ("AIFF, ID3v2.4", "aiff", [], TAGGERS["aiff-id3"]),
    ("WAV, ID3v2.4", "wav", [], TAGGERS["wav-id3"]),
    ("Matroska", "mka", ["-c:a", "flac"], None),
)


def wished(number: int, source: Path) -> Tags:
    """Return tags as a person would give them, with accents and other scripts."""
    return Tags(
        title=f"{source.stem.replace('_', ' ')} – Nº {number}",
        artist=("Sigur Rós", "Зоопарк", "椎名林檎", "Die Ärzte", "Łąki Łan", source.parent.name)[number % 6],
        album_artist=("Various Artists", "Sigur Rós", "Зоопарк")[number % 3],
        album=f"{source.parent.name} ({number % 7})",
        track=number % 20 + 1,
        track_total=20,
        disc=number % 2 + 1,
        disc_total=2,
        year=1960 + number % 60,
        genre=GENRES[number % len(GENRES)],
        compilation=number % 3 == 0,
        replaygain_track_gain=round(-15 + number / 20, 2),
        replaygain_track_peak=round(0.5 + number / 1000, 6),
        replaygain_album_gain=round(-14 + number / 25, 2),
        replaygain_album_peak=1.0,
        **{
            name: f"{index:08x}-0000-4000-8000-{number:012x}"
            for index, name in enumerate(one for one in FIELDS if one.startswith("musicbrainz_"))
        },
    )


def make(folder: Path, number: int, source: Path) -> tuple[str, Path, Tags]:
    """Convert some seconds of a piece, tag it, and return its kind, path and tags."""
    name, suffix, codec, tag = KINDS[number % len(KINDS)]
    tags, path = wished(number, source), folder / f"{number:03d}.{suffix}"
    metadata = [part for key, value in tagged.libav_keys(tags).items() for part in ("-metadata", f"{key}={value}")]
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-y",
        "-t",
        str(SECONDS),
        "-i",
        str(source),
        "-vn",
        "-map_metadata",
        "-1",
        *codec,
    ]
    subprocess.run([*command, *codec, *(metadata if tag is None else []), str(path)], check=True)
    if tag is not None:
        tag(path, tags, None)
    return name, path, tags


def by_ffprobe(path: Path) -> Tags:
    """Return the tags that ffprobe prints, by the same table of keys."""
    command = ["ffprobe", "-v", "error", "-show_format", "-show_streams", "-of", "json", str(path)]
    found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    parts = [found["format"], *found["streams"]]
    return merged([parse_fields({key: [value] for key, value in part.get("tags", {}).items()}) for part in parts])


def by_mutagen(path: Path) -> Tags:
    """Return the tags that mutagen's own interface for all formats gives, for the formats that it supports."""
    if path.suffix in {".wv", ".wma", ".aiff", ".wav"}:  # it has no such interface for them
        return Tags()
    file = mutagen.File(path, easy=True)
    if file is None or file.tags is None:
        return Tags()
    raw = {key: [str(value) for value in values] for key, values in file.tags.items() if isinstance(values, list)}
    return merged([parse_fields(raw)])


def report(options: Options) -> str:
    """Make the files, read them with three readers, and return the table."""
    with tempfile.TemporaryDirectory(dir=options.scratch) as name:
        numbered = list(enumerate(islice(cycle(options.files), 30 if options.quick else FILES)))
        with ThreadPoolExecutor(2) as pool:
            files = list(pool.map(lambda one: make(Path(name), *one), numbered))
        started = time.process_time()
        ours = [read_file_tags(os.fsencode(path)).tags for _, path, _ in files]
        spent = (time.process_time() - started) / len(files)
        right: Counter[tuple[str, str]] = Counter()
        for (kind, path, tags), read in zip(files, ours, strict=True):
            for reader, found in (("ours", read), ("ffprobe", by_ffprobe(path)), ("mutagen", by_mutagen(path))):
                right[kind, reader] += sum(getattr(found, field) == getattr(tags, field) for field in FIELDS)
    counts = Counter(kind for kind, *_ in files)
    rows = [
        (kind, counts[kind], len(FIELDS) * counts[kind], *(right[kind, one] for one in ("ours", "ffprobe", "mutagen")))
        for kind, *_ in KINDS
    ]
    head = ("Format", "Files", "Fields", "Right", "ffprobe", "mutagen (easy)")
    return f"{table(head, rows)}\nReading takes {1000 * spent:.2f} ms of processor time per file.\n"
