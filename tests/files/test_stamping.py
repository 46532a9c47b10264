"""Stamps by the kind of file system, with a mount table that the tests write."""

import os
from pathlib import Path

import pytest

from auralis_fp.files import stamping
from auralis_fp.files.stamping import Stamping
from auralis_fp.models import FileStamp


def table(folder: Path, kind: str) -> Path:
    """Write a mount table in which the disk of a folder is of another kind."""
    device = folder.stat().st_dev
    path = folder / "mountinfo"
    path.write_text(f"30 1 {os.major(device)}:{os.minor(device)} / / rw - {kind} /dev/sda1 rw\n")
    return path


@pytest.mark.parametrize("kind", ["vfat", "msdos", "exfat", "fuse.exfat"])
def test_fat_keeps_neither_ctime_nor_inode(tmp_path: Path, kind: str) -> None:
    """A stamp there confirms nothing, but an unchanged file has an equal one."""
    status = table(tmp_path, kind).stat()
    stamp = Stamping(tmp_path / "mountinfo").stamp_of(status)
    assert stamp == FileStamp.of(status)
    assert (stamp.ctime_ns, stamp.inode) == (None, None)
    assert not stamp.confirms(FileStamp.of(status))
    assert not FileStamp.of(status).confirms(stamp)
    assert not stamp.shows_change(FileStamp.of(status))


@pytest.mark.parametrize("kind", ["ext4", "btrfs", "nfs4", "cifs", "fuseblk"])
def test_other_file_systems_keep_both(tmp_path: Path, kind: str) -> None:
    """As far as their server or driver does."""
    status = table(tmp_path, kind).stat()
    assert Stamping(tmp_path / "mountinfo").stamp_of(status).confirms(FileStamp.of(status))


def test_a_disk_of_another_kind_gets_the_number_of_an_earlier_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mount table is read again after a while."""
    status = table(tmp_path, "ext4").stat()
    stamps = Stamping(tmp_path / "mountinfo")
    assert stamps.stamp_of(status).inode is not None
    table(tmp_path, "vfat")
    assert stamps.stamp_of(status).inode is not None
    monkeypatch.setattr(stamping, "FRESH_SEC", 0.0)
    assert stamps.stamp_of(status).inode is None
