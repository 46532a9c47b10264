"""Sample formats, start times and padding: the header decides, whatever a decoder makes of the file."""

import os
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audio_files import RATE, RECIPES, Recipe, encode, id3_tag, likeness, tones, write_recipe
from auralis_fp.analysis.decoding.stream import open_audio
from auralis_fp.errors import DecodeError
from signals import Signal

APE_TAG = bytes(200_000) + b"APETAGEX" + struct.pack("<IIII8x", 2000, 200_032, 1, 0)
LYRICS3_TAG = b"LYRICSBEGIN" + b"x" * 200_000 + b"200011LYRICS200"
PCM_GUID = bytes.fromhex("0100000000001000800000aa00389b71")


def decode(path: Path) -> tuple[Signal, tuple[str, ...]]:
    """Return the samples and warnings of a file."""
    with open_audio(os.fsencode(path)) as audio:
        return np.concatenate([block.copy() for block in audio.blocks()]), audio.warnings


def extensible(samples: np.ndarray, valid_bits: int) -> bytes:
    """Return a WAV file of integer samples, of which the upper *valid_bits* count."""
    bits, channels = 8 * samples.dtype.itemsize, samples.shape[1]
    align = bits // 8 * channels
    fmt = struct.pack("<HHIIHHHHI", 0xFFFE, channels, RATE, RATE * align, align, bits, 22, valid_bits, 0) + PCM_GUID
    body = b"WAVEfmt " + struct.pack("<I", len(fmt)) + fmt + b"data" + struct.pack("<I", samples.nbytes)
    return b"RIFF" + struct.pack("<I", len(body) + samples.nbytes) + body + samples.tobytes()


@pytest.mark.parametrize(("subtype", "channels"), [("PCM_16", 2), ("PCM_24", 2), ("FLOAT", 1), ("PCM_16", 6)])
def test_big_endian_wav(subtype: str, channels: int, tmp_path: Path) -> None:
    """RIFX files of any sample type and number of channels decode to their samples."""
    sound = tones(1.0, channels)
    soundfile.write(tmp_path / "a.wav", sound, RATE, subtype=subtype, format="WAV", endian="BIG")
    assert (tmp_path / "a.wav").read_bytes()[:4] == b"RIFX"
    heard, warnings = decode(tmp_path / "a.wav")
    np.testing.assert_array_equal(heard, sound)
    assert warnings == ()


@pytest.mark.parametrize(("valid_bits", "channels"), [(24, 2), (20, 1), (24, 6), (32, 2)])
def test_valid_bits(valid_bits: int, channels: int, tmp_path: Path) -> None:
    """Samples with fewer valid bits than their container are left-justified integers."""
    sound = tones(1.0, channels)
    (tmp_path / "a.wav").write_bytes(extensible((sound * 2.0**31).astype("<i4"), valid_bits))
    heard, warnings = decode(tmp_path / "a.wav")
    np.testing.assert_array_equal(heard, sound)
    assert warnings == ()


@pytest.mark.parametrize(("name", "readable"), [("a.caf", False), ("a.w64", True), ("a.bw64", False)])
def test_padded_samples_elsewhere_are_not_misread(name: str, readable: bool, tmp_path: Path) -> None:
    """24 of 32 bits in CAF, Wave64 and BW64 decode to their samples, or are refused for that reason."""
    samples = (tones(1.0) * 2.0**31).astype("<i4")
    path, content = tmp_path / name, extensible(samples, 24)
    if name == "a.caf":
        desc = struct.pack(">d4sIIIII", float(RATE), b"lpcm", 2, 8, 1, 2, 24)
        head = b"caff\0\1\0\0desc" + struct.pack(">q", len(desc)) + desc
        content = head + b"data" + struct.pack(">q", samples.nbytes + 4) + bytes(4) + samples.tobytes()
    elif name == "a.w64":
        guid = bytes.fromhex("f3acd3118cd100c04f8edb8a")
        body = b"wave" + guid + b"fmt " + guid + struct.pack("<Q", 64) + content[20:60]
        body += b"data" + guid + struct.pack("<Q", 24 + samples.nbytes) + samples.tobytes()
        content = b"riff" + bytes.fromhex("2e91cf11a5d628db04c10000") + struct.pack("<Q", 24 + len(body)) + body
    else:
        sizes = b"ds64" + struct.pack("<IQQQI", 28, len(content) + 28, samples.nbytes, len(samples), 0)
        content = b"BW64" + b"\xff" * 4 + b"WAVE" + sizes + content[12:]
    path.write_bytes(content)
    if readable:
        np.testing.assert_array_equal(decode(path)[0], tones(1.0))
    else:
        with pytest.raises(DecodeError, match="header"):
            decode(path)


