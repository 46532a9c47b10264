"""The service with a full disk, a locked database or read-only music: it waits, reports it, and continues."""

import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from audio_files import tones, write_wav
from auralis_fp.store.database import BUSY_LIMIT_SEC
from patience import LIMIT_SEC
from service_process import ServiceUnderTest, audit
from small_disk import small_disk

RATE = 22_050
SETTINGS = {"workers": 1, "settle_sec": 0.1, "sweep_interval_sec": 2, "busy_percent": 0}


def songs(library: Path, first: int, last: int) -> None:
    """Write some more songs."""
    for number in range(first, last):
        write_wav(library / f"{number}.wav", tones(2 + number / 10, rate=RATE), RATE)


def until(
    service: ServiceUnderTest, fits: Callable[[dict[str, Any]], object], limit_sec: float = LIMIT_SEC
) -> dict[str, Any]:
    """Return the first status that fits; fail if none does in time."""
    give_up = time.monotonic() + limit_sec
    while True:
        status: dict[str, Any] = service.get("/status")
        if fits(status):
            return status
        assert time.monotonic() < give_up, status
        time.sleep(0.05)


@contextmanager
def running(library: Path, data: Path, total: int, **settings: object) -> Iterator[ServiceUnderTest]:
    """Run the service; at the end it is healthy, complete, and stops cleanly."""
    service = ServiceUnderTest([library], data, SETTINGS | settings)
    service.start()
    try:
        yield service
        until(service, lambda status: status["health"]["status"] == "healthy")
        service.post("/scan")
        until(service, lambda status: status["counts"]["done"] == total and status["state"] == "idle")
    except BaseException:
        service.end()
        raise
    service.end(signal.SIGTERM)
    findings = audit([library], data, settled=True)
    assert not findings.faults()
    assert (findings.done, findings.failed) == (total, 0)


def degraded(status: dict[str, Any]) -> bool:
    """Return True if the fault is shown."""
    return bool(status["health"]["status"] == "degraded")


def test_a_full_disk(library: Path, tmp_path: Path) -> None:
    """Without room for results the service reports it and keeps them; with room they are stored."""
    with small_disk(tmp_path / "disk", 16) as disk:
        if not disk.own:
            pytest.skip("mounting a disk takes rights we lack")
        songs(library, 0, 3)
        with running(library, disk.folder / "data", 6) as service:
            service.until_idle(total=3)
            disk.fill()
            songs(library, 3, 6)
            until(service, degraded)
            assert service.get("/files?state=done")["items"]
            disk.relieve()


def test_a_file_size_limit(library: Path, tmp_path: Path) -> None:
    """The same where the process may not extend any file; for sidecars and database alike."""
    songs(library, 0, 3)
    with running(library, tmp_path / "data", 6) as service:
        service.until_idle(total=3)
        assert service.process is not None
        process = psutil.Process(service.process.pid)
        before = process.rlimit(psutil.RLIMIT_FSIZE)
        process.rlimit(psutil.RLIMIT_FSIZE, (1, before[1]))
        songs(library, 3, 6)
        until(service, degraded)
        process.rlimit(psutil.RLIMIT_FSIZE, before)


def test_a_read_only_library(tmp_path: Path) -> None:
    """The sidecars go to the data folder, without a fault."""
    with small_disk(tmp_path / "music", 16) as disk:
        songs(disk.folder, 0, 3)
        if disk.own:
            subprocess.run(["mount", "-o", "remount,ro", str(disk.folder)], check=True)
        elif os.geteuid():
            disk.folder.chmod(0o555)
        with running(disk.folder, tmp_path / "data", 3) as service:
            status = service.until_idle(total=3)
            assert status["health"]["status"] == "healthy"
        assert not list(disk.folder.glob("*.25d"))
        assert len(list((tmp_path / "data" / "sidecars").rglob("*.25d"))) == 3
        if not disk.own:
            disk.folder.chmod(0o755)


def test_a_locked_database(library: Path, tmp_path: Path) -> None:
    """While another program writes, known results are served, the rest waits, and nothing is analysed twice."""
    songs(library, 0, 3)
    with running(library, tmp_path / "data", 6) as service:
        service.until_idle(total=3)
        with closing(sqlite3.connect(service.database, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            songs(library, 3, 6)
            known = {"track_id": 1, "filepath": str(library / "0.wav")}
            give_up = time.monotonic() + 3
            while time.monotonic() < give_up:
                assert service.get("/status")["counts"]["done"] == 3
                assert service.post("", known)["metadata"]["sample_rate"] == RATE
                time.sleep(0.2)


def test_stopping_while_the_database_is_locked(library: Path, tmp_path: Path) -> None:
    """The service stops promptly."""
    songs(library, 0, 3)
    service = ServiceUnderTest([library], tmp_path / "data", SETTINGS)
    service.start()
    with closing(sqlite3.connect(service.database, isolation_level=None, timeout=30)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert service.end(signal.SIGTERM) < BUSY_LIMIT_SEC / 2  # it does not wait for the lock
    assert not service.until_gone()
