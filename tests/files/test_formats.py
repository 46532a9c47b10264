"""The table of formats."""

import pytest

from auralis_fp.files.formats import DEMUXERS, EXTENSIONS, FORMATS, is_music, recognise


@pytest.mark.parametrize("name", [b"a.flac", b"A.FLAC", b"/x/y.Mp3", b"caf\xe9.ogg", b"a.b.opus", b"x/a b.m4a"])
def test_music(name: bytes) -> None:
    """A suffix of the table in either case makes a music file, whatever bytes the name has."""
    assert is_music(name)


@pytest.mark.parametrize("name", [b"a.flac.25d", b"cover.jpg", b"flac", b".mp3", b"a.mp3/", b"a.mp3.part", b"a."])
def test_not_music(name: bytes) -> None:
    """Sidecars, pictures, unfinished downloads and bare names are not looked at."""
    assert not is_music(name)


def test_no_suffix_twice() -> None:
    """Each suffix belongs to one row."""
    suffixes = [suffix for row in FORMATS for suffix in row.suffixes.split()]
    assert len(suffixes) == len(set(suffixes)) == len(EXTENSIONS)


def test_rows_of_one_demuxer_agree() -> None:
    """Rows that share a demuxer differ in nothing but suffixes and marks."""
    for row in FORMATS:
        same = DEMUXERS[row.demuxer]
        assert (row.name, row.length_stated) == (same.name, same.length_stated)


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "wav"),
        (b"RIFF\x24\x00\x00\x00AVI LIST", "avi"),
        (b"FORM\x00\x00\x00\x24AIFFCOMM", "aiff"),
        (b"fLaC\x00\x00\x00\x22", "flac"),
        (b"OggS\x00\x02", "ogg"),
        (b"\x00\x00\x00\x20ftypM4A ", "m4a"),
        (b"\x1aE\xdf\xa3", "matroska"),
    ],
)
def test_recognise(head: bytes, name: str) -> None:
    """The first bytes name the format."""
    row = recognise(head.ljust(32, b"\0"))
    assert row is not None
    assert row.name == name


@pytest.mark.parametrize("head", [b"", b"R", b"plain text", b"\x89PNG\r\n\x1a\n", b"\xff\xfb\x90\x64", bytes(32)])
def test_unmarked(head: bytes) -> None:
    """What bears no mark is left to a probe."""
    assert recognise(head) is None
