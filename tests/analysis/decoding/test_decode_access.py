"""File access: names, file types, and refusals."""

import os
import zlib
from pathlib import Path

import numpy as np
import pytest

from audio_files import RECIPES, FloatArray, Recipe, encode, film, id3_tag, tones, write_recipe, write_wav
from auralis_fp.analysis.decoding.stream import open_audio
from auralis_fp.errors import DecodeError, FileError, ScanError

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00"
SHORT = [recipe for recipe in RECIPES if recipe.title in ("wav-pcm_16", "wav-pcm_24", "flac-pcm_16", "m4a-alac")]


def count(path: Path | bytes) -> int:
    """Decode a file and return its length in samples."""
    with open_audio(os.fsencode(path)) as stream:
        assert sum(len(block) for block in stream.blocks()) == stream.frames
        return stream.frames


def samples(path: Path) -> FloatArray:
    """Decode a file."""
    with open_audio(os.fsencode(path)) as stream:
        return np.concatenate([block.copy() for block in stream.blocks()])


def refusal(path: Path | bytes) -> tuple[str, str]:
    """Return the stage and code of the refusal; its message is one sentence without a path."""
    with pytest.raises(FileError) as caught:
        count(path)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert Path(os.fsdecode(path)).name not in sentence
    assert "/" not in sentence
    return caught.value.stage, caught.value.code


@pytest.mark.parametrize("recipe", SHORT, ids=lambda recipe: recipe.title)
@pytest.mark.parametrize("name", [b"caf\xe9.wav", b"\xff\xfe.flac", b"a" * 251 + b".mp3", b"-i.mp3", b"concat:a|b.wav"])
def test_names_do_not_matter(recipe: Recipe, name: bytes, tmp_path: Path) -> None:
    """Names that are not text, very long, or look like options or URLs are read like any other."""
    plain = tmp_path / "plain"
    write_recipe(plain, recipe, tones(0.2))
    path = os.fsencode(tmp_path) + b"/" + name
    plain.rename(os.fsdecode(path))
    assert count(path) == 8820


@pytest.mark.parametrize("recipe", SHORT, ids=lambda recipe: recipe.title)
def test_deep_paths(recipe: Recipe, tmp_path: Path) -> None:
    """A path longer than one kilobyte is read like any other."""
    folder = tmp_path.joinpath(*["d" * 200] * 8)
    folder.mkdir(parents=True)
    write_recipe(tmp_path / "plain", recipe, tones(0.2))
    (tmp_path / "plain").rename(folder / "track")
    assert count(folder / "track") == 8820


@pytest.mark.parametrize("suffix", ["mp3", "flac", "ogg", "m4a", "txt"])
def test_content_before_suffix(suffix: str, tmp_path: Path) -> None:
    """The format is detected from the content, not from the name."""
    path = write_wav(tmp_path / f"track.{suffix}", tones(0.2))
    with open_audio(os.fsencode(path)) as stream:
        assert stream.info.format == "wav"


def test_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """A named pipe without a writer is refused without blocking."""
    path = tmp_path / "pipe.wav"
    os.mkfifo(path)
    assert refusal(path) == ("scan", "not_regular")


def test_folder(tmp_path: Path) -> None:
    """A folder with an audio suffix is refused."""
    path = tmp_path / "album.flac"
    path.mkdir()
    assert refusal(path) == ("scan", "not_regular")


@pytest.mark.parametrize("name", ["gone.mp3", "plain.wav/track.mp3"])
def test_missing(name: str, tmp_path: Path) -> None:
    """A missing file is reported as missing."""
    write_wav(tmp_path / "plain.wav", tones(0.1))
    assert refusal(tmp_path / name) == ("scan", "missing")


@pytest.mark.parametrize("name", [b"a\0b.mp3", b"x" * 300 + b".mp3"])
def test_impossible_names(name: bytes, tmp_path: Path) -> None:
    """Invalid file names are refused."""
    with pytest.raises(ScanError) as caught:
        open_audio(os.fsencode(tmp_path) + b"/" + name)
    assert caught.value.code == "unreadable"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_forbidden(tmp_path: Path) -> None:
    """A file without read permission is unreadable."""
    path = write_wav(tmp_path / "track.wav", tones(0.1))
    path.chmod(0)
    assert refusal(path) == ("scan", "unreadable")


def test_looping_link(tmp_path: Path) -> None:
    """A symbolic link to itself is unreadable."""
    path = tmp_path / "loop.mp3"
    path.symlink_to(path)
    assert refusal(path) == ("scan", "unreadable")


