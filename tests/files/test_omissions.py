"""The account of what a sweep leaves out."""

import os
import socket
from pathlib import Path

import pytest

from auralis_fp.files.access import PathPolicy
from auralis_fp.files.omissions import EXAMPLES, Omissions, Reason
from auralis_fp.files.rules import Rules
from auralis_fp.files.scanner import walk
from auralis_fp.settings import SYSTEM_FOLDERS, Settings
from disks import bound


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """Return an empty library."""
    folder = tmp_path / "music"
    folder.mkdir()
    return folder


def make(folder: Path, *names: str) -> None:
    """Create files below a folder."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"1234")


def sweep(root: Path, rules: Rules | None = None) -> tuple[list[str], dict[str, int]]:
    """Return the files found below the root, and the number of omissions by reason or suffix."""
    omissions = Omissions()
    place = os.fsencode(root)
    found = [
        os.path.relpath(os.fsdecode(event.path), root)
        for event in walk(place, place, rules or Rules([place]), omissions)
    ]
    return sorted(found), {entry.suffix or entry.reason: entry.count for entry in omissions.summary()}


@pytest.mark.parametrize(
    "name",
    [
        "...And Justice for All/01 Blackened.mp3",
        "..Like Clockwork/01.mp3",
        "...Baby One More Time.mp3",
        ".../1.mp3",
        "a/....mp3",
        "…And Then There Were Three/1.mp3",
    ],
)
def test_names_that_begin_with_an_ellipsis_are_music(music: Path, name: str) -> None:
    """Albums, songs and folders of nothing but dots."""
    make(music, name)
    assert sweep(music) == ([name], {})


def test_hidden_entries_are_counted(music: Path) -> None:
    """Folders and audio files; other hidden files and resource forks are not music."""
    make(music, ".cache/1.mp3", ".hidden.mp3", ".DS_Store", "._song.mp3", "song.mp3")
    assert sweep(music) == (["song.mp3"], {"hidden": 2})


@pytest.mark.parametrize(
    "folder",
    [
        *("#recycle", "@Recycle", "$RECYCLE.BIN", "#snapshot", "@Recently-Snapshot", "lost+found", "RECYCLER"),
        *("$Recycle.Bin", "#Recycle", "@EADIR", "LOST+FOUND", "system volume information", "a/b/@eaDir"),
        *(".Trash-1000", ".Trashes", ".zfs", "FOUND.000", "~Snapshot", "Network Trash Folder"),
    ],
)
def test_system_folders_are_not_entered(music: Path, folder: str) -> None:
    """Recycle bins, snapshots and folders of file systems, in any case and at any depth."""
    make(music, f"{folder}/Artist/deleted.mp3", "Artist/kept.mp3")
    assert sweep(music) == (["Artist/kept.mp3"], {"system_folder": 1})


@pytest.mark.parametrize("name", ["Recycled", "The Trash", "Snapshot", "lost+found.mp3", "Recycle", "found"])
def test_titles_like_system_folders_are_music(music: Path, name: str) -> None:
    """Only the exact names are left out."""
    path = name if name.endswith(".mp3") else f"{name}/1.mp3"
    make(music, path)
    assert sweep(music) == ([path], {})


def test_the_list_of_system_folders_is_a_setting(music: Path) -> None:
    """A shorter list admits what is no longer in it."""
    make(music, "@eaDir/1.mp3", "#recycle/2.mp3")
    settings = Settings(libraries=(music,), data_dir=music, system_folders=("#RECYCLE",))
    assert sweep(music, Rules.from_settings(settings)) == (["@eaDir/1.mp3"], {"system_folder": 1})
    assert "@eaDir" in Settings(libraries=(music,), data_dir=music).system_folders == SYSTEM_FOLDERS


def test_ignored_entries_name_their_setting(music: Path) -> None:
    """The account holds examples, and the setting that changes it."""
    make(music, "Audiobooks/1.mp3", "live.mp3", "song.mp3")
    omissions = Omissions()
    place = os.fsencode(music)
    list(walk(place, place, Rules([place], ["Audiobooks", "live*"]), omissions))
    (entry,) = omissions.summary()
    assert (entry.reason, entry.count, entry.setting) == ("ignored", 2, "ignore")
    assert sorted(entry.examples) == ["Audiobooks", "live.mp3"]


def test_links_outside_and_broken_links_are_counted(music: Path, tmp_path: Path) -> None:
    """To folders and to audio files; links within the library are not omissions."""
    make(tmp_path, "disk2/Album/1.mp3", "disk2/cover.jpg")
    make(music, "a/song.mp3")
    (music / "linked album").symlink_to(tmp_path / "disk2" / "Album")
    (music / "a" / "beets.mp3").symlink_to(tmp_path / "disk2" / "Album" / "1.mp3")
    (music / "a" / "cover.jpg").symlink_to(tmp_path / "disk2" / "cover.jpg")
    (music / "a" / "annexed.mp3").symlink_to(music / ".git" / "annex" / "1.mp3")
    (music / "again").symlink_to(music / "a")
    (music / "round.mp3").symlink_to(music / "round.mp3")
    assert sweep(music) == (["a/song.mp3"], {"link_outside": 2, "broken_link": 2})


def test_links_to_named_folders_are_followed(music: Path, tmp_path: Path) -> None:
    """To folders and files below them; a loop in the target ends, and other links are still left out."""
    make(tmp_path, "disk2/Album/1.mp3", "disk2/Album/cd2/2.mp3", "disk3/3.mp3")
    (tmp_path / "disk2" / "Album" / "loop").symlink_to(tmp_path / "disk2")
    (music / "linked album").symlink_to(tmp_path / "disk2" / "Album")
    (music / "song.mp3").symlink_to(tmp_path / "disk2" / "Album" / "1.mp3")
    (music / "other").symlink_to(tmp_path / "disk3")
    rules = Rules([os.fsencode(music)], follow_links_to=[os.fsencode(tmp_path / "disk2")])
    found, left_out = sweep(music, rules)
    assert {"linked album/1.mp3", "linked album/cd2/2.mp3", "song.mp3"} <= set(found)
    assert len(found) <= 5
    assert left_out == {"link_outside": 1}
    place = os.fsencode(music / "linked album" / "1.mp3")
    assert rules.contains(place)
    assert rules.reached_by_walk(place, os.fsencode(music))
    assert os.fsencode(tmp_path / "disk2") in rules.bounds(place)


def test_requests_may_name_files_behind_followed_links(music: Path, tmp_path: Path) -> None:
    """By the path through the library, which is the one that is stored."""
    make(tmp_path, "disk2/1.mp3")
    (music / "linked").symlink_to(tmp_path / "disk2")
    policy = PathPolicy([music], follow_links_to=[tmp_path / "disk2"])
    path = os.fsencode(music / "linked" / "1.mp3")
    assert policy.resolve(path)[0] == path
    with pytest.raises(Exception, match="outside"):
        policy.resolve(os.fsencode(tmp_path / "disk2" / "1.mp3"))
    with pytest.raises(Exception, match="outside"):
        PathPolicy([music]).resolve(path)


def test_unsupported_audio_is_counted_by_suffix(music: Path) -> None:
    """Files of other kinds are not mentioned."""
    make(music, "a.mid", "b/B.MID", "c.xm", "cover.jpg", "notes.txt", "song.mp3")
    assert sweep(music) == (["song.mp3"], {".mid": 2, ".xm": 1})


def test_pipes_and_unreadable_folders_are_counted(music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that was removed during the walk is not."""
    make(music, "closed/1.mp3", "gone/2.mp3", "song.mp3")
    os.mkfifo(music / "pipe.wav")
    scandir = os.scandir

    def failing(path: bytes) -> object:
        if path.endswith(b"closed"):
            raise PermissionError(13, "Permission denied")
        if path.endswith(b"gone"):
            raise FileNotFoundError(2, "No such file or directory")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", failing)
    assert sweep(music) == (["song.mp3"], {"not_regular": 1, "unreadable": 1})


