"""Where libraries lie, by a mount table that the tests write."""

import json
import os
from pathlib import Path

import pytest

from auralis_fp.files.places import Places
from auralis_fp.files.rules import Presence, Rules
from mount_tables import MountTable


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """Return a library with a song on each of two disks."""
    folder = tmp_path.resolve() / "music"
    (folder / "disk2").mkdir(parents=True)
    (folder / "1.mp3").touch()
    (folder / "disk2" / "2.mp3").touch()
    return folder


@pytest.fixture
def table(tmp_path: Path) -> MountTable:
    """Return a table in which only the root is mounted."""
    return MountTable(tmp_path / "mountinfo")


def rules_for(music: Path, table: MountTable) -> Rules:
    """Return rules that read the table."""
    rules = Rules([os.fsencode(music)])
    rules.places = Places(table.path)
    return rules


def test_files_of_an_unmounted_disk_are_away(music: Path, table: MountTable) -> None:
    """While files that were removed from mounted disks are gone."""
    table.mount(music / "disk2")
    rules, root = rules_for(music, table), os.fsencode(music)
    rules.places.remember(root)
    (music / "disk2" / "2.mp3").unlink()
    (music / "1.mp3").unlink()
    first, second = os.fsencode(music / "1.mp3"), os.fsencode(music / "disk2" / "2.mp3")
    assert rules.presences([first, second]) == [Presence.GONE, Presence.GONE]
    table.unmount(music / "disk2")
    assert rules.presences([first, second]) == [Presence.GONE, Presence.AWAY]
    assert rules.away_folder(second) == os.fsencode(music / "disk2")
    assert rules.away_folder(first) is None


def test_unmounted_disks_are_known_after_a_restart(music: Path, table: MountTable) -> None:
    """Also where the unmounted folder itself is gone, as of a desktop's automounter."""
    table.mount(music / "disk2")
    rules, root = rules_for(music, table), os.fsencode(music)
    rules.places.remember(root)
    saved = rules.places.dump()
    table.unmount(music / "disk2")
    (music / "disk2" / "2.mp3").unlink()
    (music / "disk2").rmdir()
    later = rules_for(music, table)
    later.places.load(saved)
    assert later.presence(os.fsencode(music / "disk2" / "2.mp3")) is Presence.AWAY
    assert later.places.away(root) == {os.fsencode(music / "disk2")}


def test_a_root_link_that_leads_elsewhere_is_displaced(music: Path, table: MountTable, tmp_path: Path) -> None:
    """At once and after a restart; no file is gone or outside the library."""
    other, link = tmp_path.resolve() / "other", tmp_path.resolve() / "link"
    other.mkdir()
    (other / "new.mp3").touch()
    link.symlink_to(music)
    rules, root = rules_for(link, table), os.fsencode(link)
    rules.places.remember(root)
    link.unlink()
    link.symlink_to(other)
    later = rules_for(link, table)
    later.places.load(rules.places.dump())
    for each in (rules, later):
        assert each.presence(os.fsencode(link / "1.mp3")) is Presence.AWAY
        assert "other instead of" in each.places.displaced(root)
        assert not each.is_mounted(root)


def test_a_library_whose_disk_is_not_mounted_is_displaced(music: Path, table: MountTable) -> None:
    """Even if its folder is not empty."""
    table.mount(music)
    rules, root = rules_for(music, table), os.fsencode(music)
    rules.places.remember(root)
    table.unmount(music)
    (music / "1.mp3").unlink()
    assert "is not mounted" in rules.places.displaced(root)
    assert rules.presence(os.fsencode(music / "1.mp3")) is Presence.AWAY
    table.mount(music)
    assert rules.presence(os.fsencode(music / "1.mp3")) is Presence.GONE


def test_a_mount_over_a_library_displaces_it(music: Path, table: MountTable) -> None:
    """A share that is mounted over a folder hides the files of the folder."""
    rules, root = rules_for(music, table), os.fsencode(music)
    rules.places.remember(root)
    table.mount(music)
    assert "Another disk" in rules.places.displaced(root)


def test_every_change_of_the_mounts_changes_the_signature(music: Path, table: MountTable) -> None:
    """Mounts at and below the library; mounts elsewhere do not count."""
    rules, root = rules_for(music, table), os.fsencode(music)
    seen = [rules.places.signature(root)]
    table.mount(music / "disk2")
    seen.append(rules.places.signature(root))
    table.mount(music)
    seen.append(rules.places.signature(root))
    assert len(set(seen)) == 3
    table.mount(music.parent / "elsewhere")
    assert rules.places.signature(root) == seen[-1]


def test_places_survive_any_name(tmp_path: Path, table: MountTable) -> None:
    """Names that are not UTF-8 are kept exactly."""
    folder = os.fsencode(tmp_path.resolve()) + b"/\xe9\xff\n"
    Path(os.fsdecode(folder)).mkdir()
    places = Places(table.path)
    table.points.append(folder.replace(b"\n", b"\\012") + b"/\xfe")
    table.write()
    places.remember(folder)
    later = Places(table.path)
    later.load(places.dump())
    assert later.away(folder) == frozenset()
    table.points.pop()
    table.write()
    assert later.away(folder) == {folder + b"/\xfe"}


def test_places_of_an_earlier_version(music: Path, table: MountTable) -> None:
    """They have no ids of file systems, so any disk is accepted."""
    root, disk = os.fsencode(music), os.fsencode(music / "disk2")
    places = Places(table.path)
    places.load(json.dumps({str(music): [str(music), "/", str(music / "disk2")]}))
    assert (places.displaced(root), places.away(root)) == ("", frozenset({disk}))
    table.mount(music / "disk2")
    assert (places.displaced(root), places.away(root)) == ("", frozenset())
