"""Fault injection for ``chaos``: files, disk, database and processes."""

import os
import random
import shutil
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

from service_process import JUNK, ServiceUnderTest, music_in
from small_disk import Disk

from .signals import music, write
from .storage_faults import KEPT, StorageFaults

SONGS: Final = 40  # source songs that other files are made from
MOST_FILES: Final = 150
SUFFIXES: Final = (".wav", ".flac", ".mp3")
RATE: Final = 22_050


class Faults:
    """Injects random faults.

    Parameters
    ----------
    service : ServiceUnderTest
    disk : Disk
    rng : Random
    """

    def __init__(self, service: ServiceUnderTest, disk: Disk, rng: random.Random) -> None:
        self.done: Counter[str] = Counter()
        self.journal: list[str] = []  # time, fault and files of each
        self._touched: list[Path] = []  # files of the present fault
        self._service = service
        self._disk = disk
        self._rng = rng
        self._names = 0
        self._pool = disk.folder / ".pool"
        self._ends: list[tuple[float, Callable[[], object]]] = []  # end times and functions of temporary faults
        self._lasting: set[str] = set()
        storage = self.storage = StorageFaults(self, service, disk, rng)
        chances: list[tuple[Callable[[], object], int]] = [
            (self.file_copied, 12),
            (self.file_written_slowly, 3),
            (self.file_renamed, 6),
            (self.file_moved, 5),
            (self.file_replaced, 5),
            (self.file_corrupted, 6),
            (self.file_truncated, 3),
            (self.file_retagged, 4),
            (self.file_deleted, 5),
            (self.file_asked_for, 6),
            (self.folder_renamed, 2),
            (self.hostile_file, 3),
            (self.sidecar_spoilt, 3),
            (self.sidecar_deleted, 2),
            (self.worker_killed, 6),
            (self.worker_stopped, 1),
            (self.database_locked, 1),
            (self.disk_filled, 1),
            (self.library_away, 1),
            (self.paused, 1),
            (self.playing, 1),
            (storage.files_swapped, 3),
            (storage.content_replaced_in_place, 3),
            (storage.odd_time, 2),
            (storage.owner_changed, 2),
            (storage.disk_below_away, 1),
            (storage.link_repointed, 2),
            (storage.known_file_asked_for_on_a_full_disk, 2),
            (storage.obstacle_at_the_sidecar, 2),
            (storage.row_damaged, 1),
        ]
        self._deeds = [deed for deed, _ in chances]
        self._weights = [weight for _, weight in chances]

    def furnish(self) -> None:
        """Generate the songs and copy some into the libraries."""
        self._pool.mkdir()
        self.storage.kept.write_text(KEPT, encoding="ascii")
        for number in range(SONGS):
            sound = music(self._rng.uniform(1.0, 8.0), RATE, number)
            write(self._pool / f"{number}{SUFFIXES[number % len(SUFFIXES)]}", sound, RATE)
        for _ in range(SONGS):
            self.file_copied()
        self.done.clear()

    def count(self, name: str) -> None:
        """Count a fault and enter it in the journal."""
        self.done[name] += 1
        self.journal.append(f"{time.time():.3f} {name}")

    def one(self) -> None:
        """Inject one random fault and end expired temporary faults."""
        self._end_what_is_due(time.monotonic())
        (deed,) = self._rng.choices(self._deeds, self._weights)
        name = deed.__name__.replace("_", " ")
        self._touched.clear()
        began = time.time()
        with suppress(FileNotFoundError, NotADirectoryError):  # removed by another fault
            try:
                if deed() is not False:
                    self.done[name] += 1
            except OSError:
                self.done["impossible on a full disk"] += 1
        self.journal.append(f"{began:.3f} {name}: {', '.join(map(repr, map(str, self._touched)))}")

    def before_start(self) -> None:
        """End faults that prevent a start: a missing library and a full disk."""
        self.relent(resume=False)

    def relent(self, *, resume: bool = True) -> None:
        """End all temporary faults."""
        while self._ends:  # the end of one may begin another
            self._end_what_is_due(float("inf"))
        if resume:
            for path, body in (("/resume", None), ("/playing", {"playing": False})):
                with suppress(OSError):  # it was not paused
                    self._service.post(path, body)

    def _end_what_is_due(self, now: float) -> None:
        due = [end for at, end in self._ends if at <= now]
        self._ends = [(at, end) for at, end in self._ends if at > now]
        for end in due:
            end()

    def for_a_while(self, what: str, low_sec: float, high_sec: float, end: Callable[[], object]) -> None:
        """Call *end* after a random time between two bounds in seconds."""
        self._lasting.add(what)

        def ending() -> None:
            self._lasting.discard(what)
            end()

        self._ends.append((time.monotonic() + self._rng.uniform(low_sec, high_sec), ending))

    def lasts(self, what: str) -> bool:
        """Return True while a temporary fault is active."""
        return what in self._lasting

    # files

    def _files(self) -> list[Path]:
        return sorted(music_in([root for root in self._service.roots if root.is_dir()]))

    def some_file(self) -> Path:
        """Return an audio file; raise FileNotFoundError if there is none."""
        files = self._files()
        if not files:
            raise FileNotFoundError
        self._touched.append(self._rng.choice(files))
        return self._touched[-1]

    def _folder(self) -> Path:
        root = self._rng.choice([root for root in self._service.roots if root.is_dir()])
        folder = root / self._rng.choice(("", "album", "album/disc 2", "été", "b-sides"))
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _new_name(self, suffix: str) -> Path:
        self._names += 1
        word = self._rng.choice(("song", "-i", "ä", "a\nb", "🎵"))
        self._touched.append(self._folder() / f"{word} {self._names}{suffix}")
        return self._touched[-1]

    def _song(self) -> Path:
        return self._rng.choice(sorted(self._pool.iterdir()))

    def new_content(self) -> tuple[bytes, str]:
        """Return new audio content and its suffix."""
        song = self._song()
        content = bytearray(song.read_bytes())
        at = len(content) - 40 if song.suffix == ".wav" else len(content) // 2
        content[at : at + 8] = self._rng.randbytes(8)
        return bytes(content), song.suffix

    def file_copied(self) -> object:
        """Copy a song with changed samples."""
        if len(self._files()) > MOST_FILES:
            return False
        content, suffix = self.new_content()
        self._new_name(suffix).write_bytes(content)
        return True

    def file_written_slowly(self) -> None:
        """Write half of a file now and the rest later."""
        content, suffix = self.new_content()
        path, half = self._new_name(suffix), len(content) // 2
        path.write_bytes(content[:half])

        def rest() -> None:
            with suppress(OSError), path.open("r+b") as file:
                file.seek(half)
                file.write(content[half:])

        self.for_a_while(str(path), 0.1, 3.0, rest)

    def file_renamed(self) -> None:
        """Rename a file in its folder, sometimes by case only."""
        path = self.some_file()
        name = path.stem.swapcase() if self._rng.random() < 0.3 else f"renamed {self._names}"
        self._names += 1
        self._touched.append(path.with_name(name + path.suffix))
        path.rename(self._touched[-1])

    def file_moved(self) -> None:
        """Move a file to another folder or library, with or without its sidecar."""
        path = self.some_file()
        target = self._folder() / path.name
        path.rename(target)
        self._touched.append(target)
        if self._rng.random() < 0.5:
            with suppress(FileNotFoundError):
                Path(f"{path}.25d").rename(f"{target}.25d")

    def file_replaced(self) -> None:
        """Atomically replace a file with other music."""
        path = self.some_file()
        content, _ = self.new_content()
        partial = path.with_name(path.name + ".part")
        try:
            partial.write_bytes(content)
            partial.rename(path)
        finally:
            partial.unlink(missing_ok=True)

    def file_corrupted(self) -> None:
        """Overwrite bytes of a file."""
        path = self.some_file()
        size = path.stat().st_size
        with path.open("r+b") as file:
            for _ in range(self._rng.choice((1, 10, 100))):
                file.seek(self._rng.randrange(size + 1))
                file.write(self._rng.randbytes(self._rng.choice((1, 4, 16))))

    def file_truncated(self) -> None:
        """Truncate a file."""
        path = self.some_file()
        os.truncate(path, self._rng.randrange(path.stat().st_size + 1))

    def file_retagged(self) -> None:
        """Append an ID3v1 tag."""
        with self.some_file().open("ab") as file:
            file.write(b"TAG" + self._rng.randbytes(100) + bytes(25))

    def file_deleted(self) -> object:
        """Delete a file or a folder."""
        if len(self._files()) < SONGS:
            return False
        path = self.some_file()
        if self._rng.random() < 0.1 and path.parent not in self._service.roots:
            shutil.rmtree(path.parent)
        else:
            path.unlink()
        return True

    def file_asked_for(self) -> None:
        """Request the fingerprint of a file in any condition."""
        with suppress(OSError):  # 404, 400, 503 and others are valid responses
            self._service.post("", {"track_id": self._rng.randrange(1000), "filepath": str(self.some_file())})

    def folder_renamed(self) -> None:
        """Rename a folder with its contents."""
        folder = self.some_file().parent
        if folder in self._service.roots:
            raise FileNotFoundError
        self._names += 1
        self._touched.append(folder.with_name(f"folder {self._names}"))
        folder.rename(self._touched[-1])

    def hostile_file(self) -> None:
        """Create a file that is not audio under an audio name."""
        path = self._new_name(self._rng.choice(SUFFIXES))
        kind = self._rng.randrange(5)
        if kind == 0:
            path.write_bytes(b"")
        elif kind == 1:
            path.write_text("no music\n" * 100, encoding="ascii")
        elif kind == 2:
            os.mkfifo(path)
        elif kind == 3:
            path.symlink_to("/etc/passwd")
        else:
            path.write_bytes(self._rng.randbytes(10_000))

    def _some_sidecar(self) -> Path:
        found = (path for root in self._service.roots for path in root.rglob("*.25d"))
        sidecars = sorted(path for path in found if path.is_file() and path.lstat().st_nlink == 1)
        if not sidecars:
            raise FileNotFoundError
        return self._rng.choice(sidecars)

    def sidecar_spoilt(self) -> None:
        """Overwrite a sidecar with invalid data."""
        self._some_sidecar().write_bytes(JUNK + self._rng.randbytes(200))

    def sidecar_deleted(self) -> None:
        """Delete a sidecar."""
        self._some_sidecar().unlink()

    # processes

    def worker_killed(self) -> object:
        """Kill a worker with a signal."""
        return self._signal_worker(self._rng.choice((signal.SIGKILL, signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT)))

    def worker_stopped(self) -> object:
        """Suspend a worker."""
        return self._signal_worker(signal.SIGSTOP)

    def _signal_worker(self, number: int) -> bool:
        workers: Sequence[psutil.Process] = self._service.workers()
        if not workers:
            return False
        with suppress(psutil.NoSuchProcess):
            self._rng.choice(workers).send_signal(number)
        return True

    # temporary faults

    def database_locked(self) -> object:
        """Lock the database from another connection."""
        if "lock" in self._lasting:
            return False
        other = sqlite3.connect(self._service.database, isolation_level=None, timeout=5)
        try:
            other.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:  # busy, or the disk is full
            other.close()
            return False
        self.for_a_while("lock", 1, 8, other.close)
        return True

    def disk_filled(self) -> object:
        """Fill the disk."""
        if not self._disk.own or "disk" in self._lasting:
            return False
        self._disk.fill()
        self.for_a_while("disk", 2, 6, self._disk.relieve)
        return True

    def library_away(self) -> object:
        """Remove one of the two libraries, like an unplugged disk."""
        if "library" in self._lasting:
            return False
        root = self._rng.choice(self._service.roots)
        away = root.with_name(f".{root.name} away")
        root.rename(away)
        self.for_a_while("library", 1, 8, lambda: away.rename(root))
        return True

    def paused(self) -> object:
        """Pause the service temporarily."""
        with suppress(OSError):  # already paused
            self._service.post("/pause")
            self.for_a_while("pause", 1, 5, lambda: self._say("/resume"))
            return True
        return False

    def playing(self) -> None:
        """Report playback temporarily."""
        self._say("/playing", {"playing": True})
        self.for_a_while("playing", 1, 5, lambda: self._say("/playing", {"playing": False}))

    def _say(self, path: str, body: object = None) -> None:
        with suppress(OSError):
            self._service.post(path, body)
