"""The whole service: persistence, faults, and resources after it has stopped."""

import asyncio
import gc
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from aiohttp import web

from auralis_fp.app import service, setup
from auralis_fp.engine.service import Service
from auralis_fp.errors import RequestError
from auralis_fp.settings import Settings
from disks import small_disk
from hosting import Host, Plugin, long_file, tone_file
from listening import until
from patience import LIMIT_SEC


async def finished(service: Service, done: int) -> None:
    """Wait until *done* files are done and no job is left."""
    while True:
        status = await service.status()
        if status["state"] == "idle" and status["counts"]["done"] == done:
            return
        await asyncio.sleep(0.02)


async def test_a_restart_analyses_nothing(settings: Settings, library: Path) -> None:
    """After a restart over unchanged files all results are there and nothing is analysed."""
    for number in range(5):
        tone_file(library / f"{number}.wav", 1 + number / 10)
    async with Service(settings).running() as service:
        await finished(service, 5)
        assert service.analyses == (5, 0)
    async with Service(settings).running() as service:
        await finished(service, 5)
        await service.fingerprint(os.fsencode(library / "3.wav"))
        assert service.analyses == (0, 0)
        assert service.counters.store == 1


async def test_a_worker_is_ready_before_the_first_request(settings: Settings) -> None:
    """Soon after the start, without jobs, one process is idle."""
    async with Service(settings).running() as service:
        async with asyncio.timeout(LIMIT_SEC):
            while True:
                (worker,) = (await service.status())["workers"]
                if worker["state"] == "idle":
                    return
                await asyncio.sleep(0.05)


async def test_a_lost_database_is_rebuilt_from_sidecars(settings: Settings, library: Path, tmp_path: Path) -> None:
    """With a new database, results come from the sidecars, in the background and on request."""
    songs = [tone_file(library / f"{number}.wav", 1 + number / 10) for number in range(4)]
    async with Service(settings).running() as service:
        await finished(service, 4)
        first = await service.fingerprint(os.fsencode(songs[0]))
    async with Service(replace(settings, data_dir=tmp_path / "new")).running() as service:
        again = await service.fingerprint(os.fsencode(songs[0]))
        assert (again.analysed.fingerprint, again.source) == (first.analysed.fingerprint, "sidecar")
        await finished(service, 4)
        assert service.analyses == (0, 0)


async def test_a_failed_start_is_reported(settings: Settings) -> None:
    """An unusable database does not stop the host; every method raises the reason."""
    settings.data_dir.mkdir()
    settings.database.write_bytes(b"this is no database" * 100)
    async with Service(settings).running() as service:
        assert service.fault is not None
        assert "database" in service.fault
        with pytest.raises(RequestError, match="database") as caught:
            await service.status()
    assert (caught.value.status, caught.value.code) == (503, "not_started")


async def test_a_data_folder_on_a_read_only_disk(settings: Settings, tmp_path: Path) -> None:
    """It is reported, with or without an existing database, and the host is not affected."""
    with small_disk(tmp_path / "disk") as disk:
        known = replace(settings, data_dir=disk.folder / "data")
        async with Service(known).running() as service:
            assert service.fault is None
        disk.allow_writing(allowed=False)
        for folder in ("data", "another"):
            async with Service(replace(settings, data_dir=disk.folder / folder)).running() as service:
                assert service.fault is not None
                assert "Read-only file system" in service.fault or "no permission to write" in service.fault
                with pytest.raises(RequestError):
                    await service.status()


async def test_a_failed_start_is_503(host: Host, settings: Settings) -> None:
    """Over HTTP every address below the prefix answers 503 with the reason; the page is still served."""
    settings.data_dir.write_text("in the way")
    plugin = await host()
    for path in ("/health", "/status", "/events", "/files", "/tracks/1", "/metrics"):
        assert (await plugin.get(path, status=503))["code"] == "not_started"
    body = await plugin.post("/batch", {"items": []}, status=503)
    assert "could not be started" in body["error"]
    assert (await plugin.ask(settings.data_dir, status=503))["code"] == "not_started"


async def test_a_second_service_on_the_same_data_is_refused(settings: Settings) -> None:
    """Two writers never share a database: the second one names the owner."""
    async with Service(settings).running(), Service(settings).running() as second:
        assert second.fault is not None
        assert str(os.getpid()) in second.fault


async def working(plugin: Plugin) -> int:
    """Return the process id of a worker that is analysing a file."""
    status = await plugin.until(lambda status: any(w["decoded_sec"] and w["pid"] for w in status["workers"]))
    return int(status["workers"][0]["pid"])


@pytest.mark.slow
async def test_a_killed_worker_costs_one_attempt(plugin: Plugin, library: Path) -> None:
    """When a worker is killed during an analysis, the request still gets its answer."""
    song = long_file(library / "long.wav", 3600)
    request = asyncio.create_task(plugin.ask(song))
    killed = await working(plugin)
    os.kill(killed, signal.SIGKILL)
    body = await request
    assert body["metadata"]["duration_sec"] == pytest.approx(3600)
    assert (await plugin.get("/status"))["workers"][0]["pid"] != killed


