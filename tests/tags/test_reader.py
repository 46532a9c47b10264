"""Tags of every format, compared with what was written; damaged and odd tags."""

import io
import os
import shutil
from pathlib import Path

import mutagen
import mutagen.flac
import mutagen.id3
import pytest
from PIL import Image

from audio_files import rng
from auralis_fp.errors import CoverError, ScanError
from auralis_fp.tags.model import Tags
from auralis_fp.tags.reader import read_cover, read_file_tags
from tagged_files import (
    FULL,
    LATIN,
    TAGGERS,
    Writer,
    id3_frames,
    picture,
    write_apev2,
    write_id3,
    write_id3v1,
    write_riff_info,
    write_sound,
    write_vorbis,
)


def read(path: Path) -> Tags:
    """Return the tags of a file that every reader could read."""
    reading = read_file_tags(os.fsencode(path))
    assert reading.problems == ()
    return reading.tags


@pytest.fixture(scope="module")
def mp3(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an MP3 file without tags."""
    return write_sound(tmp_path_factory.mktemp("mp3") / "untagged.mp3", "mp3")


@pytest.mark.parametrize(("name", "suffix", "write", "covered"), TAGGERS, ids=[row[0] for row in TAGGERS])
def test_every_field_of_every_format(tmp_path: Path, name: str, suffix: str, write: Writer, covered: bool) -> None:
    """All twenty fields are read as they were written, and so is the cover."""
    path = write_sound(tmp_path / f"{name}.{suffix}", suffix)
    write(path, FULL, picture() if covered else None)
    assert read(path) == FULL
    cover = read_file_tags(os.fsencode(path)).cover
    assert (cover is not None and cover.place == "embedded") == covered


def test_id3v1(tmp_path: Path, mp3: Path) -> None:
    """An ID3v1.1 tag alone gives its seven fields."""
    path = Path(shutil.copy(mp3, tmp_path / "song.mp3"))
    write_id3v1(path, LATIN)
    assert read(path) == LATIN


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_riff_info(tmp_path: Path, encoding: str) -> None:
    """INFO chunks are read in UTF-8 and in the encoding that Windows writes."""
    path = write_sound(tmp_path / "song.wav", "wav", "PCM_16")
    write_riff_info(path, LATIN, encoding)
    assert read(path) == LATIN


def test_untagged_file_has_no_tags(mp3: Path) -> None:
    """Nothing is guessed from the file's name."""
    assert read(mp3) == Tags()


def test_id3_outranks_ape_and_ape_fills_the_gaps(tmp_path: Path, mp3: Path) -> None:
    """A field is taken from the reader of the highest rank that has it."""
    path = Path(shutil.copy(mp3, tmp_path / "song.mp3"))
    write_apev2(path, Tags(title="from APE", genre="Jazz", replaygain_track_gain=-3.5))
    write_id3(path, Tags(title="from ID3", artist="Someone"))
    expected = Tags(title="from ID3", artist="Someone", genre="Jazz", replaygain_track_gain=-3.5)
    assert read(path) == expected


def test_text_that_id3v1_cut_off_is_completed(tmp_path: Path, mp3: Path) -> None:
    """A title of exactly thirty characters gives way to a longer one that continues it."""
    path = Path(shutil.copy(mp3, tmp_path / "song.mp3"))
    long_title = "A title of more than thirty characters"
    write_apev2(path, Tags(title=long_title))
    write_id3v1(path, Tags(title=long_title))
    assert read(path).title == long_title


def test_several_values_are_joined(tmp_path: Path) -> None:
    """Lists of artists and genres become one text; repeated values are left out."""
    path = write_sound(tmp_path / "song.flac", "flac", "PCM_16")
    file = mutagen.flac.FLAC(path)
    file["artist"] = ["Simon", "Garfunkel", "Simon"]
    file["genre"] = ["Folk", "Rock"]
    file.save()
    assert read(path) == Tags(artist="Simon; Garfunkel", genre="Folk; Rock")


def test_credited_artists_do_not_repeat(tmp_path: Path) -> None:
    """The list of artists that MusicBrainz Picard adds to the artist credit says nothing new."""
    path = write_sound(tmp_path / "song.flac", "flac", "PCM_16")
    file = mutagen.flac.FLAC(path)
    file["artist"] = ["Simon & Garfunkel"]
    file["artists"] = ["Simon", "Garfunkel"]
    file.save()
    assert read(path).artist == "Simon & Garfunkel"


ODD: dict[str, tuple[str, str | None]] = {
    "empty": ("", None),
    "blank": (" \t\r\n", None),
    "a megabyte": ("x" * 1_000_000, "x" * 500),
    "control characters": ("a\x07b\x1b[31mc\x7f", "ab[31mc"),
    "line breaks": ("one\r\ntwo\u2028three", "one two three"),
    "right to left": ("שלום עולם", "שלום עולם"),
    "direction overrides": ("abc\u202etxt.exe\u2066", "abctxt.exe"),
    "emoji": ("🎵👩\u200d🎤", "🎵👩\u200d🎤"),
    "decomposed": ("Ame\u0301lie", "Am\u00e9lie"),
}


@pytest.mark.parametrize("kind", ["flac", "mp3"])
@pytest.mark.parametrize("odd", ODD)
def test_odd_text(tmp_path: Path, odd: str, kind: str) -> None:
    """Odd text is bounded and printable, or not there."""
    value, expected = ODD[odd]
    path = write_sound(tmp_path / f"song.{kind}", kind, "PCM_16" if kind == "flac" else "")
    tags = Tags(title=value, artist="Someone")
    if kind == "flac":
        write_vorbis(path, tags, mutagen.flac.FLAC)
    else:
        write_id3(path, tags)
    assert read(path) == Tags(title=expected, artist="Someone")


def test_nul_separates_values(tmp_path: Path, mp3: Path) -> None:
    """A NUL inside an ID3v2.4 text frame separates values."""
    path = Path(shutil.copy(mp3, tmp_path / "song.mp3"))
    id3 = mutagen.id3.ID3()
    id3.add(mutagen.id3.TPE1(encoding=3, text=["Ann", "Bob"]))
    id3.save(path, v1=0)
    assert read(path).artist == "Ann; Bob"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"TRCK": "0/0"}, Tags()),
        ({"TRCK": "7/"}, Tags(track=7)),
        ({"TRCK": "999999"}, Tags()),
        ({"TRCK": "A1"}, Tags()),
        ({"TDRC": "2004-05-17T12:00:00"}, Tags(year=2004)),
        ({"TCON": "(17)"}, Tags(genre="Rock")),
        ({"TCON": "17"}, Tags(genre="Rock")),
    ],
)
def test_odd_numbers(tmp_path: Path, mp3: Path, written: dict[str, str], expected: Tags) -> None:
    """Numbers out of range are left out; genres by number get their names."""
    path = Path(shutil.copy(mp3, tmp_path / "song.mp3"))
    id3 = mutagen.id3.ID3()
    for name, value in written.items():
        id3.add(getattr(mutagen.id3, name)(encoding=3, text=[value]))
    id3.save(path, v1=0)
    assert read(path) == expected


