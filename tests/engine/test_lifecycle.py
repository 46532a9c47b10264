"""Start of a service whose data folder is in use or cannot be written: it waits, and takes over."""

import asyncio
import contextlib
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from auralis_fp.engine import lifecycle
from auralis_fp.engine.service import Service
from auralis_fp.errors import RequestError
from auralis_fp.jobs import maintenance
from auralis_fp.settings import Settings
from disks import bound
from hosting import eventually, tone_file
from patience import LIMIT_SEC
from serving import until_counts

OWNER = """
import sys, time
from pathlib import Path
from auralis_fp.store.lock import hold_lock

with hold_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture(autouse=True)
def quick_retry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Repeat a failed start at once."""
    monkeypatch.setattr(lifecycle, "FIRST_START_RETRY_SEC", 0.05)
    monkeypatch.setattr(lifecycle, "LONGEST_START_RETRY_SEC", 0.05)


def owner(settings: Settings) -> "subprocess.Popen[str]":
    """Start a process that holds the lock of the data folder."""
    settings.data_dir.mkdir(exist_ok=True)
    command = [sys.executable, "-c", OWNER, str(settings.data_dir / "lock")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


async def started(service: Service) -> None:
    """Wait until a service has started."""
    await eventually(lambda: service.fault is None)
    await until_counts(service, done=1)


async def test_a_second_service_takes_over(settings: Settings, library: Path) -> None:
    """While the first one runs the second answers 503; once it has ended, the second one works."""
    tone_file(library / "a.wav")
    async with Service(settings).running() as first:
        await until_counts(first, done=1)
        second = Service(settings)
        running = second.running()
        await running.__aenter__()
        assert "waiting" in (second.fault or "")
        with pytest.raises(RequestError, match="in use by process") as caught:
            await second.status()
        assert caught.value.status == 503
    await started(second)
    await running.__aexit__(None, None, None)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_the_owner_is_killed(settings: Settings, library: Path, number: signal.Signals) -> None:
    """However the owner ends, its lock is released and the service starts."""
    tone_file(library / "a.wav")
    with owner(settings) as process:
        async with Service(settings).running() as service:
            assert f"process {process.pid}" in (service.fault or "")
            process.send_signal(number)
            await started(service)


async def test_the_reason_is_the_present_one(settings: Settings, library: Path) -> None:
    """When one owner follows another, the fault names the second."""
    tone_file(library / "a.wav")
    first = owner(settings)
    async with Service(settings).running() as service:
        with first:
            first.kill()
        with owner(settings) as second:
            pid = second.pid
            await eventually(lambda: service.fault is None or f"process {pid}" in service.fault)
            second.kill()
        await started(service)


async def test_a_data_folder_that_becomes_writable(settings: Settings, library: Path, tmp_path: Path) -> None:
    """A file in its place is reported; once it is removed, the service starts."""
    tone_file(library / "a.wav")
    settings = replace(settings, data_dir=tmp_path / "there" / "data")
    settings.data_dir.parent.write_text("a file in the way", encoding="ascii")
    async with Service(settings).running() as service:
        assert "could not be started" in (service.fault or "")
        settings.data_dir.parent.unlink()
        await started(service)


async def test_stopping_while_waiting(settings: Settings) -> None:
    """A service that never started ends at once."""
    with owner(settings) as process:
        async with asyncio.timeout(LIMIT_SEC), Service(settings).running() as service:
            assert service.fault is not None
        process.kill()
    assert service.fault is not None


async def test_a_lock_file_that_was_deleted(settings: Settings, library: Path) -> None:
    """The folder is locked too, so that no second service uses the same database."""
    tone_file(library / "a.wav")
    async with Service(settings).running() as first:
        await until_counts(first, done=1)
        (settings.data_dir / "lock").unlink()
        second = Service(settings)
        running = second.running()
        await running.__aenter__()
        assert second.fault is not None
        assert "in use" in second.fault
    await started(second)
    await running.__aexit__(None, None, None)


@pytest.mark.parametrize("way", ["link", "dots", "mount"])
async def test_a_data_folder_by_another_name(settings: Settings, library: Path, tmp_path: Path, way: str) -> None:
    """The second service waits whatever way leads to the folder."""
    other = tmp_path / "other"
    with contextlib.ExitStack() as stack:
        async with Service(settings).running() as first:
            tone_file(library / "a.wav")
            first.scan()
            await until_counts(first, done=1)
            if way == "link":
                other.symlink_to(settings.data_dir)
            elif way == "dots":
                other = library / ".." / settings.data_dir.name
            else:
                other.mkdir()
                stack.enter_context(bound(settings.data_dir, other))
            async with Service(replace(settings, data_dir=other)).running() as second:
                assert second.fault is not None
                assert "in use" in second.fault


async def test_a_suspended_owner_keeps_its_data_folder(settings: Settings, library: Path) -> None:
    """A laptop lid that was closed, or a debugger: the second service waits until the first has ended."""
    tone_file(library / "a.wav")
    with owner(settings) as process:
        process.send_signal(signal.SIGSTOP)
        async with Service(settings).running() as service:
            assert service.fault is not None
            process.kill()
            await started(service)


async def test_a_data_folder_that_is_moved_away(
    settings: Settings, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The open database goes on working, but nothing will find it later: health says so until it is back."""
    monkeypatch.setattr(maintenance, "FOLDER_CHECK_SEC", 0.02)
    tone_file(library / "a.wav")
    async with Service(settings).running() as service:
        await until_counts(service, done=1)
        settings.data_dir.rename(tmp_path / "elsewhere")
        await eventually(lambda: "moved or removed" in "".join(service.health()["reasons"]))
        (tmp_path / "elsewhere").rename(settings.data_dir)
        await eventually(lambda: not service.health()["reasons"])
