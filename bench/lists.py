"""Response times of the lists of a large library, alone and beside requests that read all of it; rows of an export."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import aiohttp
import numpy as np

from . import history
from .large_library import large_library
from .music import table
from .options import Options
from .running import server

LISTS: Final = ("health", "status", "failures?code=none", "failures", "throughput", "cost", "metrics")
SIZES: Final = {100_000: 3.0, 1_000_000: 20.0}  # rows, and the budget of a response in ms
ROWS_PER_SEC: Final = 50_000
FORMS: Final = ("ndjson", "csv", "parquet")
_PART_BYTES: Final = 3072  # sub-fingerprints of a track of 72 s or more
_SETTLE_SEC: Final = 12.0  # and more for more rows: the index of similar tracks is built after the start
_DRAIN: Final = """
import json, sys, time, urllib.request
began = time.perf_counter()
with urllib.request.urlopen(sys.argv[1]) as response:
    times = [time.perf_counter() - began for _ in iter(lambda: response.readline(), b"")]
print(json.dumps({"first": 1000 * times[1], "all": times[-1], "parts": len(times) - 1}))
"""


def report(options: Options) -> str:
    """Return tables of response times and of exports. The databases are kept in ``--scratch``."""
    sizes = list(SIZES)[: 1 if options.quick else None]
    with _scratch(options.scratch) as folder:
        libraries = {(rows, 0): large_library(folder, rows) for rows in sizes}
        parts = [asyncio.run(_lists(rows, data)) for (rows, _), data in libraries.items()]
        libraries[sizes[0], _PART_BYTES] = large_library(folder, sizes[0], _PART_BYTES)
        forms = FORMS if find_spec("pyarrow") else FORMS[:2]
        exports = [
            _one_export(rows, form, data, folder)
            for (rows, _), data in libraries.items()
            for form in (forms if rows == sizes[0] else forms[:1])
        ]
    if options.write:
        history.store("lists", {"export": {f"{row[0]} {row[1]}": row[3] for row in exports}})
    head = ("rows", "request", "p50, ms", "/ budget", "maximum, ms")
    beside = ("beside points: p50", "maximum", "beside an export: p50", "maximum")
    points = ("rows", "first part, ms", "all, s", "parts")
    columns = ("rows", "format", "rows/s", "rows/s of processor time", f"rows/s / {ROWS_PER_SEC}", "bytes per row")
    return "\n".join(
        (
            "## Lists of large libraries\n",
            table((*head, *beside), [row for found, _ in parts for row in found]),
            "`GET points`, read by another process:\n",
            table(points, [row for _, row in parts]),
            "`auralis-fp export`, start included:\n",
            table(columns, exports),
        )
    )


@contextmanager
def _scratch(kept: Path | None) -> Iterator[Path]:
    """Yield *kept*, or a folder that is removed afterwards."""
    if kept is not None:
        yield kept
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


async def _lists(rows: int, data: Path) -> tuple[list[tuple[object, ...]], tuple[object, ...]]:
    """Return the rows of the table of lists, and the row of the table of points."""
    async with server(data, 1) as (url, _), aiohttp.ClientSession() as session:
        await asyncio.sleep(_SETTLE_SEC + rows / 25_000)
        await _rounds(session, url, count=3)
        alone = await _rounds(session, url, count=100)
        drain = _start([sys.executable, "-c", _DRAIN, f"{url}/points"])
        beside_points = await _rounds(session, url, beside=drain)
        points = json.loads(drain.communicate()[0])
        target = data / "export.ndjson"
        beside_export = await _rounds(session, url, beside=_export(data, "ndjson", target))
        target.unlink()
    found: list[tuple[object, ...]] = []
    for name in LISTS:
        times = [asked[name] for asked in (alone, beside_points, beside_export)]
        middles = [float(np.median(taken)) for taken in times]
        longest = [max(taken) for taken in times]
        beside = [value for pair in zip(middles[1:], longest[1:], strict=True) for value in pair]
        found.append((rows, name, middles[0], middles[0] / SIZES[rows], longest[0], *beside))
    return found, (rows, points["first"], points["all"], points["parts"])


async def _rounds(
    session: aiohttp.ClientSession, url: str, *, count: int = 1, beside: "subprocess.Popen[str] | None" = None
) -> dict[str, list[float]]:
    """Request the lists in turn, *count* times and as long as a process runs; return the times in ms."""
    asked: dict[str, list[float]] = {name: [] for name in LISTS}
    while count > 0 or (beside is not None and beside.poll() is None):
        count -= 1
        for name, taken in asked.items():
            began = time.perf_counter()
            async with session.get(f"{url}/{name}") as response:
                assert response.status == 200, await response.text()
                await response.read()
            taken.append(1000 * (time.perf_counter() - began))
    return asked


def _one_export(rows: int, form: str, data: Path, folder: Path) -> tuple[object, ...]:
    """Return a row of the table of exports."""
    target = folder / f"export.{form}"
    before, began = os.times(), time.perf_counter()
    assert _export(data, form, target).wait() == 0
    taken, after = time.perf_counter() - began, os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    size = target.stat().st_size
    target.unlink()
    return rows, form, rows / taken, rows / spent, rows / taken / ROWS_PER_SEC, size / rows


def _export(data: Path, form: str, target: Path) -> "subprocess.Popen[str]":
    return _start(
        [sys.executable, "-m", "auralis_fp", "export", "--format", form, "--data-dir", str(data), str(target)]
    )


def _start(command: list[str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
