"""Names of music folders in a cluster."""

from pathlib import Path

import pytest

from auralis_fp.cluster.mounts import locate, name_roots, parse_mounts, resolve
from auralis_fp.errors import SettingsError


def test_a_folder_is_called_by_its_last_part() -> None:
    """A name of ``mounts`` goes before the last part of the path."""
    roots = [Path("/srv/music"), Path("/mnt/nas/flac")]
    assert name_roots(roots, ["lossless=/mnt/nas/flac"]) == {b"/srv/music": "music", b"/mnt/nas/flac": "lossless"}


def test_two_alike_are_refused() -> None:
    """The message names both folders."""
    with pytest.raises(SettingsError, match="/a/music and /b/music are both called 'music'"):
        name_roots([Path("/a/music"), Path("/b/music")], [])


@pytest.mark.parametrize("text", ["music", "=/mnt", "music=", "music=mnt", "a/b=/mnt", "a=b=/mnt", "x" * 101 + "=/mnt"])
def test_a_mount_is_a_name_and_a_folder(text: str) -> None:
    """Other texts are refused."""
    with pytest.raises(SettingsError, match="does not have the form"):
        parse_mounts([text])


def test_names_and_folders_occur_once() -> None:
    """The same assignment twice is harmless."""
    assert parse_mounts(["a=/x", "a=/x/"]) == {"a": Path("/x")}
    with pytest.raises(SettingsError, match="names two folders"):
        parse_mounts(["a=/x", "a=/y"])
    with pytest.raises(SettingsError, match="has two names"):
        parse_mounts(["a=/x", "b=/x"])


def test_a_file_is_named_by_mount_and_path() -> None:
    """The innermost folder counts; bytes that do not decode are kept."""
    names = {b"/srv": "all", b"/srv/music": "music"}
    assert locate(b"/srv/music/a/\xff.mp3", names) == ("music", b"a/\xff.mp3")
    assert locate(b"/srv/b.mp3", names) == ("all", b"b.mp3")
    assert locate(b"/home/c.mp3", names) is None


@pytest.mark.parametrize("below", [b"", b"/etc/passwd", b"../x", b"a/../../x", b"a\0b"])
def test_nothing_leads_out_of_a_mount(below: bytes) -> None:
    """A path that is not below the mount has no place."""
    assert resolve("music", below, {"music": b"/mnt/music"}) is None
    assert resolve("other", b"a.mp3", {"music": b"/mnt/music"}) is None
    assert resolve("music", b"a..b/c.mp3", {"music": b"/mnt/music"}) == b"/mnt/music/a..b/c.mp3"
