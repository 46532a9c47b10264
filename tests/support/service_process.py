"""The service in a process of its own that can be killed at any moment, and an audit of what it leaves."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import psutil

from auralis_fp import schema
from auralis_fp.files.formats import is_music
from auralis_fp.workers.launch import MARK as WORKER_MARK
from commands import environment
from patience import LIMIT_SEC

JUNK: Final = b"junk, as of another program\n"  # first line of planted sidecars
MARK: Final = "AURALIS_TEST_RUN"  # environment variable that marks the processes it started
ANSWER_LIMIT_SEC: Final = LIMIT_SEC
READY_LIMIT_SEC: Final = LIMIT_SEC


class ServiceUnderTest:
    """``auralis-fp serve`` over some folders.

    Parameters
    ----------
    roots : sequence of Path
        Its music folders.
    data : Path
        Its data folder.
    settings : mapping, optional
        Further settings by name.
    """

    def __init__(self, roots: Sequence[Path], data: Path, settings: Mapping[str, object] | None = None) -> None:
        self.roots, self.data = roots, data
        self.mark = uuid.uuid4().hex
        self.process: subprocess.Popen[str] | None = None
        self._url = ""
        variables = {f"AURALIS_FP_{name.upper()}": str(value) for name, value in (settings or {}).items()}
        self.environment = {**environment(), **variables, MARK: self.mark}
        # workers get few variables, but the import path as an argument
        self.environment["PYTHONPATH"] += os.pathsep + str(Path("/", self.mark))

    @property
    def database(self) -> Path:
        """The path of its database."""
        return self.data / "fingerprints.sqlite3"

    def begin(self) -> None:
        """Start the service without waiting for it."""
        folders = [part for root in self.roots for part in ("--library", str(root))]
        command = [sys.executable, "-m", "auralis_fp", "serve", "--port", "0", "--data-dir", str(self.data), *folders]
        with (self.data.parent / "service.log").open("a") as log:
            self.process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, text=True, env=self.environment
            )

    def start(self) -> float:
        """Start the service, wait until it answers, and return the seconds that took."""
        began = time.monotonic()
        self.begin()
        assert self.process is not None
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("Listening on "), f"it did not start: {line!r}, exit code {self.process.poll()}"
        self._url = line.split()[2].rstrip("/") + "/fingerprint"
        return time.monotonic() - began

    def end(self, number: int = signal.SIGKILL) -> float:
        """Send a signal, wait until the service has ended, and return the seconds that took."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(READY_LIMIT_SEC)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return time.monotonic() - began

    def get(self, path: str) -> Any:
        """Return the JSON at *path* below the prefix; raise OSError for other responses."""
        with urllib.request.urlopen(self._url + path, timeout=ANSWER_LIMIT_SEC) as response:  # noqa: S310 - our own
            return json.load(response)

    def post(self, path: str, body: object = None) -> Any:
        """Send JSON to *path* and return the response; raise OSError for other responses."""
        data = json.dumps({} if body is None else body).encode("ascii")
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self._url + path, data, headers)  # noqa: S310 - our own
        with urllib.request.urlopen(request, timeout=ANSWER_LIMIT_SEC) as response:  # noqa: S310
            return json.load(response)

    def workers(self) -> list[psutil.Process]:
        """Return its worker processes."""
        assert self.process is not None
        try:
            below = psutil.Process(self.process.pid).children(recursive=True)
            return [each for each in below if WORKER_MARK in (line := " ".join(each.cmdline())) or "spawn_main" in line]
        except psutil.NoSuchProcess:
            return []

    def survivors(self) -> list[int]:
        """Return all living processes that this service started, whatever their parent is now."""
        return [each.pid for each in psutil.process_iter() if self._started_here(each)]

    def _started_here(self, process: psutil.Process) -> bool:
        try:
            is_ours = process.environ().get(MARK) == self.mark or self.mark in " ".join(process.cmdline())
            return is_ours and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False

    def until_gone(self, limit_sec: float = LIMIT_SEC) -> list[int]:
        """Return the processes that are still alive after some time."""
        give_up = time.monotonic() + limit_sec
        while (left := self.survivors()) and time.monotonic() < give_up:
            time.sleep(0.05)
        return left

    def until_idle(self, limit_sec: float = LIMIT_SEC, *, total: int | None = None) -> dict[str, Any]:
        """Return the status once no job is left (and *total* files are known); fail if that takes too long."""
        give_up = time.monotonic() + limit_sec
        while True:
            status: dict[str, Any] = self.get("/status")
            if status["state"] == "idle" and total in (None, status["counts"]["total"]):
                return status
            assert time.monotonic() < give_up, status
            time.sleep(0.05)


