"""Mount tables: which file system holds a folder, and whether it announces changes."""

import os
from pathlib import Path

import pytest

from auralis_fp.files.mounts import doubtful_kinds, lacks_ctime, mount_of, mounts_below, parse_mounts, read_mounts

TABLE = (
    b"22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
    b"40 22 0:50 / /mnt/nas rw shared:1 - nfs4 server:/export rw\n"
    b"41 22 0:51 / /mnt/a\\040b rw - cifs //server/share rw\n"
    b"42 40 8:17 / /mnt/nas/usb rw - vfat /dev/sdb1 rw\n"
    b"a line of another form\n"
)


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        (b"/mnt/nas/music", "nfs4"),
        (b"/mnt/nas", "nfs4"),
        (b"/mnt/nasty", "ext4"),
        (b"/home/me", "ext4"),
        (b"/mnt/a b/c", "cifs"),
        (b"/mnt/nas/usb/x", "vfat"),
        (b"/", "ext4"),
    ],
)
def test_the_innermost_mount_holds_a_folder(folder: bytes, kind: str) -> None:
    """Names with escaped letters included; lines of another form are skipped."""
    mount = mount_of(folder, parse_mounts(TABLE))
    assert mount is not None
    assert mount.kind == kind


def test_a_later_mount_covers_an_earlier_one() -> None:
    """As when an automounter mounts the share over its own mount point."""
    table = b"1 0 8:1 / / rw - ext4 /dev/sda rw\n2 1 0:9 / /nas rw - autofs auto.nas rw\n"
    assert doubtful_kinds(b"/nas/music", parse_mounts(table)) == ("autofs",)
    mounts = parse_mounts(table + b"3 2 0:10 / /nas rw - xfs /dev/sdc rw\n")
    assert doubtful_kinds(b"/nas/music", mounts) == ()
    assert [mount.kind for mount in mounts_below(b"/", mounts) if mount.point == b"/nas"] == ["xfs"]


@pytest.mark.parametrize(
    ("folder", "expected"), [(b"/mnt/nas/usb/x", True), (b"/mnt/nas", True), (b"/home", False), (b"/mnt/a b", False)]
)
def test_file_systems_without_ctime(folder: bytes, expected: bool) -> None:
    """FAT and exFAT keep no time of the last status change; a folder may also hold such a mount."""
    assert lacks_ctime(folder, parse_mounts(TABLE)) is expected


NETWORK = "nfs nfs4 cifs smb2 smb3 smbfs 9p afs ceph glusterfs lustre coda davfs ncpfs beegfs orangefs"
CLUSTER = "gfs2 ocfs2 gpfs pvfs2 moosefs"
POOLS = "fuse.mergerfs fuse.shfs fuse.mhddfs fuse.unionfs fuse.rar2fs fuse.gocryptfs-reverse fuse.bindfs"
CLOUD = "fuse.rclone fuse.google-drive-ocamlfuse fuse.pcloud fuse.onedriver fuse.dropbox fuse.s3fs fuse.juicefs"
REMOTE = "fuse.sshfs fuse.cephfs fuse.cifs fuse.smbnetfs fuse.nfs fuse.davfs2 fuse.s3ql fuse.gvfsd-fuse fuse"
GUESTS = "vboxsf fuse.vmhgfs-fuse virtiofs prl_fs drvfs fuse.grpcfuse fuse.osxfs osxfs fakeowner"
UNKNOWN = "autofs somethingnew"
LOCAL = "ext2 ext3 ext4 xfs btrfs zfs tmpfs overlay fuseblk exfat vfat ntfs3 f2fs bcachefs fuse.ntfs-3g apfs udf"


@pytest.mark.parametrize("kind", f"{NETWORK} {CLUSTER} {POOLS} {CLOUD} {REMOTE} {GUESTS} {UNKNOWN}".split())
def test_other_file_systems_are_doubtful(kind: str) -> None:
    """Network and cluster file systems, pools, cloud drives, folders of a host machine, autofs and unknown kinds."""
    table = f"1 0 8:1 / / rw - ext4 /dev/sda rw\n2 1 0:40 / /m rw - {kind} pool rw\n".encode()
    assert doubtful_kinds(b"/m/music", parse_mounts(table)) == (kind,)


@pytest.mark.parametrize("kind", LOCAL.split())
def test_local_disks_announce_every_change(kind: str) -> None:
    """File systems of this machine's own disks."""
    table = f"1 0 0:1 / / rw - nfs4 server:/root rw\n2 1 0:40 / /m rw - {kind} /dev/sdb rw\n".encode()
    assert doubtful_kinds(b"/m/music", parse_mounts(table)) == ()


def test_mounts_below_a_folder_count_too() -> None:
    """A share mounted inside a library makes its events doubtful; one beside it does not."""
    mounts = parse_mounts(TABLE)
    assert doubtful_kinds(b"/mnt", mounts) == ("cifs", "nfs4")
    assert doubtful_kinds(b"/mnt/nas/usb", mounts) == ()
    assert {mount.point for mount in mounts_below(b"/mnt/nas", mounts)} == {b"/mnt/nas/usb"}


def test_the_table_of_this_system_is_read() -> None:
    """The root is always mounted."""
    assert mount_of(os.fsencode(Path.cwd()), read_mounts()) is not None


def test_without_a_mount_table_there_are_no_mounts(tmp_path: Path) -> None:
    """Only Linux has one."""
    assert read_mounts(tmp_path / "missing") == ()
    assert doubtful_kinds(os.fsencode(tmp_path), ()) == ()
