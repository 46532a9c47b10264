"""The way of a file: order, take-over, what is gone, and a store that fails for a while."""

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
    """Return a running service over the empty folder."""
    async with Service(settings).running() as running:
        await until_counts(running, total=0)
        yield running


async def test_requests_go_before_background_work(service: Service, library: Path) -> None:
    """With one worker, who waits for an answer gets it before the files that merely lie there."""
    for number in range(30):
        long_file(library / f"{number}.wav", 20 + number)
    service.scan()
    await until_counts(service, total=30)
    await service.fingerprint(os.fsencode(tone_file(library / "wanted.wav")))
    assert service.analyses[0] < 15
    await until_counts(service, done=31)


async def test_what_is_gone_is_no_longer_counted(service: Service, library: Path) -> None:
    """A file that is deleted leaves the counts at the next sweep, and is known again when it comes back."""
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


async def test_file_that_vanished_before_its_turn(service: Service, library: Path) -> None:
    """A job whose file is gone ends without a result and without a failure."""
    tone_file(library / "another.wav")  # of an empty folder nothing is judged gone
    live = service._live
    await live.pipeline.reconciler.observe([FileEvent(os.fsencode(library / "ghost.wav"), FileStamp(1, 1))])
    await until_counts(service, total=0, failed=0)
    assert service.analyses == (0, 0)
    assert service.health()["status"] == "healthy"


async def test_results_wait_for_the_store(service: Service, library: Path, settings: Settings) -> None:
    """While results cannot be stored the health says so; once they can, none is lost."""
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
    """Where no sidecar can lie beside the music, the analysis is stored all the same."""
    song = tone_file(library / "a.wav")
    (library / "a.wav.25d").mkdir()
    async with Service(settings).running() as service:
        await service.fingerprint(os.fsencode(song))
        assert service.health()["status"] == "healthy"
    assert len(list((settings.data_dir / "sidecars").rglob("*.25d"))) == 1
