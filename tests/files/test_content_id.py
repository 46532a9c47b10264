"""Content ids: unchanged by moves and tags, different for different audio."""

import io
import os
import shutil
import struct
import time
import tracemalloc
from pathlib import Path

import mutagen
import numpy as np
import pytest
import soundfile
from mutagen.apev2 import APEv2
from mutagen.flac import Picture
from mutagen.id3 import APIC, ID3, TIT2

from audio_files import RECIPES, Recipe, id3_tag, rng, tones, write_recipe, write_wav
from auralis_fp.files.containers import find_payload
from auralis_fp.files.content_id import SAMPLE_BYTES, SAMPLES, WHOLE, content_id

PICTURE = bytes(range(256)) * 800


def identity(path: Path) -> bytes:
    """Return the content id of a readable file."""
    found = content_id(os.fsencode(path))
    assert found is not None
    return found


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.title)
def test_copies_share_an_id_and_other_sounds_do_not(recipe: Recipe, tmp_path: Path) -> None:
    """In every format, a renamed copy has the same id and a different sound another."""
    sound = tones(1.0, rate=recipe.rate)
    first, other = tmp_path / f"a.{recipe.suffix}", tmp_path / f"b.{recipe.suffix}"
    write_recipe(first, recipe, sound)
    write_recipe(other, recipe, (sound * 0.7).astype(np.float32))
    copy = Path(shutil.copyfile(first, tmp_path / "copy"))
    assert identity(copy) == identity(first)
    assert identity(other) != identity(first)


@pytest.mark.parametrize("suffix", ["flac", "mp3", "ogg", "opus", "m4a", "wma", "wav", "aiff", "oga", "tta"])
def test_tags_do_not_change_the_id(suffix: str, tmp_path: Path) -> None:
    """A title and a large picture are added, changed and removed."""
    recipe = next(recipe for recipe in RECIPES if recipe.suffix == suffix and recipe.channels == 2)
    path = tmp_path / f"song.{suffix}"
    write_recipe(path, recipe, tones(3.0, rate=recipe.rate))
    before, size = identity(path), path.stat().st_size
    for text in ("a", "b" * 5000):
        tagged(path, text)
        assert path.stat().st_size > size
        assert identity(path) == before
    file = mutagen.File(path)
    file.delete()
    assert identity(path) == before


def tagged(path: Path, text: str) -> None:
    """Write a title and, where the format makes it simple, a picture."""
    file = mutagen.File(path)
    if file.tags is None:
        file.add_tags()
    if isinstance(file.tags, ID3):
        file.tags.add(TIT2(text=text))
        file.tags.add(APIC(mime="image/png", data=PICTURE))
    elif path.suffix == ".flac":
        picture = Picture()
        picture.data = PICTURE
        file.add_picture(picture)
        file["title"] = text
    else:
        file["\xa9nam" if path.suffix == ".m4a" else "title"] = text * 20
    file.save()


def test_tags_at_the_end_do_not_change_the_id(tmp_path: Path) -> None:
    """APEv2 and ID3v1 behind the audio, alone and together."""
    recipe = next(recipe for recipe in RECIPES if recipe.suffix == "wv")
    path = tmp_path / "song.wv"
    write_recipe(path, recipe, tones(1.0))
    plain = identity(path)
    tags = APEv2()
    tags["Title"] = "x" * 300
    tags.save(path)
    assert identity(path) == plain
    path.write_bytes(path.read_bytes() + b"TAG" + bytes(125))
    assert identity(path) == plain
    path.write_bytes(id3_tag(5000) + path.read_bytes())
    assert identity(path) == plain


def test_matroska_tags_do_not_change_the_id(tmp_path: Path) -> None:
    """Tag editors insert elements between the tracks and the clusters, which moves the audio."""
    recipe = next(recipe for recipe in RECIPES if recipe.suffix == "mka")
    path = tmp_path / "a.mka"
    write_recipe(path, recipe, tones(2.0))
    before, content = identity(path), path.read_bytes()
    segment, cluster = content.index(b"\x18\x53\x80\x67") + 4, content.index(b"\x1f\x43\xb6\x75")
    size = int.from_bytes(content[segment + 1 : segment + 8], "big") + 302
    longer = content[: segment + 1] + size.to_bytes(7, "big") + content[segment + 8 : cluster]
    path.write_bytes(longer + b"\xec\x41\x2c" + bytes(300) + content[cluster:])
    assert identity(path) == before
    path.write_bytes(content[: cluster + 99] + bytes([content[cluster + 99] ^ 1]) + content[cluster + 100 :])
    assert identity(path) != before
    assert find_kind(path) == b"matroska"


def find_kind(path: Path) -> bytes:
    """Return the container a file was recognised as."""
    with path.open("rb") as file:
        return find_payload(file).kind