@dataclass(slots=True)
class Findings:
    """Contradictions between database, sidecars and folders; all lists are empty if there are none."""

    files: int = 0
    done: int = 0
    failed: int = 0
    broken: list[str] = field(default_factory=list)
    """Errors that SQLite reports in the database."""
    lost: list[str] = field(default_factory=list)
    """Files that are unknown to the database, or without an outcome for their present content."""
    ghosts: list[str] = field(default_factory=list)
    """Files that the database lists as present, but which do not exist."""
    doubled: list[str] = field(default_factory=list)
    """Files with two records, or with both a result and a failure."""
    torn: list[str] = field(default_factory=list)
    """Sidecars that are not complete JSON documents."""
    leftovers: list[str] = field(default_factory=list)
    """Partial files that were never renamed."""
    disagreeing: list[str] = field(default_factory=list)
    """Sidecars whose values differ from those in the database."""

    def faults(self) -> dict[str, list[str]]:
        """Return the findings by kind."""
        kinds = ("broken", "lost", "ghosts", "doubled", "torn", "leftovers", "disagreeing")
        return {kind: getattr(self, kind) for kind in kinds if getattr(self, kind)}


def music_in(roots: Sequence[Path]) -> Iterator[Path]:
    """Yield the regular files below the roots with names of audio files, including links inside the roots."""
    inside = tuple(os.path.realpath(root) + os.sep for root in roots)
    for root in roots:
        for folder, folders, names in os.walk(root):
            folders[:] = [name for name in folders if not name.startswith(".")]
            for name in names:
                path = Path(folder, name)
                audio_name = not name.startswith(".") and is_music(os.fsencode(name))
                if audio_name and path.is_file() and os.path.realpath(path).startswith(inside):
                    yield path


def audit(roots: Sequence[Path], data: Path, *, settled: bool) -> Findings:
    """Compare database, sidecars and folders.

    Parameters
    ----------
    roots, data : Path
        The folders of the service.
    settled : bool
        No job was left: every file must have an outcome. Otherwise only written results are checked.
    """
    found = Findings()
    with closing(sqlite3.connect(f"file:{data / 'fingerprints.sqlite3'}?mode=ro", uri=True)) as database:
        (verdict,) = database.execute("PRAGMA integrity_check").fetchone()
        if verdict != "ok":
            found.broken.append(verdict)
        rows = database.execute(
            "SELECT f.path, f.size, f.mtime_ns, p.size, p.mtime_ns, x.size, x.mtime_ns, j.file_id FROM files f"
            " LEFT JOIN fingerprints p ON p.file_id = f.id LEFT JOIN failures x ON x.file_id = f.id"
            " LEFT JOIN jobs j ON j.file_id = f.id WHERE f.missing_since IS NULL"
        ).fetchall()
        results = {path: row for path, *row in database.execute(_RESULTS)}
    if settled:
        _compare_files(found, roots, rows)
    _check_sidecars(found, roots, data, results)
    return found


_RESULTS: Final = (
    f"SELECT f.path, p.size, p.mtime_ns, {', '.join(schema.NAMES)} FROM fingerprints p"  # noqa: S608 - from constants
    " JOIN files f ON f.id = p.file_id WHERE f.missing_since IS NULL"
)