@pytest.mark.parametrize(("name", "suffix", "write"), [row[:3] for row in TAGGERS], ids=[row[0] for row in TAGGERS])
def test_damaged_files_do_no_harm(tmp_path: Path, name: str, suffix: str, write: Writer) -> None:
    """Files cut short or with flipped bytes in their tags give fewer or other fields, never an error."""
    path = write_sound(tmp_path / f"{name}.{suffix}", suffix)
    write(path, FULL, None)
    whole, chance = path.read_bytes(), rng(name)
    for _ in range(25):
        damaged = bytearray(whole[: chance.randrange(len(whole) // 2, len(whole))])
        for _ in range(chance.randrange(30)):
            damaged[chance.randrange(min(len(damaged), 2048))] = chance.randrange(256)
        path.write_bytes(damaged)
        reading = read_file_tags(os.fsencode(path))
        for value in reading.tags.as_dict().values():
            assert not isinstance(value, str) or (0 < len(value) <= 500 and value.isprintable())


def test_files_outside_the_bounds_are_not_read(tmp_path: Path, mp3: Path) -> None:
    """A link out of the music folders leads to neither tags nor covers."""
    link = tmp_path / "link.mp3"
    link.symlink_to(mp3)
    with pytest.raises(ScanError) as refused:
        read_file_tags(os.fsencode(link), [os.fsencode(tmp_path)])
    assert refused.value.code == "outside_roots"


class TestCovers:
    """Pictures embedded in files and lying in folders."""

    def test_embedded_cover_becomes_a_small_webp(self, tmp_path: Path, mp3: Path) -> None:
        """The thumbnail has the picture's proportions and the digest that the tags name."""
        path = Path(shutil.copy(mp3, tmp_path / "song.mp3"))
        id3_frames(FULL, 4, picture(1200, 900)).save(path)
        made = read_cover(os.fsencode(path))
        with Image.open(io.BytesIO(made.data)) as image:
            assert (image.format, image.size) == ("WEBP", (320, 240))
        cover = read_file_tags(os.fsencode(path)).cover
        assert cover is not None
        assert cover.digest == made.digest

    def test_cover_in_the_folder(self, tmp_path: Path, mp3: Path) -> None:
        """`cover` comes before `folder`, in either case; other pictures are no covers."""
        path = Path(shutil.copy(mp3, tmp_path / "song.mp3"))
        (tmp_path / "holiday.jpg").write_bytes(picture(30, 30))
        assert read_file_tags(os.fsencode(path)).cover is None
        with pytest.raises(CoverError):
            read_cover(os.fsencode(path))
        (tmp_path / "Folder.JPG").write_bytes(picture(40, 40))
        (tmp_path / "COVER.png").write_bytes(picture(50, 50, "PNG"))
        cover = read_file_tags(os.fsencode(path)).cover
        assert cover is not None
        assert cover.place == "folder"
        with Image.open(io.BytesIO(read_cover(os.fsencode(path)).data)) as image:
            assert image.size == (50, 50)

    def test_cover_above_the_folder_of_a_disc(self, tmp_path: Path, mp3: Path) -> None:
        """A set of discs shares the picture beside their folders."""
        disc, other = tmp_path / "CD 2", tmp_path / "Other album"
        disc.mkdir()
        other.mkdir()
        (tmp_path / "cover.jpg").write_bytes(picture())
        for folder, has_cover in ((disc, True), (other, False)):
            path = Path(shutil.copy(mp3, folder / "song.mp3"))
            assert (read_file_tags(os.fsencode(path)).cover is not None) is has_cover

    def test_link_out_of_the_music_folders_is_no_cover(self, tmp_path: Path, mp3: Path) -> None:
        """A link named like a cover does not show pictures from elsewhere."""
        library = tmp_path / "music"
        library.mkdir()
        path = Path(shutil.copy(mp3, library / "song.mp3"))
        (tmp_path / "private.jpg").write_bytes(picture())
        (library / "cover.jpg").symlink_to(tmp_path / "private.jpg")
        assert read_file_tags(os.fsencode(path), [os.fsencode(library)]).cover is None
