"""Names of files that are still being written."""

import pytest

from auralis_fp.files.temporary_names import is_temporary


@pytest.mark.parametrize(
    "name",
    [
        *(b"song.mp3.part", b"SONG.MP3.PARTIAL", b"song.crdownload", b"song.mp3.tmp", b"song.mp3.filepart"),
        *(b"song.mp3.!qB", b"song.mp3.!ut", b"song.mp3.aria2", b"song.m4a.ytdl", b"song.mp3.lftp-pget-status"),
        *(b"~syncthing~song.mp3.tmp", b".song.mp3.Xy12Zz", b"...song.mp3.Ab12Cd", b"song.mp3.~4f2b"),
        *(b"song.mp3.sb-1a2b3c4d-Ab12Cd", b"song.mp3.1a2b3c4d.partial", b"song.temp.m4a", b"song.f140.m4a"),
        *(b"/a/b/song.f251-1.webm", b"~$song.mp3", b"Unconfirmed 123.crdownload"),
    ],
)
def test_temporary_names(name: bytes) -> None:
    """Of downloads, sync clients and programs that save safely."""
    assert is_temporary(name)


@pytest.mark.parametrize(
    "name",
    [
        *(b"song.mp3", b"Part.mp3", b"tmp.flac", b"01. Track No. 5.mp3", b"~ Tilde.mp3", b"song.1.mp3", b"f140.m4a"),
        *(b"...And Justice for All.flac", b"a.b.c.ogg", b"Mr. Temp.mp3", b"/x.part/song.mp3", b"song.f5.mp3"),
    ],
)
def test_other_names(name: bytes) -> None:
    """Titles that only look alike."""
    assert not is_temporary(name)
