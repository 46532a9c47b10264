"""Scan throughput compared with independent ``analyze`` processes on the same files."""

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from auralis_fp.files.containers import find_payload

from .music import table
from .options import Options

BUDGET_SHARE, BUDGET_MS = 0.95, 3.0


def report(options: Options) -> str:
    """Return a table of throughput with one and two slots, and one of the overhead per track."""
    number, rounds = (24, 1) if options.quick else (300, 3)
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        tracks = copies(options.files, Path(folder) / "music", number)
        rows = [_compare(Path(folder), tracks, workers, rounds) for workers in (1, 2)]
        book = _bookkeeping(Path(folder), 300 if options.quick else 2000)
    head = (
        "slots",
        "tracks",
        "scan, tracks/s",
        "analyze, tracks/s",
        "scan / analyze",
        f"/ {BUDGET_SHARE}",
        "CPU, scan / analyze",
    )
    kept = ("tracks", "ms of the scanning process per track", f"/ {BUDGET_MS:.0f} ms")
    return "## Scan\n\n" + table(head, rows) + "\n## Overhead per track\n\n" + table(kept, [book])


def copies(files: Sequence[Path], folder: Path, number: int) -> list[Path]:
    """Fill a folder with different copies of music; return them, largest first."""
    folder.mkdir()
    names = [folder / f"{n}{files[n % len(files)].suffix}" for n in range(number)]
    for n, name in enumerate(names):
        shutil.copyfile(files[n % len(files)], name)
        _make_distinct(name, n)
    return sorted(names, key=lambda path: -path.stat().st_size)


def _make_distinct(path: Path, number: int) -> None:
    """Change the last bytes of the audio so that copies have different content ids."""
    with path.open("r+b") as file:
        _, end = find_payload(file).spans[-1]
        file.seek(end - 4)
        file.write(number.to_bytes(4, "big"))


def _compare(folder: Path, tracks: Sequence[Path], workers: int, rounds: int) -> tuple[float, ...]:
    shares: list[float] = []
    costs: list[float] = []
    scans: list[float] = []
    for _ in range(rounds):  # interleaved, because the load of the machine varies
        others, their_cpu = _timed(
            [["analyze", "--workers", "1", *map(str, tracks[n::workers])] for n in range(workers)]
        )
        scan, our_cpu = _timed([_scan(folder, tracks[0].parent, workers)])
        shares.append(others / scan)
        costs.append(our_cpu / their_cpu)
        scans.append(scan)
    share, rate = median(shares), len(tracks) / median(scans)
    return workers, len(tracks), rate, rate / share, share, share / BUDGET_SHARE, median(costs)


def _scan(folder: Path, music: Path, workers: int) -> list[str]:
    """Return the command for a full scan."""
    data = tempfile.mkdtemp(dir=folder)
    return ["scan", str(music), "--workers", str(workers), "--data-dir", data, "--sidecars", "data-dir"]


def _timed(commands: Sequence[Sequence[str]]) -> tuple[float, float]:
    """Run commands concurrently; return wall and processor seconds."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    null = subprocess.DEVNULL
    running = [
        subprocess.Popen([sys.executable, "-m", "auralis_fp", *command], stdout=null, stderr=null)
        for command in commands
    ]
    for process in running:
        process.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - began, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _bookkeeping(folder: Path, number: int) -> tuple[float, ...]:
    """Scan invalid files, so that overhead dominates; measure only the scanning process."""
    music = folder / "broken"
    music.mkdir()
    empty = _own_cpu(_scan(folder, music, 1))
    for n in range(number):
        (music / f"{n}.wav").write_bytes(b"RIFF no music")
    each = 1000 * (_own_cpu(_scan(folder, music, 1)) - empty) / number
    return number, each, each / BUDGET_MS


PROGRAM = """
import resource, sys
from auralis_fp.cli import main
main(sys.argv[1:])
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_utime + used.ru_stime)
"""


def _own_cpu(command: Sequence[str]) -> float:
    """Return the processor seconds of a command without its workers."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    return float(done.stdout.split()[-1])
