"""Marks of encryption in containers."""

import io
import os
import struct
from pathlib import Path

import pytest

from audio_files import Recipe, encode, film, tones
from auralis_fp.analysis.decoding.stream import open_audio
from auralis_fp.errors import DecodeError
from auralis_fp.files.encryption import encryption_scheme

ASF_MARKS = {
    "Windows Media DRM": bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e"),
    "PlayReady": bytes.fromhex("338505438169e6499b74ad12cb86d58c"),
}


def m4a(codec: str = "aac", container: str = "ipod") -> bytes:
    """Return a file of two seconds in an MP4 container."""
    return encode(tones(2.0), Recipe("m4a", container, codec, "", "", sample_type="s16p" if codec == "alac" else ""))


def refusal(path: Path, content: bytes) -> DecodeError:
    """Return the error that a file with this content is refused with."""
    path.write_bytes(content)
    with pytest.raises(DecodeError) as refused:
        open_audio(os.fsencode(path))
    return refused.value


def element(name: int, content: bytes) -> bytes:
    """Return a Matroska element."""
    return name.to_bytes((name.bit_length() + 7) // 8, "big") + struct.pack(">Q", 1 << 56 | len(content)) + content


def matroska(*tracks: bytes) -> bytes:
    """Return a Matroska file of these track descriptions."""
    body = element(0x18538067, element(0x1654AE6B, b"".join(element(0xAE, track) for track in tracks)))
    return element(0x1A45DFA3, element(0x4282, b"matroska")) + body


AUDIO = element(0x83, b"\2")
VIDEO = element(0x83, b"\1")
ENCRYPTED = element(0x6D80, element(0x6240, element(0x5035, element(0x47E1, b"\5"))))
COMPRESSED = element(0x6D80, element(0x6240, element(0x5034, b"")))


@pytest.mark.parametrize(
    ("codec", "entry", "mark", "scheme"),
    [
        ("aac", b"mp4a", b"drms", "FairPlay"),
        ("aac", b"mp4a", b"enca", "Common Encryption"),
        ("alac", b"alac", b"enca", "Common Encryption"),
        ("aac", b"mp4a", b"aavd", "Audible"),
    ],
)
def test_mp4(codec: str, entry: bytes, mark: bytes, scheme: str, tmp_path: Path) -> None:
    """Encrypted sample entries are refused as protected, with the name of the scheme."""
    content = m4a(codec)
    at = content.index(b"stsd") + 12
    assert content[at + 4 : at + 8] == entry
    error = refusal(tmp_path / "song.m4a", content[: at + 4] + mark + content[at + 8 :])
    assert error.code == "protected"
    assert scheme in str(error)


@pytest.mark.parametrize("scheme", ASF_MARKS)
def test_asf(scheme: str, tmp_path: Path) -> None:
    """Header objects of Windows Media DRM and PlayReady are refused as protected."""
    content = encode(tones(2.0), Recipe("wma", "asf", "wmav2", "", "", bit_rate=128_000))
    size, count = struct.unpack_from("<QI", content, 16)
    mark = ASF_MARKS[scheme] + struct.pack("<Q", 40) + bytes(16)
    header = content[:16] + struct.pack("<QI", size + len(mark), count + 1) + content[28:30]
    error = refusal(tmp_path / "song.wma", header + mark + content[30:])
    assert error.code == "protected"
    assert scheme in str(error)


@pytest.mark.parametrize(
    ("content", "scheme"),
    [
        (matroska(AUDIO + ENCRYPTED), "Matroska encryption"),
        (matroska(VIDEO + ENCRYPTED, AUDIO + ENCRYPTED), "Matroska encryption"),
        (matroska(VIDEO + ENCRYPTED, AUDIO), None),
        (matroska(AUDIO + COMPRESSED), None),
        (matroska(AUDIO), None),
        (film(tones(1.0)), None),
        (m4a(), None),
        (m4a("alac", "mov"), None),
        (encode(tones(1.0), Recipe("flac", "flac", "flac", "", "")), None),
        (m4a()[:200], None),
    ],
    ids=["audio", "audio and video", "video only", "compressed", "plain", "film", "m4a", "mov", "flac", "cut"],
)
def test_only_encrypted_audio_counts(content: bytes, scheme: str | None) -> None:
    """Encrypted pictures, compression and plain files are not marks of encrypted audio."""
    with io.BytesIO(content) as file:
        assert encryption_scheme(file, 0, len(content)) == scheme
