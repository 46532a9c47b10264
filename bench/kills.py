"""Kill a thousand workers, and the whole service hundreds of times during scans."""

import asyncio
import os
import random
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import Final

import psutil

from auralis_fp.models import Analysed, Rejected
from auralis_fp.settings import Settings
from auralis_fp.workers.local import local_pool
from auralis_fp.workers.protocol import Slot
from service_process import Ledger, ServiceUnderTest, audit

from .music import table
from .options import Options
from .signals import music, track, write

DEATHS, SERVICE_KILLS, SONGS = 1000, 200, 6
SIGNALS: Final = (signal.SIGSEGV, signal.SIGKILL, signal.SIGBUS, signal.SIGABRT, signal.SIGFPE, signal.SIGILL)
WAYS: Final = (*(number.name for number in SIGNALS), "SIGKILL at once", "hungry", "hanging")
RARE: Final = 20  # hanging workers wait for the time limit, so only one in *RARE* hangs


def report(options: Options) -> str:
    """Return one table for kills of workers and one for kills of the service."""
    deaths, kills = (40, 10) if options.quick else (DEATHS, SERVICE_KILLS)
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        first = asyncio.run(_workers(Path(folder), deaths, rng))
        second = _service(Path(folder), kills, rng)
    text = f"## {deaths} kills of workers\n\n" + table(("quantity", "value"), first)
    return text + f"\n## {kills} kills of the service during scans\n\n" + table(("quantity", "value"), second)


def _traces() -> tuple[int, int, int, int]:
    """Return the number of handles, threads, processes and zombies of this process."""
    children = psutil.Process().children(recursive=True)
    zombies = 0
    for child in children:
        with suppress(psutil.NoSuchProcess):
            zombies += child.status() == psutil.STATUS_ZOMBIE
    return len(list(Path("/proc/self/fd").iterdir())), threading.active_count(), len(children), zombies


async def _workers(folder: Path, deaths: int, rng: random.Random) -> list[tuple[str, object]]:
    long, short = track(folder / "long.wav", 600), track(folder / "short.wav", 2)
    ways: Counter[str] = Counter()
    wrong: list[str] = []
    settings = Settings(workers=2, time_limit_sec=8, time_limit_factor=0)
    async with local_pool(settings) as pool, pool.lease() as first, pool.lease() as second:
        await asyncio.gather(first.run(os.fsencode(short)), second.run(os.fsencode(short)))
        before = _traces()
        away: list[float] = []
        share = [deaths // 2, deaths - deaths // 2]
        for part in await asyncio.gather(
            *(_deaths(slot, number, long, rng, ways) for slot, number in zip((first, second), share, strict=True))
        ):
            away += part
        for slot in (first, second):
            outcome = await slot.run(os.fsencode(short))
            wrong += [] if isinstance(outcome, Analysed) else [outcome.reason]
        after = _traces()
    wrong += [way for way in ways if way.startswith("wrong")]
    return [
        *sorted(ways.items()),
        ("wrong reasons or lost slots", len(wrong)),
        ("handles before and after", f"{before[0]}, {after[0]}"),
        ("threads before and after", f"{before[1]}, {after[1]}"),
        ("processes before and after", f"{before[2]}, {after[2]}"),
        ("zombies before and after", f"{before[3]}, {after[3]}"),
        ("seconds until the slot is available, median", median(away)),
        ("seconds until the slot is available, p99", sorted(away)[int(0.99 * len(away))]),
    ]


async def _deaths(slot: Slot, number: int, path: Path, rng: random.Random, ways: Counter[str]) -> list[float]:
    """Kill the worker of a slot repeatedly; return the recovery times in seconds."""
    away: list[float] = []
    for _ in range(number):
        way = "hanging" if rng.randrange(RARE) == 0 else rng.choice(WAYS[:-1])
        await slot.start()
        running = asyncio.create_task(slot.run(os.fsencode(path)))
        process = psutil.Process(slot.state().pid)
        if way != "SIGKILL at once":
            await _until(lambda: (slot.state().path and slot.state().decoded_sec) or running.done())  # noqa: B023 - awaited in this iteration
        began = time.monotonic()
        _harm(process, way)
        if way == "SIGKILL at once":  # the next process takes the file
            await _until(lambda: slot.state().pid not in {None, process.pid} or running.done())  # noqa: B023 - awaited in this iteration
            away.append(time.monotonic() - began)
        outcome = await running
        if way == "hanging":
            began = time.monotonic()  # excludes the time limit
        await slot.start()
        if way != "SIGKILL at once":
            away.append(time.monotonic() - began)
        ways[way if _fits(outcome, way) else f"wrong: {way}: {str(outcome)[:200]}"] += 1
    return away


async def _until(true: Callable[[], object]) -> None:
    give_up = time.monotonic() + 60
    while not true():
        assert time.monotonic() < give_up
        await asyncio.sleep(0.002)


def _harm(process: psutil.Process, way: str) -> None:
    with suppress(psutil.NoSuchProcess):
        if way == "hungry":
            room = process.memory_info().vms
            process.rlimit(psutil.RLIMIT_AS, (room, room))
        elif way == "hanging":
            process.suspend()
        else:
            process.send_signal(getattr(signal, way, signal.SIGKILL))


def _fits(outcome: Analysed | Rejected, way: str) -> bool:
    code = {"hungry": "out_of_memory", "hanging": "timeout"}.get(way, "crashed")
    told = "" if code != "crashed" else way.partition(" ")[0]
    if way == "SIGKILL at once" and (isinstance(outcome, Analysed) or outcome.code == "timeout"):
        return True  # the worker had not started the file, so another one took it
    return isinstance(outcome, Rejected) and outcome.code == code and told in outcome.reason


def _service(folder: Path, kills: int, rng: random.Random) -> list[tuple[str, object]]:
    library, data = folder / "music", folder / "data"
    library.mkdir()
    service = ServiceUnderTest([library], data, {"workers": 2, "watching": "off", "busy_percent": 0})
    ledger, amiss = Ledger(service.database), Counter[str]()
    starts: list[float] = []
    songs = 0
    for number in range(kills):
        if number % 4 == 0:  # keep the queue non-empty
            songs = _more(library, songs)
        if number % 5 == 4:  # kill it during startup
            service.begin()
            time.sleep(rng.uniform(0.0, 1.0))
        else:
            starts.append(service.start())
            time.sleep(rng.uniform(0.0, 1.5))
        service.end()
        amiss["orphan processes"] += len(service.until_gone())
        if service.database.exists():
            findings = audit([library], data, settled=False)
            amiss["broken databases"] += len(findings.broken)
            amiss["truncated sidecars"] += len(findings.torn)
            ledger.look()
    starts.append(service.start())
    service.until_idle(600, total=songs)
    stopped = service.end(signal.SIGTERM)
    ledger.look()
    findings = audit([library], data, settled=True)
    return [
        ("files", findings.files),
        ("with a result", findings.done),
        ("failed", findings.failed),
        *((what, amiss[what]) for what in ("orphan processes", "broken databases", "truncated sidecars")),
        ("lost", len(findings.lost)),
        ("duplicated", len(findings.doubled)),
        ("left-over or inconsistent sidecars", len(findings.leftovers) + len(findings.disagreeing)),
        ("finished analyses repeated", len(ledger.redone)),
        ("longest start, s", max(starts)),
        ("clean shutdown at the end, s", stopped),
    ]


def _more(library: Path, songs: int) -> int:
    """Add songs; return their total number."""
    for number in range(songs, songs + SONGS):
        write(library / f"{number}.flac", music(30.0, 22_050, number), 22_050)
    return songs + SONGS
