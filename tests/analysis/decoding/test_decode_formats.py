"""Decoding of every format of the table."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audio_files import (
    ALIASES,
    NARROW,
    RATE,
    RECIPES,
    SPEEX_TONE,
    FloatArray,
    Recipe,
    dff,
    dsf,
    encode,
    likeness,
    tones,
    write_recipe,
    write_wav,
)
from auralis_fp.analysis.decoding.stream import AudioInfo, open_audio
from auralis_fp.files.formats import EXTENSIONS

OTHERWISE_PROVEN = {".spx", ".dsf", ".dff", ".amr", ".ape", ".mpc", ".mp+", ".dts", ".mlp", ".thd", ".loas", ".latm"}
RARE = {".shn", ".qcp", ".dtshd", ".aea", ".oma", ".omg", ".aa3", ".at3", ".awb", ".gsm", ".ra", ".rm", ".rmvb"}
SAMPLES = Path(__file__).parents[2] / "support" / "samples"


def decode(path: Path) -> tuple[FloatArray, AudioInfo, tuple[str, ...]]:
    """Decode a file and check the invariants of each block."""
    parts = []
    with open_audio(os.fsencode(path)) as stream:
        for block in stream.blocks():
            assert block.dtype == np.float32
            assert 0 < len(block) <= 32768
            assert block.shape[1] == stream.info.channels == len(stream.info.positions)
            parts.append(block.copy())
        assert stream.frames == sum(map(len, parts))
        return np.concatenate(parts), stream.info, stream.warnings


def peak_hz(sound: FloatArray, rate: int) -> float:
    """Return the frequency of the strongest bin of a channel."""
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    return float(np.argmax(power)) * rate / len(sound)


@pytest.mark.parametrize("recipe", [*RECIPES, *ALIASES], ids=lambda recipe: recipe.title)
def test_round_trip(recipe: Recipe, tmp_path: Path) -> None:
    """Lossless formats decode exactly, lossy ones with high correlation and the same length."""
    truth = tones(2.0, recipe.channels, recipe.rate, recipe.bits)
    path = tmp_path / f"track.{recipe.suffix}"
    write_recipe(path, recipe, truth)
    heard, info, warnings = decode(path)
    assert warnings == ()
    assert (info.format, info.codec) == (recipe.format, recipe.reported_codec)
    assert (info.sample_rate, info.channels) == (recipe.rate, recipe.channels)
    assert info.declared_sec == pytest.approx(2.0, abs=0.1)
    if recipe.exact:
        np.testing.assert_array_equal(heard, truth)
        return
    assert len(heard) / recipe.rate == pytest.approx(2.0, abs=0.05)
    for channel in range(recipe.channels):
        correlation, shift_sec = likeness(heard[:, channel], truth[:, channel], recipe.rate)
        assert correlation > 0.9
        assert abs(shift_sec) < 0.05


def test_every_suffix_is_proven() -> None:
    """Every suffix of the table is decoded by a test."""
    assert {f".{recipe.suffix}" for recipe in (*RECIPES, *ALIASES)} | OTHERWISE_PROVEN | RARE == EXTENSIONS


def test_speex(tmp_path: Path) -> None:
    """A Speex file decodes to its tone."""
    path = tmp_path / "tone.spx"
    path.write_bytes(SPEEX_TONE)
    heard, info, _ = decode(path)
    assert (info.format, info.codec, info.sample_rate) == ("ogg", "speex", 8000)
    assert peak_hz(heard[:, 0], 8000) == pytest.approx(440, abs=5)


def test_telephone_speech(tmp_path: Path) -> None:
    """An AMR file keeps its pitch."""
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)[:, None].astype(np.float32)
    path = tmp_path / "call.amr"
    path.write_bytes(encode(tone, NARROW))
    heard, info, _ = decode(path)
    assert (info.format, info.codec, info.sample_rate) == ("amr", "amr_nb", 8000)
    assert peak_hz(heard[:, 0], 8000) == pytest.approx(440, abs=5)


def test_dsd(tmp_path: Path) -> None:
    """A DSD file decodes to its tone at an eighth of its bit rate."""
    path = tmp_path / "tone.dsf"
    path.write_bytes(dsf(0.1, 1000))
    heard, info, _ = decode(path)
    assert (info.format, info.sample_rate) == ("dsf", 352_800)
    assert peak_hz(heard[:, 0], 352_800) == pytest.approx(1000, abs=30)
    assert len(heard) / 352_800 == pytest.approx(0.1, abs=0.012)  # whole blocks


def test_dsdiff(tmp_path: Path) -> None:
    """A DSDIFF file decodes to its tone, like a DSF file."""
    path = tmp_path / "tone.dff"
    path.write_bytes(dff(0.1, 1000))
    heard, info, _ = decode(path)
    assert (info.format, info.sample_rate) == ("dff", 352_800)
    assert peak_hz(heard[:, 0], 352_800) == pytest.approx(1000, abs=30)


@pytest.mark.parametrize(
    ("name", "container", "codec", "least"),
    [
        ("tones.ape", "ape", "ape", 0.999),
        ("tones.mpc", "musepack", "musepack8", 0.95),
        ("tones.dts", "dts", "dts", 0.95),
        ("tones.mlp", "mlp", "mlp", 0.999),
        ("tones.thd", "truehd", "truehd", 0.999),
    ],
)
def test_samples_of_formats_without_an_encoder(name: str, container: str, codec: str, least: float) -> None:
    """They decode to the tones they were made from."""
    heard, info, _ = decode(SAMPLES / name)
    truth = tones(0.5)
    assert (info.format, info.codec, info.sample_rate) == (container, codec, RATE)
    for channel in range(2):
        correlation, shift_sec = likeness(heard[:, channel], truth[:, channel], RATE)
        assert correlation > least
        assert abs(shift_sec) < 0.05


FRONT = ("FL", "FR", "FC", "LFE")


@pytest.mark.parametrize(
    ("container", "channels", "positions"),
    [
        ("WAV", 1, ("M",)),
        ("WAV", 2, ("FL", "FR")),
        ("WAV", 6, (*FRONT, "BL", "BR")),
        ("WAV", 8, (*FRONT, "BL", "BR", "SL", "SR")),
        ("WAVEX", 6, (*FRONT, "BL", "BR")),
        ("WAVEX", 8, (*FRONT, "BL", "BR", "FLC", "FRC")),  # the positions libsndfile writes
        ("FLAC", 1, ("M",)),
        ("FLAC", 6, (*FRONT, "SL", "SR")),
        ("FLAC", 8, (*FRONT, "BL", "BR", "SL", "SR")),
        ("AIFF", 6, (*FRONT, "BL", "BR")),
    ],
)
def test_channels(container: str, channels: int, positions: tuple[str, ...], tmp_path: Path) -> None:
    """Files of 1 to 8 channels keep the order of their channels."""
    truth = tones(0.5, channels)
    path = tmp_path / "track"
    soundfile.write(path, truth, 44100, subtype="PCM_16", format=container)
    heard, info, _ = decode(path)
    np.testing.assert_array_equal(heard, truth)
    assert info.positions == positions


def test_surround_of_a_lossy_format(tmp_path: Path) -> None:
    """The channels of a 5.1 file have the positions of its layout."""
    recipe = next(recipe for recipe in RECIPES if recipe.title == "m4a-aac")
    path = tmp_path / "film.m4a"
    path.write_bytes(encode(tones(0.5, 6), recipe))
    _, info, _ = decode(path)
    assert info.positions == ("FL", "FR", "FC", "LFE", "BL", "BR")


@pytest.mark.parametrize("rate", [8_000, 22_050, 96_000, 192_000, 384_000])
@pytest.mark.parametrize("container", ["WAV", "FLAC"])
def test_rates(container: str, rate: int, tmp_path: Path) -> None:
    """Sample rates from 8 to 384 kHz are kept."""
    truth = tones(0.25, 2, rate)
    path = tmp_path / "track"
    soundfile.write(path, truth, rate, subtype="PCM_24", format=container)
    heard, info, _ = decode(path)
    assert info.sample_rate == rate
    np.testing.assert_array_equal(heard, truth)


def test_same_numbers_in_every_lossless_format(tmp_path: Path) -> None:
    """WAV, FLAC, ALAC and WavPack decode to the same samples."""
    truth = tones(1.0)
    titles = ("wav-pcm_16", "flac-pcm_16", "m4a-alac", "wv-wavpack", "mka-flac")
    for recipe in (recipe for recipe in RECIPES if recipe.title in titles):
        path = tmp_path / recipe.title
        write_recipe(path, recipe, truth)
        np.testing.assert_array_equal(decode(path)[0], truth)


@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
def test_floats_beyond_full_scale(subtype: str, tmp_path: Path) -> None:
    """Samples above full scale, not finite, or outside float32 are passed on."""
    odd = np.array([[2.5, -3.0], [np.nan, np.inf], [1e30, -1e300]])
    path = write_wav(tmp_path / "odd.wav", odd, subtype=subtype)
    with np.errstate(over="ignore"):
        expected = odd.astype(np.float32)
    np.testing.assert_array_equal(decode(path)[0], expected)


def test_blocks_cut_anywhere_hold_the_whole(tmp_path: Path) -> None:
    """No sample is lost at lengths around whole blocks."""
    for length in (1, 32767, 32768, 32769, 98304):
        truth = tones(2.5)[:length]
        for subtype in ("PCM_16", "PCM_24"):
            path = write_wav(tmp_path / "track.wav", truth, subtype=subtype)
            np.testing.assert_array_equal(decode(path)[0], truth)


def test_variable_bit_rate_without_a_header(tmp_path: Path) -> None:
    """An MP3 with variable bit rate and no stated length is decoded completely."""
    truth = tones(30.0)
    truth[: 15 * RATE] = 0  # the first half has a low bit rate, which misleads estimates
    path = tmp_path / "track.mp3"
    with soundfile.SoundFile(path, "w", RATE, 2, "MPEG_LAYER_III", format="MP3", bitrate_mode="VARIABLE") as sound:
        sound.write(truth)
    content = path.read_bytes()
    assert b"Xing" in content[:500]
    path.write_bytes(content[content.index(b"\xff\xfb", 4) :])
    heard, _, warnings = decode(path)
    assert len(heard) / RATE == pytest.approx(30.0, abs=0.1)
    assert warnings == ()


@pytest.mark.slow
def test_memory_is_bounded(tmp_path: Path) -> None:
    """Decoding twenty minutes needs no more memory than one."""
    program = (
        "import os, resource, sys\n"
        "from auralis_fp.analysis.decoding.stream import open_audio\n"
        "def peak(path):\n"
        "    with open_audio(os.fsencode(path)) as stream:\n"
        "        for block in stream.blocks(): pass\n"
        "    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "print(peak(sys.argv[1]), peak(sys.argv[2]))\n"
    )
    paths = [tmp_path / "short.flac", tmp_path / "long.flac"]
    for path, minutes in zip(paths, (1, 20), strict=True):
        with soundfile.SoundFile(path, "w", 8000, 2, "PCM_16", format="FLAC") as sound:
            for _ in range(minutes):
                sound.write(tones(60.0, 2, 8000))
    result = subprocess.run([sys.executable, "-c", program, *paths], capture_output=True, text=True, check=True)
    short_kb, long_kb = map(int, result.stdout.split())
    assert long_kb - short_kb < 4096
