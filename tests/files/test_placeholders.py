"""Placeholders of cloud drives are counted, and never opened."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from auralis_fp.errors import RequestError
from auralis_fp.files.access import PathPolicy
from auralis_fp.files.omissions import Omissions
from auralis_fp.files.placeholders import has_no_blocks, is_placeholder, is_stub_name
from auralis_fp.files.places import Places
from auralis_fp.files.rules import Presence, Rules
from auralis_fp.files.scanner import stat_audio, walk


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """Return a library with a song and a placeholder."""
    folder = tmp_path.resolve() / "music"
    folder.mkdir()
    (folder / "song.mp3").write_bytes(bytes(range(256)) * 100)
    with (folder / "cloud.mp3").open("wb") as file:
        file.truncate(3_000_000)
    return folder


def sweep(rules: Rules, music: Path) -> tuple[set[bytes], dict[str, int]]:
    """Return the names found and the omissions by reason."""
    omissions, root = Omissions(), os.fsencode(music)
    found = {os.path.basename(event.path) for event in walk(root, root, rules, omissions)}  # noqa: PTH119 - bytes
    return found, {entry.reason: entry.count for entry in omissions.summary()}


def kind(rules: Rules, tmp_path: Path, name: str) -> None:
    """Let the rules believe that everything lies on a file system of this kind."""
    table = tmp_path / "mountinfo"
    table.write_text(f"1 0 0:1 / / rw - {name} source rw\n", encoding="ascii")
    rules.places = Places(table)


def test_a_file_without_blocks_is_a_placeholder(music: Path, tmp_path: Path) -> None:
    """On a local disk; it is counted, keeps its result, and requests for it are refused."""
    rules, path = Rules([os.fsencode(music)]), os.fsencode(music / "cloud.mp3")
    kind(rules, tmp_path, "ext4")
    assert sweep(rules, music) == ({b"song.mp3"}, {"placeholder": 1})
    assert stat_audio(path, rules) is None
    assert rules.presence(path) is Presence.PLACEHOLDER


def test_requests_for_placeholders_are_refused(music: Path) -> None:
    """Answering them would download the file."""
    with pytest.raises(RequestError) as refused:
        PathPolicy([music]).resolve(os.fsencode(music / "cloud.mp3"))
    assert (refused.value.status, refused.value.code) == (409, "placeholder")


def test_cloud_drives_that_report_blocks(music: Path, tmp_path: Path) -> None:
    """On other file systems, a file with blocks shows that those without are placeholders."""
    rules = Rules([os.fsencode(music)])
    kind(rules, tmp_path, "fuse.onedriver")
    assert sweep(rules, music) == ({b"song.mp3"}, {"placeholder": 1})


def test_file_systems_that_report_no_blocks(music: Path, tmp_path: Path) -> None:
    """Where no file has blocks, all files are read."""
    (music / "song.mp3").unlink()
    rules = Rules([os.fsencode(music)])
    kind(rules, tmp_path, "fuse.other")
    assert sweep(rules, music) == ({b"cloud.mp3"}, {})


@pytest.mark.parametrize("name", [b".song.mp3.icloud", b"song.flac.nextcloud", b"Song.MP3.owncloud"])
def test_stubs_are_recognised_by_name(name: bytes, tmp_path: Path) -> None:
    """Clients without virtual files put a small file in the place of each song."""
    assert is_stub_name(name)
    (tmp_path / os.fsdecode(name)).write_bytes(b"stub")
    assert sweep(Rules([os.fsencode(tmp_path)]), tmp_path) == (set(), {"placeholder": 1})


@pytest.mark.parametrize("name", [b"song.mp3", b"cover.jpg.nextcloud", b"notes.icloud", b".icloud", b"icloud.mp3"])
def test_other_names_are_not_stubs(name: bytes) -> None:
    """Only names of music with a suffix of such a client."""
    assert not is_stub_name(name)


@pytest.mark.parametrize(
    "status",
    [
        {"st_flags": 0x40000000},
        {"st_file_attributes": 0x1000},
        {"st_file_attributes": 0x400020},
        {"st_file_attributes": 0x40000},
    ],
)
def test_marks_of_macos_and_windows(status: dict[str, int]) -> None:
    """Dataless files, and files that are recalled when opened or read."""
    assert is_placeholder(cast("os.stat_result", SimpleNamespace(**status)))
    ordinary = cast("os.stat_result", SimpleNamespace(st_flags=0, st_file_attributes=0x20))
    assert not is_placeholder(ordinary)


def test_small_files_may_have_no_blocks(tmp_path: Path) -> None:
    """Some file systems store them in the inode."""
    with (tmp_path / "small.mp3").open("wb") as file:
        file.truncate(100)
    assert not has_no_blocks((tmp_path / "small.mp3").stat())
    assert not has_no_blocks(tmp_path.stat())
