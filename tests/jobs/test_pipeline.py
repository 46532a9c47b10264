"""Order of jobs, take-over of sidecars, deleted files, and a database that fails for a while."""

import os
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from auralis_fp.engine.service import Service
from auralis_fp.models import FileEvent, FileStamp
from auralis_fp.settings import Settings
from hosting import eventually, long_file, tone_file
from serving import until_counts


@pytest.fixture
async def service(settings: Settings) -> AsyncIterator[Service]:
    """Return a running service over an empty folder."""
    async with Service(settings).running() as running:
        await until_counts(running, total=0)
        yield running


@pytest.mark.slow
async def test_requests_precede_background_jobs(service: Service, library: Path) -> None:
    """With one worker, a requested file is analysed before the queued ones."""
    for number in range(30):
        long_file(library / f"{number}.wav", 20 + number)
    service.scan()
    await until_counts(service, total=30)
    await service.fingerprint(os.fsencode(tone_file(library / "wanted.wav")))
    assert service.analyses[0] < 15
    await until_counts(service, done=31)


async def test_deleted_files_are_not_counted(service: Service, library: Path) -> None:
    """A deleted file leaves the counts with the next scan and is known again when it returns."""
    songs = [tone_file(library / f"{number}.wav", 1 + number / 10) for number in range(2)]
    service.scan()
    await until_counts(service, done=2)
    away = songs[0].rename(library.parent / "away.wav")
    service.scan()
    await until_counts(service, total=1)
    away.rename(songs[0])
    service.scan()
    await until_counts(service, done=2)
    assert service.analyses == (2, 0)


async def test_a_file_that_vanished_before_its_turn(service: Service, library: Path) -> None:
    """Its job ends without a result and without a failure."""
    tone_file(library / "another.wav")  # of an empty folder nothing is judged gone
    live = service._live
    await live.pipeline.reconciler.observe([FileEvent(os.fsencode(library / "ghost.wav"), FileStamp(1, 1))])
    await until_counts(service, total=0, failed=0)
    assert service.analyses == (0, 0)
    assert service.health()["status"] == "healthy"


async def test_results_wait_for_the_database(service: Service, library: Path, settings: Settings) -> None:
    """While results cannot be stored, the health says so; afterwards no result is lost."""
    with sqlite3.connect(settings.database) as other:
        other.execute("CREATE TRIGGER broken BEFORE INSERT ON fingerprints BEGIN SELECT RAISE(ABORT, 'disk'); END")
        other.commit()
        tone_file(library / "a.wav")
        service.scan()
        await eventually(lambda: any("database" in reason.lower() for reason in service.health()["reasons"]))
        assert service.health()["status"] == "degraded"
        other.execute("DROP TRIGGER broken")
        other.commit()
    other.close()
    await until_counts(service, done=1)
    assert service.health()["status"] == "healthy"
    assert service.analyses == (1, 0)


async def test_folder_without_write_access_uses_the_data_folder(settings: Settings, library: Path) -> None:
    """Results are stored even where no sidecar can be written beside the music."""
    song = tone_file(library / "a.wav")
    (library / "a.wav.25d").mkdir()
    async with Service(settings).running() as service:
        await service.fingerprint(os.fsencode(song))
        assert service.health()["status"] == "healthy"
    assert len(list((settings.data_dir / "sidecars").rglob("*.25d"))) == 1
