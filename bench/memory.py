"""Peak memory of a worker by duration and sample rate."""

import asyncio
import os
import tempfile
import time
from pathlib import Path

from auralis_fp.models import Analysed
from auralis_fp.settings import Settings
from auralis_fp.workers.local import local_pool

from .music import table
from .options import Options
from .running import peak_mb
from .signals import track

LIMIT_MB = 150
RATES = (44_100, 96_000)


def report(options: Options) -> str:
    """Return a table of peak resident memory and time per second of music."""
    minutes = (3, 20) if options.quick else (3, 180)
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        rows = [asyncio.run(_one(Path(folder), rate, length)) for rate in RATES for length in minutes]
    head = ("rate, Hz", "minutes", "after start, MB", "peak, MB", f"peak / {LIMIT_MB} MB", "ms per second of music")
    return "## Memory of a worker (VmHWM)\n\n" + table(head, rows)


async def _one(folder: Path, rate: int, minutes: int) -> tuple[float, ...]:
    path = track(folder / f"{rate}.wav", 60 * minutes, rate)
    try:
        async with local_pool(Settings(workers=1)) as pool, pool.lease() as slot:
            pid = slot.state().pid
            assert pid is not None
            before, began = peak_mb(pid), time.perf_counter()
            outcome = await slot.run(os.fsencode(path))
            assert isinstance(outcome, Analysed), outcome
            taken = time.perf_counter() - began
            peak = peak_mb(pid)
        return rate, minutes, before, peak, peak / LIMIT_MB, 1000 * taken / (60 * minutes)
    finally:
        path.unlink()