@pytest.mark.parametrize(
    "name",
    [
        "song.mp3.part",
        "song.flac.crdownload",
        "song.m4a.!qB",
        "song.opus.aria2",
        "Album/song.wav.tmp",
        ".song.wav.AbCdEf",
        "song.mp3.~1a2b",
        "song.mp3.download/song.mp3",
    ],
)
def test_unfinished_downloads_are_counted(music: Path, name: str) -> None:
    """By the name that the finished file will have; unfinished files of other kinds are not mentioned."""
    make(music, name, "film.iso.part", "cover.jpg.crdownload", "notes.tmp", "done.mp3")
    assert sweep(music) == (["done.mp3"], {"temporary": 1})


@pytest.mark.parametrize("name", ["LOST+FOUND", "Disk/$Recycle.Bin", "a/b/@EADIR", "SYSTEM volume information"])
def test_system_folders_at_any_depth_and_in_any_case(music: Path, name: str) -> None:
    """Each is counted once, with all that it holds."""
    make(music, f"{name}/1.mp3", f"{name}/deeper/2.mp3", "song.mp3")
    assert sweep(music) == (["song.mp3"], {"system_folder": 1})


def test_a_folder_mounted_at_a_second_place_is_counted(music: Path) -> None:
    """Its files are listed once; a link in a circle leaves nothing out."""
    make(music, "first/1.mp3", "first/cd2/2.mp3")
    (music / "second").mkdir()
    (music / "first" / "circle").symlink_to(music)
    with bound(music / "first", music / "second"):
        found, left_out = sweep(music)
    assert (len(found), left_out) == (2, {"second_place": 1})


def test_sockets_and_names_in_circles_are_counted(music: Path) -> None:
    """A socket with the name of music, and links that lead to each other."""
    make(music, "song.mp3")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(music / "radio.mp3"))
    (music / "a.mp3").symlink_to("b.mp3")
    (music / "b.mp3").symlink_to("a.mp3")
    (music / "up.mp3").symlink_to("..")
    assert sweep(music) == (["song.mp3"], {"not_regular": 1, "broken_link": 2, "link_outside": 1})


def test_the_account_is_bounded() -> None:
    """However many entries are left out, a few are named."""
    omissions = Omissions()
    for number in range(10_000):
        omissions.add(Reason.UNSUPPORTED, b"%d.mid" % number)
    (entry,) = omissions.summary()
    assert (entry.count, len(entry.examples)) == (10_000, EXAMPLES)
