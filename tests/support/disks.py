"""Small disks that tests can remount and unmount; the tests are skipped without the right to mount."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True, slots=True)
class Disk:
    """A mounted file system."""

    folder: Path

    def allow_writing(self, *, allowed: bool) -> None:
        """Remount it read-only or writable."""
        mode = "rw" if allowed else "ro"
        subprocess.run(["mount", "-o", f"remount,{mode}", str(self.folder)], capture_output=True, check=True)

    def unmount(self) -> None:
        """Unmount it, as when a cable is pulled; the empty mount point stays."""
        subprocess.run(["umount", "--lazy", str(self.folder)], capture_output=True, check=True)


@contextmanager
def small_disk(folder: Path, size_mb: int = 8) -> Iterator[Disk]:
    """Mount a tmpfs of that size at *folder*; skip the test if that is not possible."""
    folder.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("needs the right to mount a tmpfs")
    try:
        yield Disk(folder)
    finally:
        while folder.is_mount():
            subprocess.run(["umount", "--lazy", str(folder)], capture_output=True, check=True)


@contextmanager
def bound(folder: Path, place: Path) -> Iterator[None]:
    """Show a folder at another place too; skip the test if that is not possible."""
    if subprocess.run(["mount", "--bind", str(folder), str(place)], capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], capture_output=True, check=True)


@contextmanager
def caseless_disk(folder: Path, image: Path) -> Iterator[Disk]:
    """Mount a case-insensitive file system at *folder*; skip the test if that is not possible."""
    folder.mkdir(exist_ok=True)
    with image.open("wb") as file:
        file.truncate(16 << 20)
    loop: list[str] = []
    try:
        subprocess.run(["mkfs.exfat", str(image)], capture_output=True, check=True)
        setup = ["losetup", "--find", "--show", str(image)]
        loop = subprocess.run(setup, capture_output=True, check=True, text=True).stdout.split()
        subprocess.run(["mount.exfat-fuse", *loop, str(folder)], capture_output=True, check=True)
        (folder / "probe").write_bytes(b"")
        (folder / "probe").unlink()
    except (OSError, subprocess.CalledProcessError):
        if loop:  # else the programs may be missing
            subprocess.run(["umount", "--lazy", str(folder)], capture_output=True, check=False)
            subprocess.run(["losetup", "--detach", *loop], capture_output=True, check=False)
        pytest.skip("needs exfat-fuse and the right to mount")
    try:
        yield Disk(folder)
    finally:
        while folder.is_mount():
            subprocess.run(["umount", "--lazy", str(folder)], capture_output=True, check=True)
        subprocess.run(["losetup", "--detach", *loop], capture_output=True, check=False)  # it may be detached already
