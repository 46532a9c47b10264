"""A small disk of one's own, that can be closed to writing or pulled; only with the rights to mount one."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True, slots=True)
class Disk:
    """Where it is."""

    folder: Path

    def allow_writing(self, *, allowed: bool) -> None:
        """Mount it anew, for reading only or for both."""
        mode = "rw" if allowed else "ro"
        subprocess.run(["mount", "-o", f"remount,{mode}", str(self.folder)], capture_output=True, check=True)

    def unmount(self) -> None:
        """Take it away, as a cable that is pulled: the empty folder stays."""
        subprocess.run(["umount", "--lazy", str(self.folder)], capture_output=True, check=True)


@contextmanager
def small_disk(folder: Path, size_mb: int = 8) -> Iterator[Disk]:
    """Have a file system in memory of that size at *folder*; the test is left out where none can be mounted."""
    folder.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("no right to mount a disk in memory")
    try:
        yield Disk(folder)
    finally:
        while folder.is_mount():
            subprocess.run(["umount", "--lazy", str(folder)], capture_output=True, check=True)


@contextmanager
def caseless_disk(folder: Path, image: Path) -> Iterator[Disk]:
    """Have a file system at *folder* that takes ``Song`` and ``song`` for one name; left out where there is none."""
    folder.mkdir(exist_ok=True)
    with image.open("wb") as file:
        file.truncate(16 << 20)
    loop: list[str] = []
    try:
        subprocess.run(["mkfs.exfat", str(image)], capture_output=True, check=True)
        setup = ["losetup", "--find", "--show", str(image)]
        loop = subprocess.run(setup, capture_output=True, check=True, text=True).stdout.split()
        subprocess.run(["mount.exfat-fuse", *loop, str(folder)], capture_output=True, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        subprocess.run(["losetup", "--detach", *loop], capture_output=True, check=False)
        pytest.skip("no right, or no program, to mount a disk that does not tell case")
    try:
        yield Disk(folder)
    finally:
        while folder.is_mount():
            subprocess.run(["umount", "--lazy", str(folder)], capture_output=True, check=True)
        subprocess.run(["losetup", "--detach", *loop], capture_output=True, check=True)
