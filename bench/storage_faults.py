"""Fault injection for ``chaos``: identity of files, mounts, links and damaged storage."""

import os
import random
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final, Protocol

from service_process import ServiceUnderTest
from small_disk import Disk

ODD_TIMES: Final = (-2_177_452_800, -1, 0, 4_294_967_296, 15_032_385_535)  # 1901, before and after 1970, 2106, 2446
KEPT: Final = "a file of the user\n" * 100
_SUB_DISK_MB: Final = 16


class Files(Protocol):
    """What the other faults offer to these."""

    def some_file(self) -> Path:
        """Return an audio file; raise FileNotFoundError if there is none."""

    def new_content(self) -> tuple[bytes, str]:
        """Return new audio content and its suffix."""

    def for_a_while(self, what: str, low_sec: float, high_sec: float, end: Callable[[], object]) -> None:
        """Call *end* after a random time."""

    def lasts(self, what: str) -> bool:
        """Return True while a temporary fault is active."""


class StorageFaults:
    """Injects faults of identity and storage.

    Parameters
    ----------
    files : Files
    service : ServiceUnderTest
    disk : Disk
    rng : Random
    """

    def __init__(self, files: Files, service: ServiceUnderTest, disk: Disk, rng: random.Random) -> None:
        self._files, self._service, self._disk, self._rng = files, service, disk, rng
        self._names = 0
        self.kept = disk.folder / "kept.txt"  # has hard links where sidecars are written
        self.damaged: set[bytes] = set()  # digests of the audio whose result was damaged

    def files_swapped(self) -> object:
        """Exchange the contents of two files of equal size and keep both modification times."""
        one = self._files.some_file()
        status = one.stat()
        other = one.with_name(f"swap {self._number()}{one.suffix}")
        content = bytearray(one.read_bytes())
        if len(content) < 100 or one.is_symlink():
            return False
        at = len(content) * 2 // 3
        content[at : at + 8] = self._rng.randbytes(8)
        other.write_bytes(content)
        os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
        spare = one.with_name(f".spare {self._number()}")
        one.rename(spare)
        other.rename(one)
        spare.rename(other)
        return True

    def content_replaced_in_place(self) -> object:
        """Change samples of a file in place and set its modification time back."""
        path = self._files.some_file()
        status = path.stat()
        if status.st_size < 100:
            return False
        with path.open("r+b") as file:
            file.seek(status.st_size * 2 // 3)
            file.write(self._rng.randbytes(8))
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        return True

    def odd_time(self) -> None:
        """Set a modification time that few programs expect."""
        os.utime(self._files.some_file(), (0, self._rng.choice(ODD_TIMES)))

    def owner_changed(self) -> None:
        """Change the mode of a file, which changes its ctime only."""
        path = self._files.some_file()
        path.chmod(path.stat().st_mode ^ 0o020)

    def disk_below_away(self) -> object:
        """Unmount a disk below a library for a while; the first time, mount it and put music on it."""
        root, source = self._service.roots[0], self._disk.folder / ".second disk"
        if not self._disk.own or self._files.lasts("mount") or not root.is_dir():
            return False
        folder = root / "second disk"
        if not source.exists():
            source.mkdir()
            _run("mount", "-t", "tmpfs", "-o", f"size={_SUB_DISK_MB}m", "tmpfs", source)
            for _ in range(3):
                content, suffix = self._files.new_content()
                (source / f"on the disk {self._number()}{suffix}").write_bytes(content)
            folder.mkdir(exist_ok=True)
            _run("mount", "--bind", source, folder)
        else:
            _run("umount", "--lazy", folder)
            self._files.for_a_while("mount", 2, 10, lambda: self._mount_again(source, folder))
        return True

    def _mount_again(self, source: Path, folder: Path) -> None:
        """Mount the disk below a library, whose folder may be away or renamed."""
        if folder.parent.is_dir():
            folder.mkdir(exist_ok=True)
            _run("mount", "--bind", source, folder)
        else:
            self._files.for_a_while("mount", 1, 2, lambda: self._mount_again(source, folder))

    def link_repointed(self) -> object:
        """Point a link inside a library to another folder of it, and back after a while."""
        root = self._service.roots[-1]
        link = root / "linked.wav"
        if self._files.lasts("link") or not root.is_dir():
            return False
        here, there = self._files.some_file(), self._files.some_file()
        _point(link, here)
        self._files.for_a_while("link", 1, 6, lambda: _point(link, there))
        return True

    def known_file_asked_for_on_a_full_disk(self) -> object:
        """Request a file while the disk is full; any response but a broken connection is valid."""
        if not self._disk.own or self._files.lasts("disk"):
            return False
        path = self._files.some_file()
        with _full(self._disk), suppress(OSError):
            self._service.post("", {"track_id": self._rng.randrange(1 << 31), "filepath": str(path)})
        return True

    def obstacle_at_the_sidecar(self) -> object:
        """Put a FIFO or a hard link to another file where a sidecar is written."""
        path = self._files.some_file()
        place = path.with_name(f"{path.name}.25d")
        place.unlink(missing_ok=True)
        if self._rng.random() < 0.5:
            os.mkfifo(place)
        else:
            place.hardlink_to(self.kept)
        self._files.for_a_while(str(place), 1, 10, lambda: place.unlink(missing_ok=True))
        return True

    def row_damaged(self) -> object:
        """Spoil the metadata of one result in the database."""
        with (
            closing(sqlite3.connect(self._service.database, timeout=2)) as database,
            suppress(sqlite3.OperationalError),
        ):
            rows = list(database.execute("SELECT file_id, payload_digest FROM fingerprints"))
            if not rows:
                return False
            file_id, digest = self._rng.choice(rows)
            database.execute("UPDATE fingerprints SET metadata = '{spoilt' WHERE file_id = ?", (file_id,))
            database.commit()
            self.damaged.add(digest)
            return True
        return False

    def _number(self) -> int:
        self._names += 1
        return self._names


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True, capture_output=True)


@contextmanager
def _full(disk: Disk) -> Iterator[None]:
    disk.fill()
    try:
        yield
    finally:
        disk.relieve()


def _point(link: Path, target: Path) -> None:
    with suppress(OSError):  # the folder may be away, or the disk full
        link.unlink(missing_ok=True)
        link.symlink_to(target)
