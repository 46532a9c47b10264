"""Time and memory of the similarity index, and of the process that asks it."""

import asyncio
import os
import sqlite3
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Final

import numpy as np
import psutil

from auralis_fp import schema
from auralis_fp.schema.parts import SUB_FINGERPRINTS
from auralis_fp.schema.sub_fingerprints import MAX_COUNT
from auralis_fp.similarity.process import FILE_NAME, IndexProcess
from auralis_fp.similarity.protocol import PathQuery, PlaylistQuery, Query, Selection, SimilarQuery
from auralis_fp.store.database import open_database

from .music import table
from .options import Options

SIZES: Final = (10_000, 100_000, 1_000_000)
ROUNDS: Final = 100
WITHOUT_TEMPO: Final = 20  # one of so many tracks
WITH_BITS: Final = 100_000  # tracks that have sub-fingerprints, at most
METADATA: Final = (
    '{"duration_sec": 200.0, "sample_rate": 44100, "channels": 2, "format": "flac", "codec": "flac", "warnings": [],'
    ' "undefined": [%s]}'
)
HEAD: Final = (
    "tracks",
    "first answer, s",
    "answer after a restart, s",
    "similar 20, ms",
    "its CPU, ms",
    "radio of 20, ms",
    "path of 10, ms",
    "index process, MB",
    "file, MB",
)


def report(options: Options) -> str:
    """Return a table with a row for each size of library."""
    rows = [asyncio.run(_row(size, options)) for size in (SIZES[:2] if options.quick else SIZES)]
    return "### The similarity index\n\n" + table(HEAD, rows)


async def _row(size: int, options: Options) -> tuple[object, ...]:
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        path = Path(folder, "fingerprints.sqlite3")
        async with open_database(path) as database:
            await database.write(lambda db: _fill(db, size))
        similar = SimilarQuery(selection=Selection(like=[size // 2]), limit=20)
        async with IndexProcess(path) as index:
            build = await _seconds(index, similar)
        async with IndexProcess(path) as index:
            restart = await _seconds(index, similar)
            process = psutil.Process(index.pid or os.getpid())
            before = process.cpu_times()
            times = [await _seconds(index, _similar(1 + i * size // ROUNDS)) for i in range(ROUNDS)]
            after = process.cpu_times()
            cpu = (after.user + after.system - before.user - before.system) / ROUNDS
            radio = PlaylistQuery(selection=Selection(like=[size // 3]), tracks=20)
            others = [await _seconds(index, one) for one in (radio, PathQuery(start=1, end=size, tracks=10))]
            memory = process.memory_info()
        bytes_mapped = getattr(memory, "shared", 0)
        file = (await asyncio.to_thread(Path(folder, FILE_NAME).stat)).st_size
    milliseconds = [1000 * value for value in (median(times), cpu, *others)]
    return size, build, restart, *milliseconds, (memory.rss - bytes_mapped) / 1e6, file / 1e6


def _similar(file_id: int) -> Query:
    return SimilarQuery(selection=Selection(like=[file_id]), limit=20)


async def _seconds(index: IndexProcess, query: Query) -> float:
    started = time.perf_counter()
    await index.ask(query)
    return time.perf_counter() - started


def _fill(db: sqlite3.Connection, size: int) -> None:
    """Store made-up results in clouds round a few centres."""
    rng = np.random.default_rng(7)
    low, high = (np.array([schema.BY_NAME[name].typical[end] for name in schema.NAMES]) for end in (0, 1))
    centres = rng.uniform(low, high, (200, len(low)))
    columns = "file_id, algorithm_version, size, mtime_ns, source, analysed_at, processing_time_ms, metadata"
    places = ", ".join("?" * (8 + len(schema.NAMES)))
    limits = np.array([schema.limits(name) for name in schema.NAMES])
    for start in range(0, size, 50_000):
        count = min(50_000, size - start)
        ids = range(start + 1, start + count + 1)
        rows = centres[rng.integers(200, size=count)] + rng.normal(0.0, 0.2, (count, len(low))) * (high - low)
        values = np.clip(rows, limits[:, 0], limits[:, 1]).tolist()
        files = [(i, b"/music/%05d/%07d.flac" % (i // 12, i), 1, 1, 0.0) for i in ids]
        db.executemany("INSERT INTO files (id, path, size, mtime_ns, added_at) VALUES (?, ?, ?, ?, ?)", files)
        made = (schema.ALGORITHM_VERSION, 1, 1, "analysis", 0.0, 0.0)
        undefined = ["" if i % WITHOUT_TEMPO else '"tempo_bpm"' for i in ids]
        db.executemany(
            f"INSERT INTO fingerprints ({columns}, {', '.join(schema.NAMES)}) VALUES ({places})",
            [(i, *made, METADATA % names, *row) for i, names, row in zip(ids, undefined, values, strict=True)],
        )
    bits = "INSERT INTO parts (file_id, name, version, data) SELECT id, ?, ?, randomblob(?) FROM files WHERE id <= ?"
    db.execute(bits, (*SUB_FINGERPRINTS, 4 * MAX_COUNT, WITH_BITS))
