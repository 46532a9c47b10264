"""Effects on the host: no blocked event loop, and nothing left after the end."""

import asyncio
import gc
import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from aiohttp import web
from blockbuster import BlockBuster, BlockingError, blockbuster_ctx
from pytest_aiohttp.plugin import AiohttpClient

from auralis_fp.app import create_app, service, setup
from auralis_fp.engine.service import Service
from auralis_fp.files.formats import is_music
from auralis_fp.settings import Settings
from hosting import PREFIX, Plugin, eventually, tone_file
from patience import LIMIT_SEC

TIMES = 50


@pytest.fixture
def unblocked() -> Iterator[BlockBuster]:
    """Make every blocking call of our code raise when it runs in the event loop."""
    with blockbuster_ctx("auralis_fp") as watching:
        yield watching


async def test_a_blocking_call_is_detected(
    unblocked: BlockBuster, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """File access from our own code in the event loop raises."""
    monkeypatch.setattr("auralis_fp.files.formats._suffix", lambda _: library.stat())
    with pytest.raises(BlockingError):
        is_music(b"a.wav")


@pytest.fixture
def watchful(settings: Settings) -> Settings:
    """Return settings that exercise every part."""
    return replace(settings, watching="auto", settle_sec=0.1)


async def test_nothing_blocks_the_event_loop(
    unblocked: BlockBuster, watchful: Settings, library: Path, aiohttp_client: AiohttpClient
) -> None:
    """From start to stop: scans, events, requests, failures, moves, controls and the page."""
    for number in range(4):
        tone_file(library / f"{number}.wav", 1 + number / 10)
    (library / "bad.wav").write_bytes(b"RIFF no music")
    app = web.Application()
    await asyncio.to_thread(setup, app, watchful)  # reads the settings file, before the host serves
    plugin = Plugin(await aiohttp_client(app), app)
    await plugin.until(lambda status: status["state"] == "idle" and status["counts"]["total"] == 5)
    song = await asyncio.to_thread(tone_file, library / "new.wav", 1.5)
    await plugin.ask(song, 7)
    await plugin.ask(song, 7)
    await plugin.ask(library / "bad.wav", status=415)
    await plugin.ask(library / "none.wav", status=404)
    await asyncio.to_thread(song.rename, library / "moved.wav")
    async with asyncio.timeout(LIMIT_SEC):
        while not any(item["path"].endswith("moved.wav") for item in (await plugin.get("/files"))["items"]):
            await plugin.until_idle()
    await plugin.until(lambda status: status["counts"]["done"] == 5 and status["state"] == "idle")
    for path in ("/health", "/files", "/failures", "/openapi.json", "/tracks/7", "/dimensions"):
        await plugin.get(path)
    for path in ("/pause", "/resume", "/scan", "/retry"):
        await plugin.post(path, status=202)
    for path in ("/", "/metrics"):
        async with plugin.client.get(PREFIX + path) as response:
            assert response.status == 200
    await plugin.until_idle()
    await plugin.until_healthy()
    await service(app).set_libraries([library, library.parent / "more"])
    await plugin.client.close()


def traces() -> tuple[int, int, int]:
    """Count open files, threads (except the executor of the event loop) and child processes."""
    threads = [thread for thread in threading.enumerate() if not thread.name.startswith("asyncio_")]
    return len(os.listdir("/proc/self/fd")), len(threads), len(psutil.Process().children(recursive=True))


async def opened_and_closed(settings: Settings, *, alone: bool) -> None:
    """Start and stop an application with the plugin."""
    app = create_app(settings) if alone else web.Application()
    if not alone:
        setup(app, settings)
    runner = web.AppRunner(app)
    await runner.setup()
    await runner.cleanup()


async def test_repeated_starts_leave_nothing(library: Path, tmp_path: Path) -> None:
    """No file, thread or process remains, whether the worker was ready or still starting."""
    tone_file(library / "song.wav")
    settings = Settings(libraries=(library,), data_dir=tmp_path / "data", workers=1, busy_percent=0)
    async with Service(settings).running() as first:  # initialises what Python keeps for all processes
        await first.fingerprint(os.fsencode(library / "song.wav"))
    gc.collect()
    before = traces()
    for number in range(TIMES):
        await opened_and_closed(settings, alone=bool(number % 2))
    gc.collect()
    await eventually(lambda: all(now <= then for now, then in zip(traces(), before, strict=True)))
