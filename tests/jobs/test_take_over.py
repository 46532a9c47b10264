"""Requests take over slots from long background analyses, which end nevertheless."""

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from auralis_fp.app import service
from auralis_fp.engine.service import Service
from auralis_fp.jobs import dispatcher, part_updates
from auralis_fp.settings import Settings
from hosting import Host, Plugin, eventually, long_file, tone_file
from patience import LIMIT_SEC

LONG = 3600


@pytest.fixture(autouse=True)
def sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an hour of silence count as long, on fast machines too."""
    monkeypatch.setattr("auralis_fp.workers.pool.LONG_SEC", 0.1)
    monkeypatch.setattr("auralis_fp.workers.pool.RESERVED_SEC", 1.0)


@pytest.mark.slow
async def test_a_request_does_not_wait_for_long_files(host: Host, library: Path) -> None:
    """With every slot on a long file, one makes way, is queued again without an attempt, and ends later."""
    for number in range(2):
        long_file(library / f"{number}.wav", LONG)
    plugin = await host(workers=2, time_limit_sec=600)

    def both(status: dict[str, object]) -> bool:
        workers = status["workers"]
        assert isinstance(workers, list)
        return all(worker["path"] and worker["decoded_sec"] > 1 for worker in workers)

    await plugin.until(both)
    pids = {worker["pid"] for worker in (await plugin.get("/status"))["workers"]}
    started = time.monotonic()
    await plugin.ask(tone_file(library.parent / "music" / "short.wav", 3))
    waited = time.monotonic() - started
    status = await plugin.get("/status")
    assert status["counts"]["done"] < 3, "it waited for the long files"
    assert {worker["pid"] for worker in status["workers"]} == pids, "a worker was lost"
    assert waited < 20
    await plugin.until(lambda status: status["counts"]["done"] == 3)
    assert (await plugin.get("/failures"))["items"] == []


@pytest.mark.slow
async def test_interruptions_are_bounded(host: Host, library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long file makes way only so often; then requests wait for its end."""
    monkeypatch.setattr(dispatcher, "MOST_INTERRUPTIONS", 1)
    long_file(library / "long.wav", LONG)
    plugin = await host(workers=1, time_limit_sec=600)
    for number in range(2):
        await plugin.until(lambda status: status["workers"][0]["decoded_sec"] > 1 and status["workers"][0]["path"])
        await asyncio.wait_for(plugin.ask(tone_file(library / f"{number}.wav", 1 + number)), LIMIT_SEC)
        status = await plugin.get("/status")
        # the second request was answered after the long file
        assert status["counts"]["done"] == 1 + 2 * number, (status["counts"], status["workers"])
    assert (await plugin.get("/failures"))["items"] == []


async def until_requested(plugin: Plugin) -> None:
    """Wait until a client waits for the file in progress."""
    flights = service(plugin.app)._live.pipeline.dispatcher.flights
    await eventually(lambda: any(flight.requested for flight in flights.all()))


@pytest.mark.slow
async def test_a_requested_file_does_not_make_way(host: Host, library: Path) -> None:
    """Two long files that clients wait for: a third request waits its turn."""
    long_file(library / "long.wav", LONG)
    plugin = await host(workers=1, time_limit_sec=600)
    await plugin.until(lambda status: status["workers"][0]["decoded_sec"] > 1)
    first = asyncio.create_task(plugin.ask(library / "long.wav", 1))
    await until_requested(plugin)
    await plugin.ask(tone_file(library / "short.wav"), 2)
    assert first.done()
    await first


@pytest.mark.slow
async def test_a_request_does_not_wait_for_missing_parts(
    settings: Settings, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long file whose earlier result lacks parts makes way, keeps its result, and gets the parts later."""
    monkeypatch.setattr(part_updates, "IDLE_SEC", 0.05)
    monkeypatch.setattr(part_updates, "RETRY_SEC", 0.05)
    song = os.fsencode(long_file(library / "long.wav", LONG // 2))
    async with Service(settings).running() as service:
        await service.fingerprint(song)
    with closing(sqlite3.connect(settings.database)) as connection, connection:
        connection.execute("UPDATE fingerprints SET payload_digest = NULL, confirmed_at = NULL")  # a decode to its end
        connection.execute("DELETE FROM part_kinds")
    async with Service(settings).running() as service:
        await status_of(
            service, lambda status: status["workers"][0]["path"] and status["workers"][0]["decoded_sec"] > 1
        )
        await service.fingerprint(os.fsencode(tone_file(library / "short.wav", 3)))
        status = await service.status()
        assert (status["counts"]["done"], status["parts"]["completed"]) == (2, 0)
        status = await status_of(service, lambda status: status["parts"]["completed"] == 1)
        assert (status["counts"]["done"], status["counts"]["failed"]) == (2, 0)


def is_decoding(status: dict[str, Any]) -> bool:
    """Return True if the only worker has decoded a part of its file."""
    (worker,) = status["workers"]
    return worker["path"] is not None and worker["decoded_sec"] > 1


async def status_of(service: Service, fits: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """Return the first status that fits; fail if none does in time."""
    async with asyncio.timeout(LIMIT_SEC):
        while True:
            status = await service.status()
            if fits(status):
                return status
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "no_audio"), (b"%PDF-1.7 ...", "unsupported"), (b"<!DOCTYPE html>", "unsupported")],
    ids=["empty", "PDF", "page"],
)
async def test_trivial_files_need_no_worker(host: Host, library: Path, content: bytes, code: str) -> None:
    """They are refused while all slots are busy with files that make no way."""
    long_file(library / "long.wav", LONG)
    plugin = await host(workers=1, time_limit_sec=600)
    await plugin.until(lambda status: status["workers"][0]["decoded_sec"] > 1)
    busy = asyncio.create_task(plugin.ask(library / "long.wav", 1))
    await until_requested(plugin)
    (library / "no.mp3").write_bytes(content)
    answer = await plugin.ask(library / "no.mp3", 2, status=415)
    assert answer["code"] == code
    assert not busy.done()
    busy.cancel()