def test_a_changed_setup_changes_the_id(tmp_path: Path) -> None:
    """The same samples at another sample rate are different audio."""
    path = write_wav(tmp_path / "a.wav", tones(1.0), 44_100)
    before = identity(path)
    content = bytearray(path.read_bytes())
    content[24:28] = struct.pack("<I", 22_050)
    path.write_bytes(content)
    assert identity(path) != before


def test_long_payloads_are_sampled(tmp_path: Path) -> None:
    """A change at the start, at the end, or longer than the gap between samples changes the id."""
    path = tmp_path / "long.wav"
    sound = np.frombuffer(rng(1).randbytes(4 * WHOLE), np.int16).reshape(-1, 2)
    soundfile.write(path, sound, 44_100, subtype="PCM_16")
    before, content = identity(path), path.read_bytes()
    gap = (len(content) - 44) // (SAMPLES - 1)
    for start, size in ((44, 1), (len(content) - 1, 1), (1_000_000, gap + 1), (500_000, gap + SAMPLE_BYTES)):
        changed = bytearray(content)
        changed[start : start + size] = bytes(255 - value for value in changed[start : start + size])
        path.write_bytes(changed)
        assert identity(path) != before
    path.write_bytes(content)
    assert identity(path) == before


def test_ogg_page_headers_do_not_change_the_id(tmp_path: Path) -> None:
    """Retagging renumbers pages and recomputes their checksums."""
    recipe = next(recipe for recipe in RECIPES if recipe.suffix == "ogg")
    path = tmp_path / "a.ogg"
    write_recipe(path, recipe, tones(30.0))
    before = identity(path)
    content, target, position = path.read_bytes(), io.BytesIO(), 0
    while position < len(content):  # renumber every page, as after a longer comment
        head = bytearray(content[position : position + 27])
        table = content[position + 27 : position + 27 + head[26]]
        head[18:22] = (int.from_bytes(head[18:22], "little") + 3).to_bytes(4, "little")
        head[22:26] = b"\0\0\0\0"
        end = position + 27 + len(table) + sum(table)
        target.write(bytes(head) + content[position + 27 : end])
        position = end
    path.write_bytes(target.getvalue())
    assert identity(path) == before


@pytest.mark.parametrize(
    "mark", [b"RIFF\xff\xff\xff\xffWAVE", b"fLaC", b"OggS", b"\0\0\0\x08ftyp", b"\x1aE\xdf\xa3", b"FORM"]
)
def test_an_unparsable_file_has_an_id(mark: bytes, tmp_path: Path) -> None:
    """Whatever follows the magic number of a format."""
    for seed in range(30):
        junk = mark + rng(seed).randbytes(2000)
        path = tmp_path / "junk"
        path.write_bytes(junk)
        before = identity(path)
        path.write_bytes(junk + b"1")
        assert before
        assert identity(path)


def _box(name: bytes, content: bytes = b"") -> bytes:
    return (8 + len(content)).to_bytes(4, "big") + name + content


ENDLESS = {  # first bytes, repeated part, number of repetitions, hole after each
    "chunks": (b"RIFF\xff\xff\xff\xffWAVE", b"junk\0\0\0\0", 3_000_000, 0),
    "formats": (b"RIFF\xff\xff\xff\xffWAVE", b"fmt \0\0\x10\0", 4000, 1 << 20),
    "boxes": (_box(b"ftyp", b"M4A "), _box(b"moov", _box(b"free") * 1000), 3000, 0),
    "pages": (b"", b"OggS\0\2" + bytes(20) + b"\xff" * 256, 20_000, 255 * 255),
    "elements": (b"\x1aE\xdf\xa3\x80", bytes.fromhex("18538067 4fa0") + b"\xec\x80" * 2000, 2000, 0),
    "tags in front": (b"", b"ID3\4\0\0\0\0\0\0", 3_000_000, 0),
    "tags behind": (b"\xff\xfb\x90\0", b"000000LYRICS200", 2_000_000, 0),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ENDLESS)
def test_files_of_nothing_but_structure_are_bounded(name: str, tmp_path: Path) -> None:
    """A few hundred kB on the disk can hold millions of parts; they cost neither minutes nor memory."""
    begin, part, number, hole = ENDLESS[name]
    path = tmp_path / "endless"
    with path.open("wb") as file:
        file.write(begin)
        for _ in range(number if hole else 0):
            file.write(part)
            file.seek(hole, os.SEEK_CUR)
        file.write(b"" if hole else part * number)
        file.truncate()
    tracemalloc.start()
    began = time.process_time()
    assert identity(path)
    taken, peak = time.process_time() - began, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert taken < 20, f"{taken:.1f} s"  # measured: 0.3 to 3 s; minutes without the budget
    assert peak < 150 << 20


def test_unreadable_paths_have_no_id(tmp_path: Path) -> None:
    """Missing files, folders and pipes; a pipe does not block."""
    os.mkfifo(tmp_path / "pipe.wav")
    for name in ("missing.wav", "pipe.wav", ""):
        assert content_id(os.fsencode(tmp_path / name)) is None
    assert content_id(b"a\0b") is None