def _compare_files(found: Findings, roots: Sequence[Path], rows: Sequence[Sequence[Any]]) -> None:
    there = {os.fsencode(path): path.stat() for path in music_in(roots)}
    found.files = len(there)
    known = {row[0] for row in rows}
    found.lost += [f"{os.fsdecode(path)!r} is unknown" for path in there.keys() - known]
    found.ghosts += [os.fsdecode(path) for path in known - there.keys()]
    identities: dict[tuple[int, int], bytes] = {}
    for path, *columns, job in rows:
        numbers = [None if value is None else int(value) for value in columns]  # times after 2262 are stored as digits
        stamp, result, failure = (tuple(numbers[at : at + 2]) for at in (0, 2, 4))
        name = os.fsdecode(path)
        if path not in there:
            continue
        now = there[path]
        if stamp != (now.st_size, now.st_mtime_ns):
            found.lost.append(f"{name!r} is known in an earlier state")
        elif job is not None or (result != stamp and failure[0] is None):
            found.lost.append(f"{name!r} has no outcome")
        elif result == stamp and failure[0] is not None:
            found.doubled.append(f"{name!r} has a result and a failure")
        found.done += failure[0] is None
        found.failed += failure[0] is not None
        if now.st_nlink == 1 and not os.path.islink(path):  # noqa: PTH114 - bytes
            other = identities.setdefault((now.st_dev, now.st_ino), path)
            if other != path:
                found.doubled.append(f"{name!r} is {os.fsdecode(other)!r}")


def _check_sidecars(found: Findings, roots: Sequence[Path], data: Path, results: Mapping[bytes, list[Any]]) -> None:
    for folder, _, names in (entry for root in (*roots, data / "sidecars") for entry in os.walk(root)):
        for name in names:
            path = Path(folder, name)
            if ".partial-" in name:
                found.leftovers.append(str(path))
            elif name.endswith(".25d") and path.is_file() and path.stat().st_nlink == 1:  # else planted by a test
                content = path.read_bytes()
                if not content.startswith(JUNK):
                    _check_sidecar(found, path, content, results)


def _check_sidecar(found: Findings, path: Path, content: bytes, results: Mapping[bytes, list[Any]]) -> None:
    try:
        document = json.loads(content)
        file, values = document["audio_file"], [document["fingerprint"][name] for name in schema.NAMES]
    except (ValueError, KeyError, TypeError) as error:
        found.torn.append(f"{path}: {error}")
        return
    stored = results.get(os.fsencode(path)[: -len(b".25d")])
    if stored is not None and stored[:2] == [file["size_bytes"], file["mtime_ns"]] and stored[2:] != values:
        found.disagreeing.append(str(path))


class Redone(NamedTuple):
    """A file whose audio was analysed before, with the times (Unix, seconds) of both results."""

    audio: bytes
    path: str
    analysed_at: float
    first_path: str
    first_at: float


class Ledger:
    """Records what was analysed when, over all runs of a service: nothing may be repeated."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._finished: dict[bytes, tuple[float, bytes]] = {}
        self._seen: set[tuple[bytes, float]] = set()  # copies of a file may have results of different times
        self.redone: list[Redone] = []

    def __len__(self) -> int:
        return len(self._finished)

    def look(self) -> None:
        """Record the finished analyses. The service may be running."""
        with closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True, timeout=60)) as database:
            rows = database.execute(
                "SELECT coalesce(p.payload_digest, p.content), p.size, p.mtime_ns, p.analysed_at, p.processing_time_ms,"
                " f.path FROM fingerprints p JOIN files f ON f.id = p.file_id WHERE p.source = 'analysis'"
                " ORDER BY p.analysed_at"
            ).fetchall()
        for audio, size, mtime_ns, analysed_at, milliseconds, path in rows:
            key = audio or b"%d %d" % (size, mtime_ns) + path
            first, where = self._finished.setdefault(key, (analysed_at, path))
            if analysed_at != first:
                began = analysed_at - milliseconds / 1000
                if began > first and (key, analysed_at) not in self._seen:  # else two were analysed at the same time
                    self.redone.append(Redone(key, os.fsdecode(path), analysed_at, os.fsdecode(where), first))
                self._finished[key] = (analysed_at, path)
            self._seen.add((key, analysed_at))
