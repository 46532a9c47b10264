"""Media types of files that browsers play."""

import pytest

from auralis_fp.files.media_types import HEAD_BYTES, media_type


@pytest.mark.parametrize(
    ("name", "head", "expected"),
    [
        (b"a.flac", b"fLaC", "audio/flac"),
        (b"a.mp3", b"\xff\xfb\x90\x00", "audio/mpeg"),
        (b"a.MP3", b"ID3\x04", "audio/mpeg"),
        (b"a.mp3", b"fLaC", "audio/flac"),
        (b"a.flac", b"ID3\x04", "audio/flac"),
        (b"a.opus", b"OggS", "audio/ogg"),
        (b"a.m4a", b"\0\0\0\x20ftypM4A ", "audio/mp4"),
        (b"a.wav", b"RIFF\0\0\0\0WAVE", "audio/wav"),
        (b"a.aac", b"\xff\xf1", "audio/aac"),
        (b"a.weba", b"\x1aE\xdf\xa3", "audio/webm"),
        (b"a.mp2", b"\xff\xfd", None),
        (b"a.ape", b"MAC ", None),
        (b"a.mp3", b"MAC ", None),
        (b"a.w64", b"riff" + bytes(20) + b"wave" + bytes.fromhex("f3acd3118cd100c04f8edb8a"), None),
        (b"a", b"", None),
        (b"\xff.wma", bytes.fromhex("3026b2758e66cf11"), None),
    ],
)
def test_media_types(name: bytes, head: bytes, expected: str | None) -> None:
    """The content decides, the name only where the content does not tell."""
    assert media_type(name, head.ljust(HEAD_BYTES, b"\0")) == expected
