"""Response times during a scan with many event streams and status requests."""

import asyncio
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import numpy as np
import psutil

from auralis_fp.runtime.tasks import cancel_and_wait

from .music import table
from .options import Options
from .running import pss_mb, server
from .scan import copies

STREAMS, PER_SEC, BUDGET_MS = 500, 200, 50.0
WORKERS = 2
HEALTH_PER_SEC = 20


def report(options: Options) -> str:
    """Return a table of response times."""
    seconds = 10.0 if options.quick else 30.0
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        copies(options.files, Path(folder) / "music", 300 if options.quick else 1000)
        rows = asyncio.run(_besiege(Path(folder), seconds))
    head = ("request", "streams", "responses", "responses/s", "p50, ms", "p99, ms", f"p99 / {BUDGET_MS:.0f} ms")
    more = ("CPU of the service, % of one core", "PSS of the service, MB")
    return "## Event streams and status requests during a scan\n\n" + table((*head, *more), rows)


async def _besiege(folder: Path, seconds: float) -> list[tuple[object, ...]]:
    connector = aiohttp.TCPConnector(limit=0)
    async with (
        server(folder / "data", WORKERS, [folder / "music"]) as (url, pid),
        aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None)) as session,
        AsyncExitStack() as ended,
    ):
        begun = asyncio.Semaphore(0)
        for _ in range(STREAMS):
            listener = asyncio.create_task(_listen(session, f"{url}/events", begun))
            ended.push_async_callback(cancel_and_wait, listener)
        for _ in range(STREAMS):
            await begun.acquire()
        service = psutil.Process(pid)
        spent = sum(service.cpu_times()[:2])
        status, health = await asyncio.gather(
            _ask_steadily(session, f"{url}/status", PER_SEC, seconds),
            _ask_steadily(session, f"{url}/health", HEALTH_PER_SEC, seconds),
        )
        busy = 100 * (sum(service.cpu_times()[:2]) - spent) / seconds
        async with session.get(f"{url}/status") as response:
            state = (await response.json())["state"]
        assert state == "working", f"the scan had ended before the measurement did: {state}"
        memory = pss_mb(pid)[0]
    return [(*_row(name, taken, seconds), busy, memory) for name, taken in (("status", status), ("health", health))]


async def _listen(session: aiohttp.ClientSession, url: str, begun: asyncio.Semaphore) -> None:
    async with session.get(url) as response:
        assert response.status == 200, await response.text()
        await response.content.readuntil(b"\n\n")  # every stream starts with one event
        begun.release()
        async for _ in response.content:
            pass


async def _ask_steadily(session: aiohttp.ClientSession, url: str, per_sec: int, seconds: float) -> Sequence[float]:
    """Send requests on a fixed schedule regardless of pending responses; return their durations in ms."""
    began, asked = time.perf_counter(), []
    for number in range(int(per_sec * seconds)):
        await asyncio.sleep(max(0.0, began + number / per_sec - time.perf_counter()))
        asked.append(asyncio.create_task(_timed(session, url)))
    return await asyncio.gather(*asked)


async def _timed(session: aiohttp.ClientSession, url: str) -> float:
    began = time.perf_counter()
    async with session.get(url) as response:
        assert response.status == 200, await response.text()
        await response.read()
    return 1000 * (time.perf_counter() - began)


def _row(name: str, taken: Sequence[float], seconds: float) -> tuple[object, ...]:
    middle, late = (float(np.percentile(taken, share)) for share in (50, 99))
    return name, STREAMS, len(taken), len(taken) / seconds, middle, late, late / BUDGET_MS
