"""Reading tags in the background, beside the analysis."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import mutagen.flac
import pytest

from audio_files import tones, write_recipe
from auralis_fp.engine.service import Service
from auralis_fp.jobs import tag_updates
from auralis_fp.settings import Settings
from auralis_fp.store.tags import StoredTags, TagStore
from auralis_fp.tags.model import Tags
from patience import LIMIT_SEC
from serving import until_counts
from tagged_files import recipe, write_vorbis

SONGS = 5


@pytest.fixture
async def service(settings: Settings, library: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Service]:
    """Return a running service with tagged songs that are analysed."""
    monkeypatch.setattr(tag_updates, "IDLE_SEC", 0.2)
    for number in range(SONGS):
        path = library / f"{number}.flac"
        write_recipe(path, recipe("flac", "PCM_16"), tones(1.0 + number / 10))
        write_vorbis(path, Tags(title=f"First {number}", album="One"), mutagen.flac.FLAC)
    async with Service(replace(settings, watching="events", settle_sec=0.1)).running() as running:
        await until_counts(running, done=SONGS)
        yield running


async def passing() -> None:
    """Leave the service some time."""
    await asyncio.sleep(0.05)


async def tags_of(service: Service, path: Path) -> StoredTags | None:
    """Return the stored tags of the file at *path*."""
    context = service._live.context
    record = await context.library.by_path(os.fsencode(path))
    assert record is not None
    return (await TagStore(context.library.database).of_files([record.id])).get(record.id)


async def until_title(service: Service, path: Path, title: str) -> None:
    """Wait until a file has this title."""
    while (known := await tags_of(service, path)) is None or known.tags.title != title:
        await passing()


async def test_new_files_get_their_tags(service: Service, library: Path) -> None:
    """Every analysed file also has its tags, and no file is left waiting."""
    for number in range(SONGS):
        await until_title(service, library / f"{number}.flac", f"First {number}")
    assert await TagStore(service._live.context.library.database).waiting() == 0


async def test_retagging_costs_no_analysis(service: Service, library: Path) -> None:
    """Edited tags are read within seconds, and the fingerprints stay."""
    analysed = service.analyses
    paused = False
    for round_number in (1, 2):
        for number in range(SONGS):
            file = mutagen.flac.FLAC(library / f"{number}.flac")
            file["title"] = f"Round {round_number} of {number}, longer"
            file.save()
        async with asyncio.timeout(LIMIT_SEC):
            for number in range(SONGS):
                await until_title(service, library / f"{number}.flac", f"Round {round_number} of {number}, longer")
        if not paused:
            await service.pause()
            paused = True  # the second round is read although background work is paused
    assert service.analyses == analysed


@pytest.mark.slow
async def test_edits_that_keep_size_and_time_are_found(service: Service, library: Path) -> None:
    """A tagger that sets back the modification time is noticed by the time of the last status change."""
    path = library / "1.flac"
    await until_title(service, path, "First 1")
    before = path.stat()
    file = mutagen.flac.FLAC(path)
    file["title"] = "Third 1"
    file.save()
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    await until_title(service, path, "Third 1")
    assert service.analyses == (SONGS, 0)


async def test_edits_that_leave_no_trace_are_found(
    settings: Settings, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the file system keeps no ctime, tags are read again from time to time."""
    monkeypatch.setattr(tag_updates, "UNSEEN_EDITS_SEC", 0.2)
    monkeypatch.setattr(tag_updates, "IDLE_SEC", 0.1)
    path = library / "song.flac"
    write_recipe(path, recipe("flac", "PCM_16"), tones(1.0))
    write_vorbis(path, Tags(title="Old"), mutagen.flac.FLAC)
    os.utime(path, ns=(10**18, 10**18))
    async with Service(replace(settings, settle_sec=0.1)).running() as running:
        await until_counts(running, done=1)
        await until_title(running, path, "Old")
        table = tmp_path / "mountinfo"
        table.write_bytes(b"1 0 8:1 / %s rw - vfat /dev/sdb1 rw\n" % os.fsencode(library.resolve()))
        monkeypatch.setattr(running._live.context.rules.places, "_table", table)
        file = mutagen.flac.FLAC(path)
        file["title"] = "New"
        file.save()
        os.utime(path, ns=(10**18, 10**18))
        async with asyncio.timeout(LIMIT_SEC):
            await until_title(running, path, "New")
        assert running.analyses == (1, 0)


async def test_listeners_hear_of_new_tags(service: Service, library: Path) -> None:
    """An event names the files whose tags were read."""
    path = library / "0.flac"
    await until_title(service, path, "First 0")
    record = await service._live.context.library.by_path(os.fsencode(path))
    assert record is not None
    with service.subscribe() as subscription:
        file = mutagen.flac.FLAC(path)
        file["title"] = "Heard"
        file.save()
        async with asyncio.timeout(LIMIT_SEC):
            async for event in subscription:
                if event.name == "tags":
                    assert event.data == {"ids": [record.id]}
                    break


async def test_back_fill_of_files_without_tags(settings: Settings, library: Path) -> None:
    """Files that an earlier version analysed get their tags without another analysis."""
    path = library / "song.flac"
    write_recipe(path, recipe("flac", "PCM_16"), tones(1.0))
    write_vorbis(path, Tags(title="Kept"), mutagen.flac.FLAC)
    async with Service(settings).running() as running:
        await until_counts(running, done=1)
        await until_title(running, path, "Kept")
        database = running._live.context.library.database

        def forget(db: object) -> None:
            for statement in ("DELETE FROM tags", "DELETE FROM searchable", "DELETE FROM memory"):
                db.execute(statement)  # type: ignore[attr-defined]

        await database.write(forget)
    async with Service(settings).running() as running:
        await until_title(running, path, "Kept")
        assert running.analyses == (0, 0)


async def test_unreadable_tags_do_not_stop_the_others(settings: Settings, library: Path) -> None:
    """A file that is not music has no tags, and the files behind it get theirs."""
    (library / "broken.flac").write_bytes(b"fLaC" + os.urandom(5000))
    path = library / "song.flac"
    write_recipe(path, recipe("flac", "PCM_16"), tones(1.0))
    write_vorbis(path, Tags(title="Fine"), mutagen.flac.FLAC)
    shutil.copy(path, library / "copy.flac")
    async with Service(settings).running() as running:
        for name in ("song.flac", "copy.flac"):
            while await running._live.context.library.by_path(os.fsencode(library / name)) is None:
                await passing()
            await until_title(running, library / name, "Fine")
        broken = None
        while broken is None:
            broken = await tags_of(running, library / "broken.flac")
        assert broken.tags == Tags()
