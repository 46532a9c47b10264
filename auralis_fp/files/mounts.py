"""Mounts: which file system a folder lies on."""

import os
import sys
from pathlib import Path
from typing import Final

from .paths import is_same_or_below

NETWORK_FILE_SYSTEMS: Final = frozenset(
    (
        *("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "coda", "davfs"),
        *("fuse.sshfs", "fuse.rclone", "fuse.s3fs", "fuse.glusterfs", "fuse.davfs2", "fuse.gvfsd-fuse", "fuse.juicefs"),
        *("vboxsf", "fuse.vmhgfs-fuse", "virtiofs", "prl_fs", "drvfs"),  # of a virtual machine's host
    )
)


def is_network_mount(path: Path, table: Path = Path("/proc/self/mountinfo")) -> bool:
    """Return True if *path* lies on a network file system, which does not announce changes by others. Blocking.

    Parameters
    ----------
    path : Path
    table : Path
        The kernel's mount table; without one the answer is False.
    """
    if sys.platform != "linux" or not table.exists():
        return False
    real = os.path.realpath(path)
    kind, longest = "", -1
    for line in table.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        left, _, right = line.partition(" - ")
        fields = left.split(" ")
        if len(fields) < 5 or not right:
            continue
        mount = fields[4].replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\")
        if is_same_or_below(os.fsencode(real), os.fsencode(mount)) and len(mount) >= longest:
            kind, longest = right.split(" ")[0], len(mount)
    return kind in NETWORK_FILE_SYSTEMS