@pytest.mark.parametrize("suffix", ["mp3", "flac", "wav", "m4a", "aac"])
@pytest.mark.parametrize(
    "content",
    [
        b"These are the words of a song.\n" * 400,
        PNG + bytes(5000),
        b"#EXTM3U\n#EXTINF:3,Radio\nhttp://127.0.0.1:9/stream.mp3\n",
        b"ffconcat version 1.0\nfile /etc/hostname\n",
        b"%PDF-1.7\n" + zlib.compress(bytes(100_000)),
        bytes(5000),
    ],
    ids=["text", "picture", "playlist", "concat", "pdf", "zeros"],
)
def test_not_audio(content: bytes, suffix: str, tmp_path: Path) -> None:
    """Text, pictures and playlists are refused under any name, and nothing they refer to is opened."""
    path = tmp_path / f"track.{suffix}"
    path.write_bytes(content)
    assert refusal(path) == ("decode", "unsupported")


def test_empty(tmp_path: Path) -> None:
    """An empty file has no audio."""
    path = tmp_path / "track.mp3"
    path.write_bytes(b"")
    assert refusal(path) == ("decode", "no_audio")


def test_film_without_sound(tmp_path: Path) -> None:
    """A video without a sound track has no audio."""
    path = tmp_path / "film.mp4"
    path.write_bytes(film())
    assert refusal(path) == ("decode", "no_audio")


def test_film_with_sound(tmp_path: Path) -> None:
    """The first audio track of a video is read."""
    truth = tones(1.0)
    path = tmp_path / "film.mkv"
    path.write_bytes(film(truth, tones(1.0, 1)))
    np.testing.assert_array_equal(samples(path), truth)


def test_film_with_a_default_track(tmp_path: Path) -> None:
    """The default one of several audio tracks is read."""
    truth = tones(1.0, 1)
    path = tmp_path / "film.mkv"
    path.write_bytes(film(tones(1.0), truth, default=1))
    np.testing.assert_array_equal(samples(path), truth)


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that fails to read")
def test_failing_disk() -> None:
    """An I/O error is not reported as damage."""
    with pytest.raises(ScanError) as caught:
        open_audio(b"/proc/self/mem")
    assert caught.value.code == "io_error"


@pytest.mark.parametrize("head", [b"fLaC", b"OggS\0\2", b"RIFF\0\0\0\0WAVEfmt ", b"\0\0\0\x20ftypM4A ", b"wvpk"])
def test_only_a_beginning(head: bytes, tmp_path: Path) -> None:
    """A file with a magic number and no content is corrupt or without audio."""
    path = tmp_path / "track"
    path.write_bytes(head + bytes(2000))
    stage, code = refusal(path)
    assert (stage, code) in {("decode", "corrupt"), ("decode", "no_audio")}


@pytest.mark.parametrize(("rate", "channels"), [(44100, 33), (500, 2), (2_000_000, 1)])
def test_limits(rate: int, channels: int, tmp_path: Path) -> None:
    """Too many channels and absurd sample rates are refused before memory is allocated."""
    path = write_wav(tmp_path / "odd.wav", np.zeros((4000, channels), np.float32), rate)
    assert refusal(path) == ("decode", "limits")


@pytest.mark.parametrize("title", ["mp3-mpeg_layer_iii", "flac-pcm_16", "aac-aac", "wav-pcm_16", "tta-tta"])
@pytest.mark.parametrize("size", [0, 300_000, 12_000_000])
def test_large_pictures_in_front(title: str, size: int, tmp_path: Path) -> None:
    """Large ID3 tags at the start do not change the samples."""
    recipe = next(recipe for recipe in RECIPES if recipe.title == title)
    path = tmp_path / "track"
    write_recipe(path, recipe, tones(1.0))
    bare = count(path)
    path.write_bytes(id3_tag(size) + id3_tag(100) + path.read_bytes())
    assert count(path) == bare


def test_lying_tag(tmp_path: Path) -> None:
    """An ID3 tag that declares more than the file holds does not hide the audio."""
    recipe = next(recipe for recipe in RECIPES if recipe.title == "mp3-mpeg_layer_iii")
    path = tmp_path / "track.mp3"
    write_recipe(path, recipe, tones(1.0))
    bare = count(path)
    path.write_bytes(b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f" + path.read_bytes())
    assert count(path) == bare


def test_descriptors_are_returned(tmp_path: Path) -> None:
    """No descriptor stays open after success or failure."""
    recipe = next(recipe for recipe in RECIPES if recipe.title == "m4a-alac")
    damaged = tmp_path / "damaged.m4a"
    damaged.write_bytes(encode(tones(0.2), recipe)[:100])
    whole = write_wav(tmp_path / "whole.wav", tones(0.2))
    descriptors = Path("/proc/self/fd")
    before = len(list(descriptors.iterdir())) if descriptors.is_dir() else 0
    for _ in range(20):
        with pytest.raises(DecodeError):
            open_audio(os.fsencode(damaged))
        count(whole)
    assert not before or len(list(descriptors.iterdir())) == before
