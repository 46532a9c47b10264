"""Forced analysis of done files: the old result stays valid until the new one is stored."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from auralis_fp.models import FileEvent
from auralis_fp.states import Counts
from auralis_fp.store.files import Library
from auralis_fp.store.job_queue import JobQueue
from hosting import Host, Plugin, tone_file
from stored import CORRUPT, LATER, SONG, STAMP, analysed, known, library_in, seen, stored

LOW, HIGH = 100.0, 5000.0  # Hz


@pytest.fixture
async def library_store(tmp_path: Path) -> AsyncIterator[Library]:
    """Yield an empty library."""
    async with library_in(tmp_path) as opened:
        yield opened


async def test_repeated_requests_make_one_job_at_the_front(library_store: Library) -> None:
    """It is leased first, without a sidecar check, also after a restart in between."""
    job_queue = JobQueue(library_store.database)
    await library_store.observe([seen(b"/music/other.flac")])
    song = await stored(library_store)
    assert [await job_queue.reanalyse([song.id, 999]) for _ in range(2)] == [1, 1]
    assert await library_store.counts() == Counts(pending=1, outdated=1)
    for _ in range(2):
        job = await job_queue.claim()
        assert job is not None
        assert (job.path, job.force) == (SONG, True)
        assert await job_queue.reanalyse([song.id]) == 1
        await job_queue.release_claims(orderly=True)
    assert [job.path for job in await job_queue.without_sidecar_check(10)] == [b"/music/other.flac"]


async def test_only_done_files_are_analysed_again(library_store: Library) -> None:
    """Pending, failed and missing files are left alone."""
    job_queue = JobQueue(library_store.database)
    await library_store.observe([seen(b"/music/new.flac")])
    gone = await stored(library_store, b"/music/gone.flac")
    failed = await stored(library_store, b"/music/failed.flac")
    await library_store.observe([seen(b"/music/failed.flac", LATER)])
    job = await job_queue.claim_file(b"/music/failed.flac")
    assert job is not None
    await library_store.record(job.file_id, CORRUPT, LATER, claim=job.claim, source="analysis")
    await library_store.observe([FileEvent(gone.path, None)])
    before = await library_store.counts()
    waiting = await known(library_store, b"/music/new.flac")
    assert await job_queue.reanalyse([gone.id, failed.id, waiting.id]) == 0
    assert await library_store.counts() == before == Counts(pending=1, failed=1)


async def test_a_failure_does_not_replace_a_result(library_store: Library) -> None:
    """If the analysis fails or is cancelled, the file keeps its result."""
    job_queue = JobQueue(library_store.database)
    song = await stored(library_store, tempo_bpm=133.0)
    await job_queue.reanalyse([song.id])
    job = await job_queue.claim()
    assert job is not None
    assert await library_store.record(job.file_id, CORRUPT, STAMP, claim=job.claim, source="analysis")
    assert await known(library_store) == song
    await job_queue.reanalyse([song.id])
    assert await job_queue.cancel(None) == 1
    assert await known(library_store) == song


async def test_a_change_turns_a_forced_job_into_an_ordinary_one(library_store: Library) -> None:
    """Its sidecar and its failures count again."""
    job_queue = JobQueue(library_store.database)
    song = await stored(library_store)
    await job_queue.reanalyse([song.id])
    await library_store.observe([seen(SONG, LATER)])
    assert [job.force for job in await job_queue.without_sidecar_check(10)] == [False]
    job = await job_queue.claim_file(SONG)
    assert job is not None
    assert await library_store.record(job.file_id, CORRUPT, LATER, claim=job.claim, source="analysis")
    assert (await known(library_store)).state == "failed"


async def test_the_newest_result_wins(library_store: Library) -> None:
    """The result stored last is the valid one."""
    job_queue = JobQueue(library_store.database)
    song = await stored(library_store, tempo_bpm=133.0)
    await job_queue.reanalyse([song.id])
    job = await job_queue.claim()
    assert job is not None
    await library_store.record(job.file_id, analysed(tempo_bpm=66.0), STAMP, claim=job.claim, source="analysis")
    after = await known(library_store)
    assert after.state == "done"
    assert after.fingerprint is not None
    assert after.fingerprint.values["tempo_bpm"] == 66.0


@pytest.mark.slow
@pytest.mark.every_way
async def test_the_old_answer_is_served_until_there_is_a_new_one(host: Host, library: Path) -> None:
    """By path and by id, unless the content id shows that the file has changed in spite of equal size and time."""
    plugin: Plugin = await host()
    song = tone_file(library / "a.wav", hz=LOW)
    for _ in range(2):  # the second is answered from memory
        before = await plugin.ask(song)
    await plugin.until_idle()
    file_id = before["metadata"]["file_id"]
    await plugin.post("/pause", status=202)
    for _ in range(2):
        assert await plugin.post("/reanalyse", {"ids": [file_id]}, status=202) == {"waiting": 1}
    assert [item["id"] for item in (await plugin.get("/queue"))["items"]] == [file_id]
    assert await plugin.ask(song) == before
    assert (await plugin.get("/tracks/1"))["fingerprint"] == before["fingerprint"]
    stamp = song.stat().st_mtime_ns
    replacement = tone_file(library / "b", hz=HIGH)
    os.utime(replacement, ns=(stamp, stamp))
    replacement.replace(song)
    analyses = await plugin.metric('auralis_fp_analyses_total{outcome="analysed"}')
    await plugin.post("/resume", status=202)
    await plugin.until_idle()
    assert await plugin.metric('auralis_fp_analyses_total{outcome="analysed"}') == analyses + 1
    for answer in (await plugin.ask(song), await plugin.get("/tracks/1")):
        assert before["fingerprint"]["spectral_centroid"] < 2 * LOW
        assert answer["fingerprint"]["spectral_centroid"] > HIGH / 2
