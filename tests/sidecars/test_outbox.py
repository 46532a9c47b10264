"""Sidecars that cannot be written: they are pending, reported, and written later."""

import asyncio
import logging
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from auralis_fp.engine.service import Service
from auralis_fp.files.rules import Rules
from auralis_fp.models import FileStamp
from auralis_fp.settings import Settings
from auralis_fp.sidecars import outbox as module
from auralis_fp.sidecars import storage
from auralis_fp.sidecars.outbox import Outbox
from auralis_fp.states import Health
from disks import small_disk
from hosting import eventually, tone_file
from serving import until_counts
from stored import analysed, library_in, queued


def reasons(service: Service) -> str:
    """Return the reasons of the health report."""
    return " ".join(service.health()["reasons"])


def folder(status: dict[str, Any]) -> dict[str, Any]:
    """Return the only music folder of a status."""
    (only,) = status["folders"]
    return dict(only)


async def test_a_sidecar_that_cannot_be_written_is_enqueued(
    settings: Settings, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The result is stored and the fault shown; the sidecar follows when it can be written, even after a restart."""
    monkeypatch.setattr(module, "FIRST_RETRY_SEC", 0.05)
    song = tone_file(library / "a.wav")
    (library / "a.wav.25d").mkdir()  # nothing can lie beside it
    settings.data_dir.mkdir()
    blocked = settings.data_dir / "sidecars"
    blocked.write_text("a file in the way", encoding="ascii")
    async with Service(settings).running() as service:
        await until_counts(service, done=1)
        await eventually(lambda: "Sidecars" in reasons(service))
        assert service.health()["status"] == "degraded"
    (library / "a.wav.25d").rmdir()
    async with Service(settings).running() as service:
        await eventually((library / "a.wav.25d").is_file)
        await eventually(lambda: service.health()["status"] == "healthy")
        assert service.analyses == (0, 0)
    async with Service(replace(settings, data_dir=library.parent / "other")).running() as service:
        await service.fingerprint(os.fsencode(song))
        assert service.counters.sidecar == 1


async def test_a_read_only_library_is_reported_once(
    settings: Settings, library: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Its sidecars go to the data folder, with a note at the folder and one line in the log, but no fault."""
    with small_disk(library) as disk:
        for number in range(4):
            tone_file(library / f"{number}.wav", 1 + number / 10)
        disk.allow_writing(allowed=False)
        with caplog.at_level(logging.WARNING, "auralis_fp"):
            async with Service(settings).running() as service:
                status = await until_counts(service, done=4)
                assert "Read-only file system" in folder(status)["reason"]
                assert folder(status)["online"]
                assert service.health()["status"] == "healthy"
                assert len(list((settings.data_dir / "sidecars").rglob("*.25d"))) == 4
                disk.allow_writing(allowed=True)
                await service.fingerprint(os.fsencode(tone_file(library / "new.wav", 2.0)))
                await eventually(lambda: not service._live.context.health.notes)
                assert folder(await service.status())["reason"] == ""
        assert sum("Sidecars cannot be written here" in message for message in caplog.messages) == 1


@pytest.mark.parametrize("asked", ["enqueued", "stored"])
async def test_a_sidecar_wanted_again_while_it_is_written(
    tmp_path: Path, settings: Settings, library: Path, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    """A request, or a newer result, that comes during the write has it written once more."""
    song = tone_file(library / "a.wav")
    path, stamp = os.fsencode(song), FileStamp.of(song.stat())
    write, loop = storage.write, asyncio.get_running_loop()
    async with library_in(tmp_path) as known:
        outbox = Outbox(known, Rules([os.fsencode(library)]), settings, Health())
        job = await queued(known, path, stamp)
        await known.record(job.file_id, analysed(), stamp, claim=job.claim, source="analysis", sidecar_pending=True)

        async def ask() -> None:
            if asked == "enqueued":
                await outbox.enqueue(job.file_id)
                return
            outbox.expect(job.file_id)
            newer = analysed(tempo_bpm=99.0)
            await known.record(job.file_id, newer, stamp, claim=None, source="analysis", sidecar_pending=True)

        def interrupted(*arguments: Any) -> bytes | None:
            place = write(*arguments)
            asyncio.run_coroutine_threadsafe(ask(), loop).result()
            return place

        monkeypatch.setattr(storage, "write", interrupted)
        await outbox.flush()
        monkeypatch.undo()
        assert [one.file_id for one in await known.pending_sidecars(2)] == [job.file_id]
        (library / "a.wav.25d").unlink()
        await outbox.flush()
        assert await known.pending_sidecars(2) == []
        (document,) = storage.load(path, settings)
        assert document.value["fingerprint"]["tempo_bpm"] == (99.0 if asked == "stored" else 120.0)
