"""Jobs that hang: they are reported and aborted, and cost no other job."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from auralis_fp.engine.service import Service
from auralis_fp.files.content_id import content_id
from auralis_fp.files.scanner import stat_audio
from auralis_fp.jobs import examination, results, watchdog
from auralis_fp.settings import Settings
from auralis_fp.sidecars import outbox, storage
from hosting import eventually, long_file, tone_file
from serving import until_counts


@pytest.fixture
def hanging() -> Iterator[Callable[[Callable[..., Any], str], Callable[..., Any]]]:
    """Return a function that makes another one hang for one file, as on a disk that does not answer."""
    over = threading.Event()

    def hang(function: Callable[..., Any], name: str) -> Callable[..., Any]:
        def hanging_function(path: bytes, *args: Any) -> Any:
            if path.endswith(name.encode()):
                over.wait()
            return function(path, *args)

        return hanging_function

    yield hang
    over.set()


def songs(library: Path) -> None:
    """Write four songs, one of them on a disk that does not answer."""
    for name in ("a", "b", "hung", "z"):
        tone_file(library / f"{name}.wav", 1 + len(name) / 10 + ord(name[0]) / 1000)


async def test_a_file_that_cannot_be_opened_in_time(
    settings: Settings, library: Path, monkeypatch: pytest.MonkeyPatch, hanging: Any
) -> None:
    """It is a read error that will be retried; the other files are analysed, and the service stops at once."""
    monkeypatch.setattr(examination, "content_id", hanging(content_id, "hung.wav"))
    monkeypatch.setattr(watchdog, "CHECK_SEC", 0.05)
    monkeypatch.setattr(watchdog, "READ_LIMIT_SEC", 0.3)
    songs(library)
    async with Service(settings).running() as service:
        await until_counts(service, done=3, failed=1)
        record = await service._live.context.library.by_path(os.fsencode(library / "hung.wav"))
        assert record is not None
        assert record.failure is not None
        assert record.failure.code == "io_error"
        assert record.failure.retry_at is not None


async def test_a_file_that_cannot_be_described_in_time(
    settings: Settings, library: Path, monkeypatch: pytest.MonkeyPatch, hanging: Any
) -> None:
    """The disk stops answering between the analysis and the stored result."""
    monkeypatch.setattr(results, "stat_audio", hanging(stat_audio, "hung.wav"))
    monkeypatch.setattr(results, "STAT_LIMIT_SEC", 0.2)
    songs(library)
    async with Service(settings).running() as service:
        status = await until_counts(service, running=0, pending=0)
        assert status["counts"]["done"] >= 3


async def test_a_sidecar_that_cannot_be_written_in_time(
    settings: Settings, library: Path, monkeypatch: pytest.MonkeyPatch, hanging: Any
) -> None:
    """All results are stored; the sidecar is pending, and the fault is shown."""
    monkeypatch.setattr(storage, "write", hanging(storage.write, "hung.wav"))
    monkeypatch.setattr(outbox, "WRITE_LIMIT_SEC", 0.2)
    songs(library)
    async with Service(settings).running() as service:
        await until_counts(service, done=4)
        await eventually(lambda: any("Sidecars" in reason for reason in service.health()["reasons"]))
        await eventually(lambda: len(list(library.glob("*.25d"))) == 3)


@pytest.mark.slow
async def test_a_worker_that_makes_no_progress(
    settings: Settings, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stopped worker makes the service unhealthy, with the name of its file, and is then replaced."""
    monkeypatch.setattr(watchdog, "CHECK_SEC", 0.05)
    monkeypatch.setattr(watchdog, "STALL_SEC", 2.0)
    long_file(library / "long.wav", 3600)
    reasons: list[str] = []
    async with Service(settings).running() as service:
        live = service._live
        await eventually(lambda: any(one.decoded_sec for one in live.context.pool.states()))
        (pid,) = live.context.pool.pids()
        os.kill(pid, signal.SIGSTOP)

        def reported() -> bool:
            reasons.extend(live.context.health.faults.values())
            return any("long.wav (analysing)" in reason for reason in reasons)

        await eventually(reported)
        await eventually(lambda: live.context.pool.pids() not in ([], [pid]))
        monkeypatch.setattr(watchdog, "STALL_SEC", 300.0)
        await until_counts(service, done=1)
        await eventually(lambda: service.health()["status"] == "healthy")
