"""Sidecars that were left behind are removed after a grace period, and nothing else is."""

import json
import os
from dataclasses import replace
from pathlib import Path

from auralis_fp.engine.service import Service
from auralis_fp.settings import Settings
from hosting import eventually, tone_file
from serving import until_counts

SHORT_DAYS = 1e-7


async def one_sweep(service: Service) -> None:
    """Sweep the library."""
    before = service._live.watcher.folders()[0].last_scan
    service.scan()
    await eventually(lambda: service._live.watcher.folders()[0].last_scan != before)


async def swept(service: Service, times: int = 1) -> None:
    """Sweep the library some times."""
    for _ in range(times):
        await one_sweep(service)


async def left_behind(settings: Settings, library: Path) -> Path:
    """Return the sidecar of a track that was deleted, and is not known any more."""
    song = tone_file(library / "gone.wav")
    tone_file(library / "kept.wav", 2)
    async with Service(settings).running() as service:
        await until_counts(service, done=2)
    song.unlink()
    settings.database.unlink()
    return library / "gone.wav.25d"


async def test_a_signed_sidecar_without_its_track(settings: Settings, library: Path) -> None:
    """It is kept for as long as missing files are, counted from sweep to sweep."""
    stray = await left_behind(settings, library)
    async with Service(settings).running() as service:
        await until_counts(service, done=1)
        await swept(service, 2)
        await service._live.pipeline.maintenance.forget()
        assert stray.exists()
    async with Service(replace(settings, keep_missing_days=SHORT_DAYS)).running() as service:
        await until_counts(service, done=1)
        await swept(service)
        await service._live.pipeline.maintenance.forget()
        assert not stray.exists()
        assert (library / "kept.wav.25d").exists()


async def test_what_is_not_ours_is_left_alone(settings: Settings, library: Path) -> None:
    """Unsigned and foreign documents, links, pipes, and the sidecars of tracks that are only left out."""
    ours = (await left_behind(settings, library)).read_bytes()
    (library / "gone.wav.25d").unlink()
    unsigned = {name: value for name, value in json.loads(ours).items() if name != "signature"}
    (library / "unsigned.mp3.25d").write_text(json.dumps(unsigned), encoding="ascii")
    (library / "foreign.mp3.25d").write_text('{"format_version": "1.0"}', encoding="ascii")
    (library / "text.25d").write_text("a diary", encoding="ascii")
    (library / "linked.mp3.25d").symlink_to(library / "kept.wav.25d")
    os.mkfifo(library / "pipe.mp3.25d")
    (library / "folder.mp3.25d").mkdir()
    (library / ".hidden.wav").touch()
    (library / ".hidden.wav.25d").write_bytes(ours)
    before = sorted(library.iterdir())
    async with Service(replace(settings, keep_missing_days=SHORT_DAYS)).running() as service:
        await until_counts(service, done=1)
        await swept(service, 3)
        await service._live.pipeline.maintenance.forget()
        assert sorted(library.iterdir()) == before


async def test_a_track_that_comes_back(settings: Settings, library: Path) -> None:
    """Its sidecar is not stray any more, and the absence counts anew."""
    stray = await left_behind(settings, library)
    content = (library / "kept.wav").read_bytes()
    async with Service(replace(settings, keep_missing_days=SHORT_DAYS)).running() as service:
        await until_counts(service, done=1)
        await swept(service)
        (library / "gone.wav").write_bytes(content)
        await swept(service)
        await service._live.pipeline.maintenance.forget()
        await until_counts(service, done=2)
        assert stray.exists()
