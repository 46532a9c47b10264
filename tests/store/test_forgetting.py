"""Files that are gone for long: forgotten after a time of absence, found again by their audio, pruned on request."""

import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from auralis_fp.models import FileEvent
from auralis_fp.store.deduplication import reuse
from auralis_fp.store.files import Library
from auralis_fp.store.filters import FileQuery
from auralis_fp.store.forgetting import Prunable, count_absence, forget, prunable, prune
from auralis_fp.store.queries import Queries
from stored import CORRUPT, SONG, STAMP, analysed, library_in, queued, seen

DAY = 86_400.0
DIGEST = bytes(range(20))
ROOT = b"/music"


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    """Yield a library with a file that is gone, whose result has a digest."""
    async with library_in(tmp_path) as opened:
        job = await queued(opened)
        result = replace(analysed(lufs=-12.5), payload_digest=DIGEST)
        await opened.record(job.file_id, result, STAMP, claim=job.claim, source="analysis")
        await opened.link_track(7, job.file_id)
        await opened.observe([FileEvent(SONG, None)])
        yield opened


async def swept(library: Library, days: float, folder: bytes = ROOT, except_below: tuple[bytes, ...] = ()) -> None:
    """Confirm a sweep of a folder, some days after the one before."""

    def age(db: sqlite3.Connection) -> None:
        db.execute("UPDATE memory SET value = value - ? WHERE key LIKE 'confirmed sweep of %'", (days * DAY,))

    await library.database.write(age)
    await count_absence(library.database, folder, except_below)


async def test_a_file_is_forgotten_after_its_time(library: Library) -> None:
    """Its track id goes, and it is not listed as missing any more."""
    await swept(library, 0)
    for _ in range(89):
        await swept(library, 1)
    assert await forget(library.database, 90 * DAY) == []
    await swept(library, 1)
    assert await forget(library.database, 90 * DAY) == [SONG]
    assert await library.by_track(7) is None
    assert (await Queries(library.database).files(FileQuery(state="missing"))).items == []
    assert await forget(library.database, 90 * DAY) == []


async def test_time_in_which_nobody_looked_does_not_count(library: Library) -> None:
    """Between two sweeps a day counts at most, and a sweep of another folder not at all."""
    await swept(library, 0)
    await swept(library, 365)
    await swept(library, 365, b"/other")
    assert await forget(library.database, 2 * DAY) == []
    assert await forget(library.database, DAY) == [SONG]


async def test_an_unmounted_folder_does_not_count(library: Library) -> None:
    """A sweep does not confirm the absence of files on a disk that is not there."""
    await swept(library, 0)
    for _ in range(5):
        await swept(library, 1, except_below=(b"/music/song.fla", b"/music"))
    assert await forget(library.database, DAY) == []


async def test_a_file_that_comes_back_is_not_forgotten(library: Library) -> None:
    """Its absence starts again from zero, also after it was forgotten."""
    await swept(library, 0)
    await swept(library, 1)
    await library.observe([seen()])
    await library.observe([FileEvent(SONG, None)])
    assert await forget(library.database, DAY) == []
    await swept(library, 1)
    assert await forget(library.database, DAY) == [SONG]
    assert await library.observe([seen()]) == 0
    assert (await library.counts()).done == 1
    assert await prune(library.database) == 0


async def test_a_forgotten_result_is_found_by_its_audio(library: Library) -> None:
    """The same audio under another name needs no analysis, until it is pruned."""
    await swept(library, 0)
    await swept(library, 1)
    await forget(library.database, DAY)
    assert await prunable(library.database) == Prunable(1, 1, 0, [SONG])
    moved = await queued(library, b"/music/moved.flac")
    found = await reuse(library.database, moved, DIGEST)
    assert found is not None
    assert found.fingerprint.values["lufs"] == -12.5
    assert await prune(library.database) == 1
    assert await prunable(library.database) == Prunable(0, 0, 0, [])
    assert (await library.counts()).done == 1


async def test_failures_are_forgotten_completely(library: Library) -> None:
    """A file without a result leaves nothing behind."""
    job = await queued(library, b"/music/broken.mp3")
    await library.record(job.file_id, CORRUPT, STAMP, claim=job.claim, source="analysis")
    await library.observe([FileEvent(b"/music/broken.mp3", None)])
    await swept(library, 0)
    await swept(library, 1)
    assert sorted(await forget(library.database, DAY)) == [b"/music/broken.mp3", SONG]
    assert await library.by_path(b"/music/broken.mp3") is None
