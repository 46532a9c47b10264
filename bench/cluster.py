"""Throughput of a cluster on this machine against local slots of the same number, and what it costs the client."""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import NamedTuple

import psutil

from clusters import free_port
from commands import environment

from .machines import Process, machine, scheduler
from .music import table
from .options import Options

LOOPBACK = "127.0.0.1"
FIRST = 5  # results after which the measurement begins: processes have started by then


class Sample(NamedTuple):
    """Finished files, and seconds of processor time of the service and of its courier."""

    at: float
    files: int
    service: float
    courier: float


def report(options: Options) -> str:
    """Return a table of tracks per second, and of the client's processor time."""
    rows: list[list[object]] = []
    with tempfile.TemporaryDirectory(dir=options.scratch) as name:
        folder, music = Path(name), Path(name) / "music"
        music.mkdir()
        for number, file in enumerate(options.files):
            shutil.copyfile(file, music / f"{number}{file.suffix}")
        for slots in (1, 2) if options.quick else (1, 2, 4):
            local = _rate(_scan(music, folder / f"local-{slots}", ["--workers", str(slots)]))
            samples, rate = _clustered(folder, music, slots)
            service, courier = _costs(samples)
            rows.append([slots, local, rate, rate / local, service, courier])
    head = [
        "slots",
        "local, tracks/s",
        "cluster, tracks/s",
        "ratio",
        "service, ms CPU a track",
        "courier, ms CPU a track",
    ]
    return f"{len(options.files)} files, load {os.getloadavg()[0]:.0f}.\n\n{table(head, rows)}"


def _clustered(folder: Path, music: Path, slots: int) -> tuple[list[Sample], float]:
    """Scan with machines of one slot each."""
    port = free_port()
    with ExitStack() as stack:
        processes: list[Process] = [scheduler(port, environment(), folder / "scheduler.log", LOOPBACK)]
        for number in range(slots):
            log = folder / f"m{number}.log"
            processes.append(machine((LOOPBACK, port), music, f"m{number}", environment(), log))
        for process in processes:
            process.start()
            stack.callback(process.end)
        time.sleep(8)  # until the machines have tried themselves out
        address = f"tcp://{LOOPBACK}:{port}"
        samples = _scan(music, folder / f"cluster-{slots}", ["--cluster", address])
    return samples, _rate(samples)


def _scan(music: Path, data: Path, options: list[str]) -> list[Sample]:
    command = [sys.executable, "-m", "auralis_fp", "scan", str(music), "--data-dir", str(data), "--sidecars", "off"]
    samples: list[Sample] = []
    with subprocess.Popen([*command, *options], env=environment(), stdout=subprocess.DEVNULL) as running:
        while running.poll() is None:
            with suppress(psutil.Error, sqlite3.Error):
                samples.append(_sample(running.pid, data / "fingerprints.sqlite3"))
            time.sleep(0.1)
    return samples


def _sample(pid: int, database: Path) -> Sample:
    process = psutil.Process(pid)
    couriers = [each for each in process.children() if "cluster.courier" in " ".join(each.cmdline())]
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        (files,) = connection.execute("SELECT count(*) FROM fingerprints").fetchone()
    own, theirs = process.cpu_times(), [each.cpu_times() for each in couriers]
    return Sample(time.monotonic(), files, own.user + own.system, sum(times.user + times.system for times in theirs))


def _span(samples: list[Sample]) -> tuple[Sample, Sample]:
    begun = next(sample for sample in samples if sample.files >= FIRST)
    ended = next(sample for sample in samples if sample.files == samples[-1].files)
    return begun, ended


def _rate(samples: list[Sample]) -> float:
    begun, ended = _span(samples)
    return (ended.files - begun.files) / (ended.at - begun.at)


def _costs(samples: list[Sample]) -> tuple[float, float]:
    begun, ended = _span(samples)
    files = ended.files - begun.files
    return 1000 * (ended.service - begun.service) / files, 1000 * (ended.courier - begun.courier) / files
