"""Cost of the plugin in its host: import time, modules, memory."""

import json
import subprocess
import sys
from statistics import median

from .music import table
from .options import Options

BUDGET_MS, BUDGET_MB = 100, 60
PROGRAM = """
import asyncio, json, os, pathlib, sys, tempfile, time
from aiohttp import web
import psutil

def resident():
    return psutil.Process().memory_full_info().uss / 1e6

before, modules, began = resident(), len(sys.modules), time.perf_counter()
import auralis_fp
app = web.Application()
folder = tempfile.mkdtemp()
auralis_fp.setup(app, data_dir=folder, workers=2)
taken = time.perf_counter() - began

async def run():
    runner = web.AppRunner(app)
    began = time.perf_counter()
    await runner.setup()
    started = time.perf_counter() - began
    await asyncio.sleep(0.1)
    memory = resident()
    await runner.cleanup()
    return started, memory

imported = resident()
started, running = asyncio.run(run())
heavy = [name for name in ("numpy", "scipy", "soundfile", "av") if name in sys.modules]
memory = [imported - before, running - before]
print(json.dumps([1000 * taken, 1000 * started, len(sys.modules) - modules, *memory, len(heavy)]))
"""


def report(options: Options) -> str:
    """Return a table of the cost that the plugin adds to an aiohttp application."""
    runs = [_once() for _ in range(5 if options.quick else 15)]
    taken, started, modules, imported, running = (median(run[n] for run in runs) for n in range(5))
    rows = [
        ("import and mount, ms", taken, taken / BUDGET_MS),
        ("start, ms", started, "no budget"),
        ("modules", round(modules), "no budget"),
        ("memory after import, MB", imported, imported / BUDGET_MB),
        ("memory after start, MB", running, running / BUDGET_MB),
        ("numpy, scipy, soundfile, av among the modules", round(runs[0][5]), "none allowed"),
    ]
    return "## Cost in the host, in addition to aiohttp\n\n" + table(("quantity", "median", "/ budget"), rows)


def _once() -> list[float]:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    found: list[float] = json.loads(done.stdout)
    return found