@pytest.mark.parametrize(
    ("container", "codec", "rate"),
    [
        ("ogg", "libopus", 48_000),
        ("ogg", "flac", RATE),
        ("matroska", "flac", RATE),
        ("matroska", "libopus", 48_000),
        ("mov", "alac", RATE),
        ("webm", "libopus", 48_000),
        ("asf", "wmav2", RATE),
    ],
)
def test_start_times_do_not_count(container: str, codec: str, rate: int, tmp_path: Path) -> None:
    """A stream whose time stamps begin at ten hours has the length of its samples, and no warning."""
    recipe = Recipe(
        "x",
        container,
        codec,
        "",
        "",
        rate=rate,
        bit_rate=128_000 if codec == "wmav2" else 0,
        sample_type="s16p" if codec == "alac" else "",
    )
    path = tmp_path / "radio"
    path.write_bytes(encode(tones(2.0, rate=rate), recipe, start_sec=36_000.0))
    heard, warnings = decode(path)
    assert len(heard) / rate == pytest.approx(2.0, abs=0.05)
    assert warnings == ()


def mp3(seconds: float, rate: int = RATE) -> bytes:
    """Return an MP3 file of constant bit rate with its length in an Info tag."""
    return encode(tones(seconds, rate=rate), Recipe("mp3", "mp3", "libmp3lame", "", "", rate=rate, bit_rate=128_000))


@pytest.mark.parametrize(
    "junk",
    [
        (b"", id3_tag(300_000)),
        (b"", id3_tag(300_000) + b"TAG" + bytes(125)),
        (b"", APE_TAG),
        (b"", LYRICS3_TAG + b"TAG" + bytes(125)),
        (bytes(400_000), b""),
        (id3_tag(500) + bytes(3_000_000), b""),
        (id3_tag(500) + bytes(5000) + id3_tag(100_000), b""),
    ],
    ids=[
        "tag at the end",
        "two tags at the end",
        "APE tag at the end",
        "Lyrics3 tag at the end",
        "zeros",
        "zeros after a tag",
        "tag, zeros, tag",
    ],
)
def test_tags_and_zeros_around_mp3(junk: tuple[bytes, bytes], tmp_path: Path) -> None:
    """Tags and zeros on either side of the frames change neither the length nor the warnings."""
    path = tmp_path / "a.mp3"
    path.write_bytes(junk[0] + mp3(4.0) + junk[1])
    heard, warnings = decode(path)
    assert len(heard) / RATE == pytest.approx(4.0, abs=0.06)
    assert warnings == ()


@pytest.mark.parametrize("prefix", [b"", id3_tag(2000), bytes(10_000)], ids=["plain", "tagged", "zeros"])
def test_free_format_mp3(prefix: bytes, tmp_path: Path) -> None:
    """MP3 frames without a bit rate decode."""
    frames = bytearray(mp3(4.0, 48_000))
    first = next(at for at in range(len(frames)) if frames[at] == 0xFF and frames[at + 1] & 0xE0 == 0xE0)
    del frames[: first + 384]  # all tags: every frame now has 384 bytes
    for start in range(0, len(frames) - 3, 384):
        frames[start + 2] &= 0x0F
    path = tmp_path / "a.mp3"
    path.write_bytes(prefix + frames)
    heard, _ = decode(path)
    assert len(heard) / 48_000 == pytest.approx(4.0, abs=0.1)
    assert likeness(heard[:, 0], tones(4.0, rate=48_000)[:, 0], 48_000)[0] > 0.9


@pytest.mark.parametrize("name", ["a.loas", "a.latm", "a.aac"])
def test_loas(name: str, tmp_path: Path) -> None:
    """AAC in LATM with LOAS sync words decodes under any suffix."""
    path = tmp_path / name
    path.write_bytes(encode(tones(2.0), Recipe("loas", "latm", "aac", "", "")))
    heard, warnings = decode(path)
    assert likeness(heard[:, 0], tones(2.0)[:, 0], RATE)[0] > 0.9
    assert warnings == ()


def test_xhe_aac_is_named(tmp_path: Path) -> None:
    """An MP4 file whose configuration states USAC is refused by that name."""
    content = encode(tones(1.0), Recipe("m4a", "ipod", "aac", "", ""))
    at = content.index(b"\x05\x80\x80\x80", content.index(b"esds")) + 5
    (tmp_path / "a.m4a").write_bytes(content[:at] + b"\xf9\x48" + content[at + 2 :])
    with pytest.raises(DecodeError, match="xHE-AAC") as refused:
        open_audio(os.fsencode(tmp_path / "a.m4a"))
    assert refused.value.code == "unsupported"


# Samples by which a decoded file is late, by codec; none for others.
DELAYS = {"aac": 1024, "ac3": 256, "eac3": 256, "libopus": -1, "mp2": 481, "wmav1": -1246, "wmav2": -1246}
IN_EDIT_LISTS = {"ipod", "mp4", "mov", "3gp", "3g2", "matroska"}  # containers that state the delay


@pytest.mark.parametrize("recipe", [each for each in RECIPES if each.channels == 2], ids=lambda each: each.title)
def test_the_first_sample_of_each_format(recipe: Recipe, tmp_path: Path) -> None:
    """The first sample lies where it did with the versions of the decoders that this was written for."""
    truth = tones(2.0, rate=recipe.rate, bits=recipe.bits)
    path = tmp_path / f"a.{recipe.suffix}"
    write_recipe(path, recipe, truth)
    heard, _ = decode(path)
    _, shift_sec = likeness(heard[:, 0], truth[:, 0], recipe.rate)
    stated = recipe.container in IN_EDIT_LISTS
    assert round(shift_sec * recipe.rate) == (0 if stated else DELAYS.get(recipe.codec, 0))
