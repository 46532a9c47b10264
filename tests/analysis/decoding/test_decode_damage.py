"""Damaged, truncated and misleading files decode as far as possible."""

import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from audio_files import RATE, RECIPES, FloatArray, Recipe, encode, likeness, rng, tones, write_recipe, write_wav
from auralis_fp.analysis.decoding.stream import open_audio
from auralis_fp.errors import DecodeError
from hostile_files import damaged, with_sizes

OF_TITLE = {recipe.title: recipe for recipe in RECIPES}
STREAMED = ["mp3-mpeg_layer_iii", "ogg-vorbis", "oga-flac", "opus-libopus", "aac-aac", "ac3-ac3", "flac-pcm_16"]


def decode(path: Path) -> tuple[FloatArray, tuple[str, ...]]:
    """Return all samples of a file and its warnings."""
    with open_audio(os.fsencode(path)) as stream:
        return np.concatenate([block.copy() for block in stream.blocks()]), stream.warnings


def written(path: Path, title: str, seconds: float = 4.0, channels: int = 2) -> bytes:
    """Return the bytes of a file written according to the recipe."""
    recipe = OF_TITLE[title]
    write_recipe(path, recipe, tones(seconds, channels, recipe.rate))
    return path.read_bytes()


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24"])
@pytest.mark.parametrize("size", [0xFFFFFFFF, 0x7FFFF000, 0x7FFFFFFF, 0])
def test_sizes_left_open(size: int, subtype: str, tmp_path: Path) -> None:
    """A WAV file with placeholder sizes is read to its end without warnings."""
    truth = tones(2.0)
    path = write_wav(tmp_path / "pipe.wav", truth, subtype=subtype)
    path.write_bytes(with_sizes(path.read_bytes(), size, size))
    heard, warnings = decode(path)
    np.testing.assert_array_equal(heard, truth)
    assert warnings == ()


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
def test_sizes_too_small(subtype: str, tmp_path: Path) -> None:
    """A recording longer than its header declares is read to its end, with a warning."""
    truth = tones(4.0)
    path = write_wav(tmp_path / "crash.wav", truth, subtype=subtype)
    path.write_bytes(with_sizes(path.read_bytes(), 20_036, 20_000))
    heard, warnings = decode(path)
    np.testing.assert_array_equal(heard, truth)
    assert warnings == ("header_mismatch",)


@pytest.mark.parametrize("tail", [b"LIST" + struct.pack("<I", 400_000), b"ID3\x04\0\0\0\0", b"TAG", b"APETAGEX", b""])
def test_what_follows_the_audio(tail: bytes, tmp_path: Path) -> None:
    """Chunks, tags and padding after the audio are not decoded."""
    truth = tones(1.0)
    path = write_wav(tmp_path / "track.wav", truth)
    path.write_bytes(path.read_bytes() + tail.ljust(8, b"\0") + bytes(400_000))
    heard, warnings = decode(path)
    np.testing.assert_array_equal(heard, truth)
    assert warnings == ()


def test_sizes_too_large(tmp_path: Path) -> None:
    """A header that declares an hour gives the audio present, with a warning."""
    truth = tones(2.0)
    path = write_wav(tmp_path / "lie.wav", truth)
    path.write_bytes(with_sizes(path.read_bytes(), 635_040_036, 635_040_000))
    heard, warnings = decode(path)
    np.testing.assert_array_equal(heard, truth)
    assert warnings == ("truncated",)


