"""What is done to the files, the disk, the database and the processes of a service in ``chaos``."""

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

SONGS: Final = 40  # different ones, to make others of
MOST_FILES: Final = 150
SUFFIXES: Final = (".wav", ".flac", ".mp3")
RATE: Final = 22_050


class Faults:
    """One fault after the other.

    Parameters
    ----------
    service : ServiceUnderTest
    disk : Disk
    rng : Random
    """

    def __init__(self, service: ServiceUnderTest, disk: Disk, rng: random.Random) -> None:
        self.done: Counter[str] = Counter()
        self._service = service
        self._disk = disk
        self._rng = rng
        self._names = 0
        self._pool = disk.folder / ".pool"
        self._ends: list[tuple[float, Callable[[], object]]] = []  # what ends when
        self._lasting: set[str] = set()
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
        ]
        self._deeds = [deed for deed, _ in chances]
        self._weights = [weight for _, weight in chances]

    def furnish(self) -> None:
        """Make the songs, and put some into the libraries."""
        self._pool.mkdir()
        for number in range(SONGS):
            sound = music(self._rng.uniform(1.0, 8.0), RATE, number)
            write(self._pool / f"{number}{SUFFIXES[number % len(SUFFIXES)]}", sound, RATE)
        for _ in range(SONGS):
            self.file_copied()
        self.done.clear()

    def one(self) -> None:
        """Do one thing, chosen by chance; what has lasted long enough ends."""
        self._end_what_is_due(time.monotonic())
        (deed,) = self._rng.choices(self._deeds, self._weights)
        name = deed.__name__.replace("_", " ")
        with suppress(FileNotFoundError, NotADirectoryError):  # it is away, or was taken away by another fault
            try:
                if deed() is not False:
                    self.done[name] += 1
            except OSError:
                self.done["not possible on a full disk"] += 1

    def before_start(self) -> None:
        """End what no service would start under: a library that is all there is away, and a full disk."""
        self.relent(resume=False)

    def relent(self, *, resume: bool = True) -> None:
        """End everything that lasts."""
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

    def _for_a_while(self, what: str, low_sec: float, high_sec: float, end: Callable[[], object]) -> None:
        self._lasting.add(what)

        def ending() -> None:
            self._lasting.discard(what)
            end()

        self._ends.append((time.monotonic() + self._rng.uniform(low_sec, high_sec), ending))

    # files

    def _files(self) -> list[Path]:
        return sorted(music_in([root for root in self._service.roots if root.is_dir()]))

    def _some_file(self) -> Path:
        files = self._files()
        if not files:
            raise FileNotFoundError
        return self._rng.choice(files)

    def _folder(self) -> Path:
        root = self._rng.choice([root for root in self._service.roots if root.is_dir()])
        folder = root / self._rng.choice(("", "album", "album/disc 2", "été", "b-sides"))
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _new_name(self, suffix: str) -> Path:
        self._names += 1
        word = self._rng.choice(("song", "-i", "ä", "a\nb", "🎵"))
        return self._folder() / f"{word} {self._names}{suffix}"

    def _song(self) -> Path:
        return self._rng.choice(sorted(self._pool.iterdir()))

    def _new_content(self) -> tuple[bytes, str]:
        """Return a song that there was not before."""
        song = self._song()
        content = bytearray(song.read_bytes())
        at = len(content) - 40 if song.suffix == ".wav" else len(content) // 2
        content[at : at + 8] = self._rng.randbytes(8)
        return bytes(content), song.suffix

    def file_copied(self) -> object:
        """Another song, or the same one again."""
        if len(self._files()) > MOST_FILES:
            return False
        content, suffix = self._new_content()
        self._new_name(suffix).write_bytes(content)
        return True

    def file_written_slowly(self) -> None:
        """Half of it now, the other half later."""
        content, suffix = self._new_content()
        path, half = self._new_name(suffix), len(content) // 2
        path.write_bytes(content[:half])

        def rest() -> None:
            with suppress(OSError), path.open("r+b") as file:
                file.seek(half)
                file.write(content[half:])

        self._for_a_while(str(path), 0.1, 3.0, rest)

    def file_renamed(self) -> None:
        """In its folder, at times by case only."""
        path = self._some_file()
        name = path.stem.swapcase() if self._rng.random() < 0.3 else f"renamed {self._names}"
        self._names += 1
        path.rename(path.with_name(name + path.suffix))

    def file_moved(self) -> None:
        """To another folder or library, with its sidecar or without."""
        path = self._some_file()
        target = self._folder() / path.name
        path.rename(target)
        if self._rng.random() < 0.5:
            with suppress(FileNotFoundError):
                Path(f"{path}.25d").rename(f"{target}.25d")

    def file_replaced(self) -> None:
        """By other music in one step."""
        path = self._some_file()
        content, _ = self._new_content()
        partial = path.with_name(path.name + ".part")
        try:
            partial.write_bytes(content)
            partial.rename(path)
        finally:
            partial.unlink(missing_ok=True)

    def file_corrupted(self) -> None:
        """Bytes changed in place."""
        path = self._some_file()
        size = path.stat().st_size
        with path.open("r+b") as file:
            for _ in range(self._rng.choice((1, 10, 100))):
                file.seek(self._rng.randrange(size + 1))
                file.write(self._rng.randbytes(self._rng.choice((1, 4, 16))))

    def file_truncated(self) -> None:
        """Cut off anywhere."""
        path = self._some_file()
        os.truncate(path, self._rng.randrange(path.stat().st_size + 1))

    def file_retagged(self) -> None:
        """A tag at the end, of the kind that every player skips."""
        with self._some_file().open("ab") as file:
            file.write(b"TAG" + self._rng.randbytes(100) + bytes(25))

    def file_deleted(self) -> object:
        """One, or a whole folder of them."""
        if len(self._files()) < SONGS:
            return False
        path = self._some_file()
        if self._rng.random() < 0.1 and path.parent not in self._service.roots:
            shutil.rmtree(path.parent)
        else:
            path.unlink()
        return True

    def file_asked_for(self) -> None:
        """By a request of its own, whatever is the matter with it."""
        with suppress(OSError):  # 404, 400, 503 and the like are right answers here
            self._service.post("", {"track_id": self._rng.randrange(1000), "filepath": str(self._some_file())})

    def folder_renamed(self) -> None:
        """With everything in it."""
        folder = self._some_file().parent
        if folder in self._service.roots:
            raise FileNotFoundError
        self._names += 1
        folder.rename(folder.with_name(f"folder {self._names}"))

    def hostile_file(self) -> None:
        """Something that is called like music."""
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
        sidecars = sorted(found for root in self._service.roots for found in root.rglob("*.25d"))
        if not sidecars:
            raise FileNotFoundError
        return self._rng.choice(sidecars)

    def sidecar_spoilt(self) -> None:
        """Overwritten with what is none."""
        self._some_sidecar().write_bytes(JUNK + self._rng.randbytes(200))

    def sidecar_deleted(self) -> None:
        """Gone, as after a clean-up."""
        self._some_sidecar().unlink()

    # processes

    def worker_killed(self) -> object:
        """As by the kernel, or by a decoder's own fault."""
        return self._signal_worker(self._rng.choice((signal.SIGKILL, signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT)))

    def worker_stopped(self) -> object:
        """Hangs for ever."""
        return self._signal_worker(signal.SIGSTOP)

    def _signal_worker(self, number: int) -> bool:
        workers: Sequence[psutil.Process] = self._service.workers()
        if not workers:
            return False
        with suppress(psutil.NoSuchProcess):
            self._rng.choice(workers).send_signal(number)
        return True

    # what lasts a while

    def database_locked(self) -> object:
        """By another program that writes."""
        if "lock" in self._lasting:
            return False
        other = sqlite3.connect(self._service.database, isolation_level=None, timeout=5)
        try:
            other.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:  # it is busy itself, or the disk is full
            other.close()
            return False
        self._for_a_while("lock", 1, 8, other.close)
        return True

    def disk_filled(self) -> object:
        """To the last byte."""
        if not self._disk.own or "disk" in self._lasting:
            return False
        self._disk.fill()
        self._for_a_while("disk", 2, 6, self._disk.relieve)
        return True

    def library_away(self) -> object:
        """One of the two, as a disk that is unplugged."""
        if "library" in self._lasting:
            return False
        root = self._rng.choice(self._service.roots)
        away = root.with_name(f".{root.name} away")
        root.rename(away)
        self._for_a_while("library", 1, 8, lambda: away.rename(root))
        return True

    def paused(self) -> object:
        """By the listener, for a while."""
        with suppress(OSError):  # so it is already
            self._service.post("/pause")
            self._for_a_while("pause", 1, 5, lambda: self._say("/resume"))
            return True
        return False

    def playing(self) -> None:
        """The host plays, for a while."""
        self._say("/playing", {"playing": True})
        self._for_a_while("playing", 1, 5, lambda: self._say("/playing", {"playing": False}))

    def _say(self, path: str, body: object = None) -> None:
        with suppress(OSError):
            self._service.post(path, body)
