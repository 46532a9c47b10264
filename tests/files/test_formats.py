"""The table of formats."""

import pytest

from auralis_fp.files.formats import DEMUXERS, EXTENSIONS, FORMATS, is_music, recognise


@pytest.mark.parametrize("name", [b"a.flac", b"A.FLAC", b"/x/y.Mp3", b"caf\xe9.ogg", b"a.b.opus", b"x/a b.m4a"])
def test_music_is_recognised_by_its_suffix(name: bytes) -> None:
    """In any case, whatever bytes the rest of the name has."""
    assert is_music(name)


@pytest.mark.parametrize("name", [b"a.flac.25d", b"cover.jpg", b"flac", b".mp3", b"a.mp3/", b"a.mp3.part", b"a."])
def test_other_names_are_not_music(name: bytes) -> None:
    """Sidecars, pictures, unfinished downloads and bare suffixes."""
    assert not is_music(name)


def test_suffixes_are_unique() -> None:
    """Each suffix belongs to one row."""
    suffixes = [suffix for row in FORMATS for suffix in row.suffixes.split()]
    assert len(suffixes) == len(set(suffixes)) == len(EXTENSIONS)


def test_rows_of_one_demuxer_agree() -> None:
    """Rows that share a demuxer differ only in suffixes and magic numbers."""
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
def test_magic_numbers_identify_the_format(head: bytes, name: str) -> None:
    """The first bytes suffice."""
    row = recognise(head.ljust(32, b"\0"))
    assert row is not None
    assert row.name == name


@pytest.mark.parametrize("head", [b"", b"R", b"plain text", b"\x89PNG\r\n\x1a\n", b"\xff\xfb\x90\x64", bytes(32)])
def test_other_bytes_need_a_probe(head: bytes) -> None:
    """Formats without a magic number, text, pictures and empty files."""
    assert recognise(head) is None
