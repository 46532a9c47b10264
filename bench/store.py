"""Import from sidecars and restart with a known library."""

import asyncio
import os
import tempfile
import time
from pathlib import Path

from auralis_fp import schema
from auralis_fp.analysis.analyze_file import fingerprint_file
from auralis_fp.engine.service import Service
from auralis_fp.models import Analysed, FileStamp
from auralis_fp.settings import Settings
from auralis_fp.sidecars import storage as sidecar

from .music import table
from .options import Options
from .signals import track

PER_FOLDER = 100
BUDGET_RATE, BUDGET_SEC, BUDGET_FILES = 1000, 5.0, 100_000


def report(options: Options) -> str:
    """Return a table of import and restart times by library size."""
    sizes = (1000, 10_000) if options.quick else (1000, 10_000, BUDGET_FILES)
    rows = []
    for size in sizes:
        with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
            rows.append(_one(Path(folder), size))
    head = ("tracks", "imported/s", f"/ {BUDGET_RATE}", "restart, s", f"/ {BUDGET_SEC} s", "first response, s")
    return "## Import from sidecars, and restart with known files\n\n" + table(head, rows)


def _one(folder: Path, size: int) -> tuple[float, ...]:
    music = folder / "music"
    settings = Settings(libraries=(music_made(folder, music, size),), data_dir=folder / "data", workers=1)
    taken, _ = asyncio.run(_until_done(settings, size))
    restart, answer = asyncio.run(_until_done(settings, size))
    rate = size / taken
    return size, rate, rate / BUDGET_RATE, restart, restart / BUDGET_SEC, answer


def music_made(folder: Path, music: Path, size: int) -> Path:
    """Create a library of empty files with copies of one sidecar."""
    analysed = fingerprint_file(os.fsencode(track(folder / "one.wav", 4)))
    music.mkdir()
    settings = Settings(data_dir=folder / "unused")
    for number in range(size):
        _with_sidecar(music / f"{number // PER_FOLDER}" / f"{number}.flac", analysed, settings)
    return music


def _with_sidecar(path: Path, analysed: Analysed, settings: Settings) -> None:
    path.parent.mkdir(exist_ok=True)
    path.touch()
    name = os.fsencode(path)
    sidecar.write(name, analysed, FileStamp.of(path.stat()), settings)


async def _until_done(settings: Settings, size: int) -> tuple[float, float]:
    """Start the service; return seconds until the scan is finished and until the first response."""
    began = time.perf_counter()
    async with Service(settings).running() as service:
        first = os.fsencode(settings.libraries[0] / "0" / "0.flac")
        assert schema.fault_of((await service.fingerprint(first)).analysed.fingerprint) is None
        answer = time.perf_counter() - began
        while True:
            status = await service.status()
            if status["state"] == "idle" and status["counts"]["done"] == size:
                return time.perf_counter() - began, answer
            await asyncio.sleep(0.05)