@pytest.mark.parametrize(
    "title",
    [
        "wav-pcm_16", "wave-pcm_24", "wav-float", "rf64-pcm_16", "w64-pcm_16", "aiff-pcm_16", "aif-pcm_24", "au-pcm_16",
        "snd-pcm_24", "caf-pcm_16", "flac-pcm_16", "mp3-mpeg_layer_iii", "wv-wavpack", "mka-flac",
    ],
)  # fmt: skip
def test_cut_short(title: str, tmp_path: Path) -> None:
    """Half a download gives half the track, correctly, with a warning."""
    recipe = OF_TITLE[title]
    path = tmp_path / "track"
    content = written(path, title)
    whole, warnings = decode(path)
    assert warnings == ()
    path.write_bytes(content[: len(content) // 2])
    half, warnings = decode(path)
    assert 0.3 < len(half) / len(whole) < 0.7
    assert warnings == ("truncated",)
    if recipe.exact:
        np.testing.assert_array_equal(half, whole[: len(half)])


@pytest.mark.parametrize("title", STREAMED)
def test_cut_short_without_stated_length(title: str, tmp_path: Path) -> None:
    """Half of a stream decodes to half the track."""
    path = tmp_path / "track"
    content = written(path, title, seconds=10.0)
    whole, _ = decode(path)
    path.write_bytes(content[: len(content) // 2])
    half, _ = decode(path)
    assert 0.3 < len(half) / len(whole) < 0.7


@pytest.mark.parametrize("title", [*STREAMED, "m4a-aac", "m4a-alac", "wma-wmav2"])
def test_damage_in_the_middle(title: str, tmp_path: Path) -> None:
    """Overwritten bytes damage only their surroundings."""
    path = tmp_path / "track"
    content = bytearray(written(path, title, seconds=12.0))
    whole, _ = decode(path)
    middle, size = len(content) // 2, min(1500, len(content) // 60)
    content[middle : middle + size] = rng(1).randbytes(size)
    path.write_bytes(content)
    heard, _ = decode(path)
    assert len(heard) > 0.7 * len(whole)
    for end in (slice(0, RATE), slice(-RATE, None)):
        assert likeness(heard[end, 0], whole[end, 0], RATE)[0] > 0.9


def test_damage_is_told(tmp_path: Path) -> None:
    """Skipped packets give a warning."""
    path = tmp_path / "track.mp3"
    content = written(path, "mp3-mpeg_layer_iii", seconds=8.0)
    middle = len(content) // 2
    path.write_bytes(content[:middle] + rng(1).randbytes(5000) + content[middle:])
    _, warnings = decode(path)
    assert "decode_errors" in warnings


@pytest.mark.parametrize("title", [*STREAMED, "wav-pcm_16", "wave-pcm_24", "m4a-aac", "wv-wavpack"])
def test_odd_tail(title: str, tmp_path: Path) -> None:
    """Stray bytes at the end change nothing."""
    path = tmp_path / "track"
    content = written(path, title, seconds=2.0)
    whole, _ = decode(path)
    for tail in (b"\0", b"TAG" + bytes(125), rng(2).randbytes(777)):
        path.write_bytes(content + tail)
        heard, warnings = decode(path)
        assert abs(len(heard) - len(whole)) < 0.05 * RATE
        assert warnings == ()


@pytest.mark.parametrize("title", ["ogg-vorbis", "oga-flac", "opus-libopus"])
def test_chained_streams(title: str, tmp_path: Path) -> None:
    """All links of a chained Ogg file are decoded."""
    path = tmp_path / "track"
    one = written(path, title, seconds=3.0)
    first, _ = decode(path)
    other = written(path, title, seconds=2.0)
    second, _ = decode(path)
    path.write_bytes(one + other + one)
    heard, _ = decode(path)
    assert len(heard) == pytest.approx(2 * len(first) + len(second), abs=0.05 * RATE)
    np.testing.assert_allclose(heard[-RATE:], first[-RATE:], atol=0.02)


def test_link_of_another_kind(tmp_path: Path) -> None:
    """A link with another sample rate and channel count is converted, with a warning."""
    recipe = OF_TITLE["aac-aac"]
    path = tmp_path / "radio.aac"
    other = Recipe("aac", "adts", "aac", "aac", "aac", exact=False, rate=22050)
    path.write_bytes(encode(tones(4.0), recipe) + encode(tones(2.0, 1, 22050), other) + encode(tones(4.0), recipe))
    heard, warnings = decode(path)
    assert heard.shape[1] == 2
    assert len(heard) / RATE == pytest.approx(10.0, abs=0.3)
    assert warnings == ("header_mismatch",)


def test_absurd_declared_length(tmp_path: Path) -> None:
    """A FLAC header that declares a day gives the audio present."""
    path = tmp_path / "track.flac"
    content = bytearray(written(path, "flac-pcm_16", seconds=2.0))
    whole, _ = decode(path)
    content[21:26] = bytes([content[21] & 0xF0, 0xE3, 0x00, 0x00, 0x00])
    path.write_bytes(content)
    heard, warnings = decode(path)
    np.testing.assert_array_equal(heard, whole)
    assert warnings == ("truncated",)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.title)
def test_random_damage(recipe: Recipe, tmp_path: Path) -> None:
    """Mutated files give blocks of the right shape or a DecodeError."""
    path = tmp_path / "track"
    write_recipe(path, recipe, tones(0.3, recipe.channels, recipe.rate))
    content = path.read_bytes()
    chance = rng(recipe.title)
    refused = []
    for round_number in range(12):
        path.write_bytes(damaged(content, chance, in_head=round_number % 2 == 0))
        try:
            with open_audio(os.fsencode(path)) as stream:
                for block in stream.blocks():
                    assert block.dtype == np.float32
                    assert block.shape[1] == stream.info.channels
                    assert 0 < len(block) <= 32768
                assert set(stream.warnings) <= {"truncated", "decode_errors", "header_mismatch"}
        except DecodeError as error:
            refused.append(error.code)
    assert set(refused) <= {"unsupported", "no_audio", "corrupt", "limits"}


STARVED = """
import os, resource, sys
from auralis_fp.analysis.decoding.stream import open_audio

with open_audio(os.fsencode(sys.argv[1])) as stream:
    frames = stream._reader._frames  # decodes only, before numpy allocates too
    next(frames)
    pages = int(open("/proc/self/statm").read().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * os.sysconf("SC_PAGE_SIZE"),) * 2)
    try:
        print(sum(frame.samples for frame in frames))
    except MemoryError:
        print("no memory")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is Linux's")
@pytest.mark.parametrize("title", ["m4a-aac", "wma-wmav2", "mka-flac"])
def test_want_of_memory_is_not_damage(title: str, tmp_path: Path) -> None:
    """A decoder without memory raises MemoryError instead of reporting damage."""
    path = tmp_path / "track"
    written(path, title, seconds=20.0)
    variables = os.environ | {"MALLOC_MMAP_THRESHOLD_": "1024", "MALLOC_TOP_PAD_": "0"}
    command = [sys.executable, "-c", STARVED, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=variables)
    assert done.stdout == "no memory\n"
