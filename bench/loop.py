"""Duration of event-loop steps during a scan with status requests."""

import asyncio
import tempfile
import time
from asyncio import events
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from auralis_fp.engine.service import Service
from auralis_fp.settings import Settings

from .music import table
from .options import Options
from .signals import music, write

LIMIT_MS: Final = 50.0
EDGES_MS: Final = (0.1, 1.0, 5.0, 10.0, LIMIT_MS)
SONGS: Final = 100


def report(options: Options) -> str:
    """Return histograms of the steps by wall time and by processor time of the thread."""
    number = 20 if options.quick else SONGS
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        library = Path(folder) / "music"
        library.mkdir()
        for song in range(number):
            write(library / f"{song}.flac", music(20.0, 22_050, song), 22_050)
        settings = Settings(libraries=(library,), data_dir=Path(folder) / "data", workers=2, busy_percent=0)
        with _steps() as steps:
            asyncio.run(_scan(settings, number))
    rows = []
    for name, times in (("wall time", [step[0] for step in steps]), ("processor time", [step[1] for step in steps])):
        counts = [0] * (len(EDGES_MS) + 1)
        for milliseconds in times:
            counts[bisect_right(EDGES_MS, milliseconds)] += 1
        rows.append((name, *counts, max(times)))
    head = ("time", *(f"< {edge:g} ms" for edge in EDGES_MS), f">= {LIMIT_MS:g} ms", "longest, ms")
    return f"## {len(steps)} steps of the event loop, from start to stop, {number} files\n\n" + table(head, rows)


@contextmanager
def _steps() -> Iterator[list[tuple[float, float]]]:
    """Record wall and processor time of every event-loop step in ms."""
    steps: list[tuple[float, float]] = []
    run = events.Handle._run

    def timed(handle: Any) -> None:
        clock, own = time.perf_counter(), time.thread_time()
        run(handle)
        steps.append((1000 * (time.perf_counter() - clock), 1000 * (time.thread_time() - own)))

    events.Handle._run = timed  # type: ignore[assignment, method-assign]
    try:
        yield steps
    finally:
        events.Handle._run = run  # type: ignore[method-assign]


async def _scan(settings: Settings, number: int) -> None:
    async with Service(settings).running() as service:
        while True:
            counts = (await service.status())["counts"]
            if counts["done"] == number:
                return
            assert not counts["failed"]
            await asyncio.sleep(0.1)
