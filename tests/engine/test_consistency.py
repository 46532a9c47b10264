"""The counts are consistent at any time, and all work ends."""

import asyncio
import os
import random
from dataclasses import replace
from pathlib import Path

import pytest

from auralis_fp import schema
from auralis_fp.engine.service import Service
from auralis_fp.settings import Settings
from auralis_fp.states import Counts
from hosting import eventually, tone_file
from serving import until_counts

UNTRUE = """
SELECT count(*) AS number FROM files f
WHERE f.missing_since IS NULL
  AND (SELECT count(*) FROM jobs j WHERE j.file_id = f.id)
    + (SELECT count(*) FROM failures x WHERE x.file_id = f.id AND x.file_id NOT IN (SELECT file_id FROM jobs))
    + (SELECT count(*) FROM fingerprints p WHERE p.file_id = f.id AND p.size = f.size AND p.mtime_ns = f.mtime_ns
         AND p.algorithm_version = ? AND p.file_id NOT IN (SELECT file_id FROM jobs)
         AND p.file_id NOT IN (SELECT file_id FROM failures)) != 1
"""


async def hammer(service: Service, ended: asyncio.Event) -> int:
    """Check the counts repeatedly until stopped; return how often."""
    looks = 0
    database = service._live.context.library.database
    while not ended.is_set():
        status = await service.status()
        counts = dict(status["counts"])
        assert counts.pop("total") == sum(counts.values())
        assert min(counts.values()) >= 0
        assert status["percent"] == Counts(**counts).percent
        assert status["state"] != "idle" or not counts["running"] + counts["pending"] + counts["outdated"]
        (row,) = await database.read(UNTRUE, (schema.ALGORITHM_VERSION,))
        assert row["number"] == 0, "a file that is in no class, or in two"
        looks += 1
    return looks


async def disturb(service: Service, library: Path, chance: random.Random) -> None:
    """Add, change, damage, move, delete, cancel and retry files for a while."""
    for number in range(60):
        songs = sorted(library.glob("*.wav"))
        song = chance.choice(songs) if songs else None
        match chance.randrange(8):
            case 0 | 1 | 2:
                tone_file(library / f"{number}.wav", 1 + chance.random())
            case 3 if song:
                song.write_bytes(b"RIFF no music here")
            case 4 if song:
                song.rename(library / f"moved{number}.wav")
            case 5 if song and len(songs) > 3:
                song.unlink()
            case 6:
                await service.cancel()
            case 7:
                await service.retry()
        await asyncio.sleep(0.02)


@pytest.mark.slow
async def test_every_file_has_one_state_at_any_time(settings: Settings, library: Path) -> None:
    """While files are added, changed, deleted, cancelled and retried; finally all are done or failed, at most 100 %."""
    watched = replace(settings, watching="events", settle_sec=0.02, workers=2)
    async with Service(watched).running() as service:
        await until_counts(service, total=0)
        ended = asyncio.Event()
        hammering = asyncio.create_task(hammer(service, ended))
        await disturb(service, library, random.Random(7))  # noqa: S311 - a seed
        await service.retry()
        service.scan()
        there = len(list(library.glob("*.wav")))
        await until_counts(service, total=there, pending=0, running=0, outdated=0)
        ended.set()
        assert await hammering > 20
        await service.retry()
        await until_counts(service, total=there, pending=0, running=0)
        for path in library.glob("*.wav"):
            record = await service._live.context.library.by_path(os.fsencode(path))
            assert record is not None
            assert record.state == ("failed" if path.stat().st_size < 100 else "done")


@pytest.mark.slow
async def test_our_own_writes_trigger_nothing(settings: Settings, library: Path) -> None:
    """After a scan that wrote a sidecar beside every song, there is no further scan, write or job."""
    for number in range(20):
        tone_file(library / f"{number}.wav", 1 + number / 20)
    watched = replace(settings, watching="events", settle_sec=0.05, workers=2)
    async with Service(watched).running() as service:
        status = await until_counts(service, done=20)
        await eventually(lambda: service.state() == "idle")
        await asyncio.sleep(0.8)
        live = service._live
        before = (await service.status())["folders"], live.context.job_queue.generation, live.watcher.debouncer.waiting
        await asyncio.sleep(0.8)
        after = (await service.status())["folders"], live.context.job_queue.generation, live.watcher.debouncer.waiting
        assert before == after
        assert status["folders"][0]["last_scan"] == after[0][0]["last_scan"]
        assert after[2] == 0
        assert len(list(library.glob("*.25d"))) == 20
