"""A manifest of 10,000 short files of which a hundred are bad, analysed by two machines, given twice."""

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import psutil
import pyarrow.parquet as pq

from clusters import free_port
from commands import environment, song

from .machines import machine, scheduler
from .music import table
from .options import Options

LOOPBACK: Final = "127.0.0.1"
SONG_SEC: Final = 1.0


def report(options: Options) -> str:
    """Return a table of rows, failures and memory."""
    lines, bad = (1000, 10) if options.quick else (10_000, 100)
    with tempfile.TemporaryDirectory(dir=options.scratch) as name, ExitStack() as stack:
        folder, port = Path(name), free_port()
        manifest = _manifest(folder, lines, bad)
        processes = [scheduler(port, environment(), folder / "scheduler.log", LOOPBACK)]
        for number in range(2):
            log = folder / f"m{number}.log"
            processes.append(machine((LOOPBACK, port), folder / "music", f"m{number}", environment(), log))
        for process in processes:
            process.start()
            stack.callback(process.end)
        command = [sys.executable, "-m", "auralis_fp", "analyze", "--cluster", f"tcp://{LOOPBACK}:{port}"]
        command += [
            "--mount",
            f"music={folder / 'music'}",
            "--manifest",
            str(manifest),
            "--output",
            str(folder / "out"),
        ]
        rows: list[list[object]] = []
        for attempt in ("first", "second"):
            seconds, memory = _run(command)
            rows.append([attempt, round(seconds), round(memory), *_result(folder / "out", manifest)])
        head = ["run", "s", "client, MB at most", "rows", "failures", "doubled", "missing", "failures by code"]
    return f"{lines} lines, {bad} bad, load {os.getloadavg()[0]:.0f}.\n\n{table(head, rows)}"


def _manifest(folder: Path, lines: int, bad: int) -> Path:
    """Write a manifest and its files: one song under many names, and some files that do not decode."""
    music, every = folder / "music", lines // bad
    first = song(music / "0.wav", SONG_SEC)
    names = [first, *(music / f"{number}.wav" for number in range(1, lines))]
    for number, name in enumerate(names[1:], start=1):
        if number % every != 1:
            os.link(first, name)
        elif number % (2 * every) == 1:
            name.write_bytes(b"not music" * 100)  # the other bad lines have no file
    manifest = folder / "manifest.txt"
    manifest.write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
    return manifest


def _run(command: list[str]) -> tuple[float, float]:
    """Run a command; return the seconds it took, and its resident memory at most, in MB."""
    began, most = time.monotonic(), 0
    with subprocess.Popen(command, env=environment(), stderr=subprocess.DEVNULL) as running:
        while running.poll() is None:
            most = max(most, psutil.Process(running.pid).memory_info().rss)
            time.sleep(0.2)
    return time.monotonic() - began, most / 1e6


def _result(output: Path, manifest: Path) -> tuple[int, int, int, int, str]:
    """Return the number of rows, failures, lines that occur twice and lines that are missing, and the codes."""
    done = [path for part in output.glob("part-*.parquet") for path in pq.read_table(part)["path"].to_pylist()]
    failures = [row for part in output.glob("failures-*.parquet") for row in pq.read_table(part).to_pylist()]
    found = Counter(done + [row["path"] for row in failures])
    missing = set(manifest.read_text(encoding="utf-8").split()) - found.keys()
    codes = Counter(row["code"] for row in failures)
    shown = ", ".join(f"{code} {number}" for code, number in sorted(codes.items()))
    return len(done), len(failures), sum(found.values()) - len(found), len(missing), shown
