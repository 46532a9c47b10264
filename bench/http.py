"""HTTP latency with one client, and throughput with many."""

import asyncio
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

import aiohttp
import numpy as np

from auralis_fp.runtime.tasks import cancel_and_wait

from .music import table
from .options import Options
from .running import pss_mb, server
from .signals import music, write

BUDGET_MS = {"new": 15.0, "repeated": 2.0}
MEMORY_MB = 400
CLIENTS = 16
RATE = 44_100
SECONDS = 3
WARM = 5  # warm-up requests


def report(options: Options) -> str:
    """Return tables of latency with one client, and of throughput and memory with many."""
    rounds, seconds = (60, 5.0) if options.quick else (300, 60.0)
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        alone = asyncio.run(_alone(Path(folder), rounds))
        crowd = [asyncio.run(_crowd(Path(folder), workers, seconds)) for workers in (1, 2)]
    head = ("request", "count", "p50, ms", "p95, ms", "p99, ms", "p50 / budget", "p95 / p50", "analysis time, p50, ms")
    many = ("slots", "clients", "responses", "responses/s", "p50, ms", "p99, ms", "PSS, MB", f"PSS / {MEMORY_MB} MB")
    return (
        "## HTTP, one client\n\n" + table(head, alone) + "\n## HTTP, many clients, new files\n\n" + table(many, crowd)
    )


def clips(folder: Path, suffix: str, number: int) -> list[Path]:
    """Write different files of three seconds by shifting the start of one piece."""
    folder.mkdir()
    piece, size = music(SECONDS + 20, RATE), SECONDS * RATE
    starts = np.linspace(0, len(piece) - size, number).astype(int)
    return [write(folder / f"{n}{suffix}", piece[start : start + size], RATE) for n, start in enumerate(starts)]


def _variants(folder: Path) -> Iterator[Path]:
    """Yield WAV files of three seconds that differ in the lowest bits of two samples."""
    folder.mkdir()
    sound = bytearray(write(folder / "first.wav", music(SECONDS, RATE), RATE).read_bytes())
    for number in count():
        sound[-4:-1:2] = number.to_bytes(2, "little")
        path = folder / f"{number}.wav"
        path.write_bytes(sound)
        yield path


async def _alone(folder: Path, rounds: int) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    async with server(folder / "alone", 1) as (url, _), aiohttp.ClientSession() as session:
        for suffix in (".wav", ".mp3"):
            files = clips(folder / suffix[1:], suffix, rounds + WARM)
            taken = [await _ask(session, url, path) for path in files]
            rows.append(_row(f"new {SECONDS}-s {suffix[1:]}", taken[WARM:], BUDGET_MS["new"]))
            repeated = [await _ask(session, url, files[0]) for _ in range(rounds)]
            rows.append(_row(f"the same {suffix[1:]} again", repeated, BUDGET_MS["repeated"]))
    return rows


async def _ask(session: aiohttp.ClientSession, url: str, path: Path) -> tuple[float, float]:
    """Return response time and reported analysis time in milliseconds."""
    began = time.perf_counter()
    async with session.post(url, json={"track_id": 1, "filepath": str(path)}) as response:
        assert response.status == 200, await response.text()
        answer = await response.json()
    return 1000 * (time.perf_counter() - began), answer["processing_time_ms"]


def _row(name: str, taken: Sequence[tuple[float, float]], budget: float) -> tuple[object, ...]:
    whole, analysis = np.transpose(taken)
    middle, late, latest = (float(np.percentile(whole, share)) for share in (50, 95, 99))
    return name, len(taken), middle, late, latest, middle / budget, late / middle, float(np.median(analysis))


async def _crowd(folder: Path, workers: int, seconds: float) -> tuple[object, ...]:
    """Let many clients request new files as fast as possible."""
    files = _variants(folder / f"clips-{workers}")
    taken: list[float] = []
    memory: list[float] = []
    async with server(folder / f"crowd-{workers}", workers) as (url, pid), aiohttp.ClientSession() as session:
        for _ in range(WARM):
            await _ask(session, url, next(files))
        observer = asyncio.create_task(_watch(pid, memory))
        began = time.perf_counter()
        await asyncio.gather(*(_caller(session, url, files, taken, began + seconds) for _ in range(CLIENTS)))
        elapsed = time.perf_counter() - began
        await cancel_and_wait(observer)
    middle, late = (float(np.percentile(taken, share)) for share in (50, 99))
    peak = max(memory)
    return workers, CLIENTS, len(taken), len(taken) / elapsed, middle, late, peak, peak / MEMORY_MB


async def _caller(
    session: aiohttp.ClientSession, url: str, files: Iterator[Path], taken: list[float], until: float
) -> None:
    while time.perf_counter() < until:
        taken.append((await _ask(session, url, next(files)))[0])


async def _watch(pid: int, memory: list[float]) -> None:
    """Sample the memory of all processes."""
    while True:
        memory.append(sum(await asyncio.to_thread(pss_mb, pid)))
        await asyncio.sleep(0.5)