@pytest.mark.slow
async def test_a_file_that_kills_every_worker(plugin: Plugin, library: Path) -> None:
    """After killing its worker twice it is a failure; the next file is analysed."""
    song = long_file(library / "long.wav", 8 * 3600)
    request = asyncio.create_task(plugin.ask(song, status=500))
    killed: set[int] = set()
    while len(killed) < 2:
        pid = await working(plugin)
        if pid not in killed:
            killed.add(pid)
            os.kill(pid, signal.SIGKILL)
    body = await request
    assert body["code"] == "crashed"
    assert "SIGKILL" in body["error"]
    await plugin.ask(tone_file(library / "good.wav"), 2)
    counts = (await plugin.get("/status"))["counts"]
    assert (counts["done"], counts["failed"], counts["total"]) == (1, 1, 2)


@pytest.mark.slow
async def test_a_time_limit_is_503(host: Host, library: Path) -> None:
    """A file that exceeds its time limit is aborted."""
    plugin = await host(time_limit_sec=1, time_limit_factor=0)
    body = await plugin.ask(long_file(library / "long.wav", 8 * 3600), status=503)
    assert body["code"] == "timeout"


async def test_database_errors_are_503(plugin: Plugin, library: Path, settings: Settings) -> None:
    """While the database cannot be read, requests fail without internal details."""
    await plugin.until_idle()
    with sqlite3.connect(settings.database) as other:
        other.execute("ALTER TABLE files RENAME TO elsewhere")
        other.commit()
        body = await plugin.get("/status", status=503)
        assert body["code"] == "storage"
        assert "elsewhere" not in body["error"]
        assert (await plugin.ask(tone_file(library / "a.wav"), status=503))["code"] == "storage"
        other.execute("ALTER TABLE elsewhere RENAME TO files")
        other.commit()
    other.close()
    assert (await plugin.ask(library / "a.wav"))["track_id"] == 1


async def test_stopping_does_not_wait_for_an_analysis(plugin: Plugin, library: Path, settings: Settings) -> None:
    """A waiting request gets an error, and the service stops before the analysis has a result."""
    request = asyncio.create_task(plugin.ask(long_file(library / "long.wav", 8 * 3600), status=503))
    await working(plugin)
    await plugin.app.shutdown()
    assert (await request)["code"] == "stopping"
    await plugin.client.close()
    with closing(sqlite3.connect(settings.database)) as database:
        assert database.execute("SELECT count(*) FROM fingerprints").fetchone() == (0,)


async def test_too_many_requests(plugin: Plugin, library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit, requests that need an analysis get 429."""
    monkeypatch.setattr("auralis_fp.engine.lookup.MOST_WAITING", 1)
    song = long_file(library / "long.wav", 3600)
    first = asyncio.create_task(plugin.ask(song))
    await working(plugin)
    assert (await plugin.ask(tone_file(library / "b.wav"), status=429))["code"] == "too_many_requests"
    assert (await first)["track_id"] == 1


@pytest.mark.slow
async def test_a_file_that_changes_during_its_analysis(plugin: Plugin, library: Path) -> None:
    """Its result is discarded, and it is queued again."""
    song = long_file(library / "long.wav", 3600)
    request = asyncio.create_task(plugin.ask(song, status=409))
    await working(plugin)
    tone_file(song, 2.0)
    assert (await request)["code"] == "file_changed"
    await plugin.until(lambda status: status["counts"]["done"] == 1 and not status["counts"]["running"])
    (item,) = (await plugin.get("/files"))["items"]
    assert item["metadata"]["duration_sec"] == pytest.approx(2.0)
    assert item["size"] == song.stat().st_size


def left_over() -> tuple[int, int, int]:
    """Count child processes, threads (except the pools of asyncio and AnyIO) and open files."""
    gc.collect()
    this = psutil.Process()
    threads = [thread for thread in threading.enumerate() if not thread.name.startswith(("asyncio_", "AnyIO"))]
    return len(this.children(recursive=True)), len(threads), this.num_fds()


@pytest.mark.slow
async def test_repeated_runs_leave_nothing(settings: Settings, library: Path) -> None:
    """Repeated starts and stops leave no process, thread or open file."""

    async def run(number: int) -> None:
        app = web.Application()
        setup(app, replace(settings, watching="auto"))
        runner = web.AppRunner(app)
        await runner.setup()
        await service(app).fingerprint(os.fsencode(tone_file(library / f"{number}.wav", 0.6 + number / 10)))
        await runner.cleanup()

    await run(0)
    before = left_over()
    for number in range(1, 6):
        await run(number)
    await until(lambda: all(now <= then for now, then in zip(left_over(), before, strict=True)))


def test_import_is_light() -> None:
    """Importing the package does not import aiohttp; the web side imports no numeric library."""
    code = (
        "import sys, auralis_fp\n"
        "assert 'aiohttp' not in sys.modules\n"
        "assert auralis_fp.errors.SettingsError\n"
        "assert callable(auralis_fp.setup) and callable(auralis_fp.create_app) and auralis_fp.Settings\n"
        "assert set(auralis_fp.__all__) <= set(dir(auralis_fp))\n"
        "print([name for name in ('numpy', 'scipy', 'soundfile', 'av') if name in sys.modules])\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=LIMIT_SEC)
    assert result.stdout == "[]\n"
